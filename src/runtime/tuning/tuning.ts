/** What was measured of a model on this machine, and what came of it: plain data, as it is remembered. */
import type { EngineName } from '../session.js';

/** One way to run a model. */
export interface Setting {
  readonly engine: EngineName;
  readonly threads: number;
  /** Engine `tflite` only. */
  readonly xnnpack?: boolean;
  /** Engine `onnx` only; absent: the CPU. */
  readonly executionProvider?: string;
}

export interface MeasuredTrial {
  readonly setting: Setting;
  /** Kernels that it came to: `xnnpack (QS8)`, `none`, `cpu`, ... */
  readonly delegate: string;
  /** Of one run, the way to the engine and back and the decoding of its outputs included, in milliseconds. */
  readonly medianMs: number;
  readonly minMs: number;
  readonly runs: number;
  /** Largest difference of an output from the reference's, as a share of that output's range. */
  readonly difference: number;
  /** The answers differ by more than the tolerance: it is not chosen, however fast it is. */
  readonly disagrees?: true;
}

export interface FailedTrial {
  readonly setting: Setting;
  readonly reason: string;
}

export type Trial = MeasuredTrial | FailedTrial;

/** A measurement holds only where all of this is the same. */
export interface Machine {
  readonly cpu: string;
  readonly processors: number;
  readonly arch: string;
  readonly node: string;
  readonly package: string;
  /** Version of each engine that is there. */
  readonly engines: Readonly<Record<string, string>>;
}

export interface Tuning {
  readonly model: { readonly name: string; readonly sha256: string };
  readonly machine: Machine;
  /** ISO 8601. */
  readonly measuredAt: string;
  /** Whose answers the others were compared with. */
  readonly reference: Setting;
  /** Largest difference that counts as the same answer, as a share of an output's range. */
  readonly tolerance: number;
  /** Fastest first; those that failed last. */
  readonly trials: readonly Trial[];
  readonly chosen: Setting;
}

export function isMeasured(trial: Trial): trial is MeasuredTrial {
  return 'medianMs' in trial;
}

/** `tflite, XNNPACK, 2 threads` */
export function settingText({ engine, threads, xnnpack, executionProvider }: Setting): string {
  const kernels = xnnpack === undefined ? (executionProvider ?? []) : xnnpack ? 'XNNPACK' : 'own kernels';
  return [engine, kernels, threads === 1 ? '1 thread' : `${threads} threads`].flat().join(', ');
}
