/** Finds installed npm packages without loading them. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';

const { resolve } = createRequire(import.meta.url);

export interface InstalledPackage {
  readonly folder: string;
  readonly version: string;
}

/** Undefined if the package is not installed. */
export function findPackage(name: string): InstalledPackage | undefined {
  try {
    const path = resolve(`${name}/package.json`);
    const manifest: unknown = JSON.parse(readFileSync(path, 'utf8'));
    const version = typeof manifest === 'object' && manifest !== null && Reflect.get(manifest, 'version');
    return { folder: dirname(path), version: typeof version === 'string' ? version : 'unknown' };
  } catch {
    return undefined;
  }
}
