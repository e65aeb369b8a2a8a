/** How large a picture may be: looked at before anything is decoded, so that a small file can't fill the memory. */
import { constants } from 'node:buffer';
import { InputError } from '../errors.js';
import { checkOptionNames, integerInRange } from '../options.js';

/** Pixels of the largest picture: 8192 x 8192, enough for a 64-megapixel camera. Refused before decoding. */
export const MAX_INPUT_PIXELS = 2 ** 26;

/** Bytes of the largest file that is read into memory. */
export const MAX_INPUT_BYTES = Math.min(2 ** 29, constants.MAX_LENGTH);

/** What no option can exceed: sizes in pixels and bytes stay 32-bit numbers in the decoders. */
const MOST_PIXELS = 2 ** 29;

export interface InputLimits {
  /** Width x height of a picture. Of an animation or a file of several pages only the first is looked at. @default 2 ** 26 */
  readonly pixels?: number;
  /** Bytes of a file or of an encoded picture. @default 2 ** 29 */
  readonly bytes?: number;
}

export const DEFAULT_LIMITS: Required<InputLimits> = { pixels: MAX_INPUT_PIXELS, bytes: MAX_INPUT_BYTES };

/**
 * @param where as the messages begin
 * @throws {InputError} `ERR_OPTION_UNKNOWN`, `ERR_OPTION_INVALID`
 */
export function normalizeLimits(limits: InputLimits, where: string): Required<InputLimits> {
  checkOptionNames(limits, ['pixels', 'bytes'], where);
  const { pixels = DEFAULT_LIMITS.pixels, bytes = DEFAULT_LIMITS.bytes } = limits;
  return {
    pixels: integerInRange(pixels, 1, MOST_PIXELS, `${where}.pixels`),
    bytes: integerInRange(bytes, 1, constants.MAX_LENGTH, `${where}.bytes`),
  };
}

/**
 * @param what the picture, as a message begins
 * @throws {InputError} `ERR_INPUT_LIMIT`
 */
export function checkPixelCount(
  width: number,
  height: number,
  what: string,
  limit: number = MAX_INPUT_PIXELS,
): void {
  if (width * height > limit) throw tooManyPixels(`${what}: ${width}x${height} is`, limit);
}

/** @param beginning `The image 'x' has` */
export function tooManyPixels(beginning: string, limit: number, cause?: unknown): InputError {
  return new InputError(
    'ERR_INPUT_LIMIT',
    `${beginning} more than the limit of ${limit} pixels (${megapixels(limit)}). Scale it down first, or raise limits.pixels (--max-pixels).`,
    ...(cause === undefined ? [] : [{ cause }]),
  );
}

/** @throws {InputError} `ERR_INPUT_LIMIT` */
export function checkByteCount(bytes: number, name: string, limit: number): void {
  if (bytes <= limit) return;
  throw new InputError(
    'ERR_INPUT_LIMIT',
    `The image ${name} has ${bytes} bytes; the limit is ${limit}. Scale it down first, or raise limits.bytes.`,
  );
}

function megapixels(pixels: number): string {
  return `${Number((pixels / 2 ** 20).toPrecision(3))} megapixels`;
}
