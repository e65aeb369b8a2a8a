/** Raw features as text: what the studio's "Copy raw features" gives, and what people make of it. */
import { InputError } from '../errors.js';
import { describe } from '../options.js';

/**
 * As the studio shows the raw features of a picture: `0x383e42, 0x3a4044, ...`, six digits each.
 *
 * @param features whole numbers 0..0xffffff, as of `imageFeatures()`
 */
export function formatFeatures(features: ArrayLike<number>): string {
  return Array.from(features, (colour) => `0x${colour.toString(16).padStart(6, '0')}`).join(', ');
}

/** Brackets of JSON and of C initialisers; `{ "features": [...] }` is what `impulse features --json` prints. */
const BEGINNING = /^\ufeff?\s*(\{\s*"features"\s*:\s*)?[[{]?\s*/;

/** One item and what separates it from the next: a comma, blanks, or both. */
const ITEM = /([^\s,]*)(\s*,\s*|\s+|$)/y;

const HEXADECIMAL = /^0x[0-9a-f]+$/i;
/** The `f` is C's. */
const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?f?$/i;
const NOT_FINITE = /^[+-]?(nan|inf|infinity)$/i;

/**
 * Numbers separated by commas, blanks or line ends; decimal, or hexadecimal with `0x`; with or without the brackets of
 * JSON or C around them; a comma may follow the last.
 *
 * @returns in the order of the text
 * @throws {InputError} `ERR_INPUT_LENGTH`: none at all; `ERR_INPUT_TYPE`: something that is no number;
 *   `ERR_INPUT_NOT_FINITE`; each with its place
 */
export function parseFeatures(text: string): number[] {
  const start = BEGINNING.exec(text)?.[0].length ?? 0;
  const body = text.slice(0, Math.max(start, endOfNumbers(text)));
  const features: number[] = [];
  for (ITEM.lastIndex = start; ITEM.lastIndex < body.length; ) {
    const at = ITEM.lastIndex;
    const item = ITEM.exec(body)?.[1] ?? '';
    features.push(parseItem(item, () => `number ${features.length + 1} (${placeOf(text, at)})`));
  }
  if (features.length > 0) return features;
  throw new InputError(
    'ERR_INPUT_LENGTH',
    'Raw features: there is no number in the text. Expected numbers separated by commas, for example 0x383e42, 0x3a4044.',
  );
}

/** Where closing brackets begin. */
function endOfNumbers(text: string): number {
  let rest = text.trimEnd();
  for (const bracket of [';', '}', ']', '}']) {
    if (rest.endsWith(bracket)) rest = rest.slice(0, -1).trimEnd();
  }
  return rest.length;
}

function parseItem(item: string, place: () => string): number {
  const value = HEXADECIMAL.test(item)
    ? Number(item)
    : DECIMAL.test(item)
      ? Number.parseFloat(item)
      : undefined;
  if (value !== undefined && Number.isFinite(value)) return value;
  if (value !== undefined || NOT_FINITE.test(item)) {
    throw new InputError(
      'ERR_INPUT_NOT_FINITE',
      `Raw features: ${place()} is ${describe(item)}, which is not finite.`,
    );
  }
  const found = item === '' ? 'missing' : describe(item);
  throw new InputError(
    'ERR_INPUT_TYPE',
    `Raw features: ${place()} is ${found}: expected a decimal number, or a colour as 0xRRGGBB.`,
  );
}

/** `line 1, column 15`, both from 1 on. */
function placeOf(text: string, at: number): string {
  const before = text.slice(0, at);
  const line = before.split('\n').length;
  return `line ${line}, column ${at - before.lastIndexOf('\n')}`;
}
