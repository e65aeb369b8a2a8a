/** Constant expressions of C, as `#if` lines, defines and initialisers hold them. */
import type { Constant } from './arithmetic.js';
import { applyUnary, combine, convert, parseNumber } from './arithmetic.js';
import type { Token } from './tokens.js';
import { isMark } from './tokens.js';

/** Value of a name that no macro replaces; undefined makes the whole expression "not constant". */
export type Lookup = (name: string) => number | undefined;

const MAX_DEPTH = 200;

const TYPE_WORDS = new Set(
  'void char short int long float double signed unsigned bool const volatile'.split(' '),
);

/** Binary operators by how tightly they bind. */
const PRECEDENCE: Readonly<Record<string, number>> = {
  '||': 1,
  '&&': 2,
  '|': 3,
  '^': 4,
  '&': 5,
  '==': 6,
  '!=': 6,
  '<': 7,
  '>': 7,
  '<=': 7,
  '>=': 7,
  '<<': 8,
  '>>': 8,
  '+': 9,
  '-': 9,
  '*': 10,
  '/': 10,
  '%': 10,
};

/**
 * The value of an expression whose macros are already expanded; undefined if it is not a constant (an
 * unknown name, a string, bad syntax, a division by zero that counts).
 */
export function evaluate(tokens: readonly Token[], lookup: Lookup): number | undefined {
  if (tokens.length === 0) return undefined;
  const parser = new ExpressionParser(tokens, lookup);
  const value = parser.all();
  // Integers have no -0.
  return value === undefined || Number.isNaN(value.value) ? undefined : value.value + 0;
}

/** `float`, `uint16_t`, `ei_dsp_config_image_t`: a name that can stand in a cast. */
export function isTypeName(name: string): boolean {
  return TYPE_WORDS.has(name) || name.endsWith('_t');
}

/** The value of a number token; undefined if it is not one that C knows. */
export function numberOfToken(text: string): number | undefined {
  return parseNumber(text)?.value;
}

class ExpressionParser {
  readonly #tokens: readonly Token[];
  readonly #lookup: Lookup;
  #at = 0;
  #depth = 0;

  constructor(tokens: readonly Token[], lookup: Lookup) {
    this.#tokens = tokens;
    this.#lookup = lookup;
  }

  all(): Constant | undefined {
    const value = this.#ternary();
    return this.#at === this.#tokens.length ? value : undefined;
  }

  #ternary(): Constant | undefined {
    if (this.#depth >= MAX_DEPTH) return undefined;
    this.#depth++;
    const value = this.#afterCondition(this.#binary(1));
    this.#depth--;
    return value;
  }

  #afterCondition(condition: Constant | undefined): Constant | undefined {
    if (condition === undefined || !this.#take('?')) return condition;
    const yes = this.#ternary();
    if (yes === undefined || !this.#take(':')) return undefined;
    const no = this.#ternary();
    if (no === undefined) return undefined;
    return condition.value !== 0 ? yes : no;
  }

  #binary(minimum: number): Constant | undefined {
    let left = this.#unary();
    for (;;) {
      const operator = this.#operator();
      const precedence = operator === undefined ? undefined : PRECEDENCE[operator];
      if (left === undefined || operator === undefined || precedence === undefined || precedence < minimum) {
        return left;
      }
      this.#at++;
      const right = this.#binary(precedence + 1);
      left = right === undefined ? undefined : combine(operator, left, right);
    }
  }

  #unary(): Constant | undefined {
    if (this.#depth >= MAX_DEPTH) return undefined;
    this.#depth++;
    const value = this.#unaryBelowLimit();
    this.#depth--;
    return value;
  }

  #unaryBelowLimit(): Constant | undefined {
    const operator = this.#operator();
    if (operator === '+' || operator === '-' || operator === '!' || operator === '~') {
      this.#at++;
      const operand = this.#unary();
      return operand && applyUnary(operator, operand);
    }
    const type = this.#cast();
    if (type !== undefined) {
      const operand = this.#unary();
      return operand && convert(operand, type);
    }
    return this.#primary();
  }

  #primary(): Constant | undefined {
    const token = this.#tokens[this.#at];
    if (token === undefined) return undefined;
    this.#at++;
    if (token.kind === 'number') return parseNumber(token.text);
    if (token.kind === 'character') return { value: token.text.codePointAt(0) ?? 0, float: false };
    if (token.kind === 'identifier') return this.#name(token.text);
    if (!isMark(token, '(')) return undefined;
    const value = this.#ternary();
    return this.#take(')') ? value : undefined;
  }

  #name(name: string): Constant | undefined {
    if (name === 'true' || name === 'false') return { value: name === 'true' ? 1 : 0, float: false };
    if (isTypeName(name) && this.#operator() === '(') {
      const operand = this.#primary();
      return operand && convert(operand, [name]);
    }
    const value = this.#lookup(name);
    if (this.#operator() === '(') {
      // A macro with parameters, or __has_include(...): nothing is known of it.
      if (value === undefined || !this.#skipParentheses()) return undefined;
    }
    return value === undefined ? undefined : { value, float: !Number.isInteger(value) };
  }

  /** The type names of `(type)` where an operand follows; undefined, and nothing taken, otherwise. */
  #cast(): string[] | undefined {
    if (this.#operator() !== '(') return undefined;
    const names: string[] = [];
    let end = this.#at + 1;
    for (; ; end++) {
      const token = this.#tokens[end];
      if (token?.kind === 'identifier' && isTypeName(token.text)) names.push(token.text);
      else if (!isMark(token, '*') || names.length === 0) break;
    }
    const closes = isMark(this.#tokens[end], ')') && names.length > 0;
    if (!closes || this.#tokens[end + 1] === undefined) return undefined;
    this.#at = end + 1;
    return names;
  }

  #skipParentheses(): boolean {
    let depth = 0;
    for (; this.#at < this.#tokens.length; this.#at++) {
      const text = this.#operator();
      if (text === '(') depth++;
      else if (text === ')' && --depth === 0) {
        this.#at++;
        return true;
      }
    }
    return false;
  }

  #operator(): string | undefined {
    const token = this.#tokens[this.#at];
    return token?.kind === 'punctuation' ? token.text : undefined;
  }

  #take(text: string): boolean {
    if (this.#operator() !== text) return false;
    this.#at++;
    return true;
  }
}
