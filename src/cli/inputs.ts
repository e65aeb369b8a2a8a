/** From the arguments of `classify` to the pictures they mean. */
import { createReadStream, type Dirent } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { InputError } from '../errors.js';

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

const PICTURE_EXTENSIONS = new Set(
  ['jpg', 'jpeg', 'jfif', 'png', 'webp', 'gif', 'bmp', 'tif', 'tiff', 'avif'].map((name) => `.${name}`),
);

/** Copies that `--annotate` wrote into a folder are not classified with it the next time. */
const OWN_COPY = /\.annotated(-\d+)?\.(jpg|png)$/;

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
  const { compare } = new Intl.Collator('en', { numeric: true });
  const names = (await entriesOf(folder)).filter((entry) => isPicture(entry)).map(({ name }) => name);
  if (names.length === 0) {
    throw new InputError(
      'ERR_INPUT_NOT_FOUND',
      `${folder}: there is no picture in this folder (${[...PICTURE_EXTENSIONS].join(' ')}; folders inside are not searched).`,
    );
  }
  names.sort((a, b) => compare(a, b) || (a < b ? -1 : 1));
  return names.map((name) => ({ file: join(folder, name), kind: 'file' }));
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

/** More than any picture: a stream that never ends must not fill the memory. */
const MAX_STREAM_BYTES = 512 * 1024 * 1024;

/**
 * What the library takes: files as paths, streams as their bytes.
 *
 * @throws {InputError} `ERR_INPUT_LIMIT`
 */
export async function pictureSource({ file, kind }: PictureInput): Promise<string | Buffer> {
  if (kind === 'file') return file;
  return readAll(kind === 'stdin' ? process.stdin : createReadStream(file), file);
}

async function readAll(stream: AsyncIterable<Buffer | string>, name: string): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream) {
    const bytes = Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk);
    size += bytes.length;
    if (size > MAX_STREAM_BYTES) {
      throw new InputError(
        'ERR_INPUT_LIMIT',
        `${name}: more than ${MAX_STREAM_BYTES} bytes: that is no picture.`,
      );
    }
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}
