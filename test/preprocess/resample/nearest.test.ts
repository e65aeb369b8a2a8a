import { describe, expect, it } from 'vitest';
import { planNearest } from '../../../src/preprocess/resample/nearest-plan.js';
import { planTriangle } from '../../../src/preprocess/resample/triangle-plan.js';
import { difference } from '../golden.js';
import { resized } from './kernels-portable.js';
import { channel, goldenResizes, gray, request, requestOf, rgbOf } from './pictures.js';

const CASES = goldenResizes('resize-image-rs').filter(({ filter }) => filter === 'Nearest');

describe("beyond a ratio of two nearest equals Rust's image 0.24.3", () => {
  it.each(CASES)('$name', (golden) => {
    if ('error' in golden.expected) throw new Error('no errors expected here');
    const plan = planNearest(requestOf(golden));
    expect(plan.resample.kind).toBe('nearest');
    expect(difference(resized(rgbOf(golden.input), plan), rgbOf(golden.expected)).largest).toBe(0);
  });
});

describe('which pixel is taken', () => {
  it('the first of each block where both sides shrink by the same whole number', () => {
    const plan = planNearest(request([4, 4], [2, 2]));
    const pixels = gray(...Array.from({ length: 16 }, (_, index) => index));
    expect(channel(resized(pixels, plan))).toEqual([0, 2, 8, 10]);
  });

  it('the one in the middle where a side shrinks by more than two', () => {
    // Middles at 1.5 and 4.5 of six, and at 0.5 of one.
    const plan = planNearest(request([6, 1], [2, 1]));
    expect(channel(resized(gray(0, 1, 2, 3, 4, 5), plan))).toEqual([1, 4]);
  });

  it.each([
    [
      [6, 4],
      [4, 3],
    ],
    [
      [4, 6],
      [2, 4],
    ],
    [
      [4, 4],
      [8, 8],
    ],
  ] as const)('no single one from %s to %s: the triangle filter', (source, target) => {
    const plan = planNearest(request(source, target));
    expect(plan).toEqual(planTriangle(request(source, target)));
    expect(plan.resample.kind).toBe('triangle');
  });

  it('only of the part that is seen', () => {
    const plan = planNearest(request([12, 3], [1, 1], 'crop', 'middle-right'));
    // Resampled to 4 x 1, of which the last is seen: the middle of pixels 9, 10 and 11 is n-th pixel 9.
    expect(plan.place).toEqual({ x: -3, y: 0, width: 4, height: 1 });
    const pixels = gray(...Array.from({ length: 36 }, (_, index) => index));
    expect(channel(resized(pixels, plan))).toEqual([9]);
  });
});
