/** From the arguments of `classify` to the pictures they mean. */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { InputError } from '../errors.js';
import { framesInFolder } from '../runtime/frames.js';

export interface PictureInput {
  /** As the results name it: the path, or `-`. */
  readonly file: string;
  /** `pipe`: a named pipe, or what `<(command)` in a shell becomes. */
  readonly kind: 'file' | 'stdin' | 'pipe';
}

export interface PictureInputs {
  readonly pictures: readonly PictureInput[];
  /** True for one picture that was named itself: its response is printed alone. */
  readonly single: boolean;
}

/**
 * Folders become the pictures in them, in natural order (frame2 before frame10), not those of folders
 * inside. Paths that can't be read stay: each fails on its own, in its turn.
 *
 * @throws {InputError} `ERR_INPUT_NOT_FOUND`: a folder without pictures, or one that can't be read
 */
export async function expandInputs(args: readonly string[]): Promise<PictureInputs> {
  let folders = 0;
  const pictures: PictureInput[] = [];
  for (const arg of args) {
    if (arg === '-') {
      pictures.push({ file: arg, kind: 'stdin' });
      continue;
    }
    const found = await stat(arg).catch(() => undefined);
    if (found?.isDirectory()) {
      folders += 1;
      pictures.push(...(await picturesIn(arg)));
    } else {
      pictures.push({ file: arg, kind: found?.isFIFO() ? 'pipe' : 'file' });
    }
  }
  return { pictures, single: folders === 0 && pictures.length === 1 };
}

async function picturesIn(folder: string): Promise<PictureInput[]> {
  return (await framesInFolder(folder)).map((file) => ({ file, kind: 'file' }));
}

/** More than any picture: a stream that never ends must not fill the memory. */
const MAX_STREAM_BYTES = 512 * 1024 * 1024;

/**
 * What the library takes: files as paths, streams as their bytes.
 *
 * @throws {InputError} `ERR_INPUT_LIMIT`
 */
export async function pictureSource({ file, kind }: PictureInput): Promise<string | Buffer> {
  if (kind === 'file') return file;
  return readAll(kind === 'stdin' ? process.stdin : createReadStream(file), file, MAX_STREAM_BYTES);
}

/** More than the features of any model; a longer text would not fit a string. */
const MAX_TEXT_BYTES = 256 * 1024 * 1024;

/**
 * Raw features from a file, or from stdin where it is called `-`.
 *
 * @throws {InputError} `ERR_INPUT_NOT_FOUND`, `ERR_INPUT_LIMIT`, and as `parseFeatures()`
 */
export async function readFeatures(file: string): Promise<number[]> {
  const { parseFeatures } = await import('../preprocess/index.js');
  const stream = file === '-' ? process.stdin : createReadStream(file);
  try {
    return parseFeatures((await readAll(stream, file, MAX_TEXT_BYTES)).toString('utf8'));
  } catch (cause) {
    if (cause instanceof InputError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new InputError('ERR_INPUT_NOT_FOUND', `No features can be read at '${file}': ${reason}.`, {
      cause,
    });
  }
}

async function readAll(stream: AsyncIterable<Buffer | string>, name: string, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream) {
    const bytes = Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk);
    size += bytes.length;
    if (size > limit) {
      throw new InputError('ERR_INPUT_LIMIT', `${name}: more than ${limit} bytes, which is the limit.`);
    }
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}
