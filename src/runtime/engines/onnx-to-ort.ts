/** ONNX to ONNX Runtime's own format (`.ort`), which opens faster. The runtime writes it, in a process of its own. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FileArtefact } from '../../deployment/contents.js';
import type { SerializedError } from '../../errors.js';
import { deserializeError, EngineError, TimeoutError } from '../../errors.js';
import { printed } from './eim/dialogue.js';
import { makeProgramFolder } from './eim/private-folder.js';
import { makeMemory } from './isolated/memory.js';
import { type Outcome, Process } from './isolated/process.js';
import { onnxRuntime } from './onnx.js';
import { requireAvailable } from './packages.js';

/** The model's bytes lie at the beginning of the memory. */
export type ConversionOrder = {
  readonly name: string;
  readonly bytes: number;
  /** Where to write it. */
  readonly out: string;
  readonly version: string;
};

export type ConversionAnswer =
  | { readonly type: 'converted' }
  | { readonly type: 'failed'; readonly error: SerializedError };

/** The largest model of our collection takes a second. */
const TIMEOUT_MS = 60_000;

/**
 * Converts a model. It may be a stranger's: one that brings the runtime down, or keeps it busy for ever, is an error and no more.
 *
 * @throws {EngineError} `ERR_ENGINE_UNAVAILABLE`: `onnxruntime-node` is missing; `ERR_ENGINE_LOAD`: the model brought it down
 * @throws {DeploymentError | UnsupportedError} what the runtime has against the model
 * @throws {TimeoutError} it took too long
 */
export async function convertToOrt(
  { name, bytes }: FileArtefact,
  { timeoutMs = TIMEOUT_MS }: { readonly timeoutMs?: number } = {},
): Promise<Uint8Array> {
  const { version } = requireAvailable('onnx', onnxRuntime());
  // Empty, and the process is in it: a model that names files of weights finds none.
  const folder = await makeProgramFolder();
  const memory = await makeMemory(bytes);
  let child: Process<ConversionOrder, ConversionAnswer> | undefined;
  try {
    child = new Process(memory.fd, { entry: 'onnx-to-ort-child.js', cwd: folder.path });
    const out = join(folder.path, 'model.ort');
    const outcome = await child.ask({ name, bytes: bytes.length, out, version }, timeoutMs);
    if (outcome.type === 'converted') return await readFile(out);
    throw failure(name, outcome, timeoutMs);
  } finally {
    await child?.end();
    await memory.close();
    await folder.remove();
  }
}

function failure(
  name: string,
  outcome: Exclude<Outcome<ConversionAnswer>, { readonly type: 'converted' }>,
  timeoutMs: number,
): Error {
  switch (outcome.type) {
    case 'failed':
      return deserializeError(outcome.error);
    case 'late':
      return new TimeoutError(
        'ERR_TIMEOUT',
        `${name} was not converted within ${timeoutMs} ms${printed(outcome.printed)}.`,
      );
    case 'ended':
      return new EngineError(
        'ERR_ENGINE_LOAD',
        `The process that converts ${name} ${outcome.how}${printed(outcome.printed)}. This process goes on.`,
      );
  }
}
