// Runs the tests of the native kernels on an addon that is built with AddressSanitizer and UndefinedBehaviorSanitizer:
// `npm run sanitize`. Where the compiler has no sanitizers it says so and ends well.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { buildAddon, NoCompilerError } from '../native/build.mjs';

/** Suites that drive kernels with thousands of frames and plans, open sessions on other threads, and load delegates. */
const SUITES = [
  'test/preprocess/native',
  'test/preprocess/resample/native',
  'test/native/addon',
  'test/native/external-delegate',
];

const FLAGS = [
  '-fsanitize=address,undefined',
  '-fno-sanitize-recover=all',
  '-fno-omit-frame-pointer',
  '-g',
  '-O1',
];

const runtime = sanitizerRuntime();
if (runtime === undefined) {
  console.log('sanitize: SKIPPED, because the compiler has no libasan (Debian: apt install g++)');
  process.exit(0);
}
const addon = await build();
const { status } = spawnSync(process.execPath, ['node_modules/vitest/vitest.mjs', 'run', ...SUITES], {
  stdio: 'inherit',
  env: {
    ...process.env,
    IMPULSE_NATIVE_ADDON: addon,
    LD_PRELOAD: runtime,
    // Node.js itself leaks at its end on purpose.
    ASAN_OPTIONS: 'detect_leaks=0:halt_on_error=1:abort_on_error=1',
    UBSAN_OPTIONS: 'print_stacktrace=1:halt_on_error=1',
  },
});
console.log(
  status === 0 ? `sanitize: no finding (${availableParallelism()} processors)` : 'sanitize: FAILED',
);
process.exit(status ?? 1);

/** The library that has to be loaded before all others, because Node.js was not built with it. */
function sanitizerRuntime() {
  if (process.platform !== 'linux') return undefined;
  try {
    const [program, ...extra] = (process.env.CXX ?? 'c++').trim().split(/\s+/);
    const path = execFileSync(program, [...extra, '-print-file-name=libasan.so'], {
      encoding: 'utf8',
    }).trim();
    return path.startsWith('/') && existsSync(path) ? path : undefined;
  } catch {
    return undefined;
  }
}

async function build() {
  try {
    const { path, state } = await buildAddon({ folder: 'build-sanitized', extraFlags: FLAGS });
    console.log(`sanitize: native addon ${state} (${path})`);
    return path;
  } catch (error) {
    console.error(`sanitize: ${error.message}`);
    process.exit(error instanceof NoCompilerError ? 0 : 1);
  }
}
