/** Bilinear interpolation in 11-bit fixed point: what OpenCV's `INTER_AREA` does where it enlarges. */
import type { ResizePlan } from './plan.js';
import { coveredPart } from './request.js';

/** For each covered column or row of the target, the first of two neighbouring source pixels, and both weights. */
export interface LinearTaps {
  /** Counted from the corner of the cut; the second is the next one, or the last of all. */
  readonly first: Int32Array;
  /** Two for each, 0..2048. */
  readonly weights: Int16Array;
}

export interface AreaLinearResample {
  readonly kind: 'area-linear';
  readonly x: LinearTaps;
  readonly y: LinearTaps;
}

/** @param out width x height x 3 bytes of the target; only the covered part is written */
export function resampleAreaLinear(
  source: Uint8Array,
  plan: ResizePlan,
  { x, y }: AreaLinearResample,
  out: Uint8Array,
): void {
  const { sourceWidth, crop, width } = plan;
  const { left, top } = coveredPart(plan);
  for (let j = 0; j < y.first.length; j++) {
    const above = crop.y + y.first[j]!;
    const below = Math.min(above + 1, crop.y + crop.height - 1);
    for (let i = 0; i < x.first.length; i++) {
      const near = crop.x + x.first[i]!;
      const far = Math.min(near + 1, crop.x + crop.width - 1);
      for (let c = 0; c < 3; c++) {
        const along = (row: number): number =>
          source[(row * sourceWidth + near) * 3 + c]! * x.weights[i * 2]! +
          source[(row * sourceWidth + far) * 3 + c]! * x.weights[i * 2 + 1]!;
        const sum = share(y.weights[j * 2]!, along(above)) + share(y.weights[j * 2 + 1]!, along(below));
        out[((top + j) * width + left + i) * 3 + c] = (sum + 2) >> 2;
      }
    }
  }
}

/** Weight times sum, cut to 10 bits: 22 bits of fixed point in two truncated steps. */
function share(weight: number, sum: number): number {
  return (weight * (sum >> 4)) >> 16;
}
