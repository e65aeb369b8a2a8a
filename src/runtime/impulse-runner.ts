/** A whole impulse that something else runs (an `.eim` process, a WebAssembly module): features in, results out. */
import type { Impulse } from '../deployment/impulse.js';
import type { DecodedOutputs, PixelBox } from '../postprocess/results.js';
import type { ThresholdValue } from '../postprocess/thresholds.js';

/** Engines that run whole impulses. */
export const RUNNER_NAMES = ['eim', 'wasm', 'compiled'] as const;
export type RunnerName = (typeof RUNNER_NAMES)[number];

/** What is known of a runner. */
export interface RunnerDetails {
  readonly engine: RunnerName;
  /** What runs the models inside, in its own words or the SDK's name: `tflite-eon`, `tensorrt`, ... */
  readonly inner?: string;
  /** How it is confined: `bubblewrap (no network, read-only)`, `worker thread`, ... */
  readonly isolation: string;
  /** What had to be done differently than asked, and why. */
  readonly notes: readonly string[];
}

/** An object that the runner follows from call to call, where it expects it now. */
export interface TrackedDetection extends PixelBox {
  /** The same from call to call. */
  readonly objectId: number;
}

/** One answer. */
export interface RunnerResult {
  /** One for each learn block that gave something. */
  readonly decoded: readonly DecodedOutputs[];
  /** Where the runner itself tracks objects. */
  readonly tracked?: readonly TrackedDetection[];
  /** Milliseconds; a stage that the runner does not tell apart is 0. */
  readonly timing: {
    /** Waiting for earlier requests. */
    readonly queueMs: number;
    readonly dspMs: number;
    readonly inferenceMs: number;
    readonly postprocessMs: number;
  };
}

/**
 * One running impulse. Requests queue and are answered in order.
 *
 * Every method rejects with an {EngineError} when the runner fails, died or answers nonsense, a {TimeoutError} when it
 * does not answer in time, an {InputError} for a wrong number of features, a {ClosedError} after `close()`.
 */
export interface ImpulseRunner {
  /** What it says of itself; learn blocks name no artefact. */
  readonly impulse: Impulse;
  readonly details: RunnerDetails;
  /** Samples of one slice of continuous mode; absent where it has no continuous mode. */
  readonly sliceSize?: number;
  /** @param features raw features of one window: for pictures one 0xRRGGBB number a pixel */
  classify(features: Float32Array): Promise<RunnerResult>;
  /** @param slice `sliceSize` samples, the newest; the first answers, before a window is full, hold zeros */
  classifyContinuous(slice: Float32Array): Promise<RunnerResult>;
  /** Keys as in `Deployment.setThresholds()`. */
  setThresholds(thresholds: Readonly<Record<string, ThresholdValue>>): Promise<void>;
  /** Ends it and removes what it left behind. Closing twice is fine. */
  close(): Promise<void>;
}
