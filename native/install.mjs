// What `npm install` does: compiles the addon and makes sure that the TensorFlow Lite library is there. It
// never fails: without either of the two, the engine `litert-wasm` runs the same models, only more slowly.
import { execFile } from 'node:child_process';
import { copyFileSync, existsSync, linkSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { buildAddon, NoCompilerError } from './build.mjs';

const LIBRARY_FOLDER = fileURLToPath(new URL('./library/', import.meta.url));
const PACKAGE = 'tfjs-tflite-node';
const VERSION = '0.0.2';
const DOWNLOAD_LIMIT_MS = 120_000;

/** Files inside that package; see src/native/tflite-library.ts. */
const LIBRARIES = {
  'linux-x64': 'cc_deps/linux_amd64/libtensorflowlite_c.so',
  'linux-arm64': 'cc_deps/linux_arm64/libtensorflowlite_c.so',
  'darwin-arm64': 'cc_deps/darwin_arm64/libtensorflowlite_c.dylib',
};

/** Works in a checkout and in `node_modules` alike. */
const AGAIN = `node ${fileURLToPath(import.meta.url)}`;
const WITHOUT =
  "Models run on the engine 'litert-wasm' (WebAssembly) until then: the same models, only more slowly.";

await installAddon();
await installLibrary();

async function installAddon() {
  try {
    tell(`native addon ${(await buildAddon()).state}.`);
  } catch (error) {
    if (error instanceof NoCompilerError) {
      tell(
        `the native addon was not built: ${error.message}. ${WITHOUT} ` +
          'To have the faster engine, install a compiler (Debian, Ubuntu: apt install g++; Fedora: dnf install gcc-c++; ' +
          `macOS: xcode-select --install), then run: ${AGAIN}`,
      );
      return;
    }
    tell(
      `the native addon was not built. ${WITHOUT} A compiler with C++17 is needed (GCC 9, Clang 10 or later). ` +
        `What it said:\n${error.message.slice(0, 4000)}`,
    );
  }
}

/**
 * A copy of our own: npm takes an optional package away again when that package's own build fails, and that
 * build (which we do not need) fails on machines without Python.
 */
async function installLibrary() {
  const file = LIBRARIES[`${process.platform}-${process.arch}`];
  if (file === undefined || process.env.IMPULSE_TFLITE_LIBRARY) return;
  const target = join(LIBRARY_FOLDER, basename(file));
  if (existsSync(target)) return;
  try {
    mkdirSync(LIBRARY_FOLDER, { recursive: true });
    const work = mkdtempSync(join(LIBRARY_FOLDER, 'tmp-'));
    try {
      const source = findPackage(import.meta.url) ?? (await download(work));
      take(join(source, file), target, work);
    } finally {
      rmSync(work, { recursive: true, force: true });
    }
    tell('TensorFlow Lite library in place.');
  } catch (error) {
    tell(
      `the TensorFlow Lite library is missing: ${error.message.split('\n')[0]}. ${WITHOUT} ` +
        `To have it, put npm in reach of the network and run: ${AGAIN}`,
    );
  }
}

function findPackage(from) {
  try {
    return dirname(createRequire(from).resolve(`${PACKAGE}/package.json`));
  } catch {
    return undefined;
  }
}

async function download(folder) {
  const options = [
    '--ignore-scripts',
    '--no-save',
    '--no-package-lock',
    '--legacy-peer-deps',
    '--global=false',
  ];
  const args = ['install', ...options, '--fetch-retries=1', '--prefix', folder, `${PACKAGE}@${VERSION}`];
  const [program, ...first] = npmCommand();
  await promisify(execFile)(program, [...first, ...args], { timeout: DOWNLOAD_LIMIT_MS, cwd: folder });
  const found = findPackage(join(folder, 'package.json'));
  if (found === undefined) throw new Error(`npm did not install ${PACKAGE}`);
  return found;
}

/** The npm that runs us, if it is npm; other package managers do not take its options. */
function npmCommand() {
  const current = process.env.npm_execpath;
  return current !== undefined && basename(current) === 'npm-cli.js' ? [process.execPath, current] : ['npm'];
}

/** A second name for the same file where the file system allows it, otherwise a copy; never half of one. */
function take(source, target, work) {
  const whole = join(work, 'library');
  try {
    linkSync(source, whole);
  } catch {
    copyFileSync(source, whole);
  }
  renameSync(whole, target);
}

function tell(text) {
  console.log(`impulse-runtime: ${text}`);
}
