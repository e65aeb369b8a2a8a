/** Libraries made of `fake.cc`. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const SOURCE = fileURLToPath(new URL('./fake.cc', import.meta.url));

/**
 * Compiled by what built the addon.
 *
 * @param kinds what it has and how it fails: see `fake.cc`
 * @returns its path
 */
export function compileFakeLibrary(folder: string, ...kinds: string[]): string {
  const path = join(folder, `${kinds.join('-')}.so`);
  const flags = [
    '-std=c++17',
    '-shared',
    '-fPIC',
    '-fvisibility=hidden',
    ...kinds.map((kind) => `-D${kind}`),
  ];
  execFileSync(process.env.CXX ?? 'c++', [...flags, SOURCE, '-o', path]);
  return path;
}
