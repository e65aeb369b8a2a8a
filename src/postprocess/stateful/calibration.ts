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
  /** Give events (1 for the label that was detected, else 0) in place of averaged scores. */
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
  /** Label of the event, if there is one. */
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
  let sinceEvent = pause;

  function detect(averages: Float32Array): number | undefined {
    const top = best(averages, suppression_flags);
    if (sinceEvent < pause) {
      sinceEvent++;
      return undefined;
    }
    if (top === undefined || (averages[top] as number) < threshold) return undefined;
    if (hasBit(suppression_flags, top)) sinceEvent = 0;
    return top;
  }

  return {
    push(values) {
      const scores = scoresOf(values, labels, BLOCK);
      history = [...history, scores].slice(-window);
      const averages = alive ? average(history) : scores;
      const event = alive ? detect(averages) : undefined;
      const result = is_configured ? labels.map((_, index) => (index === event ? 1 : 0)) : averages;
      return {
        detected: event === undefined ? undefined : labels[event],
        values: labels.map((label, index) => ({ label, value: result[index] as number })),
      };
    },
    reset() {
      history = [];
      sinceEvent = pause;
    },
    setThresholds(changes) {
      const { detection_threshold } = checkThresholdValues(changes, VALID, BLOCK);
      if (detection_threshold !== undefined) threshold = f(detection_threshold);
    },
  };
}

function average(history: readonly Float32Array[]): Float32Array {
  const sums = new Float32Array(history[0]?.length ?? 0);
  for (const scores of history) {
    for (const [index, score] of scores.entries()) sums[index] = (sums[index] as number) + score;
  }
  return sums.map((sum) => sum / history.length);
}

/** The first label with the highest average above 0; of those whose bit is set, if any bit is. */
function best(averages: Float32Array, flags: number): number | undefined {
  let top: number | undefined;
  let highest = 0;
  for (const [index, value] of averages.entries()) {
    if (value > highest && (flags === 0 || hasBit(flags, index))) {
      highest = value;
      top = index;
    }
  }
  return top;
}

function hasBit(flags: number, index: number): boolean {
  return index < 32 && ((flags >>> index) & 1) === 1;
}

/** How many whole slices a duration has; 0 if it is shorter than the whole milliseconds of one. */
function slices(durationMs: number, sliceMs: number): number {
  return durationMs < Math.trunc(sliceMs) ? 0 : Math.trunc(f(f(durationMs) / sliceMs));
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
