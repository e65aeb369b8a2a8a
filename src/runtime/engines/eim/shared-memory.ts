/** Memory that a runner shares, reached as the file that Linux shows it as. */
import { constants, readSync, type Stats, writeSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { open, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Hello, SharedMemory } from '../runner/protocol.js';

export interface SharedTensors {
  /** Puts `features` where the runner reads them: no longer than copying them takes, as no disk is behind it. */
  write(features: Float32Array): void;
  /** Outputs of a freeform model, in order. */
  read(): readonly Float32Array[];
  close(): Promise<void>;
}

export type SharedOutcome =
  | { readonly shared: SharedTensors }
  | {
      /** Why features must be sent as text; a note for the user. */
      readonly reason: string;
    };

/** Objects of a gibibyte; files can claim any size without having it. */
const MAX_ELEMENTS = 2 ** 28;

/** What `shm_open` takes for a name, so that no runner can point us to another file. */
const NAME = /^\/[A-Za-z0-9_-][A-Za-z0-9._-]*$/;

/**
 * @param folder where the objects appear as files
 * @param own whether the objects are there for us alone: then their names are taken away at once, and the memory is gone
 *   with the processes that hold it, however they end
 */
export async function openShared(hello: Hello, folder: string, own: boolean): Promise<SharedOutcome> {
  const { features_shm: input, features_shm_error: error } = hello;
  const outputs = [...hello.freeform_output_shm].sort((a, b) => a.index - b.index);
  if (input === undefined) {
    return {
      reason: error === undefined ? 'the runner is older than that' : `it could not make any: ${error}`,
    };
  }
  const files: FileHandle[] = [];
  const closeAll = async (): Promise<void> => {
    await Promise.all(files.map((file) => file.close()));
  };
  try {
    const objects = [input, ...outputs];
    for (const object of objects) files.push(await openObject(object, folder));
    if (own) for (const { name } of objects) await unlink(join(folder, name)).catch(() => {});
  } catch (cause) {
    await closeAll();
    return { reason: cause instanceof Error ? cause.message : String(cause) };
  }
  const [features, ...results] = files as [FileHandle, ...FileHandle[]];
  return {
    shared: {
      write(values) {
        const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
        for (let done = 0; done < bytes.length; ) {
          done += writeSync(features.fd, bytes, done, bytes.length - done, done);
        }
      },
      read: () =>
        results.map((file, index) => {
          const values = new Float32Array(outputs[index]?.elements ?? 0);
          readSync(file.fd, new Uint8Array(values.buffer), 0, values.byteLength, 0);
          return values;
        }),
      close: closeAll,
    },
  };
}

async function openObject(object: SharedMemory, folder: string): Promise<FileHandle> {
  const { name, elements, type } = object;
  if (!NAME.test(name)) throw new Error(`'${name.slice(0, 60)}' is no name of shared memory`);
  if (type !== 'float32') throw new Error(`its elements are ${type.slice(0, 60)}, not float32`);
  if (elements > MAX_ELEMENTS) throw new Error(`${elements} numbers are too many`);
  // The name may have become a link to a file of ours.
  const file = await open(join(folder, name), constants.O_RDWR | constants.O_NOFOLLOW);
  const info: Stats = await file.stat();
  if (info.isFile() && info.size >= elements * Float32Array.BYTES_PER_ELEMENT) return file;
  await file.close();
  throw new Error(`'${name}' holds ${info.size} bytes, not ${elements} numbers`);
}
