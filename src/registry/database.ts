/** The SQLite database of a data folder. */
import { createRequire } from 'node:module';
import type { DatabaseSyncInstance } from '@photostructure/sqlite';
import { RegistryError } from '../errors.js';
import type { DataFolder } from './data-folder.js';
import { MIGRATIONS } from './schema.js';

export type Database = DatabaseSyncInstance;

/** What a column holds, as SQLite gives it. */
export type Column = string | number | bigint | null | Uint8Array;
export type Row = Readonly<Record<string, Column>>;

/** How long one process waits for another that writes, in milliseconds. */
const BUSY_MS = 10_000;

const require = createRequire(import.meta.url);

/**
 * Opens or makes the database. Several processes may have it open: a server, and commands beside it. What a statement has
 * written is on the disk when it returns, whatever happens to the process afterwards.
 *
 * @throws {RegistryError} `ERR_REGISTRY_STORE`: no SQLite here, not a database, or one of a newer version
 */
export function openDatabase({ database: path }: Pick<DataFolder, 'database'>): Database {
  const { DatabaseSync } = sqlite();
  let database: Database | undefined;
  try {
    database = new DatabaseSync(path, { timeout: BUSY_MS, enableForeignKeyConstraints: true });
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA trusted_schema = OFF;');
    migrate(database);
    return database;
  } catch (cause) {
    database?.close();
    if (cause instanceof RegistryError) throw cause;
    throw new RegistryError(
      'ERR_REGISTRY_STORE',
      `The database registry.db of the data folder can't be opened (${messageOf(cause)}). ` +
        'Move it away to start with an empty one, or give another folder with --data.',
      { cause },
    );
  }
}

/**
 * Runs `write` as one step that happens as a whole or not at all.
 *
 * @throws what `write` throws; then nothing is changed
 */
export function transaction<T>(database: Database, write: () => T): T {
  database.exec('BEGIN IMMEDIATE');
  try {
    const result = write();
    database.exec('COMMIT');
    return result;
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK');
    throw error;
  }
}

/** Held by the server that owns a data folder, for as long as its process lives: the system frees it, however that ends. */
export interface Lock {
  release(): void;
}

/** @throws {RegistryError} `ERR_REGISTRY_LOCKED`: another server has this folder; `ERR_REGISTRY_STORE`: it can't be locked */
export function lockFolder({ lock }: Pick<DataFolder, 'lock'>): Lock {
  const { DatabaseSync } = sqlite();
  let holder: Database | undefined;
  try {
    holder = new DatabaseSync(lock, { timeout: 0 });
    holder.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE;');
  } catch (cause) {
    holder?.close();
    if (!/database is locked/.test(messageOf(cause))) {
      throw new RegistryError(
        'ERR_REGISTRY_STORE',
        `The data folder can't be locked (${messageOf(cause)}): give another one with --data or IMPULSE_DATA.`,
        { cause },
      );
    }
    throw new RegistryError(
      'ERR_REGISTRY_LOCKED',
      'Another server is using this data folder: stop it, or give this one a folder of its own with --data.',
      { cause },
    );
  }
  const held = holder;
  return { release: () => held.close() };
}

function migrate(database: Database): void {
  transaction(database, () => {
    const { user_version: version } = database.prepare('PRAGMA user_version').get() as {
      user_version: number;
    };
    if (version > MIGRATIONS.length) {
      throw new RegistryError(
        'ERR_REGISTRY_STORE',
        `The database registry.db was written by a newer version of impulse-runtime (${version}, this one knows ${MIGRATIONS.length}): update, or give another folder with --data.`,
      );
    }
    for (const migration of MIGRATIONS.slice(version)) database.exec(migration);
    database.exec(`PRAGMA user_version = ${MIGRATIONS.length}`);
  });
}

/** Its binary comes inside the package; where there is none for this platform, nothing but the registry is missing. */
function sqlite(): typeof import('@photostructure/sqlite') {
  try {
    return require('@photostructure/sqlite');
  } catch (cause) {
    throw new RegistryError(
      'ERR_REGISTRY_STORE',
      `SQLite can't be loaded here (${messageOf(cause)}): install the package @photostructure/sqlite again on this machine.`,
      { cause },
    );
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
