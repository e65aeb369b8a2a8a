// Compiles the addon: `node native/build.mjs`. Needs a C++17 compiler and nothing else; the headers come from
// the npm packages node-api-headers and node-addon-api.
import { execFile, execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const FOLDER = dirname(fileURLToPath(import.meta.url));
const NAME = 'impulse_runtime.node';
const JOBS = 2;

const FLAGS = [
  '-std=c++17',
  '-O3',
  '-fPIC',
  '-fvisibility=hidden',
  '-pthread',
  '-Wall',
  '-Wextra',
  // Kernels must equal the reference to the last bit.
  '-ffp-contract=off',
  '-DNAPI_VERSION=8',
  '-DNAPI_CPP_EXCEPTIONS',
  '-DNODE_ADDON_API_DISABLE_DEPRECATED',
  // An environment that is being terminated takes no more exceptions.
  '-DNODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS',
];

const LINK_FLAGS =
  process.platform === 'darwin' ? ['-bundle', '-undefined', 'dynamic_lookup'] : ['-shared', '-ldl'];

/** There is no compiler, or it does not understand our flags. */
export class NoCompilerError extends Error {}

/**
 * Builds the addon unless it is up to date.
 *
 * @param {{ folder?: string, extraFlags?: readonly string[] }} [variant] another one, in a folder of its own below native/
 * @returns {Promise<{ path: string, state: 'built' | 'up to date' }>}
 * @throws {NoCompilerError}
 * @throws {Error} the compiler's own words
 */
export async function buildAddon({ folder = 'build', extraFlags = [] } = {}) {
  const compiler = findCompiler();
  const flags = [...FLAGS, ...extraFlags, ...includeFlags()];
  const stamp = stampOf(compiler, flags);
  const build = join(FOLDER, folder);
  const path = join(build, NAME);
  // What the addon was made of, beside it.
  const stampFile = join(build, 'stamp');
  if (existsSync(path) && existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp) {
    return { path, state: 'up to date' };
  }
  mkdirSync(build, { recursive: true });
  // In a folder of its own and then moved, so that no process ever sees half an addon.
  const work = mkdtempSync(join(build, 'tmp-'));
  try {
    const objects = await compileAll(compiler, flags, work);
    const addon = join(work, 'addon.node');
    await run(compiler, [...objects, '-pthread', ...extraFlags, '-o', addon, ...LINK_FLAGS]);
    renameSync(addon, path);
    writeFileSync(join(work, 'stamp'), stamp);
    renameSync(join(work, 'stamp'), stampFile);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return { path, state: 'built' };
}

/** Name and version of the first compiler that answers. */
function findCompiler() {
  const wanted = process.env.CXX ? process.env.CXX.trim().split(/\s+/) : undefined;
  const candidates = wanted ? [wanted] : [['c++'], ['g++'], ['clang++']];
  for (const [program, ...extra] of candidates) {
    try {
      const version = execFileSync(program, [...extra, '--version'], { encoding: 'utf8', stdio: 'pipe' });
      return { program, extra, version };
    } catch {
      // The next one may be there.
    }
  }
  throw new NoCompilerError(
    `no C++ compiler (tried ${candidates.map((words) => words.join(' ')).join(', ')})`,
  );
}

function includeFlags() {
  const require = createRequire(import.meta.url);
  const folders = [
    join(dirname(require.resolve('node-api-headers/package.json')), 'include'),
    dirname(require.resolve('node-addon-api/package.json')),
  ];
  // As system headers: their warnings are not ours.
  return folders.flatMap((folder) => ['-isystem', folder]);
}

function stampOf({ program, extra, version }, flags) {
  const hash = createHash('sha256');
  hash.update(JSON.stringify([program, extra, version, flags, LINK_FLAGS, process.platform, process.arch]));
  for (const name of sources(/\.(cc|h)$/)) hash.update(`${name}\0`).update(readFileSync(join(FOLDER, name)));
  return hash.digest('hex');
}

function sources(pattern) {
  return readdirSync(FOLDER)
    .filter((name) => pattern.test(name))
    .sort();
}

/** Two at a time: more would need too much memory on small machines. */
async function compileAll(compiler, flags, work) {
  const names = sources(/\.cc$/);
  const queue = names.values();
  const worker = async () => {
    for (const name of queue) {
      await run(compiler, [...flags, '-c', join(FOLDER, name), '-o', join(work, `${name}.o`)]);
    }
  };
  await Promise.all(Array.from({ length: JOBS }, worker));
  return names.map((name) => join(work, `${name}.o`));
}

async function run({ program, extra }, args) {
  try {
    await promisify(execFile)(program, [...extra, ...args], { maxBuffer: 64 * 1024 * 1024 });
  } catch (error) {
    throw new Error(`${program} failed:\n${error.stderr || error.message}`);
  }
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  try {
    const { path, state } = await buildAddon();
    console.log(`impulse-runtime: native addon ${state} (${path})`);
  } catch (error) {
    console.error(`impulse-runtime: ${error.message}`);
    process.exitCode = 1;
  }
}
