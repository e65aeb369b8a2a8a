/** Where annotated copies go: never over an input, never over one another, never half written. */
import { mkdir, realpath, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { InputError } from '../errors.js';
import type { PictureInput } from './inputs.js';
import { replaceWhole } from './replace-whole.js';

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
  await makeFolder(folder, '--annotate');
  const taken = await identities(pictures);
  const files: AnnotatedFile[] = [];
  for (const { file, kind } of pictures) {
    const jpeg = /^\.jpe?g$/i.test(extname(file));
    const stem = kind === 'stdin' ? 'stdin' : basename(file, extname(file));
    const pathOf = (name: string): string => join(folder, `${name}.${jpeg ? 'jpg' : 'png'}`);
    const name = await freeName(`${stem}.annotated`, (name) => [pathOf(name)], taken);
    files.push({ path: pathOf(name), format: jpeg ? 'jpeg' : 'png' });
  }
  return files;
}

/** Where the copy of frame `index` of a stream goes. */
export function annotatedFrame(folder: string, index: number): AnnotatedFile {
  return { path: join(folder, `frame${index}.annotated.png`), format: 'png' };
}

/**
 * Makes the folder that an option names.
 *
 * Not with `{ recursive: true }`: that never ends where a file system answers ENOENT for ever, as /proc does.
 *
 * @throws {InputError} `ERR_OPTION_INVALID`: it can't be made
 */
export async function makeFolder(path: string, option: string): Promise<void> {
  try {
    await mkdir(path).catch(async (error: NodeJS.ErrnoException) => {
      if (error.code === 'EEXIST' && (await stat(path)).isDirectory()) return;
      if (error.code !== 'ENOENT' || dirname(path) === path) throw error;
      await makeFolder(dirname(path), option);
      await mkdir(path);
    });
  } catch (cause) {
    if (cause instanceof InputError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new InputError('ERR_OPTION_INVALID', `${option}: the folder '${path}' can't be made: ${reason}.`, {
      cause,
    });
  }
}

/** What must not be written over. */
export async function identities(pictures: readonly PictureInput[]): Promise<Set<string>> {
  const files = pictures.filter(({ kind }) => kind === 'file');
  return new Set(await Promise.all(files.map(({ file }) => identity(file))));
}

/** `name`, or the first of `name-2`, `name-3`, ... of whose files none is taken; they are taken then. */
export async function freeName(
  name: string,
  filesOf: (name: string) => readonly string[],
  taken: Set<string>,
): Promise<string> {
  for (let number = 1; ; number += 1) {
    const candidate = number === 1 ? name : `${name}-${number}`;
    const keys = await Promise.all(filesOf(candidate).map(identity));
    if (keys.some((key) => taken.has(key))) continue;
    for (const key of keys) taken.add(key);
    return candidate;
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

/** Whoever looks sees the old file or the whole new one. */
export async function writeWhole(path: string, bytes: Uint8Array): Promise<void> {
  await replaceWhole(path, (temporary) => writeFile(temporary, bytes)).catch((cause: unknown) => {
    throw new Error(`${path} can't be written: ${cause instanceof Error ? cause.message : cause}`, { cause });
  });
}
