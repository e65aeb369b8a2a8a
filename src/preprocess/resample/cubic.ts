/** libvips' bicubic interpolation, for enlarging: Catmull-Rom in 4096ths, at positions 64ths of a sample apart. */
import type { CubicTaps } from './vips.js';

const { trunc } = Math;

/**
 * Both axes are moved by half a source sample, also one that keeps its size: so libvips does it up to 8.18.
 *
 * @param scale target samples for one source sample, at least 1
 */
export function cubicTaps(positions: Float64Array): CubicTaps {
  const first = new Int32Array(positions.length);
  const weights = new Int16Array(positions.length * 4);
  positions.forEach((position, index) => {
    const shifted = position + 1.5;
    first[index] = trunc(shifted) - 3;
    weights.set(catmullRom((((trunc(shifted * 128) & 127) + 1) >> 1) / 64), index * 4);
  });
  return { first, weights };
}

/** Of the four neighbours of a position that is `y` past the second. */
function catmullRom(y: number): number[] {
  const before = (-y * (1 - y) ** 2) / 2;
  const after = (-(y ** 2) * (1 - y)) / 2;
  const tilt = after - before;
  return [before, 1 - y - before + tilt, y - after - tilt, after].map((weight) => trunc(weight * 4096));
}
