/** Where pictures come from: a path, bytes of an encoded image, or a raw frame. */
import { readFile, stat } from 'node:fs/promises';
import { InputError } from '../errors.js';
import { describe } from '../options.js';
import type { Frame } from './frame-format.js';
import type { InputLimits } from './input-limits.js';
import { checkByteCount, DEFAULT_LIMITS } from './input-limits.js';
import type { FrameLike, RawFrame } from './raw-frame.js';
import { checkFrame } from './raw-frame.js';

export type { RawFrame } from './raw-frame.js';

/** A file's path, the bytes of an encoded image (`Buffer` or `Uint8Array`), or a raw frame. */
export type ImageSource = string | Uint8Array | RawFrame;

/** An encoded image, and what to call it in messages. */
export interface EncodedImage {
  readonly kind: 'encoded';
  readonly bytes: Uint8Array;
  readonly name: string;
  /** Pixels that it may have; every decoder looks before it decodes. */
  readonly maxPixels: number;
}

export interface RawImage {
  readonly kind: 'raw';
  readonly frame: Frame;
}

/**
 * @throws {InputError} `ERR_INPUT_NOT_FOUND`: no file, or it may not be read; `ERR_INPUT_TYPE`: none of the kinds of
 *   source; `ERR_INPUT_IMAGE`: a folder, nothing at all, a frame whose size and data do not fit; `ERR_INPUT_LIMIT`
 */
export async function readImageSource(
  source: ImageSource,
  { pixels, bytes }: Required<InputLimits> = DEFAULT_LIMITS,
): Promise<EncodedImage | RawImage> {
  if (typeof source === 'string') return encoded(await readImageFile(source, bytes), `'${source}'`, pixels);
  if (source instanceof Uint8Array) {
    const name = `given as ${describe(source)}`;
    checkByteCount(source.length, name, bytes);
    return encoded(source, name, pixels);
  }
  if (isFrameLike(source)) return { kind: 'raw', frame: checkFrame(source, pixels) };
  throw new InputError(
    'ERR_INPUT_TYPE',
    'Expected a picture: a path, a Buffer or Uint8Array with an encoded image, or a raw frame ' +
      `{ data, width, height, channels } or { data, width, height, format }; received ${describe(source)}.`,
  );
}

function encoded(bytes: Uint8Array, name: string, maxPixels: number): EncodedImage {
  if (bytes.length > 0) return { kind: 'encoded', bytes, name, maxPixels };
  throw new InputError(
    'ERR_INPUT_IMAGE',
    `The image ${name} is empty (0 bytes). Write or download it again.`,
  );
}

async function readImageFile(path: string, maxBytes: number): Promise<Uint8Array> {
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
    checkByteCount(stats.size, `'${path}'`, maxBytes);
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

function isFrameLike(source: unknown): source is FrameLike {
  return typeof source === 'object' && source !== null && 'data' in source;
}
