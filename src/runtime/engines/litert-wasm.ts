/** Engine `litert-wasm`: TFLite models on LiteRT as WebAssembly (the package `@litertjs/core`). Needs no compiler. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ModelArtefact } from '../../deployment/contents.js';
import { MODEL_KINDS } from '../../deployment/contents.js';
import { EngineError } from '../../errors.js';
import type { Engine, ModelSession, SessionOptions } from '../session.js';
import type { LitertInit } from './litert-wasm-worker.js';
import type { PackageStatus } from './packages.js';
import { findPackage, rememberStatus, requireAvailable } from './packages.js';
import { openWorkerSession, workerPath } from './worker-session.js';

const PACKAGE = '@litertjs/core';

export const litertWasmEngine: Engine = {
  name: 'litert-wasm',
  probe: async () => status(),
  refusal: ({ format }) =>
    format === 'tflite' ? undefined : `it runs TFLite models, and this is ${MODEL_KINDS[format]}.`,
  open,
};

async function open({ bytes, name }: ModelArtefact, { threads }: SessionOptions): Promise<ModelSession> {
  const found = requireAvailable('litert-wasm', status());
  const { library, version } = found;
  const model = Uint8Array.from(bytes);
  const init: LitertInit = {
    model,
    name,
    script: library.replace(/\.wasm$/, '.js'),
    module: await compiledModule(library),
    library,
    version,
    threads,
  };
  return openWorkerSession({
    engine: 'litert-wasm',
    worker: workerPath('litert-wasm-worker.js'),
    model: name,
    init,
    transfer: [model.buffer],
    interruptible: true,
  });
}

const status = rememberStatus(look);

function look(): PackageStatus {
  const found = findPackage(PACKAGE);
  if (found === undefined) {
    return {
      available: false,
      reason: `the package ${PACKAGE} is not installed.`,
      remedy: `Install it: npm install ${PACKAGE}`,
    };
  }
  const build = bestBuild();
  if (build === undefined) {
    return {
      available: false,
      reason: `Node.js ${process.versions.node} has no WebAssembly with SIMD on this processor.`,
      remedy: 'Start it without --jitless, or use a processor with SSE 4.1 or NEON.',
    };
  }
  const library = join(found.folder, 'wasm', `${build}.wasm`);
  if (!existsSync(library)) {
    return {
      available: false,
      reason: `${PACKAGE} ${found.version} lacks ${library}.`,
      remedy: `Install it again: npm install ${PACKAGE}`,
    };
  }
  return { available: true, version: found.version, library };
}

/**
 * The builds of the package, by what they need of WebAssembly. Relaxed SIMD, which has fused multiply-add,
 * comes with Node.js 22.
 */
function bestBuild(): string | undefined {
  if (typeof WebAssembly === 'undefined' || !WebAssembly.validate(SIMD)) return undefined;
  return WebAssembly.validate(RELAXED_SIMD) ? 'litert_wasm_internal' : 'litert_wasm_compat_internal';
}

let compiled: Promise<WebAssembly.Module> | undefined;

/** Compiled once for all sessions: the threads share the code. */
async function compiledModule(path: string): Promise<WebAssembly.Module> {
  compiled ??= readFile(path).then((bytes) => WebAssembly.compile(bytes));
  try {
    return await compiled;
  } catch (cause) {
    compiled = undefined;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new EngineError('ERR_ENGINE_LIBRARY', `${path} could not be loaded: ${reason}`, { cause });
  }
}

/** A module of one function of type () -> v128 with the body given. */
function vectorFunction(...body: readonly number[]): Uint8Array {
  const header = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
  const type = [1, 5, 1, 0x60, 0, 1, 0x7b];
  const declaration = [3, 2, 1, 0];
  const code = [10, body.length + 4, 1, body.length + 2, 0, ...body, 0x0b];
  return Uint8Array.from([...header, ...type, ...declaration, ...code]);
}

const I32_CONST_0 = [0x41, 0];
const I8X16_SPLAT = [0xfd, 0x0f];
const I8X16_RELAXED_SWIZZLE = [0xfd, 0x80, 0x02];

const SIMD = vectorFunction(...I32_CONST_0, ...I8X16_SPLAT);
const RELAXED_SIMD = vectorFunction(
  ...I32_CONST_0,
  ...I8X16_SPLAT,
  ...I32_CONST_0,
  ...I8X16_SPLAT,
  ...I8X16_RELAXED_SWIZZLE,
);
