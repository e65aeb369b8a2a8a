/** A file or folder that is there whole or not at all. */
import { rmSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/**
 * Has it written beside the target and renames it: whoever looks sees what was there or the whole new one. What was begun is
 * removed where that fails, and where the process ends.
 *
 * @throws what `write` and the file system throw
 */
export async function replaceWhole<T>(path: string, write: (temporary: string) => Promise<T>): Promise<T> {
  const temporary = join(dirname(path), `.${basename(path)}.${process.pid}.tmp`);
  const discard = (): void => {
    try {
      rmSync(temporary, { recursive: true, force: true });
    } catch {
      // What went wrong before is what has to be told.
    }
  };
  process.once('exit', discard);
  try {
    const made = await write(temporary);
    await rename(temporary, path);
    return made;
  } catch (error) {
    discard();
    throw error;
  } finally {
    process.off('exit', discard);
  }
}
