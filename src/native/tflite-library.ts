/** Where the TensorFlow Lite C library is. */
import { existsSync, realpathSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { EngineError } from '../errors.js';

/** How a caller names a library. */
export type NamedSource = 'option' | 'environment';

const ORIGINS: Record<NamedSource, string> = {
  option: 'option tfliteLibrary',
  environment: 'environment variable IMPULSE_TFLITE_LIBRARY',
};

export type LibraryOutcome =
  | {
      readonly found: true;
      readonly path: string;
      readonly source: NamedSource | 'package';
    }
  | { readonly found: false; readonly reason: string; readonly remedy: string };

/** The installer's copy: npm may take an optional package away again. */
const OWN_COPY = fileURLToPath(new URL('../../native/library/', import.meta.url));
const INSTALLER = fileURLToPath(new URL('../../native/install.mjs', import.meta.url));
const PACKAGE = 'tfjs-tflite-node';
const require = createRequire(import.meta.url);

/** Folders and file names inside that package. */
const LIBRARIES: Readonly<Record<string, string>> = {
  'linux-x64': 'cc_deps/linux_amd64/libtensorflowlite_c.so',
  'linux-arm64': 'cc_deps/linux_arm64/libtensorflowlite_c.so',
  'darwin-arm64': 'cc_deps/darwin_arm64/libtensorflowlite_c.dylib',
};

/**
 * Finds the library: the path given as an option, or else `IMPULSE_TFLITE_LIBRARY`, or else the one that
 * ships inside the npm package `tfjs-tflite-node`.
 *
 * @param option path of a library
 * @throws {EngineError} `ERR_ENGINE_LIBRARY`: the option or the variable names no file
 */
export function findTfliteLibrary(option?: string, env: NodeJS.ProcessEnv = process.env): LibraryOutcome {
  if (option !== undefined) return named(option, 'option');
  if (env.IMPULSE_TFLITE_LIBRARY) return named(env.IMPULSE_TFLITE_LIBRARY, 'environment');
  return packaged(`${process.platform}-${process.arch}`);
}

function named(path: string, source: NamedSource): LibraryOutcome {
  try {
    if (statSync(path).isFile()) return { found: true, path: realpathSync(path), source };
  } catch (cause) {
    throw unusableLibrary(path, source, 'there is no such file', cause);
  }
  throw unusableLibrary(path, source, 'it is not a file');
}

/** A library that the caller named must not be passed over for another. */
export function unusableLibrary(
  path: string,
  source: NamedSource,
  reason: string,
  cause?: unknown,
): EngineError {
  const message =
    `The TensorFlow Lite library ${path} (${ORIGINS[source]}) can't be used: ${reason}. ` +
    `Give the path of a libtensorflowlite_c.so, or leave it out to use the one of ${PACKAGE}.`;
  return new EngineError('ERR_ENGINE_LIBRARY', message, { cause });
}

function packaged(platform: string): LibraryOutcome {
  const file = LIBRARIES[platform];
  if (file === undefined) {
    return {
      found: false,
      reason: `${PACKAGE} has no library for ${platform}.`,
      remedy: 'Set IMPULSE_TFLITE_LIBRARY to the path of a libtensorflowlite_c.so for this machine.',
    };
  }
  const path = [...packageFolder().map((folder) => join(folder, file)), join(OWN_COPY, basename(file))].find(
    (candidate) => existsSync(candidate),
  );
  if (path !== undefined) return { found: true, path: realpathSync(path), source: 'package' };
  return {
    found: false,
    reason: `The npm package ${PACKAGE}, which holds the TensorFlow Lite library, is not installed.`,
    remedy: `Run: node ${INSTALLER}`,
  };
}

function packageFolder(): string[] {
  try {
    return [dirname(require.resolve(`${PACKAGE}/package.json`))];
  } catch {
    return [];
  }
}
