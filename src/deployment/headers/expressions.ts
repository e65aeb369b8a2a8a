/** Constant expressions of C, as `#if` lines, defines and initialisers hold them. */
import type { Token } from './tokens.js';
import { isMark } from './tokens.js';

/** A number, and whether C would hold it as floating point: 7 / 2 is 3, 7.0 / 2 is 3.5. */
interface Constant {
  readonly value: number;
  readonly float: boolean;
}

/** Value of a name that no macro replaces; undefined makes the whole expression "not constant". */
export type Lookup = (name: string) => number | undefined;

const MAX_DEPTH = 200;
const MAX_NUMBER_LENGTH = 100;

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

function parseNumber(raw: string): Constant | undefined {
  if (raw.length > MAX_NUMBER_LENGTH) return undefined;
  const text = raw.replaceAll("'", '').toLowerCase();
  const hexadecimal = /^0x([0-9a-f]+)[ul]*$/.exec(text);
  if (hexadecimal) return { value: Number.parseInt(hexadecimal[1] ?? '', 16), float: false };
  const binary = /^0b([01]+)[ul]*$/.exec(text);
  if (binary) return { value: Number.parseInt(binary[1] ?? '', 2), float: false };
  const octal = /^0([0-7]+)[ul]*$/.exec(text);
  if (octal) return { value: Number.parseInt(octal[1] ?? '', 8), float: false };
  const integer = /^(0|[1-9][0-9]*)[ul]*$/.exec(text);
  if (integer) return { value: Number(integer[1]), float: false };
  const float = /^([0-9]*\.?[0-9]*(?:e[+-]?[0-9]+)?)[fl]?$/.exec(text);
  // Digits alone that are no integer are a wrong octal number: 08.
  const value = float && /\D/.test(text) ? Number(float[1]) : Number.NaN;
  return Number.isNaN(value) ? undefined : { value, float: true };
}

function applyUnary(operator: '+' | '-' | '!' | '~', { value, float }: Constant): Constant {
  switch (operator) {
    case '+':
      return { value, float };
    case '-':
      return { value: -value, float };
    case '!':
      return { value: value === 0 ? 1 : 0, float: false };
    case '~':
      return { value: bits(value, 0n, (a) => ~a), float: false };
  }
}

function combine(operator: string, left: Constant, right: Constant): Constant {
  const [a, b] = [left.value, right.value];
  const float = left.float || right.float;
  switch (operator) {
    case '+':
      return { value: a + b, float };
    case '-':
      return { value: a - b, float };
    case '*':
      return { value: a * b, float };
    case '/':
      return { value: float ? a / b : b === 0 ? Number.NaN : Math.trunc(a / b), float };
    case '%':
      return { value: a % b, float };
    case '<<':
    case '>>':
      return { value: shift(operator, a, b), float: false };
    case '&':
      return { value: bits(a, b, (x, y) => x & y), float: false };
    case '|':
      return { value: bits(a, b, (x, y) => x | y), float: false };
    case '^':
      return { value: bits(a, b, (x, y) => x ^ y), float: false };
    default:
      return { value: compare(operator, a, b) ? 1 : 0, float: false };
  }
}

function compare(operator: string, a: number, b: number): boolean {
  switch (operator) {
    case '==':
      return a === b;
    case '!=':
      return a !== b;
    case '<':
      return a < b;
    case '>':
      return a > b;
    case '<=':
      return a <= b;
    case '>=':
      return a >= b;
    case '&&':
      return a !== 0 && b !== 0;
    default:
      return a !== 0 || b !== 0;
  }
}

function shift(operator: '<<' | '>>', a: number, b: number): number {
  if (b < 0 || b > 63) return Number.NaN;
  return bits(a, b, (x, y) => (operator === '<<' ? x << y : x >> y));
}

/** On 64-bit integers, as the preprocessor has them. */
function bits(a: number, b: number | bigint, operate: (a: bigint, b: bigint) => bigint): number {
  if (!Number.isSafeInteger(a) || !(typeof b === 'bigint' || Number.isSafeInteger(b))) return Number.NaN;
  return Number(BigInt.asIntN(64, operate(BigInt(a), BigInt(b))));
}

function convert({ value }: Constant, type: readonly string[]): Constant {
  if (type.some((name) => name === 'float' || name === 'double')) return { value, float: true };
  if (type.includes('bool')) return { value: value === 0 ? 0 : 1, float: false };
  return { value: Math.trunc(value), float: false };
}
