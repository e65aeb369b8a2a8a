/** A whole impulse's signal processing, on one thread and without waiting: what the main thread or a worker calls. */
import type { Impulse, SignalInput } from '../../deployment/impulse.js';
import { InputError } from '../../errors.js';
import { makeContinuousComputation } from './continuous.js';
import { makeWindowComputation } from './window.js';

/** The part of an impulse that signal processing needs. */
export interface SignalImpulse {
  readonly input: SignalInput;
  readonly dspBlocks: Impulse['dspBlocks'];
}

export interface SignalComputation {
  /** Numbers that {@link compute} takes. */
  readonly inputSize: number;
  /** Rough count of float operations. */
  readonly operations: number;
  /** Features in memory of their own; undefined while too few slices have come. */
  compute(signal: Float32Array): Float32Array | undefined;
}

/** `window`: each call gives one window; `continuous`: the next slice. */
export type ComputationKind = 'window' | 'continuous';

/** @throws {UnsupportedError} {DeploymentError} as `makeDspBlock` */
export function makeComputation(kind: ComputationKind, impulse: SignalImpulse): SignalComputation {
  return kind === 'window' ? makeWindowComputation(impulse) : makeContinuousComputation(impulse);
}

/** @throws {InputError} `ERR_INPUT_TYPE`: an image impulse */
export function signalImpulse({ input, dspBlocks }: Pick<Impulse, 'input' | 'dspBlocks'>): SignalImpulse {
  if (input.inputType !== 'image') return { input, dspBlocks };
  throw new InputError('ERR_INPUT_TYPE', 'This impulse takes pictures, not the samples of a signal.');
}
