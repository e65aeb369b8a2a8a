/** What a device keeps: a folder with a database and artefacts. */
import { removeOrphans } from './artefacts.js';
import { type DataFolder, openDataFolder } from './data-folder.js';
import { type Database, lockFolder, openDatabase } from './database.js';

export interface Store {
  readonly folder: DataFolder;
  readonly database: Database;
  close(): void;
}

/**
 * For a command, beside a server or alone.
 *
 * @param path as for `--data`
 * @throws {RegistryError} `ERR_REGISTRY_STORE`
 */
export async function openStore(path?: string): Promise<Store> {
  const folder = await openDataFolder(path);
  const database = openDatabase(folder);
  return { folder, database, close: () => database.close() };
}

/**
 * For the server, which is alone in having this folder: it also clears away what an earlier one left half done.
 *
 * @throws {RegistryError} `ERR_REGISTRY_STORE`, `ERR_REGISTRY_LOCKED`
 */
export async function ownStore(path?: string): Promise<Store> {
  const folder = await openDataFolder(path);
  const lock = lockFolder(folder);
  let database: Database | undefined;
  try {
    const opened = openDatabase(folder);
    database = opened;
    removeOrphans({ folder, database: opened });
    return {
      folder,
      database: opened,
      close() {
        opened.close();
        lock.release();
      },
    };
  } catch (error) {
    database?.close();
    lock.release();
    throw error;
  }
}
