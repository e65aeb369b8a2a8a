/** An impulse that is ready to run, by its own models on our engines or by a runner as a whole. */
import type { DecodedOutputs } from '../postprocess/results.js';
import type { ThresholdValue } from '../postprocess/thresholds.js';
import type { BlockTensors } from './classification.js';
import type { RunnerName, TrackedDetection } from './impulse-runner.js';
import type { DeploymentInfo } from './info.js';
import type { NormalizedClassifyOptions } from './options.js';
import type { PreparedInput } from './prepare.js';
import type { EngineName } from './session.js';

/** Milliseconds, summed over the learn blocks. */
export interface ImpulseTiming {
  readonly queueMs: number;
  /** Signal processing inside a runner. */
  readonly dspMs: number;
  readonly tensorMs: number;
  readonly inferenceMs: number;
  readonly postprocessMs: number;
}

export interface ImpulseResult {
  /** One for each learn block that gave something. */
  readonly decoded: readonly DecodedOutputs[];
  /** Where the runner itself follows objects. */
  readonly tracked?: readonly TrackedDetection[];
  readonly timing: ImpulseTiming;
  /** Where they were asked for, and can be had. */
  readonly tensors?: readonly BlockTensors[];
}

export interface OpenContinuous {
  /** Numbers in a slice: samples x axes. */
  readonly sliceLength: number;
  /** Undefined until a whole window has come. */
  push(slice: ArrayLike<number>): Promise<ImpulseResult | undefined>;
  close(): void;
}

export interface OpenImpulse {
  /** What runs it, each once. */
  readonly engines: readonly (EngineName | RunnerName)[];
  /**
   * With the thresholds set when it is called, though the input may still be on its way. Calls may overlap.
   *
   * @throws {InputError} `ERR_THRESHOLD_*` of the options; `ERR_OPTION_INVALID`: a runner has no tensors or thresholds of one call
   */
  run(input: Promise<PreparedInput>, options: NormalizedClassifyOptions): Promise<ImpulseResult>;
  /**
   * @throws {UnsupportedError} `ERR_UNSUPPORTED_BLOCK`: an impulse that can't be computed slice by slice
   * @throws {DeploymentError} `ERR_METADATA_MISSING`: it states no slices
   */
  continuous(): OpenContinuous;
  /** @throws {InputError} `ERR_THRESHOLD_UNKNOWN`, `ERR_THRESHOLD_INVALID`; nothing is changed then */
  setThresholds(thresholds: Readonly<Record<string, ThresholdValue>>): void;
  info(): DeploymentInfo;
  /** Once. Waits for what is running and frees it. */
  close(): Promise<void>;
}
