/** What mutations start from: files that the test fixtures make, and real models from `../shared` where it is there. */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const path = (relative) => fileURLToPath(new URL(`../${relative}`, import.meta.url));

export const OUT = path('out/fuzz');
const CORPUS = join(OUT, 'corpus');
const SHARED = path('../shared/models');

/** Of real models the small ones: a case of a large one takes long and finds no more. */
const MAX_SHARED_BYTES = 1.3 * 1024 ** 2;

/** Compiles the fixtures and writes what they make to `out/fuzz/corpus`. */
export async function makeCorpus() {
  const { status, stdout } = spawnSync(process.execPath, [
    path('node_modules/typescript/bin/tsc'),
    '-p',
    path('fuzz/tsconfig.json'),
  ]);
  if (status !== 0) throw new Error(`fuzz/make-corpus.ts does not compile:\n${stdout}`);
  const build = join(OUT, 'build');
  cpSync(path('test/fixtures'), join(build, 'test/fixtures'), {
    recursive: true,
    filter: (file) => !/\.m?ts$/.test(file),
  });
  cpSync(path('package.json'), join(build, 'package.json'));
  const { writeCorpus } = await import(join(build, 'fuzz/make-corpus.js'));
  await writeCorpus(CORPUS);
}

/**
 * @typedef {object} Seed
 * @property {string} name with the folder that it stands in
 * @property {Uint8Array} bytes
 * @property {string} [shared] where it stands in `../shared/models`, if it is from there
 */

/** @returns {Seed[]} of our own, by folder, in order of their names */
export function ownSeeds(folder) {
  return readdirSync(join(CORPUS, folder))
    .sort()
    .map((file) => ({ name: `${folder}/${file}`, bytes: readBytes(join(CORPUS, folder, file)) }));
}

/** @returns {Seed[]} none where there is no `../shared` */
export function sharedSeeds(extension) {
  if (!existsSync(SHARED)) return [];
  const files = readdirSync(SHARED, { recursive: true })
    .map(String)
    .filter((name) => extension.test(name))
    .sort();
  return files
    .filter((name) => statSync(join(SHARED, name)).size <= MAX_SHARED_BYTES)
    .map((name) => ({ name, shared: name, bytes: readBytes(join(SHARED, name)) }));
}

/** @returns {string | undefined} */
export function sharedFile(name) {
  const file = join(SHARED, name);
  return existsSync(file) ? file : undefined;
}

function readBytes(file) {
  const bytes = readFileSync(file);
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
}
