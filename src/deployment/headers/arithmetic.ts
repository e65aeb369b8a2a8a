/** Numbers and operators as C has them. */

/** A number, and whether C would hold it as floating point: 7 / 2 is 3, 7.0 / 2 is 3.5. */
export interface Constant {
  readonly value: number;
  readonly float: boolean;
}

const MAX_NUMBER_LENGTH = 100;

/** The value of a number as C writes it; undefined if it is none. */
export function parseNumber(raw: string): Constant | undefined {
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

export function applyUnary(operator: '+' | '-' | '!' | '~', { value, float }: Constant): Constant {
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

/** NaN where C has no value: a division by zero, a shift by too much. */
export function combine(operator: string, left: Constant, right: Constant): Constant {
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

/** @param type words of a cast: `unsigned`, `int` */
export function convert({ value }: Constant, type: readonly string[]): Constant {
  if (type.some((name) => name === 'float' || name === 'double')) return { value, float: true };
  if (type.includes('bool')) return { value: value === 0 ? 0 : 1, float: false };
  return { value: Math.trunc(value), float: false };
}
