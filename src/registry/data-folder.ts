/** The folder in which a device keeps its models, builds and jobs. */
import { chmod, mkdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { RegistryError } from '../errors.js';

export interface DataFolder {
  readonly path: string;
  readonly database: string;
  readonly lock: string;
  /** Finished files, named by their SHA-256. */
  readonly artefacts: string;
  /** Files that are being written. On the same file system as `artefacts`, so that a rename finishes them. */
  readonly incoming: string;
}

/** Nobody else has a business in it: models, builds and hashed keys. */
const PRIVATE = 0o700;

/**
 * `given`, else `IMPULSE_DATA`, else `impulse-runtime` in the user's data folder (XDG).
 *
 * @param given a path, as `--data` takes it
 */
export function dataFolderPath(given?: string): string {
  const stated = given ?? process.env.IMPULSE_DATA;
  if (stated !== undefined && stated !== '') return resolve(stated);
  const { XDG_DATA_HOME: xdg } = process.env;
  const base = xdg !== undefined && isAbsolute(xdg) ? xdg : join(homedir(), '.local', 'share');
  return join(base, 'impulse-runtime');
}

/**
 * Makes what is missing of it.
 *
 * @throws {RegistryError} `ERR_REGISTRY_STORE`: the folder can't be made or used
 */
export async function openDataFolder(given?: string): Promise<DataFolder> {
  const path = dataFolderPath(given);
  const folder = {
    path,
    database: join(path, 'registry.db'),
    lock: join(path, 'server.lock'),
    artefacts: join(path, 'artefacts'),
    incoming: join(path, 'incoming'),
  };
  try {
    for (const each of [path, folder.artefacts, folder.incoming]) {
      await mkdir(each, { recursive: true, mode: PRIVATE });
    }
    await chmod(path, PRIVATE);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new RegistryError(
      'ERR_REGISTRY_STORE',
      `The data folder can't be used (${reason}): give another one with --data or IMPULSE_DATA.`,
      { cause },
    );
  }
  return folder;
}
