/** Files by their content: each is written once, whole, under its own SHA-256. */
import { createHash, randomUUID } from 'node:crypto';
import { closeSync, fsyncSync, openSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { RegistryError } from '../errors.js';
import type { DataFolder } from './data-folder.js';
import { type Database, transaction } from './database.js';

/** Where artefacts are, and the rows that name them. */
interface Shelf {
  readonly folder: DataFolder;
  readonly database: Database;
}

const SHA256 = /^[0-9a-f]{64}$/;

export interface Artefact {
  /** SHA-256 of its bytes, 64 hexadecimal digits. */
  readonly sha256: string;
  readonly bytes: number;
}

/** A file that has come in whole, and is in no list yet. */
export interface Incoming extends Artefact {
  /** Where it is until it is kept. */
  readonly path: string;
  /** Removes it; nothing happens where it was kept or dropped before. */
  drop(): Promise<void>;
}

/**
 * Writes a stream to a file in the private folder of incoming files, with its hash, and on to the disk.
 *
 * @throws what the stream throws; then nothing is left of it
 */
export async function receive(
  { incoming }: Pick<DataFolder, 'incoming'>,
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): Promise<Incoming> {
  const path = join(incoming, incomingName());
  const hash = createHash('sha256');
  let bytes = 0;
  const file = await open(path, 'wx', 0o600);
  try {
    for await (const chunk of chunks) {
      hash.update(chunk);
      bytes += chunk.byteLength;
      await file.writeFile(chunk);
    }
    await file.sync();
  } catch (error) {
    await file.close();
    await rm(path, { force: true });
    throw error;
  }
  await file.close();
  const sha256 = hash.digest('hex');
  return { path, sha256, bytes, drop: () => rm(path, { force: true }) };
}

/**
 * Makes it an artefact. Inside the transaction that writes the row which names it: so nobody removes it in between, and
 * one that no row came to name is found by {@link removeOrphans}.
 */
export function keepArtefact(folder: Pick<DataFolder, 'artefacts'>, { path, sha256 }: Incoming): void {
  renameSync(path, artefactPath(folder, sha256));
  // A rename is on the disk only when its folder is.
  const descriptor = openSync(folder.artefacts, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

export function artefactPath({ artefacts }: Pick<DataFolder, 'artefacts'>, sha256: string): string {
  if (!SHA256.test(sha256)) throw new TypeError('Not the name of an artefact.');
  return join(artefacts, sha256);
}

/**
 * @param name what people call it
 * @throws {RegistryError} `ERR_REGISTRY_NOT_FOUND`: the file is gone
 */
export async function readArtefact(
  folder: Pick<DataFolder, 'artefacts'>,
  sha256: string,
  name: string,
): Promise<Buffer> {
  return readFile(artefactPath(folder, sha256)).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code !== 'ENOENT') throw cause;
    throw new RegistryError('ERR_REGISTRY_NOT_FOUND', `The file of '${name}' is gone.`, { cause });
  });
}

/** Removes artefacts that no row names any more. Inside the transaction that took the rows away. */
export function releaseArtefacts({ folder, database }: Shelf, sha256s: readonly string[]): void {
  const named = namedArtefacts(database);
  for (const sha256 of sha256s) if (!named.has(sha256)) rmSync(artefactPath(folder, sha256), { force: true });
}

/** Removes what work that was cut off before its last step has left, by whichever process. Before this one writes anything. */
export function removeOrphans({ folder, database }: Shelf): void {
  for (const name of readdirSync(folder.incoming)) {
    if (!isAtWork(name)) rmSync(join(folder.incoming, name), { force: true });
  }
  transaction(database, () => {
    const files = readdirSync(folder.artefacts).filter((name) => SHA256.test(name));
    releaseArtefacts({ folder, database }, files);
  });
}

function namedArtefacts(database: Database): ReadonlySet<unknown> {
  const rows = database
    .prepare(
      `SELECT artefact FROM model WHERE deleted = 0
       UNION SELECT artefact FROM transcoding WHERE deleted = 0
       UNION SELECT artefact FROM pretrained_model
       UNION SELECT artefact FROM deployment WHERE artefact IS NOT NULL
       UNION SELECT source_artefact FROM deployment JOIN job ON job.id = job_id WHERE job.finished IS NULL`,
    )
    .all() as { artefact: string }[];
  return new Set(rows.map(({ artefact }) => artefact));
}

/** The process that writes a file is in its name, so that others can tell whether it still does. */
function incomingName(): string {
  return `${process.pid}-${randomUUID()}`;
}

/** This process has written nothing yet when it asks: what bears its number is of one before it, as in a container. */
function isAtWork(name: string): boolean {
  const pid = Number.parseInt(name, 10);
  if (pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
