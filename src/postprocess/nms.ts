/** Non-maximum suppression, and how its survivors become boxes. */
import type { NmsLimits, ObjectDetectionBlock } from '../deployment/impulse.js';
import type { Corners } from './boxes.js';
import { clip } from './boxes.js';
import type { Rectangle } from './overlap.js';
import { intersectionOverUnion, toRectangle } from './overlap.js';
import type { InputSize, PixelBox } from './results.js';
import { descendingByHeap } from './score-heap.js';

const f = Math.fround;

/** A possible box. */
export interface Candidate extends Corners {
  readonly score: number;
  readonly labelIndex: number;
}

/** Per-class layers give at most so many boxes. */
const MAX_COLLECTED = 200;

/**
 * Hard, class-agnostic suppression: from the highest score down, a candidate goes if it overlaps one that
 * already stays by `limits.iou` or more. Layers that tell classes apart call it once per class.
 *
 * @param limits candidates must score more than `confidence` to take part; both are compared as float32
 * @param maximum stops when so many have survived
 * @returns the survivors, best first
 */
export function suppress(
  candidates: readonly Candidate[],
  limits: NmsLimits,
  maximum = Number.POSITIVE_INFINITY,
): Candidate[] {
  if (candidates.length === 0) return [];
  const confidence = f(limits.confidence);
  const iouLimit = f(limits.iou);
  const scored = candidates.filter(({ score }) => score > confidence);
  const order = descendingByHeap(Float32Array.from(scored, ({ score }) => score));
  const kept: Rectangle[] = [];
  const survivors: Candidate[] = [];
  for (const index of order) {
    const candidate = scored[index] as Candidate;
    const rectangle = toRectangle(candidate);
    if (kept.some((better) => intersectionOverUnion(better, rectangle) >= iouLimit)) continue;
    kept.push(rectangle);
    survivors.push(candidate);
    if (survivors.length >= maximum) break;
  }
  return survivors;
}

/** One suppression for all classes: objects of different classes at the same place suppress each other. */
export function suppressTogether(
  candidates: readonly Candidate[],
  { nms, labels }: ObjectDetectionBlock,
  input: InputSize,
): PixelBox[] {
  return suppress(candidates, nms).map((survivor) => clippedBox(survivor, input, labels));
}

/** A suppression for each class; then the best 200 of all, for which the best 200 of each are enough. */
export function suppressPerClass(
  perClass: readonly (readonly Candidate[])[],
  { nms, labels }: ObjectDetectionBlock,
  input: InputSize,
): PixelBox[] {
  return collect(
    perClass.map((candidates) =>
      suppress(candidates, nms, MAX_COLLECTED).map((survivor) => clippedBox(survivor, input, labels)),
    ),
  );
}

/**
 * A survivor as a box of whole pixels: corners are clipped to the picture, then each is truncated, and the
 * size is the difference of the truncated corners. Where the second corner lies before the first, the SDK's
 * unsigned size wraps round; here it is 0.
 */
export function clippedBox(candidate: Candidate, input: InputSize, labels: readonly string[]): PixelBox {
  const { labelIndex, score } = candidate;
  const x = Math.trunc(clip(candidate.x1, input.width));
  const y = Math.trunc(clip(candidate.y1, input.height));
  const width = Math.max(0, Math.trunc(clip(candidate.x2, input.width)) - x);
  const height = Math.max(0, Math.trunc(clip(candidate.y2, input.height)) - y);
  return { label: labels[labelIndex] as string, labelIndex, x, y, width, height, value: score };
}

/**
 * Survivors of all classes together: by score, equal scores in class order, at most 200. (The SDK keeps 200
 * but reports how many there were, so that its readers walk past the end.)
 */
export function collect(perClass: readonly (readonly PixelBox[])[]): PixelBox[] {
  return perClass
    .flat()
    .sort((a, b) => b.value - a.value)
    .slice(0, MAX_COLLECTED);
}
