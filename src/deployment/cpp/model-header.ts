/** A header of `tflite-model/`: a model as a C array, or the path of the file that holds it. */
import { DeploymentError } from '../../errors.js';
import type { DeploymentWarning } from '../contents.js';
import { arrayIndex, takeByteArrays } from '../headers/byte-arrays.js';
import { macrosOf } from '../headers/macros.js';
import { listOf, nameIn, numberOf, numbersOf } from '../headers/query.js';
import type { Headers } from '../headers/read-headers.js';
import { readHeaders } from '../headers/read-headers.js';
import { refusePlaceholder } from '../sniff.js';

export type ModelHeader = {
  /** Name of the header. */
  readonly name: string;
  /** C name of the model. */
  readonly symbol: string;
} & (
  | { readonly bytes: Uint8Array }
  /** As `INCBIN` states it, relative to the library's root. */
  | { readonly bytes?: undefined; readonly path: string }
);

/** Element types of model arrays. */
const BYTE_TYPES = new Set(['char', 'uint8_t']);

/**
 * The model that a header holds: the one called `symbol`, else the only one; undefined if there is none, or
 * its array is empty.
 *
 * @throws {DeploymentError} `ERR_METADATA_INVALID`, `ERR_MODEL_INVALID`, `ERR_DEPLOYMENT_TRUNCATED`,
 *   `ERR_DEPLOYMENT_UNRECOGNISED`: it is a Git LFS pointer or a web page
 */
export function readModelHeader(
  bytes: Uint8Array,
  name: string,
  symbol: string,
  warn: (warning: DeploymentWarning) => void,
): ModelHeader | undefined {
  refusePlaceholder(bytes, name);
  const { text, arrays } = takeByteArrays(bytes, name);
  const headers = readHeaders([{ name, text }], macrosOf({}));
  const symbols = modelSymbols(headers);
  const chosen = symbols.includes(symbol) ? symbol : symbols.length === 1 ? symbols[0] : undefined;
  if (chosen === undefined) return undefined;
  const path = inclusionOf(headers, chosen);
  if (path !== undefined) return { name, symbol: chosen, path };
  const model = arrayBytes(headers, chosen, arrays, name);
  if (model === undefined || model.length === 0) return undefined;
  checkLength(headers, chosen, model.length, name, warn);
  return { name, symbol: chosen, bytes: model };
}

function modelSymbols({ variables, inclusions }: Headers): string[] {
  const arrays = [...variables.values()].filter(
    ({ type, value }) => BYTE_TYPES.has(type) && value.kind === 'list',
  );
  return [...inclusions.map(({ name }) => name.replace(/^incbin_/, '')), ...arrays.map(({ name }) => name)];
}

/** Path in `INCBIN(incbin_<symbol>, "path")`. */
function inclusionOf({ inclusions }: Headers, symbol: string): string | undefined {
  return inclusions.find(({ name }) => name === `incbin_${symbol}` || name === symbol)?.path;
}

function arrayBytes(
  headers: Headers,
  symbol: string,
  arrays: readonly Uint8Array[],
  header: string,
): Uint8Array | undefined {
  const value = headers.variables.get(symbol)?.value;
  const items = listOf(headers, value);
  if (items === undefined) return undefined;
  const index = arrayIndex(nameIn(items[0]) ?? '');
  if (index !== undefined) return arrays[index];
  const numbers = numbersOf(headers, value);
  if (numbers?.every((number) => Number.isInteger(number) && number >= 0 && number < 256)) {
    return Uint8Array.from(numbers);
  }
  throw new DeploymentError(
    'ERR_MODEL_INVALID',
    `${header}: the array ${symbol} holds more than bytes (0 to 255).`,
  );
}

/** The array itself counts; a length that disagrees is worth a word. */
function checkLength(
  headers: Headers,
  symbol: string,
  length: number,
  header: string,
  warn: (warning: DeploymentWarning) => void,
): void {
  const stated = numberOf(headers, { kind: 'name', name: `${symbol}_len` });
  if (stated === undefined || stated === length) return;
  warn({
    code: 'ARRAY_LENGTH_MISMATCH',
    message: `${header}: ${symbol}_len says ${stated} bytes, the array holds ${length}. The array is used.`,
  });
}
