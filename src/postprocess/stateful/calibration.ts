/** Performance calibration: from scores of overlapping windows of sound to single events. */
import { InputError } from '../../errors.js';
import { aBoolean, checkOptionNames, describe, integerInRange } from '../../options.js';
import type { LabelledValue } from '../results.js';
import type { Range } from '../thresholds.js';
import { checkLabels, scoresOf } from './label-scores.js';
import { checkThresholdValues, SCORE } from './settings.js';

const f = Math.fround;

export interface CalibrationThresholds {
  /** The least averaged score (0..1) that is an event. */
  readonly detection_threshold: number;
}

/** The settings of the SDK's performance calibration, by its names. */
export interface CalibrationConfig extends CalibrationThresholds {
  /** Report events, and 1 for the label that was detected, else 0, in place of averaged scores. */
  readonly is_configured: boolean;
  /** Over how much sound scores are averaged. */
  readonly average_window_duration_ms: number;
  /** For how long after an event there is no other. */
  readonly suppression_ms: number;
  /** Bit k: label k can be detected and begins a suppression; 0: all labels can, and none does. */
  readonly suppression_flags: number;
}

/** What arrives between two results. */
export interface ResultStream {
  /** Of the classification, in its order. */
  readonly labels: readonly string[];
  /** Samples by which a window differs from the one before. */
  readonly sliceSize: number;
  readonly intervalMs: number;
}

export interface CalibratedResult {
  /** Label of the event, if there is one; never without `is_configured`. */
  readonly detected: string | undefined;
  /** Averaged scores, or the event, by `is_configured`. */
  readonly values: readonly LabelledValue[];
}

export interface PerformanceCalibration {
  /**
   * Takes the scores of the next slice.
   *
   * @param values of all labels, in their order
   * @throws {InputError} `ERR_INPUT_LENGTH`, `ERR_INPUT_TYPE`, `ERR_INPUT_NOT_FINITE`; they then do not count
   */
  push(values: readonly LabelledValue[]): CalibratedResult;
  /** Forgets all scores and events; the threshold stays as it is. */
  reset(): void;
  /**
   * Acts from the next result on; but a block that began at or below 1 / labels stays without events.
   *
   * @throws {InputError} `ERR_THRESHOLD_UNKNOWN`, `ERR_THRESHOLD_INVALID`; nothing is changed then
   */
  setThresholds(thresholds: Partial<CalibrationThresholds>): void;
}

const BLOCK = 'performance calibration';
const VALID: Readonly<Record<keyof CalibrationThresholds, Range>> = { detection_threshold: SCORE };
const MAX_UINT32 = 0xffffffff;

/**
 * Averages the last scores and reports an event when the best average reaches the threshold, then none for a
 * while, as the SDK does for sound. A threshold of at most 1 / labels, which chance reaches, switches the
 * block off: no averages, no events.
 *
 * @throws {InputError} `ERR_OPTION_INVALID`, `ERR_OPTION_UNKNOWN`, `ERR_THRESHOLD_INVALID`
 */
export function calibratePerformance(
  config: CalibrationConfig,
  stream: ResultStream,
): PerformanceCalibration {
  const { is_configured, suppression_flags } = checkConfig(config);
  const sliceMs = sliceDuration(stream);
  const labels = checkLabels(stream.labels, BLOCK);
  const window = Math.max(1, slices(config.average_window_duration_ms, sliceMs));
  const pause = slices(config.suppression_ms, sliceMs);
  const alive = f(config.detection_threshold) > f(1 / labels.length);
  let threshold = f(config.detection_threshold);
  let history: readonly Float32Array[] = [];
  let sums = new Float32Array(labels.length);
  let sinceEvent = pause;

  function labelled(values: Float32Array): LabelledValue[] {
    return labels.map((label, index) => ({ label, value: values[index] as number }));
  }

  function average(scores: Float32Array): Float32Array {
    const oldest = history.length === window ? history[0] : undefined;
    history = [...history, scores].slice(-window);
    // A running sum in float32, as the SDK keeps it.
    sums = sums.map((sum, index) => f(sum - (oldest?.[index] ?? 0)) + (scores[index] as number));
    return sums.map((sum) => sum / history.length);
  }

  function detect(averages: Float32Array): number | undefined {
    if (sinceEvent < pause) {
      sinceEvent++;
      return undefined;
    }
    const { label, score } = best(averages, suppression_flags);
    if (score < threshold) return undefined;
    if (hasBit(suppression_flags, label)) sinceEvent = 0;
    return label;
  }

  return {
    push(values) {
      const scores = scoresOf(values, labels, BLOCK);
      const averages = alive ? average(scores) : scores;
      const event = alive ? detect(averages) : undefined;
      if (!is_configured) return { detected: undefined, values: labelled(averages) };
      return {
        detected: event === undefined ? undefined : labels[event],
        values: labelled(averages.map((_, index) => (index === event ? 1 : 0))),
      };
    },
    reset() {
      history = [];
      sums.fill(0);
      sinceEvent = pause;
    },
    setThresholds(changes) {
      const { detection_threshold } = checkThresholdValues(changes, VALID, BLOCK);
      if (detection_threshold !== undefined) threshold = f(detection_threshold);
    },
  };
}

/** The first label with the highest average above 0 (label 0 if none); of those whose bit is set, if any is. */
function best(averages: Float32Array, flags: number): { readonly label: number; readonly score: number } {
  let label = 0;
  let score = 0;
  for (const [index, value] of averages.entries()) {
    if (value > score && (flags === 0 || hasBit(flags, index))) {
      label = index;
      score = value;
    }
  }
  return { label, score };
}

function hasBit(flags: number, index: number): boolean {
  return index < 32 && ((flags >>> index) & 1) === 1;
}

/** How many whole slices a duration has. */
function slices(durationMs: number, sliceMs: number): number {
  return Math.trunc(f(f(durationMs) / sliceMs));
}

function sliceDuration(stream: ResultStream): number {
  checkOptionNames(stream, ['labels', 'sliceSize', 'intervalMs'], BLOCK);
  const { sliceSize, intervalMs } = stream;
  const duration = f(sliceSize * f(intervalMs));
  if (Number.isInteger(sliceSize) && sliceSize > 0 && duration > 0 && Number.isFinite(duration))
    return duration;
  throw new InputError(
    'ERR_OPTION_INVALID',
    `${BLOCK}: expected a sliceSize of at least 1 and an intervalMs above 0 but received ${describe(sliceSize)} and ${describe(intervalMs)}.`,
  );
}

function checkConfig(config: CalibrationConfig): CalibrationConfig {
  const names = [
    'is_configured',
    'average_window_duration_ms',
    'detection_threshold',
    'suppression_ms',
    'suppression_flags',
  ];
  checkOptionNames(config, names, BLOCK);
  aBoolean(config.is_configured, 'is_configured');
  integerInRange(config.average_window_duration_ms, 0, MAX_UINT32, 'average_window_duration_ms');
  integerInRange(config.suppression_ms, 0, MAX_UINT32, 'suppression_ms');
  integerInRange(config.suppression_flags, 0, MAX_UINT32, 'suppression_flags');
  checkThresholdValues({ detection_threshold: config.detection_threshold }, VALID, BLOCK);
  return config;
}
