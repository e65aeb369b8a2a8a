/** Reads initialisers: constants, strings, names, casts, positional and designated braces. */
import { evaluate, isTypeName, numberOfToken } from './expressions.js';
import type { Macros, WorkLimit } from './macros.js';
import { expand } from './macros.js';
import type { Preprocessor } from './preprocessor.js';
import type { Token } from './tokens.js';
import { isMark } from './tokens.js';
import type { HeaderValue } from './values.js';

const MAX_DEPTH = 64;
const NULL_NAMES = new Set(['NULL', 'nullptr']);

export class InitialiserReader {
  readonly #tokens: Preprocessor;
  readonly #macros: Macros;
  readonly #work: WorkLimit;

  constructor(tokens: Preprocessor, macros: Macros, work: WorkLimit) {
    this.#tokens = tokens;
    this.#macros = macros;
    this.#work = work;
  }

  /** One value, up to the `,`, `;` or closing brace after it, which stays unread. */
  read(depth = 0): HeaderValue {
    if (this.#takes('{')) return this.readBraces(this.#taken, depth);
    const tokens = this.#expression();
    // `( float[3] ) { ... }`: a cast before braces.
    if (this.#takes('{')) return this.readBraces(this.#taken, depth);
    return this.#valueOf(tokens);
  }

  /** What follows an opening brace, up to and with the closing one. */
  readBraces(brace: Token, depth = 0): HeaderValue {
    if (depth >= MAX_DEPTH) throw this.#tokens.fail(brace.at, `braces lie more than ${MAX_DEPTH} deep`);
    const items: HeaderValue[] = [];
    const fields = new Map<string, HeaderValue>();
    for (;;) {
      if (this.#takes('}')) break;
      this.#mustGoOn(brace);
      const field = this.#designator();
      const value = this.read(depth + 1);
      if (field === undefined) items.push(value);
      else fields.set(field, value);
      if (!this.#takes(',') && this.#mark() !== '}') {
        this.#mustGoOn(brace);
        throw this.#tokens.fail(this.#tokens.peek()?.at, "expected ',' or '}'");
      }
    }
    // GNU C++ lets both kinds mix: what has a name counts.
    return fields.size > 0 ? { kind: 'record', fields } : { kind: 'list', items };
  }

  #mustGoOn(brace: Token): void {
    if (this.#tokens.peek() === undefined) throw this.#tokens.fail(brace.at, 'this brace is never closed');
  }

  /** `.name =` */
  #designator(): string | undefined {
    if (!this.#takes('.')) return undefined;
    const name = this.#tokens.next();
    if (name?.kind !== 'identifier' || !this.#takes('=')) {
      throw this.#tokens.fail(name?.at, "expected '.name = value'");
    }
    return name.text;
  }

  /** Tokens up to the `,`, `;`, `{` or `}` that ends the value, outside parentheses. */
  #expression(): Token[] {
    const tokens: Token[] = [];
    let depth = 0;
    for (let token = this.#tokens.peek(); token !== undefined; token = this.#tokens.peek()) {
      if (token.kind === 'punctuation') {
        if (token.text === ';' || '{}'.includes(token.text) || (token.text === ',' && depth === 0)) break;
        if (token.text === '(' || token.text === '[') depth++;
        if (token.text === ')' || token.text === ']') depth = Math.max(0, depth - 1);
      }
      tokens.push(token);
      this.#tokens.next();
    }
    return tokens;
  }

  #valueOf(all: readonly Token[]): HeaderValue {
    const tokens = withoutCasts(all);
    const [first] = tokens;
    if (first !== undefined && tokens.every(({ kind }) => kind === 'string')) {
      return { kind: 'string', text: tokens.map(({ text }) => text).join('') };
    }
    const name = nameOf(tokens);
    if (name !== undefined) return NULL_NAMES.has(name) ? { kind: 'null' } : { kind: 'name', name };
    const number = this.#constant(all);
    if (number !== undefined) return { kind: 'number', value: number };
    return callOf(tokens) ?? this.#expandedString(tokens) ?? { kind: 'other', text: textOf(tokens) };
  }

  #constant(tokens: readonly Token[]): number | undefined {
    const [only, second] = tokens;
    if (only?.kind === 'number' && second === undefined) return numberOfToken(only.text);
    this.#work.step(tokens.length);
    return evaluate(expand(tokens, this.#macros, this.#work), () => undefined);
  }

  /** Strings and macros that stand for strings, side by side: `"a" SUFFIX`. */
  #expandedString(tokens: readonly Token[]): HeaderValue | undefined {
    if (!tokens.some(({ kind }) => kind === 'string')) return undefined;
    const expanded = expand(tokens, this.#macros, this.#work);
    if (!expanded.every(({ kind }) => kind === 'string')) return undefined;
    return { kind: 'string', text: expanded.map(({ text }) => text).join('') };
  }

  #taken: Token = { kind: 'punctuation', text: '', at: 0 };

  #takes(text: string): boolean {
    if (this.#mark() !== text) return false;
    this.#taken = this.#tokens.next() ?? this.#taken;
    return true;
  }

  #mark(): string | undefined {
    const token = this.#tokens.peek();
    return token?.kind === 'punctuation' ? token.text : undefined;
  }
}

/** Drops `(void*)`, `(const float *)`, `(ei_x_t)` at the front. */
function withoutCasts(tokens: readonly Token[]): readonly Token[] {
  let start = 0;
  while (isMark(tokens[start], '(')) {
    let end = start + 1;
    while (isCastToken(tokens[end])) end++;
    if (!isMark(tokens[end], ')') || end === start + 1 || end + 1 === tokens.length) break;
    start = end + 1;
  }
  return start === 0 ? tokens : tokens.slice(start);
}

function isCastToken(token: Token | undefined): boolean {
  return token?.kind === 'identifier' ? isTypeName(token.text) : isMark(token, '*') || isMark(token, '&');
}

/** `name`, `&name`, `*name`, `ns::name` */
function nameOf(tokens: readonly Token[]): string | undefined {
  const [first] = tokens;
  const start = isMark(first, '&') || isMark(first, '*') ? 1 : 0;
  const last = tokens.at(-1);
  const scopes = tokens.slice(start, -1);
  const onlyScopes = scopes.every((token) => token.kind === 'identifier' || isMark(token, '::'));
  const scoped = scopes.length === 0 || isMark(scopes.at(-1), '::');
  if (last?.kind !== 'identifier' || !onlyScopes || !scoped) return undefined;
  return last.text === 'true' || last.text === 'false' ? undefined : last.text;
}

/** `callee(a, &b)`, where every argument is a name: constructors of handles. */
function callOf(tokens: readonly Token[]): HeaderValue | undefined {
  const [callee, open] = tokens;
  if (callee?.kind !== 'identifier' || !isMark(open, '(') || !isMark(tokens.at(-1), ')')) return undefined;
  const values: HeaderValue[] = [];
  let start = 2;
  for (let end = 2; end < tokens.length; end++) {
    if (end !== tokens.length - 1 && !isMark(tokens[end], ',')) continue;
    const name = nameOf(withoutCasts(tokens.slice(start, end)));
    if (name === undefined) return undefined;
    values.push(NULL_NAMES.has(name) ? { kind: 'null' } : { kind: 'name', name });
    start = end + 1;
  }
  return { kind: 'call', callee: callee.text, values };
}

/** For messages only. */
function textOf(tokens: readonly Token[]): string {
  return tokens
    .slice(0, 20)
    .map(({ text }) => text)
    .join(' ')
    .slice(0, 100);
}
