/** Object tracking: which boxes of successive frames are the same object. */
import { InputError } from '../../errors.js';
import { aBoolean, checkOptionNames, describe } from '../../options.js';
import type { PixelBox } from '../results.js';
import type { Range } from '../thresholds.js';
import type { MatchRule } from './matching.js';
import { matchBoxes, totalScore } from './matching.js';
import { checkThresholdValues, SCORE } from './settings.js';
import type { Trace, TrackedBox } from './trace.js';
import { observeTrace, openTrace, predictTrace, toTrackedBox } from './trace.js';

/** Settings that may change between frames. */
export interface TrackingThresholds {
  /** For how many frames an object may be out of sight before it is given up. */
  readonly keep_grace: number;
  /** Length of an object's trail, at least 2; a change concerns objects that appear later. */
  readonly max_observations: number;
  /** Boxes may be the same object above this IoU (0..1), or nearer than so many pixels. */
  readonly threshold: number;
}

/** The settings of the SDK's tracking block, by its names. */
export interface TrackingConfig extends TrackingThresholds {
  /** Compare boxes by their overlap (IoU); otherwise by the distance of their centres. */
  readonly use_iou: boolean;
}

export interface ObjectTracker {
  /**
   * Takes the boxes of the next frame.
   *
   * @param boxes in any order, whole pixels of the model input
   * @returns all objects that are followed, oldest first, with the boxes that were expected in this frame
   *   and the scores of the frame before; also those that are out of sight for no longer than `keep_grace`
   * @throws {InputError} `ERR_INPUT_NOT_FINITE`, `ERR_INPUT_TYPE`; the frame then does not count
   */
  push(boxes: readonly PixelBox[]): TrackedBox[];
  /** Forgets all objects and begins at frame 0 and id 0; thresholds stay as they are. */
  reset(): void;
  /**
   * Acts from the next frame on.
   *
   * @throws {InputError} `ERR_THRESHOLD_UNKNOWN`, `ERR_THRESHOLD_INVALID`; nothing is changed then
   */
  setThresholds(thresholds: Partial<TrackingThresholds>): void;
}

const BLOCK = 'object tracking';

/**
 * Follows objects over the frames of a camera, as the SDK's object tracking does: the same ids, boxes and
 * order. Boxes are paired with known objects by an optimal assignment, once by where the objects were last
 * and once by where Kalman filters expect them; of the two, the SDK takes the set with the smaller sum of
 * scores (for IoU the one that overlaps less).
 *
 * @throws {InputError} `ERR_OPTION_INVALID`, `ERR_OPTION_UNKNOWN`, `ERR_THRESHOLD_INVALID`
 */
export function trackObjects(config: TrackingConfig): ObjectTracker {
  checkOptionNames(config, ['keep_grace', 'max_observations', 'threshold', 'use_iou'], BLOCK);
  const use_iou = aBoolean(config.use_iou, 'use_iou');
  const valid = validThresholds(use_iou);
  const { keep_grace, max_observations, threshold } = config;
  let thresholds: TrackingThresholds = { keep_grace, max_observations, threshold };
  checkThresholdValues(thresholds, valid, BLOCK);
  let frame = 0;
  let nextId = 0;
  let traces: readonly Trace[] = [];

  return {
    push(boxes) {
      checkBoxes(boxes);
      const detections = [...boxes].sort(byPlace);
      const rule = { use_iou, threshold: Math.fround(thresholds.threshold) };
      const matched = followTraces(traces, detections, rule, frame);
      const opened = detections
        .filter((_, index) => !matched.has(index))
        .map((detection) => openTrace(nextId++, frame, detection, thresholds.max_observations));
      traces = [...traces, ...opened].filter(({ lastSeen }) => frame - lastSeen <= thresholds.keep_grace);
      for (const trace of traces) {
        if (trace.lastSeen !== frame) observeTrace(trace, trace.predicted);
      }
      frame++;
      return traces.map(toTrackedBox);
    },
    reset() {
      frame = 0;
      nextId = 0;
      traces = [];
    },
    setThresholds(changes) {
      thresholds = { ...thresholds, ...checkThresholdValues(changes, valid, BLOCK) };
    },
  };
}

/** @returns indices of the detections that show a known object */
function followTraces(
  traces: readonly Trace[],
  detections: readonly PixelBox[],
  rule: MatchRule,
  frame: number,
): Set<number> {
  const byLast = matchBoxes(
    traces.map(({ observed }) => observed),
    detections,
    rule,
  );
  const byPrediction = matchBoxes(traces.map(predictTrace), detections, rule);
  // For IoU this takes the worse set, and an empty one before any other: what the SDK does.
  const matches = totalScore(byLast) < totalScore(byPrediction) ? byLast : byPrediction;
  for (const { known, detection } of matches) {
    const trace = traces[known] as Trace;
    trace.lastSeen = frame;
    observeTrace(trace, detections[detection] as PixelBox);
  }
  return new Set(matches.map(({ detection }) => detection));
}

function validThresholds(use_iou: boolean): Readonly<Record<keyof TrackingThresholds, Range>> {
  return {
    keep_grace: { min: 0, max: 0xffffffff, whole: true },
    max_observations: { min: 2, max: 0xffff, whole: true },
    threshold: use_iou ? SCORE : { min: 0, max: Number.MAX_VALUE },
  };
}

function byPlace(a: PixelBox, b: PixelBox): number {
  return a.x - b.x || a.y - b.y || a.width - b.width || a.height - b.height || compareText(a.label, b.label);
}

function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function checkBoxes(boxes: readonly PixelBox[]): void {
  if (!Array.isArray(boxes)) {
    throw new InputError(
      'ERR_INPUT_TYPE',
      `${BLOCK}: expected an array of boxes but received ${describe(boxes)}.`,
    );
  }
  for (const [index, { x, y, width, height, value }] of boxes.entries()) {
    if ([x, y, width, height, value].every(Number.isFinite)) continue;
    throw new InputError(
      'ERR_INPUT_NOT_FINITE',
      `${BLOCK}: box ${index} has x ${x}, y ${y}, width ${width}, height ${height}, value ${value}; expected finite numbers.`,
    );
  }
}
