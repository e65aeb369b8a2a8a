/**
 * Bytes that two processes hand each other: a file in memory that has no name any more, so that it is gone with the
 * processes that hold it, however they end. It is read and written by position and not mapped: touching mapped memory
 * ends the process (SIGBUS) where the other side has shortened the file, or the system has no room left, and isolation
 * is to exclude just that. What mapping would save is a few microseconds for a picture, 2 ms for 8 MB.
 */
import { randomUUID } from 'node:crypto';
import { readSync, writeSync } from 'node:fs';
import { type FileHandle, open, unlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EngineError } from '../../../errors.js';
import { SHARED_MEMORY } from '../eim/private-folder.js';

/** What is written starts at multiples of this, so that no two share a page. */
const ALIGNMENT = 4096;

/**
 * A file that begins with `content`: in memory where that has room for it, else among the temporary files.
 *
 * @throws {EngineError} `ERR_ENGINE_LOAD`
 */
export async function makeMemory(content: Uint8Array): Promise<FileHandle> {
  const folders = [SHARED_MEMORY, tmpdir()];
  let failure: unknown;
  for (const folder of folders) {
    let file: FileHandle | undefined;
    try {
      const path = join(folder, `impulse-${randomUUID()}`);
      file = await open(path, 'wx+', 0o600);
      await unlink(path);
      await file.writeFile(content);
      return file;
    } catch (error) {
      failure = error;
      await file?.close();
    }
  }
  const reason = failure instanceof Error ? failure.message : String(failure);
  throw new EngineError(
    'ERR_ENGINE_LOAD',
    `Memory to share with an isolated process can be made neither in ${folders.join(' nor in ')}: ${reason}.`,
    { cause: failure },
  );
}

/** The first place from `at` on where something may begin. */
export function nextPlace(at: number): number {
  return Math.ceil(at / ALIGNMENT) * ALIGNMENT;
}

/** @throws the system's error, for example where there is no room */
export function writeBytes(file: number, data: ArrayBufferView, at: number): void {
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  for (let done = 0; done < bytes.length; ) {
    done += writeSync(file, bytes, done, bytes.length - done, at + done);
  }
}

/** @throws {Error} the file ends before `bytes` is full */
export function readBytes(file: number, bytes: Uint8Array, at: number): void {
  for (let done = 0; done < bytes.length; ) {
    const count = readSync(file, bytes, done, bytes.length - done, at + done);
    if (count === 0) throw new Error(`the shared memory ends after ${done} of ${bytes.length} bytes`);
    done += count;
  }
}
