/**
 * Engine `tfjs`: SavedModels and TensorFlow.js models on the user's own TensorFlow.js: `@tensorflow/tfjs-node`, the C library of
 * TensorFlow, or for TensorFlow.js models also `@tensorflow/tfjs`, which is JavaScript and works everywhere.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { FolderArtefact, ModelArtefact } from '../../deployment/contents.js';
import { MODEL_KINDS } from '../../deployment/contents.js';
import { EngineError } from '../../errors.js';
import type { Engine, EngineStatus, ModelSession } from '../session.js';
import { findPeer } from './packages.js';
import type { TfjsInit } from './tfjs-worker.js';
import { openWorkerSession, workerPath } from './worker-session.js';

const NODE_PACKAGE = '@tensorflow/tfjs-node';
const SCRIPT_PACKAGE = '@tensorflow/tfjs';
/** Before it, its binding has one state for all threads of a process: the second session would bring down the first. */
const FIRST_NODE_VERSION = [4, 22] as const;
const BINDING = 'tfjs_binding.node';

export const tfjsEngine: Engine = {
  name: 'tfjs',
  probe: async () => status(),
  refusal: ({ format }) =>
    format === 'saved-model' || format === 'tfjs'
      ? undefined
      : `it runs SavedModels and TensorFlow.js models, and this is ${MODEL_KINDS[format]}.`,
  open,
};

/** One of the two packages, ready to be loaded. */
export interface TfjsPackage {
  readonly name: string;
  readonly version: string;
  /** Path of the module to import. */
  readonly entry: string;
  /** Path of the native library; absent for the one that is JavaScript. */
  readonly library?: string;
}

interface Missing {
  readonly reason: string;
  readonly remedy: string;
}

async function open(model: ModelArtefact): Promise<ModelSession> {
  if (!('files' in model)) throw new TypeError(`The engine 'tfjs' was given ${model.format}.`);
  const found = packageFor(model);
  const bytes = Uint8Array.from(model.bytes);
  const { format, name, files } = model;
  const init: TfjsInit = { model: { format, name, files, bytes }, package: found };
  return openWorkerSession({
    engine: 'tfjs',
    worker: workerPath('tfjs-worker.js'),
    model: name,
    init,
    transfer: [bytes.buffer],
    interruptible: found.library === undefined,
  });
}

/** @throws {EngineError} `ERR_ENGINE_UNAVAILABLE` */
function packageFor({ format, name }: FolderArtefact): TfjsPackage {
  const node = nodePackage();
  if ('entry' in node) return node;
  const script = format === 'tfjs' ? scriptPackage() : undefined;
  if (script !== undefined) return script;
  const onlyHere = format === 'saved-model' && scriptPackage() !== undefined;
  throw new EngineError(
    'ERR_ENGINE_UNAVAILABLE',
    `Engine 'tfjs' can't run ${name}: ${node.reason}` +
      `${onlyHere ? ` ${SCRIPT_PACKAGE}, which is, runs no SavedModels.` : ''} ${node.remedy}`,
  );
}

/** Looks without loading: that is for the worker. */
function status(): EngineStatus {
  const node = nodePackage();
  if ('entry' in node) return available(node);
  const script = scriptPackage();
  if (script === undefined) return { available: false, ...node };
  return { ...available(script), details: 'TensorFlow.js models only, in JavaScript' };
}

function available({ name, version, library }: TfjsPackage): EngineStatus & { readonly available: true } {
  return { available: true, version, ...(library !== undefined && { library }), details: name };
}

function nodePackage(): TfjsPackage | Missing {
  const found = findPeer(NODE_PACKAGE);
  if (found === undefined) {
    return {
      reason: `the package ${NODE_PACKAGE} is not installed.`,
      remedy: `Install it: npm install ${NODE_PACKAGE} (for TensorFlow.js models ${SCRIPT_PACKAGE} will do).`,
    };
  }
  const { version, folder, entry } = found;
  if (isOlder(version)) {
    return {
      reason: `${NODE_PACKAGE} ${version} can't be used by several threads.`,
      remedy: `Install a newer one: npm install ${NODE_PACKAGE}@^${FIRST_NODE_VERSION.join('.')}`,
    };
  }
  const library = findBinding(folder);
  if (library === undefined) {
    return {
      reason: `${NODE_PACKAGE} ${version} has no native library: its installation was not finished.`,
      remedy: `Finish it: npm rebuild ${NODE_PACKAGE} --build-addon-from-source`,
    };
  }
  return { name: NODE_PACKAGE, version, entry, library };
}

function scriptPackage(): TfjsPackage | undefined {
  const found = findPeer(SCRIPT_PACKAGE);
  return found && { name: SCRIPT_PACKAGE, version: found.version, entry: found.entry };
}

function isOlder(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [firstMajor, firstMinor] = FIRST_NODE_VERSION;
  return major < firstMajor || (major === firstMajor && minor < firstMinor);
}

/** `lib/napi-v8/tfjs_binding.node`, whichever Node-API version it is built for. */
function findBinding(folder: string): string | undefined {
  try {
    const entries = readdirSync(join(folder, 'lib'), { recursive: true, encoding: 'utf8' });
    const path = entries.find((entry) => entry.endsWith(BINDING));
    return path && join(folder, 'lib', path);
  } catch {
    return undefined;
  }
}
