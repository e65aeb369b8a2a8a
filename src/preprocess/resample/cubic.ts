/** libvips' bicubic interpolation, for enlarging: Catmull-Rom in 4096ths, at positions 64ths of a sample apart. */
import type { CubicTaps } from './vips.js';

const { floor, trunc } = Math;

/**
 * Both axes are moved by half a source sample, also one that keeps its size: so libvips does it up to 8.18.
 *
 * @param scale target samples for one source sample, at least 1
 */
export function cubicTaps(
  scale: number,
  { from, count }: { readonly from: number; readonly count: number },
): CubicTaps {
  const first = new Int32Array(count);
  const weights = new Int16Array(count * 4);
  for (let index = 0; index < count; index++) {
    const position = (from + index) / scale - 0.5;
    first[index] = floor(position) - 1;
    const phase = ((trunc(128 * (position + 2)) & 127) + 1) >> 1;
    weights.set(catmullRom(phase / 64), index * 4);
  }
  return { first, weights };
}

/** Of the four neighbours of a position that is `y` past the second. */
function catmullRom(y: number): number[] {
  const before = (-y * (1 - y) ** 2) / 2;
  const after = (-(y ** 2) * (1 - y)) / 2;
  const tilt = after - before;
  return [before, 1 - y - before + tilt, y - after - tilt, after].map((weight) => trunc(weight * 4096));
}
