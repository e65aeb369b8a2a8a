/** The tokens of a header that `#if` leaves, and the macros it defines on the way. */
import { evaluate } from './expressions.js';
import type { HeaderFile } from './header-error.js';
import type { Macros, WorkLimit } from './macros.js';
import { expand } from './macros.js';
import type { Token } from './tokens.js';
import { isMark, Scanner } from './tokens.js';

interface Conditional {
  readonly at: number;
  /** One of its groups was already taken. */
  taken: boolean;
  sawElse: boolean;
}

const MAX_CONDITIONAL_DEPTH = 256;

/**
 * Reads one header token by token, carrying out `#define`, `#undef` and the `#if` family; `#include`,
 * `#error`, `#pragma` and the like are passed over. Names that no macro defines are 0 in `#if`, as in C.
 */
export class Preprocessor {
  readonly #scanner: Scanner;
  readonly #macros: Macros;
  readonly #work: WorkLimit;
  readonly #conditionals: Conditional[] = [];
  #peeked: Token | undefined;

  /** @param macros read and changed */
  constructor(file: HeaderFile, macros: Macros, work: WorkLimit) {
    this.#scanner = new Scanner(file);
    this.#macros = macros;
    this.#work = work;
  }

  peek(): Token | undefined {
    this.#peeked ??= this.#read();
    return this.#peeked;
  }

  next(): Token | undefined {
    const token = this.peek();
    this.#peeked = undefined;
    return token;
  }

  /** @param at offset of what is wrong; where reading stands if it is not known */
  fail(at: number | undefined, problem: string): Error {
    return this.#scanner.fail(at ?? this.#scanner.position, problem);
  }

  #read(): Token | undefined {
    for (;;) {
      const token = this.#scanner.next();
      if (token === 'directive') {
        this.#directive();
        continue;
      }
      const open = this.#conditionals.at(-1);
      if (token === undefined && open !== undefined) throw this.fail(open.at, 'this #if has no #endif');
      return token;
    }
  }

  /** A directive in text that counts. */
  #directive(): void {
    const at = this.#scanner.position;
    const name = this.#scanner.nextOnLine();
    switch (name?.text) {
      case 'define':
        this.#define(at);
        break;
      case 'undef':
        this.#macros.delete(this.#name(at));
        this.#scanner.skipLine();
        break;
      case 'if':
      case 'ifdef':
      case 'ifndef':
        this.#open(name.text, at);
        break;
      case 'elif':
      case 'else':
        // The group before it counted, so every other one of this #if is excluded.
        this.#conditional(at, name.text);
        this.#skipGroups();
        break;
      case 'endif':
        this.#conditional(at, name.text);
        this.#conditionals.pop();
        this.#scanner.skipLine();
        break;
      default:
        if (name !== undefined) this.#scanner.skipLine();
    }
  }

  #define(at: number): void {
    const name = this.#name(at);
    const hasParameters = this.#scanner.touchesParenthesis();
    const tokens = hasParameters ? [] : this.#restOfLine();
    if (hasParameters) this.#scanner.skipLine();
    this.#work.step(tokens.length + 1);
    this.#macros.set(name, { tokens, hasParameters });
  }

  #open(kind: 'if' | 'ifdef' | 'ifndef', at: number): void {
    this.#push(at);
    const condition = this.#condition(kind, at);
    if (condition) this.#take();
    else this.#skipGroups();
  }

  #push(at: number): void {
    if (this.#conditionals.length >= MAX_CONDITIONAL_DEPTH) {
      throw this.fail(at, `#if lies more than ${MAX_CONDITIONAL_DEPTH} deep`);
    }
    this.#conditionals.push({ at, taken: false, sawElse: false });
  }

  /** Passes over groups that do not count, until one does or the `#if` ends. */
  #skipGroups(): void {
    const depth = this.#conditionals.length;
    while (this.#conditionals.length >= depth) {
      if (!this.#scanner.skipToDirective()) {
        throw this.fail(this.#conditionals.at(-1)?.at, 'this #if has no #endif');
      }
      const at = this.#scanner.position;
      const name = this.#scanner.nextOnLine();
      if (this.#excludedDirective(name?.text, at, depth)) return;
      if (name !== undefined) this.#scanner.skipLine();
    }
  }

  /** True if the text after it counts. */
  #excludedDirective(name: string | undefined, at: number, depth: number): boolean {
    switch (name) {
      case 'if':
      case 'ifdef':
      case 'ifndef':
        this.#push(at);
        return false;
      case 'elif':
      case 'else': {
        const conditional = this.#conditional(at, name);
        if (this.#conditionals.length > depth || conditional.taken) return false;
        if (name === 'elif' && !this.#condition('if', at)) return false;
        this.#take();
        this.#scanner.skipLine();
        return true;
      }
      case 'endif':
        this.#conditional(at, name);
        this.#conditionals.pop();
        return false;
      default:
        return false;
    }
  }

  #take(): void {
    const conditional = this.#conditionals.at(-1);
    if (conditional !== undefined) conditional.taken = true;
  }

  #conditional(at: number, name: 'elif' | 'else' | 'endif'): Conditional {
    const conditional = this.#conditionals.at(-1);
    if (conditional === undefined) throw this.fail(at, `#${name} without #if`);
    if (name !== 'endif' && conditional.sawElse) throw this.fail(at, `#${name} after #else`);
    if (name === 'else') conditional.sawElse = true;
    return conditional;
  }

  #condition(kind: 'if' | 'ifdef' | 'ifndef', at: number): boolean {
    if (kind !== 'if') {
      const defined = this.#macros.has(this.#name(at));
      this.#scanner.skipLine();
      return defined === (kind === 'ifdef');
    }
    const tokens = this.#withoutDefined(this.#restOfLine());
    const expanded = expand(tokens, this.#macros, this.#work);
    this.#work.step(expanded.length);
    const value = evaluate(expanded, () => 0);
    if (value === undefined) throw this.fail(at, 'this #if has no value');
    return value !== 0;
  }

  /** `defined X` and `defined(X)` as 1 or 0; must happen before macros are expanded. */
  #withoutDefined(tokens: readonly Token[]): Token[] {
    const out: Token[] = [];
    for (let i = 0; i < tokens.length; i++) {
      const token = tokens[i] as Token;
      if (token.kind !== 'identifier' || token.text !== 'defined') {
        out.push(token);
        continue;
      }
      const inParentheses = isMark(tokens[i + 1], '(');
      const name = tokens[i + (inParentheses ? 2 : 1)];
      if (name?.kind !== 'identifier') throw this.fail(token.at, "expected a name after 'defined'");
      i += inParentheses ? 3 : 1;
      out.push({ kind: 'number', text: this.#macros.has(name.text) ? '1' : '0', at: token.at });
    }
    return out;
  }

  #name(at: number): string {
    const token = this.#scanner.nextOnLine();
    if (token?.kind !== 'identifier') throw this.fail(at, 'expected a name');
    return token.text;
  }

  #restOfLine(): Token[] {
    const tokens: Token[] = [];
    for (let token = this.#scanner.nextOnLine(); token !== undefined; token = this.#scanner.nextOnLine()) {
      tokens.push(token);
    }
    return tokens;
  }
}
