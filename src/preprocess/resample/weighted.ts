/** Sums of source pixels with float32 weights, one axis after the other; every operation rounds to float32. */
import type { ResizePlan } from './plan.js';
import { coveredPart } from './request.js';

const { fround } = Math;

/** For each covered column or row of the target, the source pixels that make it, and their weights. */
export interface Taps {
  /** First source pixel, counted from the corner of the cut. */
  readonly first: Int32Array;
  /** Its weights are `weights[start[i]]` up to `weights[start[i + 1]]`, at least one; one more entry than `first`. */
  readonly start: Int32Array;
  readonly weights: Float32Array;
}

/** OpenCV's order: along the rows first, then the sum of rows; rounded half to even. */
export interface AreaResample {
  readonly kind: 'area';
  readonly x: Taps;
  readonly y: Taps;
}

/** The order of Rust's `image`: down the columns first, then along the row; rounded half up. */
export interface TriangleResample {
  readonly kind: 'triangle';
  readonly x: Taps;
  readonly y: Taps;
}

/** Collects the taps of each pixel in turn. */
export function collectTaps(taps: Iterable<readonly [first: number, weights: readonly number[]]>): Taps {
  const first: number[] = [];
  const start = [0];
  const weights: number[] = [];
  for (const [from, values] of taps) {
    first.push(from);
    for (const value of values) weights.push(value);
    start.push(weights.length);
  }
  return {
    first: Int32Array.from(first),
    start: Int32Array.from(start),
    weights: Float32Array.from(weights),
  };
}

/** @param out width x height x 3 bytes of the target; only the covered part is written */
export function resampleArea(source: Uint8Array, plan: ResizePlan, { x, y }: AreaResample, out: Uint8Array) {
  const { sourceWidth, crop, width } = plan;
  const { left, top } = coveredPart(plan);
  const columns = x.first.length;
  const row = new Float32Array(columns * 3);
  const sum = new Float32Array(columns * 3);
  for (let j = 0; j < y.first.length; j++) {
    sum.fill(0);
    forTaps(y, j, (sourceRow, beta) => {
      sumAlong(source, ((crop.y + sourceRow) * sourceWidth + crop.x) * 3, x, row);
      for (let i = 0; i < sum.length; i++) sum[i] = sum[i]! + fround(beta * row[i]!);
    });
    const to = ((top + j) * width + left) * 3;
    for (let i = 0; i < sum.length; i++) out[to + i] = Math.min(255, roundHalfEven(sum[i]!));
  }
}

/** @param out width x height x 3 bytes of the target; only the covered part is written */
export function resampleTriangle(
  source: Uint8Array,
  plan: ResizePlan,
  { x, y }: TriangleResample,
  out: Uint8Array,
): void {
  const { sourceWidth, crop, width } = plan;
  const { left, top } = coveredPart(plan);
  const column = new Float32Array(crop.width * 3);
  const row = new Float32Array(x.first.length * 3);
  for (let j = 0; j < y.first.length; j++) {
    column.fill(0);
    forTaps(y, j, (sourceRow, weight) => {
      const from = ((crop.y + sourceRow) * sourceWidth + crop.x) * 3;
      for (let i = 0; i < column.length; i++) column[i] = column[i]! + fround(source[from + i]! * weight);
    });
    sumAlong(column, 0, x, row);
    const to = ((top + j) * width + left) * 3;
    for (let i = 0; i < row.length; i++) out[to + i] = Math.min(255, Math.floor(row[i]! + 0.5));
  }
}

/** Weighted sums of the pixels of one row, which begins at `offset`. */
function sumAlong(source: Uint8Array | Float32Array, offset: number, taps: Taps, row: Float32Array): void {
  row.fill(0);
  for (let i = 0; i < taps.first.length; i++) {
    forTaps(taps, i, (pixel, weight) => {
      for (let c = 0; c < 3; c++) {
        row[i * 3 + c] = row[i * 3 + c]! + fround(source[offset + pixel * 3 + c]! * weight);
      }
    });
  }
}

function forTaps(
  { first, start, weights }: Taps,
  index: number,
  tap: (pixel: number, weight: number) => void,
) {
  for (let k = start[index]!, pixel = first[index]!; k < start[index + 1]!; k++, pixel++) {
    tap(pixel, weights[k]!);
  }
}

/** @param value not negative */
export function roundHalfEven(value: number): number {
  const below = Math.floor(value);
  const rest = value - below;
  if (rest !== 0.5) return rest < 0.5 ? below : below + 1;
  return below % 2 === 0 ? below : below + 1;
}
