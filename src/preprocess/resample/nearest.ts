/** One source pixel for each target pixel. */
import type { ResizePlan } from './plan.js';
import { coveredPart } from './request.js';

export interface NearestResample {
  readonly kind: 'nearest';
  /** Source columns and rows, counted from the corner of the cut, for each column and row of the target that is covered. */
  readonly columns: Int32Array;
  readonly rows: Int32Array;
}

/** @param out width x height x 3 bytes of the target; only the covered part is written */
export function resampleNearest(
  source: Uint8Array,
  plan: ResizePlan,
  { columns, rows }: NearestResample,
  out: Uint8Array,
): void {
  const { sourceWidth, crop, width } = plan;
  const { left, top } = coveredPart(plan);
  for (let y = 0; y < rows.length; y++) {
    const row = (crop.y + rows[y]!) * sourceWidth + crop.x;
    for (let x = 0; x < columns.length; x++) {
      const from = (row + columns[x]!) * 3;
      const to = ((top + y) * width + left + x) * 3;
      out[to] = source[from]!;
      out[to + 1] = source[from + 1]!;
      out[to + 2] = source[from + 2]!;
    }
  }
}
