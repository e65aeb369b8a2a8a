/** What every processing block is once its tables are made. */
import type { SignalInput } from '../../deployment/impulse.js';

/** Scratch memory is reused: one window at a time. */
export interface DspComputation {
  /** Numbers in `out`. */
  readonly outputSize: number;
  /** Rough count of float operations in a window: decides where it runs. */
  readonly operations: number;
  /**
   * @param signal the samples that the block sees, its axes interleaved
   * @param out `outputSize` numbers
   */
  compute(signal: Float32Array, out: Float32Array): void;
}

/** The signal as a block sees it: of its own axes only. */
export interface BlockInput {
  /** Samples of each axis in a window. */
  readonly samples: number;
  readonly axes: number;
  /** Hz; 0 where the input has no time. */
  readonly frequencyHz: number;
}

/** @param axes how many the block sees */
export function blockInput({ featureCount, axes: all, frequencyHz }: SignalInput, axes: number): BlockInput {
  return { samples: Math.floor(featureCount / Math.max(1, all.length)), axes, frequencyHz };
}
