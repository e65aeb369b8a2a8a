/** C header text as tokens: one pass, no look-back. Comments vanish; strings arrive decoded. */
import type { HeaderFile } from './header-error.js';
import { headerError } from './header-error.js';
import { readQuoted } from './strings.js';

export type TokenKind = 'identifier' | 'number' | 'string' | 'character' | 'punctuation';

export interface Token {
  readonly kind: TokenKind;
  /** As written; for strings and characters, what they stand for. */
  readonly text: string;
  /** Offset into the header's text. */
  readonly at: number;
}

const LONG_OPERATORS = [
  '...',
  '<<=',
  '>>=',
  '->',
  '::',
  '<<',
  '>>',
  '<=',
  '>=',
  '==',
  '!=',
  '&&',
  '||',
  '##',
  '++',
  '--',
  '+=',
  '-=',
  '*=',
  '/=',
  '%=',
  '&=',
  '|=',
  '^=',
];
/** Longest first: the first that fits is taken. */
const OPERATORS_BY_FIRST = new Map(
  LONG_OPERATORS.map(([first = '']) => [first, LONG_OPERATORS.filter((other) => other.startsWith(first))]),
);
const SINGLE = new Set('{}()[]<>;:,.?=+-*/%&|^!~#');
const STRING_PREFIXES = new Set(['L', 'u', 'U', 'u8']);

const TAB = 9;
const NEWLINE = 10;
const CARRIAGE_RETURN = 13;
const SPACE = 32;
const QUOTE = 34;
const APOSTROPHE = 39;
const STAR = 42;
const PLUS = 43;
const MINUS = 45;
const DOT = 46;
const SLASH = 47;
const HASH = 35;
const BACKSLASH = 92;
const BYTE_ORDER_MARK = 0xfeff;

/** Walks over the text of one header. */
export class Scanner {
  readonly #file: HeaderFile;
  readonly #text: string;
  #at = 0;
  /** Only white space and comments since the line began. */
  #lineStart = true;

  constructor(file: HeaderFile) {
    this.#file = file;
    this.#text = file.text;
  }

  /** The next token, `'directive'` before a `#` that begins a line, or undefined at the end. */
  next(): Token | 'directive' | undefined {
    this.#skipSpace(false);
    if (this.#at >= this.#text.length) return undefined;
    if (this.#lineStart && this.#text.charCodeAt(this.#at) === HASH) {
      this.#at++;
      return 'directive';
    }
    this.#lineStart = false;
    return this.#token();
  }

  /** The next token on this line, continued lines included; undefined at its end. */
  nextOnLine(): Token | undefined {
    this.#skipSpace(true);
    const code = this.#text.charCodeAt(this.#at);
    if (this.#at >= this.#text.length || code === NEWLINE) {
      this.#lineStart = true;
      return undefined;
    }
    return this.#token();
  }

  /** True if the very next character is `(`: `NAME(x)` defines a macro with parameters, `NAME (x)` does not. */
  touchesParenthesis(): boolean {
    return this.#text[this.#at] === '(';
  }

  /** Passes over the rest of the line as it is, tokens or not. */
  skipLine(): void {
    const text = this.#text;
    while (this.#at < text.length) {
      const code = text.charCodeAt(this.#at);
      if (code === NEWLINE) break;
      if (code === BACKSLASH) this.#at += this.#spliceLength() || 1;
      else if (code === QUOTE) this.#skipString();
      else if (!this.#skipComment()) this.#at++;
    }
    this.#lineStart = true;
  }

  /** Passes over text that `#if` excludes, up to just after the next `#` that begins a line. False at the end. */
  skipToDirective(): boolean {
    for (;;) {
      this.#skipSpace(false);
      if (this.#at >= this.#text.length) return false;
      if (this.#lineStart && this.#text.charCodeAt(this.#at) === HASH) {
        this.#at++;
        return true;
      }
      this.skipLine();
    }
  }

  fail(at: number, problem: string): Error {
    return headerError(this.#file, at, problem);
  }

  get position(): number {
    return this.#at;
  }

  #skipSpace(stopAtNewline: boolean): void {
    const text = this.#text;
    while (this.#at < text.length) {
      const code = text.charCodeAt(this.#at);
      if (code === NEWLINE) {
        if (stopAtNewline) return;
        this.#lineStart = true;
        this.#at++;
      } else if (code === SPACE || (code >= TAB && code <= CARRIAGE_RETURN) || code === BYTE_ORDER_MARK) {
        this.#at++;
      } else if (code === BACKSLASH && this.#spliceLength() > 0) {
        this.#at += this.#spliceLength();
      } else if (code !== SLASH || !this.#skipComment()) {
        return;
      }
    }
  }

  /** Past the quote that ends it; to the end of the line where none does: `#error can't "be`. */
  #skipString(): void {
    const text = this.#text;
    let end = this.#at + 1;
    for (; end < text.length; end++) {
      const code = text.charCodeAt(end);
      if (code === BACKSLASH) end++;
      else if (code === NEWLINE || code === QUOTE) break;
    }
    this.#at = text.charCodeAt(end) === QUOTE ? end + 1 : Math.min(end, text.length);
  }

  /** Length of a backslash and the line end after it; 0 if it is another backslash. */
  #spliceLength(): number {
    const next = this.#text.charCodeAt(this.#at + 1);
    if (next === NEWLINE) return 2;
    return next === CARRIAGE_RETURN && this.#text.charCodeAt(this.#at + 2) === NEWLINE ? 3 : 0;
  }

  #skipComment(): boolean {
    const text = this.#text;
    if (text.charCodeAt(this.#at) !== SLASH) return false;
    const next = text.charCodeAt(this.#at + 1);
    if (next === SLASH) {
      const end = text.indexOf('\n', this.#at);
      this.#at = end === -1 ? text.length : end;
      return true;
    }
    if (next !== STAR) return false;
    const end = text.indexOf('*/', this.#at + 2);
    if (end === -1) throw this.fail(this.#at, 'a comment never ends');
    this.#at = end + 2;
    return true;
  }

  #token(): Token {
    const at = this.#at;
    const code = this.#text.charCodeAt(at);
    if (isIdentifierStart(code)) return this.#identifier(at);
    if (isDigit(code) || (code === DOT && isDigit(this.#text.charCodeAt(at + 1)))) return this.#number(at);
    if (code === QUOTE || code === APOSTROPHE) return this.#quoted(at);
    const first = this.#text.charAt(at);
    if (!SINGLE.has(first)) throw this.fail(at, `unexpected character ${JSON.stringify(first)}`);
    const longer = OPERATORS_BY_FIRST.get(first)?.find((operator) => this.#text.startsWith(operator, at));
    const text = longer ?? first;
    this.#at += text.length;
    return { kind: 'punctuation', text, at };
  }

  #identifier(at: number): Token {
    const text = this.#text;
    let end = at + 1;
    while (end < text.length && isIdentifierPart(text.charCodeAt(end))) end++;
    this.#at = end;
    const name = text.slice(at, end);
    const next = text.charCodeAt(end);
    if ((next === QUOTE || next === APOSTROPHE) && STRING_PREFIXES.has(name)) return this.#quoted(end);
    return { kind: 'identifier', text: name, at };
  }

  #number(at: number): Token {
    const text = this.#text;
    let end = at + 1;
    for (; end < text.length; end++) {
      const code = text.charCodeAt(end);
      const sign = (code === PLUS || code === MINUS) && isExponentMark(text.charCodeAt(end - 1), text, at);
      const separator = code === APOSTROPHE && isIdentifierPart(text.charCodeAt(end + 1));
      if (!(isIdentifierPart(code) || code === DOT || sign || separator)) break;
    }
    this.#at = end;
    return { kind: 'number', text: text.slice(at, end), at };
  }

  #quoted(at: number): Token {
    const { value, end } = readQuoted(this.#text, at, (where, problem) => this.fail(where, problem));
    this.#at = end;
    return { kind: this.#text.charCodeAt(at) === QUOTE ? 'string' : 'character', text: value, at };
  }
}

/** True for this punctuation, not for a string of the same characters. */
export function isMark(token: Token | undefined, text: string): boolean {
  return token?.kind === 'punctuation' && token.text === text;
}

/** All tokens of a text without directives, for macros and tests. */
export function tokenize(text: string, name = 'text'): Token[] {
  const scanner = new Scanner({ name, text });
  const tokens: Token[] = [];
  for (let token = scanner.next(); token !== undefined; token = scanner.next()) {
    if (token === 'directive') throw scanner.fail(scanner.position, 'a directive stands where none may');
    tokens.push(token);
  }
  return tokens;
}

/** `1e-5`, `0x1p-3`; but `0xE-1` is a subtraction. */
function isExponentMark(code: number, text: string, start: number): boolean {
  const hexadecimal = text.charCodeAt(start) === 48 && (text.charCodeAt(start + 1) | 32) === 120;
  return (code | 32) === (hexadecimal ? 112 : 101);
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

function isIdentifierStart(code: number): boolean {
  const lower = code | 32;
  return (
    (lower >= 97 && lower <= 122) || code === 95 || code === 36 || (code >= 0xaa && code !== BYTE_ORDER_MARK)
  );
}

function isIdentifierPart(code: number): boolean {
  return isIdentifierStart(code) || isDigit(code);
}
