/** Non-maximum suppression, and how its survivors become boxes. */
import type { NmsLimits, ObjectDetectionBlock } from '../deployment/impulse.js';
import { BoxIndex } from './box-index.js';
import { clip } from './boxes.js';
import type { Candidates } from './candidates.js';
import { Rectangles } from './overlap.js';
import type { InputSize, PixelBox } from './results.js';
import { dequeue, enqueue } from './score-heap.js';
import { IntList } from './scratch.js';

const f = Math.fround;

/** Per-class layers give at most so many boxes. */
const MAX_COLLECTED = 200;

/** As long as no more boxes stay, looking at all of them is faster than the index. */
const FEW = 256;

const queue = new IntList();
const survivors = new IntList();
const firstOfClass = new IntList();
const nextOfClass = new IntList();
const kept = new Rectangles();
const keptIndex = new BoxIndex(kept);

/** One suppression for all classes: objects of different classes at the same place suppress each other. */
export function suppressTogether(
  candidates: Candidates,
  { nms, labels }: ObjectDetectionBlock,
  input: InputSize,
): PixelBox[] {
  return survivorsTogether(candidates, nms).map((index) => clippedBox(candidates, index, input, labels));
}

/**
 * A suppression for each class; then the best 200 of all, equal scores in class order. (The SDK keeps 200 but
 * reports how many there were, so that its readers walk past the end.)
 */
export function suppressPerClass(
  candidates: Candidates,
  { nms, labels }: ObjectDetectionBlock,
  input: InputSize,
): PixelBox[] {
  survivors.clear();
  chainClasses(candidates, labels.length);
  for (let label = 0; label < labels.length; label++) {
    const next = nextOfClass.items;
    for (let index = firstOfClass.items[label] as number; index >= 0; index = next[index] as number) {
      enqueueIfScoring(candidates, index, nms);
    }
    suppressQueued(candidates, nms, MAX_COLLECTED); // for the best 200 of all, those of each are enough
  }
  survivors.sortDescending(candidates.score);
  survivors.length = Math.min(survivors.length, MAX_COLLECTED);
  return survivors.map((index) => clippedBox(candidates, index, input, labels));
}

/**
 * Hard, class-agnostic suppression: from the highest score down, a candidate goes if it overlaps one that
 * already stays by `limits.iou` or more.
 *
 * @param limits candidates must score more than `confidence` to take part; both are compared as float32
 * @returns indices of the survivors, best first, until the next suppression
 */
export function survivorsTogether(candidates: Candidates, limits: NmsLimits): IntList {
  survivors.clear();
  for (let index = 0; index < candidates.length; index++) enqueueIfScoring(candidates, index, limits);
  suppressQueued(candidates, limits, Number.POSITIVE_INFINITY);
  return survivors;
}

function enqueueIfScoring({ score }: Candidates, index: number, { confidence }: NmsLimits): void {
  if ((score[index] as number) > f(confidence)) enqueue(queue, score, index);
}

/** Empties the queue into `survivors`, of which it adds `maximum` at most. */
function suppressQueued(candidates: Candidates, limits: NmsLimits, maximum: number): void {
  const limit = f(limits.iou);
  kept.clear();
  keptIndex.clear(limit, queue.length);
  while (queue.length > 0 && kept.length < maximum) {
    const candidate = dequeue(queue, candidates.score);
    const place = kept.add(candidates, candidate);
    if (overlapsKept(place, limit)) kept.length = place;
    else survivors.push(candidate);
  }
  queue.clear();
}

function overlapsKept(place: number, limit: number): boolean {
  if (place > FEW && keptIndex.canSearch(place)) return keptIndex.overlapsEarlier(place);
  for (let better = 0; better < place; better++) {
    if (kept.iou(better, place) >= limit) return true;
  }
  return false;
}

/** Candidates of a class, in their order: the first one, and after each one the next; -1 at the end. */
function chainClasses({ labelIndex, length }: Candidates, classes: number): void {
  const first = firstOfClass.resize(classes).fill(-1, 0, classes);
  const next = nextOfClass.resize(length);
  for (let index = length - 1; index >= 0; index--) {
    const label = labelIndex[index] as number;
    next[index] = first[label] as number;
    first[label] = index;
  }
}

/**
 * A candidate as a box of whole pixels: corners are clipped to the picture, then each is truncated, and the
 * size is the difference of the truncated corners. Where the second corner lies before the first, the SDK's
 * unsigned size wraps round; here it is 0.
 */
function clippedBox(
  { x1, y1, x2, y2, score, labelIndex }: Candidates,
  candidate: number,
  { width, height }: InputSize,
  labels: readonly string[],
): PixelBox {
  const label = labelIndex[candidate] as number;
  const x = Math.trunc(clip(x1[candidate] as number, width));
  const y = Math.trunc(clip(y1[candidate] as number, height));
  return {
    label: labels[label] as string,
    labelIndex: label,
    x,
    y,
    width: Math.max(0, Math.trunc(clip(x2[candidate] as number, width)) - x),
    height: Math.max(0, Math.trunc(clip(y2[candidate] as number, height)) - y),
    value: score[candidate] as number,
  };
}
