/** Reads the declarations of a header: struct fields, variables with their initialisers, INCBIN calls. */
import { isTypeName } from './expressions.js';
import { InitialiserReader } from './initialisers.js';
import type { Macros, WorkLimit } from './macros.js';
import type { Preprocessor } from './preprocessor.js';
import { fieldsOf } from './struct-fields.js';
import type { Token } from './tokens.js';
import { isMark } from './tokens.js';
import type { Inclusion, StructField, Variable } from './values.js';

export interface Declarations {
  /** By the name that follows the braces. */
  readonly structs: Map<string, readonly StructField[]>;
  readonly variables: Map<string, Variable>;
  readonly inclusions: Inclusion[];
}

const TYPE_KEYWORDS = new Set(['struct', 'union', 'class', 'enum']);
/** Words that say how something is stored, not what it is. */
const QUALIFIERS = new Set(
  'const static constexpr volatile extern inline unsigned signed auto typedef struct union class enum'.split(
    ' ',
  ),
);

/**
 * Everything that is not understood (functions, classes, templates) is passed over with its braces; the
 * first of several declarations of one name counts.
 *
 * @throws {DeploymentError} `ERR_METADATA_INVALID`
 */
export function readDeclarations(
  tokens: Preprocessor,
  macros: Macros,
  work: WorkLimit,
  into: Declarations,
): void {
  const initialisers = new InitialiserReader(tokens, macros, work);
  while (tokens.peek() !== undefined) readDeclaration(tokens, initialisers, into);
}

function readDeclaration(tokens: Preprocessor, initialisers: InitialiserReader, into: Declarations): void {
  const head = readHead(tokens);
  const stop = tokens.next();
  switch (stop?.text) {
    case '=':
      declare(head, initialisers, into);
      skipStatement(tokens);
      break;
    case '{':
      readBraced(head, stop, tokens, initialisers, into);
      break;
    case ';':
      recordInclusion(head, into);
      break;
    // Otherwise the closing brace of `namespace x {` or `extern "C" {`, or the end of the file.
  }
}

/** Tokens up to the `=`, `{`, `}` or `;` that ends the head of a declaration, which stays unread. */
function readHead(tokens: Preprocessor): Token[] {
  const head: Token[] = [];
  let depth = 0;
  for (let token = tokens.peek(); token !== undefined; token = tokens.peek()) {
    if (token.kind === 'punctuation') {
      if (depth === 0 && '={};'.includes(token.text)) break;
      if (token.text === '(' || token.text === '[') depth++;
      if (token.text === ')' || token.text === ']') depth = Math.max(0, depth - 1);
    }
    head.push(token);
    tokens.next();
  }
  return head;
}

function declare(head: readonly Token[], initialisers: InitialiserReader, into: Declarations): void {
  const declarator = declaratorOf(head);
  const value = initialisers.read();
  if (declarator !== undefined && !into.variables.has(declarator.name)) {
    into.variables.set(declarator.name, { ...declarator, value });
  }
}

function readBraced(
  head: readonly Token[],
  brace: Token,
  tokens: Preprocessor,
  initialisers: InitialiserReader,
  into: Declarations,
): void {
  const words = head.filter(({ kind }) => kind === 'identifier').map(({ text }) => text);
  if (words[0] === 'namespace' || (words[0] === 'extern' && head[1]?.kind === 'string')) return;
  if (words[0] === 'typedef' || (TYPE_KEYWORDS.has(words[0] ?? '') && !isMark(head.at(-1), ')'))) {
    const fields = words.includes('enum') ? skipBraces(tokens, brace) : fieldsOf(tokens, brace);
    const names = readHead(tokens).filter(({ kind }) => kind === 'identifier');
    skipStatement(tokens);
    const name = names.at(-1)?.text ?? words.at(-1);
    if (name !== undefined && fields !== undefined && !into.structs.has(name)) into.structs.set(name, fields);
    return;
  }
  if (words[0] === 'template' || head.some((token) => isMark(token, ')')) || head.length < 2) {
    skipBraces(tokens, brace);
    return;
  }
  // `type name { value }`
  const declarator = declaratorOf(head);
  const value = initialisers.readBraces(brace);
  if (declarator !== undefined && !into.variables.has(declarator.name)) {
    into.variables.set(declarator.name, { ...declarator, value });
  }
  skipStatement(tokens);
}

/** `INCBIN(incbin_name, "tflite-model/name.tflite");` */
function recordInclusion(head: readonly Token[], into: Declarations): void {
  const [call, open, name, comma, path] = head;
  if (!call?.text.startsWith('INCBIN') || !isMark(open, '(') || !isMark(comma, ',')) return;
  if (name?.kind === 'identifier' && path?.kind === 'string') {
    into.inclusions.push({ name: name.text, path: path.text });
  }
}

/**
 * The name that a head declares: the one before the first `[`, else the last that no parenthesis follows
 * (macros such as `ALIGN(16)` may stand before or after it).
 */
export function declaratorOf(head: readonly Token[]): { name: string; type: string } | undefined {
  let depth = 0;
  let found: number | undefined;
  for (const [index, token] of head.entries()) {
    if (depth === 0 && isMark(token, '[')) break;
    if (isMark(token, '(') || isMark(token, '[')) depth++;
    else if (isMark(token, ')') || isMark(token, ']')) depth--;
    else if (depth === 0 && token.kind === 'identifier' && !isMark(head[index + 1], '(')) found = index;
  }
  const name = found === undefined ? undefined : head[found]?.text;
  if (name === undefined || found === undefined) return undefined;
  return { name, type: typeBefore(head.slice(0, found)) };
}

function typeBefore(tokens: readonly Token[]): string {
  let type = '';
  let depth = 0;
  for (const [index, token] of tokens.entries()) {
    if (isMark(token, '(')) depth++;
    else if (isMark(token, ')')) depth--;
    else if (depth === 0 && token.kind === 'identifier' && !isMark(tokens[index + 1], '(')) {
      const { text } = token;
      if (!QUALIFIERS.has(text) && !(isTypeName(type) && !isTypeName(text))) type = text;
    }
  }
  return type;
}

function skipBraces(tokens: Preprocessor, brace: Token): undefined {
  let depth = 1;
  while (depth > 0) {
    const token = tokens.next();
    if (token === undefined) throw tokens.fail(brace.at, 'this brace is never closed');
    if (isMark(token, '{')) depth++;
    if (isMark(token, '}')) depth--;
  }
}

/** Past the next `;`; stops before a brace that closes something around it, and at the end of the file. */
function skipStatement(tokens: Preprocessor): void {
  for (let token = tokens.peek(); token !== undefined; token = tokens.peek()) {
    if (isMark(token, '}')) return;
    tokens.next();
    if (isMark(token, ';')) return;
    if (isMark(token, '{')) skipBraces(tokens, token);
  }
}
