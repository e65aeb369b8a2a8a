/** Where successive frames come from: a stream of bytes, or a folder. */
import type { Dirent } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { InputError } from '../errors.js';
import { checkOptionNames, describe } from '../options.js';
import { frameBytes } from '../preprocess/frame-format.js';
import { DEFAULT_LIMITS } from '../preprocess/input-limits.js';
import type { RawFormat, RawFrame } from '../preprocess/raw-frame.js';
import { describeShape, frameShape } from '../preprocess/raw-frame.js';

export type { RawFormat } from '../preprocess/raw-frame.js';

/**
 * Cuts a stream of bytes into frames, for example what `ffmpeg -f rawvideo -pix_fmt nv12` writes. Each frame has
 * memory of its own; where rows are padded, the last one is too.
 *
 * @param bytes a Node.js readable, or any sequence of chunks of any length
 * @throws {InputError} `ERR_OPTION_*`, `ERR_INPUT_LIMIT`: the format; from the frames `ERR_INPUT_LENGTH`: the bytes
 *   end within a frame; `ERR_INPUT_TYPE`: a chunk is not bytes
 *
 * @example
 * const frames = rawFrames(process.stdin, { width: 640, height: 480, format: 'NV12' });
 * for await (const { response } of deployment.classifyStream(frames)) console.log(response);
 */
export function rawFrames(
  bytes: AsyncIterable<unknown> | Iterable<unknown>,
  format: RawFormat,
): AsyncGenerator<RawFrame, void, undefined> {
  const where = 'rawFrames()';
  checkOptionNames(format, ['width', 'height', 'channels', 'format', 'stride'], where);
  const shape = frameShape(format, DEFAULT_LIMITS.pixels, { where, code: 'ERR_OPTION_INVALID' });
  return cutFrames(bytes, { ...format }, frameBytes(shape).full, describeShape(shape));
}

/** @param what a frame, for messages */
async function* cutFrames(
  bytes: AsyncIterable<unknown> | Iterable<unknown>,
  format: RawFormat,
  size: number,
  what: string,
): AsyncGenerator<RawFrame, void, undefined> {
  let frames = 0;
  let filled = 0;
  let data = new Uint8Array(size);
  for await (const chunk of bytes) {
    let rest = checkChunk(chunk);
    while (rest.length > 0) {
      const part = rest.subarray(0, size - filled);
      data.set(part, filled);
      filled += part.length;
      rest = rest.subarray(part.length);
      if (filled < size) break;
      yield { data, ...format };
      data = new Uint8Array(size);
      filled = 0;
      frames += 1;
    }
  }
  if (filled === 0) return;
  throw new InputError(
    'ERR_INPUT_LENGTH',
    `The stream of raw frames ended within frame ${frames}: expected ${what} = ${size} bytes but received ${filled}. ` +
      'Check the size and the pixel format of the frames.',
  );
}

function checkChunk(chunk: unknown): Uint8Array {
  if (chunk instanceof Uint8Array) return chunk;
  throw new InputError(
    'ERR_INPUT_TYPE',
    `Raw frames: expected chunks of bytes (Buffer or Uint8Array) but received ${describe(chunk)}.`,
  );
}

const PICTURE_EXTENSIONS = new Set(
  ['jpg', 'jpeg', 'jfif', 'png', 'webp', 'gif', 'bmp', 'tif', 'tiff', 'avif'].map((name) => `.${name}`),
);

/** What `impulse classify --annotate` and `--explain` wrote into a folder is not classified with it the next time. */
const OWN_COPY = /\.(annotated(-\d+)?\.(jpg|png)|resized\.png)$/;

/**
 * The pictures in a folder, in natural order (frame2 before frame10): not those of folders inside, not hidden ones,
 * and not the copies that `impulse classify --annotate` or `--explain` wrote.
 *
 * @returns paths, at least one
 * @throws {InputError} `ERR_INPUT_NOT_FOUND`: a folder without pictures, or one that can't be read
 *
 * @example
 * for await (const result of deployment.classifyStream(await framesInFolder('frames'), { track: true })) { ... }
 */
export async function framesInFolder(folder: string): Promise<string[]> {
  const { compare } = new Intl.Collator('en', { numeric: true });
  const names = (await entriesOf(folder)).filter((entry) => isPicture(entry)).map(({ name }) => name);
  if (names.length === 0) {
    throw new InputError(
      'ERR_INPUT_NOT_FOUND',
      `${folder}: there is no picture in this folder (${[...PICTURE_EXTENSIONS].join(' ')}; folders inside are not searched).`,
    );
  }
  names.sort((a, b) => compare(a, b) || (a < b ? -1 : 1));
  return names.map((name) => join(folder, name));
}

async function entriesOf(folder: string): Promise<Dirent[]> {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new InputError('ERR_INPUT_NOT_FOUND', `${folder}: this folder can't be read (${reason}).`, {
      cause,
    });
  }
}

function isPicture(entry: Dirent): boolean {
  const { name } = entry;
  const wanted = PICTURE_EXTENSIONS.has(extname(name).toLowerCase()) && !name.startsWith('.');
  return wanted && !OWN_COPY.test(name) && !entry.isDirectory();
}
