/** The C++ SDK's bilinear interpolation in 14-bit fixed point: top-left aligned, no filter before it. */
import type { ResizePlan } from './plan.js';
import { coveredPart } from './request.js';

export interface SdkResample {
  readonly kind: 'sdk';
  /** Source pixels per target pixel, times 16384. */
  readonly stepX: number;
  readonly stepY: number;
}

/**
 * Where enlarging reads beyond the cut, it reads what the reference would: past a row the next one's first pixel, and past
 * the last row, where the reference leaves its buffer, zeros.
 *
 * @param out width x height x 3 bytes of the target; only the covered part is written
 */
export function resampleSdk(source: Uint8Array, plan: ResizePlan, step: SdkResample, out: Uint8Array): void {
  const { place, width } = plan;
  const { left, top, right, bottom } = coveredPart(plan);
  const read = reader(source, plan);
  for (let y = top; y < bottom; y++) {
    const [row, fy] = split((y - place.y) * step.stepY);
    for (let x = left; x < right; x++) {
      const [column, fx] = split((x - place.x) * step.stepX);
      for (let c = 0; c < 3; c++) {
        const above = mix(read(column, row, c), read(column + 1, row, c), fx);
        const below = mix(read(column, row + 1, c), read(column + 1, row + 1, c), fx);
        out[(y * width + x) * 3 + c] = mix(above, below, fy);
      }
    }
  }
}

/** Whole pixels and 14 bits of fraction. */
function split(position: number): [number, number] {
  return [Math.floor(position / 16384), position % 16384];
}

function mix(a: number, b: number, fraction: number): number {
  return (a * (16384 - fraction) + b * fraction + 8192) >> 14;
}

function reader(source: Uint8Array, { sourceWidth, crop }: ResizePlan) {
  return (x: number, y: number, channel: number): number => {
    const [column, row] = x < crop.width ? [x, y] : [x - crop.width, y + 1];
    if (row >= crop.height) return 0;
    return source[((crop.y + row) * sourceWidth + crop.x + column) * 3 + channel]!;
  };
}
