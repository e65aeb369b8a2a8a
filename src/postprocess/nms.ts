/** Non-maximum suppression, and how its survivors become boxes. */
import type { NmsLimits, ObjectDetectionBlock } from '../deployment/impulse.js';
import type { Corners } from './boxes.js';
import { clip } from './boxes.js';
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
 * @returns the survivors, best first; no limit on their number
 */
export function suppress(candidates: readonly Candidate[], limits: NmsLimits): Candidate[] {
  if (candidates.length === 0) return [];
  const confidence = f(limits.confidence);
  const iouLimit = f(limits.iou);
  const scored = candidates.filter(({ score }) => score > confidence);
  const order = descendingByHeap(Float32Array.from(scored, ({ score }) => score));
  const kept = new Float32Array(scored.length * 5);
  const survivors: Candidate[] = [];
  for (const index of order) {
    const candidate = scored[index] as Candidate;
    if (overlapsKept(candidate, kept, survivors.length, iouLimit)) continue;
    storeRectangle(candidate, kept, survivors.length);
    survivors.push(candidate);
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

/** A suppression for each class; then the best 200 of all. */
export function suppressPerClass(
  perClass: readonly (readonly Candidate[])[],
  block: ObjectDetectionBlock,
  input: InputSize,
): PixelBox[] {
  return collect(perClass.map((candidates) => suppressTogether(candidates, block, input)));
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

/** Rectangles that stay: x1, y1, x2, y2 with the smaller corner first, area. */
function storeRectangle({ x1, y1, x2, y2 }: Candidate, kept: Float32Array, position: number): void {
  const left = Math.min(x1, x2);
  const top = Math.min(y1, y2);
  const right = Math.max(x1, x2);
  const bottom = Math.max(y1, y2);
  kept.set([left, top, right, bottom, f(f(right - left) * f(bottom - top))], position * 5);
}

/** Intersection over union in float32, one rounding an operation; 0 where either box has no area. */
function overlapsKept(candidate: Candidate, kept: Float32Array, count: number, iouLimit: number): boolean {
  const left = Math.min(candidate.x1, candidate.x2);
  const top = Math.min(candidate.y1, candidate.y2);
  const right = Math.max(candidate.x1, candidate.x2);
  const bottom = Math.max(candidate.y1, candidate.y2);
  const area = f(f(right - left) * f(bottom - top));
  for (let offset = 0; offset < count * 5; offset += 5) {
    const keptArea = kept[offset + 4] as number;
    const across = f(Math.min(right, kept[offset + 2] as number) - Math.max(left, kept[offset] as number));
    const down = f(Math.min(bottom, kept[offset + 3] as number) - Math.max(top, kept[offset + 1] as number));
    const common = area > 0 && keptArea > 0 && across > 0 && down > 0 ? f(across * down) : 0;
    const iou = common === 0 ? 0 : f(common / f(f(area + keptArea) - common));
    if (iou >= iouLimit) return true;
  }
  return false;
}
