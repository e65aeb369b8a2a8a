/** How long one run of a model takes on this machine, and what memory it needs: in a process of its own, without an impulse. */
import type { ModelArtefact } from '../deployment/contents.js';
import { peakActivationBytes } from '../deployment/tflite/activations.js';
import { readTfliteModel } from '../deployment/tflite/read.js';
import { EngineError, UnsupportedError } from '../errors.js';
import type { TensorData, TensorInfo } from '../tensor.js';
import { bytesPerElement, elementCount, tensorData } from '../tensor.js';
import { type Life, startLife } from './engines/isolated/life.js';
import { median } from './median.js';
import type { EngineName, SessionOptions } from './session.js';

export interface ModelProfile {
  readonly engine: EngineName;
  readonly version: string;
  readonly threads: number;
  /** `xnnpack`, `cpu`, ... */
  readonly delegate: string;
  /** Median of the engine's own time for one run, milliseconds, to the microsecond. */
  readonly timePerInferenceMs: number;
  /** That were measured. */
  readonly runs: number;
  /** The most by which the process grew: library, model, weights as the engine keeps them, everything between. */
  readonly grownBytes?: number;
  /** See `peakActivationBytes()`; TFLite only. */
  readonly activationBytes?: number;
}

export interface ProfileOrder {
  readonly model: ModelArtefact;
  readonly engine: EngineName | 'auto';
  readonly options: SessionOptions;
  readonly signal?: AbortSignal;
}

const LIMITS = { startTimeoutMs: 30_000, requestTimeoutMs: 30_000 };
/** What a first run does once, and the processor's way up to its speed. */
const WARM_UP = { atLeast: 1, atMost: 100, ms: 300 };
const MEASURED = { atLeast: 3, atMost: 1_000, ms: 1_500 };

/**
 * @throws {EngineError} it can't be opened or run, or brought down its process; {UnsupportedError} no engine here runs it, or the
 *   file leaves the size of an input open; {TimeoutError}; the signal's reason
 */
export async function profileModel({ model, engine, options, signal }: ProfileOrder): Promise<ModelProfile> {
  const life = await startLife({ model, wanted: engine, options, watchMemory: true }, LIMITS);
  const stop = (): void => void life.end();
  signal?.addEventListener('abort', stop);
  try {
    signal?.throwIfAborted();
    const profile = await measure(life, model);
    signal?.throwIfAborted();
    return profile;
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  } finally {
    signal?.removeEventListener('abort', stop);
    await life.end();
  }
}

async function measure(life: Life, model: ModelArtefact): Promise<ModelProfile> {
  const inputs = life.opened.inputs.map((info) => sampleValues(info, model.name));
  await repeat(WARM_UP, () => runOnce(life, inputs));
  const times = await repeat(MEASURED, () => runOnce(life, inputs));
  const grownBytes = await life.grownBytes();
  const activationBytes =
    model.format === 'tflite' ? peakActivationBytes(readTfliteModel(model.bytes, model.name)) : undefined;
  const { engine, version, threads, delegate } = life.opened.details;
  return {
    engine,
    version,
    threads,
    delegate,
    timePerInferenceMs: Math.round(median(times) * 1000) / 1000,
    runs: times.length,
    ...(grownBytes !== undefined && { grownBytes }),
    ...(activationBytes !== undefined && { activationBytes }),
  };
}

async function runOnce(life: Life, inputs: readonly TensorData[]): Promise<number> {
  const result = await life.run(inputs, []);
  if (result !== undefined) return result.inferenceMs;
  throw new EngineError('ERR_ENGINE_RUN', 'The process of the model has ended before it was measured.');
}

async function repeat(
  { atLeast, atMost, ms }: typeof MEASURED,
  run: () => Promise<number>,
): Promise<number[]> {
  const times: number[] = [];
  const until = performance.now() + ms;
  while (times.length < atMost && (times.length < atLeast || performance.now() < until))
    times.push(await run());
  return times;
}

/** The same in every run: real numbers of 0..1, any byte, and zeros where a number may be an index. */
function sampleValues({ name, shape, dataType }: TensorInfo, model: string): TensorData {
  const count = elementCount(shape);
  if (count < 0) {
    throw new UnsupportedError(
      'ERR_UNSUPPORTED_FORMAT',
      `${model}: the size of its input '${name}' [${shape.join(', ')}] is left open. Export the model with a fixed size.`,
    );
  }
  const values = tensorData(dataType, new ArrayBuffer(count * bytesPerElement(dataType)));
  let state = 1;
  const next = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  if (dataType === 'float32') for (let i = 0; i < count; i++) values[i] = next();
  if (dataType === 'int8' || dataType === 'uint8') {
    for (let i = 0; i < count; i++) values[i] = Math.floor(next() * 256);
  }
  return values;
}
