/** Which files of a download make a runner: its model, its headers, and the part of the SDK that Linux needs. */

import type { FileTree } from '../deployment/file-tree.js';
import { UnsupportedError } from '../errors.js';

/** Names in the tree, below the library's root. */
export interface SdkSources {
  /** All that has to lie on disk: sources and headers. */
  readonly files: readonly string[];
  /** Those that are compiled. */
  readonly units: readonly string[];
}

/** What the SDK's own build for Linux compiles; the rest of it is for other boards and processors. */
const UNITS = [
  /^tflite-model\/[^/]+\.(c|cc|cpp)$/,
  /^edge-impulse-sdk\/dsp\/.*\.(c|cc|cpp)$/,
  /^edge-impulse-sdk\/porting\/posix\/[^/]+\.(c|cc|cpp)$/,
  /^edge-impulse-sdk\/tensorflow\/.*\.(c|cc|cpp)$/,
];

const FOLDERS = /^(edge-impulse-sdk|model-parameters|tflite-model)\//;
const CODE = /\.(c|cc|cpp|h|hpp|inc|tflite)$/;
const NOT_OURS = /(^|\/)(tests?|examples?)\/|_test\.(c|cc|cpp)$/;

/**
 * @param root folder of the library in the tree: `''` or with a slash at its end
 * @throws {UnsupportedError} `ERR_UNSUPPORTED_ENGINE`: the download has no SDK, or one without a part for Linux
 */
export function sdkSources(tree: FileTree, root: string): SdkSources {
  const names = tree.names
    .filter((name) => name.startsWith(root))
    .map((name) => name.slice(root.length))
    .filter((name) => FOLDERS.test(name) && CODE.test(name) && !NOT_OURS.test(name));
  if (!names.includes(RUN_CLASSIFIER)) {
    throw incomplete(tree, `it does not hold the SDK (${RUN_CLASSIFIER})`);
  }
  if (!names.some((name) => name.startsWith('edge-impulse-sdk/porting/posix/'))) {
    throw incomplete(tree, 'its SDK has no part for Linux (edge-impulse-sdk/porting/posix)');
  }
  return { files: names, units: names.filter((name) => UNITS.some((unit) => unit.test(name))) };
}

const RUN_CLASSIFIER = 'edge-impulse-sdk/classifier/ei_run_classifier.h';

function incomplete(tree: FileTree, why: string): UnsupportedError {
  return new UnsupportedError(
    'ERR_UNSUPPORTED_ENGINE',
    `${tree.source} can't be compiled: ${why}. Download the "C++ library" of the impulse, whole, in the Studio under Deployment.`,
  );
}
