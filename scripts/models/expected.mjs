/** The reference answers that come with a folder of models: `expected.json` files, found by content. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * @returns Map from the SHA-256 of a model's bytes to `{ folder, entry }`, `entry` being its part of expected.json
 */
export function readExpected(root) {
  const byHash = new Map();
  for (const name of readdirSync(root)) {
    const file = join(root, name, 'expected.json');
    if (!existsSync(file)) continue;
    for (const entry of JSON.parse(readFileSync(file, 'utf8')).models) {
      const known = byHash.get(entry.sha256);
      if (known === undefined) byHash.set(entry.sha256, { folder: join(root, name), entry });
    }
  }
  return byHash;
}

export function sha256(bytes) {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Labels that the headers of a real download held, or undefined. */
export function headerLabels(folder) {
  const file = join(folder, 'header-facts.json');
  if (!existsSync(file)) return undefined;
  const { categories } = JSON.parse(readFileSync(file, 'utf8'));
  return Object.values(categories ?? {});
}

/** The reference of the model that this folder's `expected.json` lists under `file`. */
export function referenceNamed(expected, folder, file) {
  return [...expected.values()].find((known) => known.folder === folder && known.entry.file === file);
}
