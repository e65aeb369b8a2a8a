/** A folder that is there whole or not at all. */
import { rmSync } from 'node:fs';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { InputError } from '../errors.js';

export interface FileOfFolder {
  /** Without a path. */
  readonly name: string;
  readonly bytes: Uint8Array;
}

/**
 * Writes the files into a folder beside the target and renames that.
 *
 * @throws {InputError} `ERR_OPTION_INVALID`: something is there already
 */
export async function writeWholeFolder(target: string, files: readonly FileOfFolder[]): Promise<void> {
  const path = resolve(target);
  const temporary = join(dirname(path), `.${basename(path)}.${process.pid}.tmp`);
  const discard = () => rmSync(temporary, { recursive: true, force: true });
  process.once('exit', discard);
  try {
    await mkdir(temporary);
    for (const { name, bytes } of files) await writeFile(join(temporary, name), bytes);
    await rename(temporary, path);
  } catch (cause) {
    discard();
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOTEMPTY' || code === 'EEXIST' || code === 'ENOTDIR') {
      throw new InputError(
        'ERR_OPTION_INVALID',
        `'${target}' is there already: remove it, or give another --out.`,
        { cause },
      );
    }
    throw new Error(`${target} can't be written: ${cause instanceof Error ? cause.message : cause}`, {
      cause,
    });
  } finally {
    process.off('exit', discard);
  }
}
