/** Time series, audio and other input: from samples to what the models take. */
import type { Impulse } from '../deployment/impulse.js';
import { InputError } from '../errors.js';
import { makeComputation, signalImpulse } from './dsp/computation.js';
import type { ComputationKind, SignalComputation } from './dsp/signal-computation.js';
import { makeRemoteComputation } from './dsp/thread.js';
import { checkFinite } from './quantize.js';

type SignalPart = Pick<Impulse, 'input' | 'dspBlocks'>;

/**
 * Float operations that are done on the caller's thread: at most about 0.3 ms. What is more is computed on a thread of its own
 * (`docs/dsp.md`).
 */
const INLINE_OPERATIONS = 300_000;

/** The signal processing of one impulse, with its tables and the state of its blocks. */
export interface SignalProcessor {
  /**
   * Calls are served in their order.
   *
   * @param values the samples of one window, axes interleaved: t0a0 t0a1 .. t1a0 ..; they are copied at once
   * @returns float32 features of all blocks, in the impulse's order
   * @throws {InputError} `ERR_INPUT_LENGTH`, `ERR_INPUT_NOT_FINITE`
   * @throws {EngineError} `ERR_ENGINE_RUN`: the thread for signal processing ended
   */
  features(values: ArrayLike<number>): Promise<Float32Array>;
  /** Frees what is held on the other thread. */
  close(): void;
}

/**
 * @throws {InputError} `ERR_INPUT_TYPE`: an image impulse
 * @throws {UnsupportedError} `ERR_UNSUPPORTED_BLOCK`: a block, or a version of one, that is not computed here
 * @throws {DeploymentError} `ERR_METADATA_INVALID`, `ERR_DEPLOYMENT_INCONSISTENT`: parameters that can't be
 */
export function makeSignalProcessor(impulse: SignalPart): SignalProcessor {
  const { compute, close } = onSomeThread('window', impulse);
  return {
    async features(values) {
      const features = await compute(values);
      if (features === undefined) throw new TypeError('A window always has features.');
      return features;
    },
    close,
  };
}

/**
 * The features of one window. Blocks that remember windows (flatten with a moving average) begin anew; for window after
 * window use {@link makeSignalProcessor}.
 *
 * @throws as {@link makeSignalProcessor} and its `features()`
 */
export async function signalFeatures(values: ArrayLike<number>, impulse: SignalPart): Promise<Float32Array> {
  const processor = makeSignalProcessor(impulse);
  try {
    return await processor.features(values);
  } finally {
    processor.close();
  }
}

/** A signal without end, slice by slice. */
export interface ContinuousDsp {
  /** Numbers in a slice: samples x axes. */
  readonly sliceLength: number;
  /**
   * @param slice the next samples, axes interleaved; they are copied at once
   * @returns features of the window that ends with this slice; undefined until as many as a window has have come
   * @throws {InputError} `ERR_INPUT_LENGTH`, `ERR_INPUT_NOT_FINITE`
   * @throws {EngineError} `ERR_ENGINE_RUN`
   */
  push(slice: ArrayLike<number>): Promise<Float32Array | undefined>;
  close(): void;
}

/**
 * The SDK's continuous classification: features of a window that moves on by a slice, of which only the new part is
 * computed. Pass them to `classify({ tensor })`. They differ from those of the same window as a whole: slices are
 * pre-emphasised one by one, and data normalisation is not applied.
 *
 * @throws as {@link makeSignalProcessor}; `ERR_UNSUPPORTED_BLOCK` also for blocks other than MFCC, MFE and spectrogram;
 *   `ERR_METADATA_MISSING`: the deployment states no slices
 */
export function makeContinuousDsp(impulse: SignalPart): ContinuousDsp {
  const { inputSize, compute, close } = onSomeThread('continuous', impulse);
  return { sliceLength: inputSize, push: compute, close };
}

interface AnyThread {
  readonly inputSize: number;
  compute(values: ArrayLike<number>): Promise<Float32Array | undefined>;
  close(): void;
}

function onSomeThread(kind: ComputationKind, impulse: SignalPart): AnyThread {
  const part = signalImpulse(impulse);
  const local = makeComputation(kind, part);
  const { inputSize } = local;
  const { axes } = part.input;
  const read = (values: ArrayLike<number>) => checkedSamples(values, inputSize, axes, kind);
  if (local.operations <= INLINE_OPERATIONS) return onThisThread(local, read);
  const remote = makeRemoteComputation(kind, part);
  return {
    inputSize,
    compute: async (values) => remote.compute(read(values)),
    close: () => remote.close(),
  };
}

function onThisThread(
  local: SignalComputation,
  read: (values: ArrayLike<number>) => Float32Array,
): AnyThread {
  return {
    inputSize: local.inputSize,
    compute: async (values) => local.compute(read(values)),
    close() {},
  };
}

/** @returns a copy @throws {InputError} `ERR_INPUT_LENGTH`, `ERR_INPUT_NOT_FINITE` */
function checkedSamples(
  values: ArrayLike<number>,
  length: number,
  axes: readonly string[],
  kind: ComputationKind,
): Float32Array {
  if (values.length !== length) {
    const interleaved = axes.length > 1 ? `, axes interleaved (${axes.join(', ')})` : '';
    throw new InputError(
      'ERR_INPUT_LENGTH',
      `Expected ${length} numbers (one ${kind === 'window' ? 'window' : 'slice'}${interleaved}) but received ${values.length}.`,
    );
  }
  checkFinite(values);
  return Float32Array.from(values);
}
