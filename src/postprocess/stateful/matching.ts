/** Which of the boxes known so far a detection shows again. */
import { assign } from './assignment.js';
import type { PixelArea } from './motion-filter.js';
import { centreOf } from './motion-filter.js';

const f = Math.fround;

/** When two boxes may be the same object. */
export interface MatchRule {
  /** IoU above which, or distance in pixels below which, they may be; a float32 value. */
  readonly threshold: number;
  readonly use_iou: boolean;
}

/** A known box and the detection that goes with it, by their indices. */
export interface Match {
  readonly known: number;
  readonly detection: number;
  /** IoU, or distance in pixels. */
  readonly score: number;
}

/**
 * Pairs boxes with detections so that the total cost (1 - IoU, or the distance of centres) is least, then
 * drops pairs that do not meet the threshold. Labels play no part.
 *
 * @returns in the order of `known`
 */
export function matchBoxes(
  known: readonly PixelArea[],
  detections: readonly PixelArea[],
  { threshold, use_iou }: MatchRule,
): Match[] {
  if (known.length === 0 || detections.length === 0) return [];
  const columns = detections.length;
  const costs = new Float64Array(known.length * columns);
  let index = 0;
  for (const box of known) {
    for (const detection of detections) {
      costs[index++] = use_iou ? overlapCost(box, detection) : centreDistance(box, detection);
    }
  }
  const matches: Match[] = [];
  for (const [row, column] of assign(costs, known.length, columns).entries()) {
    if (column < 0) continue;
    const paid = costs[row * columns + column] as number;
    const score = use_iou ? f(1 - paid) : paid;
    if (use_iou ? score > threshold : score < threshold)
      matches.push({ known: row, detection: column, score });
  }
  return matches;
}

/** Sum of the scores of all pairs, added in float32. */
export function totalScore(matches: readonly Match[]): number {
  return matches.reduce((sum, { score }) => f(sum + score), 0);
}

/** Whole-pixel areas, so boxes that only touch do not overlap. */
function overlapCost(a: PixelArea, b: PixelArea): number {
  const across = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
  const down = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
  if (across <= 0 || down <= 0) return 1;
  const common = across * down;
  return f(1 - f(f(common) / f(a.width * a.height + b.width * b.height - common)));
}

function centreDistance(a: PixelArea, b: PixelArea): number {
  const across = f(centreOf(a.x, a.width) - centreOf(b.x, b.width));
  const down = f(centreOf(a.y, a.height) - centreOf(b.y, b.height));
  return f(Math.sqrt(across * across + down * down));
}
