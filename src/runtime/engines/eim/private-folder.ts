/** A folder that only this user can open, and that is gone at the latest when the process exits. */
import { rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EngineError } from '../../../errors.js';
import { atExit } from './at-exit.js';

export const SHARED_MEMORY = '/dev/shm';

/** A unix socket's path has 104 bytes on macOS and 108 on Linux, one of them for its end. */
const MAX_SOCKET_PATH = 103;

export interface PrivateFolder {
  readonly path: string;
  remove(): Promise<void>;
}

/** In memory where the system has such a place, else among the temporary files. For sockets. */
export function makeSocketFolder(socketName: string): Promise<PrivateFolder> {
  return makeFolder(
    [SHARED_MEMORY, tmpdir(), '/tmp'].filter(
      (parent) => Buffer.byteLength(join(parent, 'impulse-XXXXXX', socketName)) <= MAX_SOCKET_PATH,
    ),
  );
}

/** Among the temporary files: programs in shared memory are often forbidden. */
export function makeProgramFolder(): Promise<PrivateFolder> {
  return makeFolder([tmpdir()]);
}

async function makeFolder(parents: readonly string[]): Promise<PrivateFolder> {
  let failure: unknown;
  for (const parent of parents) {
    try {
      // Made with mode 0700.
      const path = await mkdtemp(join(parent, 'impulse-'));
      const forget = atExit(() => rmSync(path, { recursive: true, force: true }));
      return {
        path,
        async remove() {
          await rm(path, { recursive: true, force: true });
          forget();
        },
      };
    } catch (cause) {
      failure = cause;
    }
  }
  throw new EngineError(
    'ERR_ENGINE_LOAD',
    `No temporary folder can be made in ${parents.join(' or ')}, which an .eim needs for its socket.`,
    { cause: failure },
  );
}
