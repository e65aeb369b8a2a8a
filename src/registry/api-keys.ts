/** Keys of clients. They are random and long, so that one SHA-256 of each is all that needs to be kept. */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Database } from './database.js';

/** As the hosted API's begin, and as its clients demand. */
const PREFIX = 'ei_';

/** Makes a key and keeps its hash. What is returned is shown once and is nowhere afterwards. */
export function createApiKey(database: Database): string {
  const key = PREFIX + randomBytes(32).toString('hex');
  database
    .prepare('INSERT INTO api_key (hash, created) VALUES (?, ?)')
    .run(hashOf(key), new Date().toISOString());
  return key;
}

export function forgetApiKeys(database: Database): void {
  database.exec('DELETE FROM api_key');
}

export function apiKeyHashes(database: Database): Uint8Array[] {
  const rows = database.prepare('SELECT hash FROM api_key').all() as { hash: Uint8Array }[];
  return rows.map(({ hash }) => hash);
}

export function hashOf(key: string): Buffer {
  return createHash('sha256').update(key, 'utf8').digest();
}

/** Compares with every one, each in constant time, so that nothing can be learned from how long it takes. */
export function isKnown(key: string, hashes: readonly Uint8Array[]): boolean {
  const hash = hashOf(key);
  return hashes.reduce((found, each) => timingSafeEqual(hash, each) || found, false);
}
