/** Engines that come as npm packages: what is installed, found without loading it. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { EngineError } from '../../errors.js';
import type { EngineName } from '../session.js';

const { resolve } = createRequire(import.meta.url);

export interface InstalledPackage {
  readonly folder: string;
  readonly version: string;
}

/** An optional peer is the user's: installed in the project that runs, or beside this package. Undefined if in neither. */
export function findPeer(name: string): (InstalledPackage & { readonly entry: string }) | undefined {
  for (const find of [createRequire(join(process.cwd(), 'package.json')).resolve, resolve]) {
    const found = findPackage(name, find);
    if (found !== undefined) return { ...found, entry: find(name) };
  }
  return undefined;
}

/** Undefined if the package is not installed. */
export function findPackage(name: string, find = resolve): InstalledPackage | undefined {
  try {
    const path = find(`${name}/package.json`);
    const manifest: unknown = JSON.parse(readFileSync(path, 'utf8'));
    const version = typeof manifest === 'object' && manifest !== null && Reflect.get(manifest, 'version');
    return { folder: dirname(path), version: typeof version === 'string' ? version : 'unknown' };
  } catch {
    return undefined;
  }
}

/** What this machine has of an engine that is an npm package. */
export type PackageStatus = AvailablePackage | MissingPackage;

export interface AvailablePackage {
  readonly available: true;
  readonly version: string;
  /** Path of its library. */
  readonly library: string;
}

export interface MissingPackage {
  readonly available: false;
  readonly reason: string;
  readonly remedy: string;
}

/** The status of an engine; `look` is called once a process. */
export function rememberStatus(look: () => PackageStatus): () => PackageStatus {
  let known: PackageStatus | undefined;
  return () => {
    known ??= look();
    return known;
  };
}

/** @throws {EngineError} `ERR_ENGINE_UNAVAILABLE`, with what would mend it */
export function requireAvailable(engine: EngineName, status: PackageStatus): AvailablePackage {
  if (status.available) return status;
  throw new EngineError('ERR_ENGINE_UNAVAILABLE', `Engine '${engine}': ${status.reason} ${status.remedy}`);
}
