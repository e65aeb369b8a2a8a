/** The declarations of EON code: variables with their initialisers, the fields of its structs. */
import { evaluate } from '../headers/expressions.js';
import { WorkLimit } from '../headers/macros.js';
import { Preprocessor } from '../headers/preprocessor.js';
import { fieldsOf } from '../headers/struct-fields.js';
import type { Token } from '../headers/tokens.js';
import { isMark } from '../headers/tokens.js';
import { damaged, irregular, truncated } from './eon-error.js';
import type { NumberedSource, NumberList } from './number-lists.js';
import { listNamed } from './number-lists.js';

export type EonValue =
  /** `{ 1, -2, 0.5 }` */
  | { readonly kind: 'numbers'; readonly list: NumberList }
  /** Any other brace list. */
  | { readonly kind: 'list'; readonly items: readonly EonValue[] }
  | { readonly kind: 'number'; readonly value: number }
  /** A constant, or a variable with its namespace: `kTfLiteInt8`, `g0::quant1`. Casts and `&` are dropped. */
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'null' };

export interface EonVariable {
  /** With its namespace: `g0::tensor_data1`. */
  readonly name: string;
  /** `g0::`, or '' for none. */
  readonly scope: string;
  /** The last word before the name: `int8_t`, `TfLiteConvParams`, `TfArray`. */
  readonly type: string;
  readonly value: EonValue;
}

export interface EonSource extends NumberedSource {
  readonly variables: ReadonlyMap<string, EonVariable>;
  /** Names of fields, by struct. */
  readonly structs: ReadonlyMap<string, readonly string[]>;
  /** `kTfLiteFloat32`, where a function gives all tensors this type: `tensor->type = kTfLiteFloat32;` */
  readonly commonType?: string;
}

/** Characters without the numbers. Real files have up to 200,000. */
const MAX_TEXT = 4 * 1024 ** 2;
/** Lists within lists; real files go down to 4. */
const MAX_DEPTH = 16;
/** Namespaces and `extern "C"` around one another. */
const MAX_SCOPES = 16;
/** Tokens between two declarations, or of one value; real ones have about 30. */
const MAX_TOKENS = 1_000;
/** `<stem>_init(`: what stands behind all tables. */
const INIT_FUNCTION = '_init(';
const TYPE_WORDS = new Set(['struct', 'class', 'union', 'enum', 'typedef']);

/**
 * Functions and classes are passed over with their braces; the first of several declarations of one name counts.
 *
 * @throws {DeploymentError} `ERR_METADATA_INVALID`, `ERR_MODEL_INVALID`, `ERR_DEPLOYMENT_TRUNCATED`
 * @throws {UnsupportedError} `ERR_UNSUPPORTED_ENGINE`: initialisers that are no data
 */
export function readEonSource(numbered: NumberedSource): EonSource {
  if (numbered.text.length > MAX_TEXT)
    throw irregular(numbered.name, `it holds ${numbered.text.length} characters besides its numbers`);
  if (!numbered.text.includes(INIT_FUNCTION))
    throw truncated(numbered.name, 'it ends before the functions that run the model');
  const reader = new DeclarationReader(numbered);
  reader.readAll();
  const { variables, structs, commonType } = reader;
  return { ...numbered, variables, structs, ...(commonType !== undefined && { commonType }) };
}

class DeclarationReader {
  readonly variables = new Map<string, EonVariable>();
  readonly structs = new Map<string, readonly string[]>();
  commonType: string | undefined;
  readonly #source: NumberedSource;
  readonly #tokens: Preprocessor;
  readonly #work = new WorkLimit();
  /** Names of the namespaces around; '' for one without a name and for `extern "C"`. */
  readonly #scopes: string[] = [];

  constructor(source: NumberedSource) {
    this.#source = source;
    this.#tokens = new Preprocessor(source, new Map(), this.#work);
  }

  readAll(): void {
    while (this.#tokens.peek() !== undefined) this.#declaration();
    if (this.#scopes.length > 0) throw this.#truncated('a namespace');
  }

  #declaration(): void {
    const head = this.#head();
    const stop = this.#tokens.next();
    switch (stop?.text) {
      case undefined:
        throw this.#truncated('a declaration');
      case '=':
        this.#variable(head);
        break;
      case '{':
        this.#braces(head, stop);
        break;
      case '}':
        this.#scopes.pop();
        break;
    }
  }

  /** Tokens up to the `=`, `{`, `}` or `;` that ends the head of a declaration, which stays unread. */
  #head(): Token[] {
    const head: Token[] = [];
    let depth = 0;
    for (let token = this.#tokens.peek(); token !== undefined; token = this.#tokens.peek()) {
      if (token.kind === 'punctuation') {
        if (depth === 0 && '={};'.includes(token.text)) break;
        depth += depthChange(token);
      }
      this.#push(head, token);
    }
    return head;
  }

  #push(tokens: Token[], token: Token): void {
    if (tokens.length === MAX_TOKENS)
      throw this.#tokens.fail(token.at, `a declaration has over ${MAX_TOKENS} words`);
    tokens.push(token);
    this.#tokens.next();
  }

  #variable(head: readonly Token[]): void {
    const [type, name] = declarator(head);
    const value = this.#value(0);
    const end = this.#tokens.next();
    if (end === undefined) throw this.#truncated(`the value of ${name}`);
    if (!isMark(end, ';')) throw this.#tokens.fail(end.at, "expected ';'");
    const scope = this.#scopes
      .filter((part) => part !== '')
      .map((part) => `${part}::`)
      .join('');
    const full = scope + name;
    if (name !== '' && !this.variables.has(full))
      this.variables.set(full, { name: full, scope, type, value });
  }

  #braces(head: readonly Token[], brace: Token): void {
    const first = head[0]?.text;
    const last = head.at(-1);
    if (first === 'namespace' || (first === 'extern' && head[1]?.kind === 'string')) {
      if (this.#scopes.length === MAX_SCOPES) throw this.#tokens.fail(brace.at, 'namespaces lie too deep');
      this.#scopes.push(first === 'namespace' && head.length > 1 ? (last?.text ?? '') : '');
      return;
    }
    if (first === 'struct' && head.length === 2) {
      this.structs.set(
        last?.text ?? '',
        fieldsOf(this.#tokens, brace).map(({ name }) => name),
      );
    } else this.#skipBraces();
    // What has a type or a template before its braces ends in `;`, a function does not.
    if (TYPE_WORDS.has(first ?? '') || first === 'template') this.#skipStatement();
  }

  /** Past the `}` that closes what is open, noting on the way what all tensors have in common. */
  #skipBraces(): void {
    let recent: Token[] = [];
    for (let depth = 1; depth > 0; ) {
      const token = this.#tokens.next();
      if (token === undefined) throw this.#truncated('a function');
      if (isMark(token, '{')) depth++;
      else if (isMark(token, '}')) depth--;
      else if (isMark(token, ';')) this.commonType ??= typeAssigned(recent);
      recent = [...recent.slice(-4), token];
    }
  }

  /** After `template <...> struct x {}` or `typedef struct {} x`; a function template has no `;`. */
  #skipStatement(): void {
    for (let token = this.#tokens.peek(); token !== undefined; token = this.#tokens.peek()) {
      if (token.kind === 'punctuation' && !isMark(token, ';')) return;
      this.#tokens.next();
      if (isMark(token, ';')) return;
    }
  }

  #value(depth: number): EonValue {
    if (!isMark(this.#tokens.peek(), '{')) return this.#expression();
    const brace = this.#tokens.next();
    if (depth === MAX_DEPTH) throw this.#tokens.fail(brace?.at, `braces lie more than ${MAX_DEPTH} deep`);
    const items: EonValue[] = [];
    for (;;) {
      const token = this.#tokens.peek();
      if (token === undefined) throw this.#truncated('a list');
      if (isMark(token, '}')) {
        this.#tokens.next();
        return { kind: 'list', items };
      }
      const list = token.kind === 'identifier' ? listNamed(this.#source, token.text) : undefined;
      if (list !== undefined) {
        this.#tokens.next();
        const end = this.#tokens.next();
        if (!isMark(end, '}')) throw this.#tokens.fail(end?.at, "expected '}' after numbers");
        return { kind: 'numbers', list };
      }
      this.#work.step();
      items.push(this.#value(depth + 1));
      const after = this.#tokens.peek();
      if (isMark(after, ',')) this.#tokens.next();
      else if (after !== undefined && !isMark(after, '}'))
        throw this.#tokens.fail(after.at, "expected ',' or '}'");
    }
  }

  #expression(): EonValue {
    const tokens: Token[] = [];
    let depth = 0;
    for (let token = this.#tokens.peek(); token !== undefined; token = this.#tokens.peek()) {
      if (token.kind === 'punctuation') {
        if ('{};'.includes(token.text) || (token.text === ',' && depth === 0)) break;
        depth += depthChange(token);
      }
      this.#push(tokens, token);
    }
    if (this.#tokens.peek() === undefined) throw this.#truncated('a value');
    return this.#valueOf(tokens);
  }

  #valueOf(tokens: readonly Token[]): EonValue {
    const last = lastName(tokens);
    if (last === 'nullptr' || last === 'NULL') return { kind: 'null' };
    if (last === 'true' || last === 'false') return { kind: 'number', value: Number(last === 'true') };
    if (last !== undefined) return { kind: 'name', name: last };
    const value = evaluate(tokens, () => undefined);
    if (value !== undefined) return { kind: 'number', value };
    const text = tokens
      .slice(0, 8)
      .map((token) => token.text)
      .join(' ');
    throw damaged(this.#source.name, `'${text.slice(0, 60)}' is no value`);
  }

  #truncated(where: string): Error {
    return truncated(this.#source.name, `it ends within ${where}`);
  }
}

function depthChange({ text }: Token): number {
  if (text === '(' || text === '[') return 1;
  return text === ')' || text === ']' ? -1 : 0;
}

/**
 * Type and name that a head declares: its last two words outside parentheses, brackets and `<...>`, so that
 * `ALIGN(16)`, `[4*2]` and the arguments of `TfArray<4, int>` don't count.
 */
function declarator(head: readonly Token[]): [type: string, name: string] {
  const words: string[] = [];
  let depth = 0;
  for (const [index, token] of head.entries()) {
    if (token.kind === 'punctuation') {
      if (token.text === '<') depth++;
      else if (token.text === '>') depth--;
      else depth += depthChange(token);
    } else if (depth === 0 && token.kind === 'identifier' && !isMark(head[index + 1], '(')) {
      words.push(token.text);
    }
  }
  return [words.at(-2) ?? '', words.at(-1) ?? ''];
}

/** What an expression of casts, `&` and sums is about: the last identifier, with the namespaces before it. */
function lastName(tokens: readonly Token[]): string | undefined {
  let at = tokens.findLastIndex(({ kind }) => kind === 'identifier');
  let name = tokens[at]?.text;
  for (; name !== undefined && isMark(tokens[at - 1], '::') && tokens[at - 2]?.kind === 'identifier'; at -= 2)
    name = `${tokens[at - 2]?.text}::${name}`;
  return name;
}

/** The constant in `tensor->type = kTfLiteInt8`; not that in `tensor->quantization.type = ...`. */
function typeAssigned(statement: readonly Token[]): string | undefined {
  const [base, access, field, equals, value] = statement.slice(-5);
  const assigns =
    (isMark(access, '->') || isMark(access, '.')) && field?.text === 'type' && isMark(equals, '=');
  if (!assigns || base?.text === 'quantization' || value?.kind !== 'identifier') return undefined;
  return value.text.startsWith('kTfLite') ? value.text : undefined;
}
