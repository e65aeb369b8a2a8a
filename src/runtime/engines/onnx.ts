/** Engine `onnx`: ONNX models on ONNX Runtime (the package `onnxruntime-node`), on the CPU or another execution provider. */
import { closeSync, openSync, readdirSync, readSync } from 'node:fs';
import { join } from 'node:path';
import type { ModelArtefact } from '../../deployment/contents.js';
import { MODEL_KINDS } from '../../deployment/contents.js';
import type { Engine, ModelSession, SessionOptions } from '../session.js';
import type { OnnxInit } from './onnx-worker.js';
import type { PackageStatus } from './packages.js';
import { findPackage, rememberStatus, requireAvailable } from './packages.js';
import { openWorkerSession, workerPath } from './worker-session.js';

const PACKAGE = 'onnxruntime-node';

export const onnxEngine: Engine = {
  name: 'onnx',
  probe: async () => onnxRuntime(),
  refusal: ({ format }) =>
    format === 'onnx' ? undefined : `it runs ONNX models, and this is ${MODEL_KINDS[format]}.`,
  open,
};

async function open(
  { bytes, name }: ModelArtefact,
  { threads, executionProvider = 'cpu' }: SessionOptions,
): Promise<ModelSession> {
  const found = requireAvailable('onnx', onnxRuntime());
  // The library reports each session to its maker unless this says otherwise; it looks at the process's own environment,
  // of which a worker has only a copy.
  process.env.ORT_DISABLE_TELEMETRY ??= '1';
  const model = Uint8Array.from(bytes);
  const init: OnnxInit = {
    model,
    name,
    threads,
    provider: executionProvider,
    version: found.version,
    library: found.library,
  };
  return openWorkerSession({
    engine: 'onnx',
    worker: workerPath('onnx-worker.js'),
    model: name,
    init,
    transfer: [model.buffer],
    // Its binding aborts the process when its thread is stopped in the middle of a call.
    interruptible: false,
  });
}

/** Looks without loading: the library has 45 MB, and a worker is to load it, not this thread. */
export const onnxRuntime = rememberStatus(look);

function look(): PackageStatus {
  const found = findPackage(PACKAGE);
  if (found === undefined) {
    return {
      available: false,
      reason: `the package ${PACKAGE} is not installed.`,
      // Its install script downloads CUDA libraries, and npm drops the package where that fails.
      remedy: `Install it without its download: npm install --ignore-scripts ${PACKAGE}`,
    };
  }
  const { platform, arch } = process;
  const library = findBinding(found.folder, `${platform}/${arch}`);
  if (library === undefined) {
    return {
      available: false,
      reason: `${PACKAGE} ${found.version} has no library for ${platform}-${arch}.`,
      remedy: 'Use a 64-bit system (linux-x64, linux-arm64, darwin-arm64), or convert the model to TFLite.',
    };
  }
  if (platform === 'linux' && usesMusl()) {
    return {
      available: false,
      reason: `${PACKAGE} ${found.version} needs glibc, and this Node.js uses musl.`,
      remedy:
        'Use an image with glibc (node:22-slim instead of node:22-alpine), or convert the model to TFLite.',
    };
  }
  return { available: true, version: found.version, library };
}

/** `bin/napi-v6/linux/x64/onnxruntime_binding.node`, whichever Node-API version it is built for. */
function findBinding(folder: string, system: string): string | undefined {
  try {
    const entries = readdirSync(join(folder, 'bin'), { recursive: true, encoding: 'utf8' });
    const path = entries.find((entry) => entry.endsWith(join(system, 'onnxruntime_binding.node')));
    return path && join(folder, 'bin', path);
  } catch {
    return undefined;
  }
}

/** The loader that the Node.js executable names near its beginning: ld-linux-x86-64.so.2 or ld-musl-x86_64.so.1. */
function usesMusl(): boolean {
  const head = Buffer.alloc(4096);
  try {
    const file = openSync(process.execPath, 'r');
    try {
      readSync(file, head, 0, head.length, 0);
    } finally {
      closeSync(file);
    }
  } catch {
    return false;
  }
  return head.includes('/ld-musl-');
}
