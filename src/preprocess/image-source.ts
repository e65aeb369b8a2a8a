/** Where pictures come from: a path, bytes of an encoded image, or a raw frame. */
import { constants } from 'node:buffer';
import { readFile, stat } from 'node:fs/promises';
import { InputError } from '../errors.js';
import { describe } from '../options.js';

/** Pixels of the largest picture: 8192 x 8192, enough for a 64-megapixel camera. Refused before decoding. */
export const MAX_INPUT_PIXELS = 2 ** 26;

/** Bytes of the largest file that is read into memory. */
export const MAX_INPUT_BYTES = Math.min(2 ** 29, constants.MAX_LENGTH);

/** A picture as plain samples, for example from a camera. */
export interface RawFrame {
  /** width x height x channels bytes, interleaved, rows from the top. Do not change them before the result is there. */
  readonly data: Uint8Array | Uint8ClampedArray;
  /** Pixels. */
  readonly width: number;
  readonly height: number;
  /** 1 = gray, 2 = gray and alpha, 3 = R G B, 4 = R G B A. Alpha is dropped, not composited. */
  readonly channels: 1 | 2 | 3 | 4;
}

/** A file's path, the bytes of an encoded image (`Buffer` or `Uint8Array`), or a raw frame. */
export type ImageSource = string | Uint8Array | RawFrame;

/** An encoded image, and what to call it in messages. */
export interface EncodedImage {
  readonly kind: 'encoded';
  readonly bytes: Uint8Array;
  readonly name: string;
}

export interface RawImage {
  readonly kind: 'raw';
  readonly frame: RawFrame;
}

/**
 * @throws {InputError} `ERR_INPUT_NOT_FOUND`: no file, or it may not be read; `ERR_INPUT_TYPE`: none of the kinds of
 *   source; `ERR_INPUT_IMAGE`: a folder, nothing at all, a frame whose size and data do not fit; `ERR_INPUT_LIMIT`
 */
export async function readImageSource(source: ImageSource): Promise<EncodedImage | RawImage> {
  if (typeof source === 'string') return encoded(await readImageFile(source), `'${source}'`);
  if (source instanceof Uint8Array) return encoded(source, `given as ${describe(source)}`);
  if (isFrameLike(source)) return { kind: 'raw', frame: checkFrame(source) };
  throw new InputError(
    'ERR_INPUT_TYPE',
    'Expected a picture: a path, a Buffer or Uint8Array with an encoded image, or a raw frame ' +
      `{ data, width, height, channels }; received ${describe(source)}.`,
  );
}

function encoded(bytes: Uint8Array, name: string): EncodedImage {
  if (bytes.length === 0) {
    throw new InputError(
      'ERR_INPUT_IMAGE',
      `The image ${name} is empty (0 bytes). Write or download it again.`,
    );
  }
  if (bytes.length > MAX_INPUT_BYTES) throw tooManyBytes(name, bytes.length);
  return { kind: 'encoded', bytes, name };
}

async function readImageFile(path: string): Promise<Uint8Array> {
  try {
    const stats = await stat(path);
    // Opening a pipe or a device could wait for ever.
    if (!stats.isFile()) {
      const what = stats.isDirectory() ? 'a folder' : 'not a regular file';
      throw new InputError(
        'ERR_INPUT_IMAGE',
        `'${path}' is ${what}: pass the path of an image file, or its bytes.`,
      );
    }
    if (stats.size > MAX_INPUT_BYTES) throw tooManyBytes(`'${path}'`, stats.size);
    return await readFile(path);
  } catch (cause) {
    if (cause instanceof InputError) throw cause;
    throw new InputError('ERR_INPUT_NOT_FOUND', `No picture can be read at '${path}': ${reason(cause)}.`, {
      cause,
    });
  }
}

function reason(cause: unknown): string {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  if (code === 'ENOENT' || code === 'ENOTDIR') return 'there is no such file';
  if (code === 'EACCES' || code === 'EPERM') return 'reading it is not permitted';
  return cause instanceof Error ? cause.message : String(cause);
}

function tooManyBytes(name: string, bytes: number): InputError {
  return new InputError(
    'ERR_INPUT_LIMIT',
    `The image ${name} has ${bytes} bytes; the limit is ${MAX_INPUT_BYTES}. Scale it down first.`,
  );
}

function isFrameLike(source: unknown): source is Record<keyof RawFrame, unknown> {
  return typeof source === 'object' && source !== null && 'data' in source;
}

function checkFrame({ data, width, height, channels }: Record<keyof RawFrame, unknown>): RawFrame {
  if (!(data instanceof Uint8Array || data instanceof Uint8ClampedArray)) {
    throw new InputError(
      'ERR_INPUT_TYPE',
      `Raw frame: expected data to be a Uint8Array (or Uint8ClampedArray) but received ${describe(data)}.`,
    );
  }
  if (!isSide(width) || !isSide(height)) {
    throw new InputError(
      'ERR_INPUT_IMAGE',
      `Raw frame: expected width and height to be whole numbers of pixels from 1 on but received ${describe(width)} x ${describe(height)}.`,
    );
  }
  if (channels !== 1 && channels !== 2 && channels !== 3 && channels !== 4) {
    throw new InputError(
      'ERR_INPUT_IMAGE',
      `Raw frame: expected channels to be 1 (gray), 2 (gray, alpha), 3 (RGB) or 4 (RGBA) but received ${describe(channels)}.`,
    );
  }
  checkPixelCount(width, height, 'Raw frame');
  if (data.length !== width * height * channels) {
    throw new InputError(
      'ERR_INPUT_IMAGE',
      `Raw frame: expected ${width} x ${height} x ${channels} = ${width * height * channels} bytes of data but received ${data.length}.`,
    );
  }
  return { data, width, height, channels };
}

function isSide(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 1;
}

/**
 * @param what the picture, as a message begins
 * @throws {InputError} `ERR_INPUT_LIMIT`
 */
export function checkPixelCount(width: number, height: number, what: string): void {
  if (width * height <= MAX_INPUT_PIXELS) return;
  throw new InputError(
    'ERR_INPUT_LIMIT',
    `${what}: ${width}x${height} is more than the limit of ${MAX_INPUT_PIXELS} pixels (64 megapixels). Scale it down first.`,
  );
}
