/** The mean of whole blocks of pixels, as OpenCV's `INTER_AREA` takes it where both ratios are whole numbers. */
import type { ResizePlan } from './plan.js';
import { coveredPart } from './request.js';
import { roundHalfEven } from './weighted.js';

const { fround } = Math;

export interface AreaBlocksResample {
  readonly kind: 'area-blocks';
  /** Source pixels of one target pixel; the cut is exactly that many times the placed picture. */
  readonly blockX: number;
  readonly blockY: number;
}

/**
 * Blocks of 2 x 2 round halves up, all others round the float32 product of sum and reciprocal half to even.
 *
 * @param out width x height x 3 bytes of the target; only the covered part is written
 */
export function resampleAreaBlocks(
  source: Uint8Array,
  plan: ResizePlan,
  { blockX, blockY }: AreaBlocksResample,
  out: Uint8Array,
): void {
  const { sourceWidth, crop, place, width } = plan;
  const { left, top, right, bottom } = coveredPart(plan);
  const mean = meanOf(blockX, blockY);
  for (let y = top; y < bottom; y++) {
    for (let x = left; x < right; x++) {
      const row = crop.y + (y - place.y) * blockY;
      const column = crop.x + (x - place.x) * blockX;
      for (let c = 0; c < 3; c++) {
        let sum = 0;
        for (let j = 0; j < blockY; j++) {
          for (let i = 0; i < blockX; i++) sum += source[((row + j) * sourceWidth + column + i) * 3 + c]!;
        }
        out[(y * width + x) * 3 + c] = mean(sum);
      }
    }
  }
}

function meanOf(blockX: number, blockY: number): (sum: number) => number {
  if (blockX === 2 && blockY === 2) return (sum) => (sum + 2) >> 2;
  const reciprocal = fround(1 / (blockX * blockY));
  return (sum) => roundHalfEven(fround(fround(sum) * reciprocal));
}
