/** What signal processing is given, and what it is. */
import type { Impulse, SignalInput } from '../../deployment/impulse.js';

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
