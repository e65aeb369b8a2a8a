/** Where annotated copies go: never over an input, never over one another, never half written. */
import { unlinkSync } from 'node:fs';
import { mkdir, realpath, rename, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { InputError } from '../errors.js';
import type { PictureInput } from './inputs.js';

export interface AnnotatedFile {
  readonly path: string;
  readonly format: 'jpeg' | 'png';
}

/**
 * One target for each picture, in order: `photo.jpg` becomes `DIR/photo.annotated.jpg`. A JPEG stays a
 * JPEG, all else becomes PNG; pictures of the same name get `-2`, `-3`, ... Makes the folder.
 *
 * @throws {InputError} `ERR_OPTION_INVALID`: the folder can't be made
 */
export async function planAnnotatedFiles(
  pictures: readonly PictureInput[],
  folder: string,
): Promise<AnnotatedFile[]> {
  await makeFolder(folder);
  const inputs = await Promise.all(
    pictures.filter(({ kind }) => kind === 'file').map(({ file }) => identity(file)),
  );
  const taken = new Set(inputs);
  const files: AnnotatedFile[] = [];
  for (const { file, kind } of pictures) {
    const jpeg = /^\.jpe?g$/i.test(extname(file));
    const stem = kind === 'stdin' ? 'stdin' : basename(file, extname(file));
    const path = await freePath(folder, stem, jpeg ? 'jpg' : 'png', taken);
    files.push({ path, format: jpeg ? 'jpeg' : 'png' });
  }
  return files;
}

/** Where the copy of frame `index` of a stream goes. */
export function annotatedFrame(folder: string, index: number): AnnotatedFile {
  return { path: join(folder, `frame${index}.annotated.png`), format: 'png' };
}

/**
 * Makes the folder for the copies.
 *
 * Not with `{ recursive: true }`: that never ends where a file system answers ENOENT for ever, as /proc does.
 *
 * @throws {InputError} `ERR_OPTION_INVALID`: it can't be made
 */
export async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path).catch(async (error: NodeJS.ErrnoException) => {
      if (error.code === 'EEXIST' && (await stat(path)).isDirectory()) return;
      if (error.code !== 'ENOENT' || dirname(path) === path) throw error;
      await makeFolder(dirname(path));
      await mkdir(path);
    });
  } catch (cause) {
    if (cause instanceof InputError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new InputError('ERR_OPTION_INVALID', `--annotate: the folder '${path}' can't be made: ${reason}.`, {
      cause,
    });
  }
}

async function freePath(
  folder: string,
  stem: string,
  extension: string,
  taken: Set<string>,
): Promise<string> {
  for (let number = 1; ; number += 1) {
    const path = join(folder, `${stem}.annotated${number === 1 ? '' : `-${number}`}.${extension}`);
    const key = await identity(path);
    if (taken.has(key)) continue;
    taken.add(key);
    return path;
  }
}

/** The same for two paths of one file, also where the file system ignores case. */
async function identity(path: string): Promise<string> {
  const real = await realpath(path).catch(async () => {
    const folder = await realpath(dirname(path)).catch(() => dirname(path));
    return join(folder, basename(path));
  });
  return real.toLowerCase();
}

/** Writes beside the target and renames: whoever looks sees the old file or the whole new one. */
export async function writeWhole(path: string, bytes: Uint8Array): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.${process.pid}.tmp`);
  const discard = (): void => {
    try {
      unlinkSync(temporary);
    } catch {
      // It was renamed, or never written.
    }
  };
  process.once('exit', discard);
  try {
    await writeFile(temporary, bytes);
    await rename(temporary, path);
  } catch (cause) {
    discard();
    throw new Error(`${path} can't be written: ${cause instanceof Error ? cause.message : cause}`, { cause });
  } finally {
    process.off('exit', discard);
  }
}
