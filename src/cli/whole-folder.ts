/** A folder that is there whole or not at all. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { InputError } from '../errors.js';
import { replaceWhole } from './replace-whole.js';

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
  try {
    await replaceWhole(resolve(target), async (temporary) => {
      await mkdir(temporary);
      for (const { name, bytes } of files) await writeFile(join(temporary, name), bytes);
    });
  } catch (cause) {
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
  }
}
