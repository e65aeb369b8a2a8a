/** `compileDeployment()`: a C++ library, with the SDK inside it, built into a runner for this machine. */
import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { access, chmod, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { libraryRoots } from '../deployment/cpp/parameter-headers.js';
import { openDownload } from '../deployment/download.js';
import type { FileTree } from '../deployment/file-tree.js';
import { InputError, UnsupportedError } from '../errors.js';
import { checkOptionNames, integerInRange } from '../options.js';
import type { Compiler } from './compiler.js';
import { compile, findCompiler } from './compiler.js';
import type { SdkSources } from './sdk-sources.js';
import { sdkSources } from './sdk-sources.js';

export interface CompileOptions {
  /** Compilers that run at once. @default the processors that this process may use */
  readonly jobs?: number;
  /** Where finished runners are kept. @default `impulse-runtime/compiled` in the user's cache folder */
  readonly cache?: string;
  /** Stops it; rejects with the signal's reason. */
  readonly signal?: AbortSignal;
  /** Called when the number of files is known, and after each file. */
  readonly onProgress?: (done: number, total: number) => void;
}

export interface CompiledRunner {
  /** An executable that `openDeployment(path, { allowExecution: true })` runs. */
  readonly path: string;
  /** Whether it had been built before, from the same files with the same compiler. */
  readonly cached: boolean;
}

/** Compiled together with the download's own sources. */
const RUNNER_FOLDER = fileURLToPath(new URL('../../native/runner/', import.meta.url));
const RUNNER_FILES = ['runner.cc', 'json.h'] as const;

const FLAGS = [
  '-O3',
  '-DNDEBUG',
  '-w',
  '-fno-math-errno',
  '-DSILENCE_EI_CLASSFIER_OBJECT_DETECTION_COUNT_WARNING=1',
];
const CXX_FLAGS = ['-std=c++17'];
const LINK_FLAGS = process.platform === 'darwin' ? [] : ['-lm', '-lpthread', '-ldl', '-s'];

/**
 * Builds the deployment into a program of its own, with the system's C++ compiler: for what can't be read as data
 * (`tflite-eon-ram-optimized`, blocks that only the SDK computes). The same files and compiler give the runner that
 * was built before.
 *
 * **It compiles code of the download, and the runner executes it**: only do this with downloads that you trust.
 *
 * @param source path or bytes of a C++ library with the SDK in it
 * @throws {UnsupportedError} `ERR_UNSUPPORTED_ENGINE`: no compiler on this machine, or no SDK in the download;
 *   `ERR_UNSUPPORTED_FORMAT`: not a C++ library
 * @throws {EngineError} `ERR_ENGINE_BUILD`: the compiler's own words
 * @throws {DeploymentError} it can't be read
 * @throws {InputError} an unknown or unusable option
 *
 * @example
 * const { path } = await compileDeployment('library.zip');
 * await using deployment = await openDeployment(path, { allowExecution: true });
 */
export async function compileDeployment(
  source: string | Uint8Array,
  options: CompileOptions = {},
): Promise<CompiledRunner> {
  checkOptionNames(options, ['jobs', 'cache', 'signal', 'onProgress'], 'compileDeployment()');
  const { jobs = availableParallelism(), cache = defaultCache(), signal, onProgress = () => {} } = options;
  integerInRange(jobs, 1, 256, 'compileDeployment(): jobs');
  const { tree, root } = await openLibrary(source);
  const sources = sdkSources(tree, root);
  const compiler = await findCompiler();
  const path = join(cache, `${await hashOf(tree, root, sources, compiler)}.eim`);
  if (await isExecutable(path)) return { path, cached: true };
  const folder = await mkdtemp(join(tmpdir(), 'impulse-compile-'));
  try {
    await layOut(tree, root, sources, folder);
    await keep(await build(folder, sources, compiler, { jobs, signal, onProgress }), path);
    return { path, cached: false };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function openLibrary(source: string | Uint8Array): Promise<{ tree: FileTree; root: string }> {
  const download = await openDownload(source);
  const roots = download.kind === 'tree' ? libraryRoots(download.tree) : [];
  const [root] = roots;
  if (download.kind !== 'tree' || root === undefined) {
    throw new UnsupportedError(
      'ERR_UNSUPPORTED_FORMAT',
      'Only C++ libraries are compiled: a zip or folder with model-parameters/ and edge-impulse-sdk/.',
    );
  }
  if (roots.length === 1) return { tree: download.tree, root };
  throw new InputError(
    'ERR_OPTION_INVALID',
    `${download.tree.source} holds ${roots.length} libraries (${roots.slice(0, 4).join(', ')}): compile the folder of one of them.`,
  );
}

/** Of all that decides what the runner will be. */
async function hashOf(
  tree: FileTree,
  root: string,
  { files }: SdkSources,
  compiler: Compiler,
): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify([compiler, FLAGS, CXX_FLAGS, LINK_FLAGS]));
  for (const name of RUNNER_FILES) hash.update(await readFile(join(RUNNER_FOLDER, name)));
  for (const name of files) {
    const bytes = await tree.read(root + name);
    hash.update(`${name}\0${bytes.length}\0`).update(bytes);
  }
  return hash.digest('hex');
}

/** Writes the sources into a private folder. */
async function layOut(tree: FileTree, root: string, { files }: SdkSources, folder: string): Promise<void> {
  for (const name of files) await write(join(folder, name), await tree.read(root + name));
  for (const name of RUNNER_FILES) {
    await write(join(folder, 'runner', name), await readFile(join(RUNNER_FOLDER, name)));
  }
}

async function write(path: string, bytes: Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, bytes);
}

type BuildOptions = Required<Pick<CompileOptions, 'jobs' | 'onProgress'>> & {
  readonly signal: AbortSignal | undefined;
};

/** @returns path of the finished program */
async function build(
  folder: string,
  { units }: SdkSources,
  compiler: Compiler,
  { jobs, signal, onProgress }: BuildOptions,
): Promise<string> {
  const queue = ['runner/runner.cc', ...units];
  const total = queue.length + 1;
  let done = 0;
  onProgress(done, total);
  const names = queue.values();
  // The first failure stops the other compilers too.
  const failed = new AbortController();
  const stop = signal === undefined ? failed.signal : AbortSignal.any([signal, failed.signal]);
  const worker = async (): Promise<void> => {
    for (const name of names) {
      await compile(compiler, folder, [...unitFlags(name), '-c', name, '-o', `${name}.o`], name, stop);
      onProgress(++done, total);
    }
  };
  const workers = Array.from({ length: jobs }, worker);
  await Promise.all(workers).catch(async (error: unknown) => {
    failed.abort(error);
    await Promise.allSettled(workers);
    throw error;
  });
  const objects = queue.map((name) => `${name}.o`);
  await compile(compiler, folder, [...objects, '-o', 'runner.eim', ...LINK_FLAGS], 'The runner', signal);
  onProgress(total, total);
  return join(folder, 'runner.eim');
}

function unitFlags(name: string): string[] {
  return [...FLAGS, ...(name.endsWith('.c') ? ['-x', 'c'] : CXX_FLAGS), '-I.', '-Irunner'];
}

/** Beside its final place first, and then moved, so that nobody ever sees half a program. */
async function keep(built: string, path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const temporary = `${path}.${process.pid}.tmp`;
  await writeFile(temporary, await readFile(built), { mode: 0o700 });
  await chmod(temporary, 0o700);
  await rename(temporary, path);
}

async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

function defaultCache(): string {
  return join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'impulse-runtime', 'compiled');
}
