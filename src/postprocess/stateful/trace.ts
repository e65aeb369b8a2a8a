/** One object over time. */
import type { PixelBox } from '../results.js';
import type { MotionFilter } from './motion-filter.js';
import { centreOf, correctFilter, predictArea, startFilter } from './motion-filter.js';

/** A point of the model input in pixels; halves occur. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/** From (x1, y1) to (x2, y2), in pixels of the model input. */
export type Segment = readonly [x1: number, y1: number, x2: number, y2: number];

/** An object that is being followed; the box is where it was expected in this frame. */
export interface TrackedBox extends PixelBox {
  /** The same over frames, never used again for another object; counts from 0. */
  readonly objectId: number;
  /** The last frame that showed it; the first frame is 0. */
  readonly lastGroundTruthUpdate: number;
  /** How its centre has moved since the frame before, in whole pixels; all 0 when it is new. */
  readonly lastCentroidSegment: Segment;
  /** Where its centre has been, oldest first, at most `max_observations` points. */
  readonly trail: readonly Point[];
}

/** Mutable: a trace changes with each frame. */
export interface Trace {
  readonly id: number;
  readonly filter: MotionFilter;
  readonly maxObservations: number;
  lastSeen: number;
  /** Latest observation: a detection, or the prediction where there was none. */
  observed: PixelBox;
  predicted: PixelBox;
  trail: readonly Point[];
}

const NO_MOVEMENT: Segment = [0, 0, 0, 0];

export function openTrace(id: number, frame: number, detection: PixelBox, maxObservations: number): Trace {
  const { label, labelIndex, x, y, width, height, value } = detection;
  const first = { label, labelIndex, x, y, width, height, value };
  return {
    id,
    filter: startFilter(first),
    maxObservations,
    lastSeen: frame,
    observed: first,
    predicted: first,
    trail: [centre(first)],
  };
}

/** The box expected in the next frame, with the trace's label and the score of its latest observation. */
export function predictTrace(trace: Trace): PixelBox {
  trace.predicted = { ...trace.observed, ...predictArea(trace.filter) };
  return trace.predicted;
}

/** Notes where the object is in this frame; the label stays what it was at first. */
export function observeTrace(trace: Trace, { x, y, width, height, value }: PixelBox): void {
  const { label, labelIndex } = trace.observed;
  trace.observed = { label, labelIndex, x, y, width, height, value };
  correctFilter(trace.filter, trace.observed);
  trace.trail = [...trace.trail, centre(trace.observed)].slice(-trace.maxObservations);
}

export function toTrackedBox({ id, lastSeen, predicted, trail }: Trace): TrackedBox {
  const { label, labelIndex, x, y, width, height, value } = predicted;
  // Written out because spreading gives objects of 2 KiB.
  return {
    label,
    labelIndex,
    x,
    y,
    width,
    height,
    value,
    objectId: id,
    lastGroundTruthUpdate: lastSeen,
    lastCentroidSegment: lastSegment(trail),
    trail,
  };
}

function lastSegment(trail: readonly Point[]): Segment {
  const from = trail.at(-2);
  const to = trail.at(-1);
  if (from === undefined || to === undefined) return NO_MOVEMENT;
  return [Math.trunc(from.x), Math.trunc(from.y), Math.trunc(to.x), Math.trunc(to.y)];
}

function centre({ x, y, width, height }: PixelBox): Point {
  return { x: centreOf(x, width), y: centreOf(y, height) };
}
