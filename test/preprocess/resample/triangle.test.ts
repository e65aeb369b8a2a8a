import { describe, expect, it } from 'vitest';
import { planTriangle } from '../../../src/preprocess/resample/triangle-plan.js';
import { difference } from '../golden.js';
import { refusal } from '../refusal.js';
import { resized } from './kernels-portable.js';
import { channel, goldenResizes, gray, request, requestOf, rgbOf } from './pictures.js';

const CASES = goldenResizes('resize-image-rs').filter(({ filter }) => filter === undefined);

describe("triangle equals Rust's image 0.24.3", () => {
  it.each(CASES)('$name', (golden) => {
    if ('error' in golden.expected) throw new Error('no errors expected here');
    const actual = resized(rgbOf(golden.input), planTriangle(requestOf(golden)));
    expect(difference(actual, rgbOf(golden.expected)).largest).toBe(0);
  });
});

describe('the arithmetic, by hand', () => {
  it('halves with weights 1, 3, 3, 1, without those that lie outside', () => {
    const plan = planTriangle(request([4, 1], [2, 1]));
    // Centres at 0.5 and 2.5: (0.75, 0.75, 0.25) / 1.75 of the first three, and their mirror.
    expect(channel(resized(gray(7, 14, 21, 28), plan))).toEqual([12, 23]);
  });

  it('interpolates where it enlarges', () => {
    // Centres at -0.25, 0.25, 0.75, 1.25.
    expect(channel(resized(gray(10, 50), planTriangle(request([2, 1], [4, 1]))))).toEqual([10, 20, 40, 50]);
  });

  it('rounds halves up', () => {
    expect(channel(resized(gray(0, 1), planTriangle(request([2, 1], [1, 1]))))).toEqual([1]);
  });
});

describe('geometry', () => {
  it('covers and cuts', () => {
    expect(planTriangle(request([160, 90], [32, 32], 'fit-short')).place).toEqual({
      x: -12,
      y: 0,
      width: 57,
      height: 32,
    });
    expect(planTriangle(request([160, 90], [32, 32], 'crop', 'middle-right')).place).toMatchObject({
      x: -25,
    });
    expect(planTriangle(request([160, 90], [32, 32], 'crop', 'top-left')).place).toMatchObject({
      x: 0,
      y: 0,
    });
  });

  it('fits inside, on black, with at least one pixel', () => {
    expect(planTriangle(request([160, 90], [32, 32], 'fit-long')).place).toEqual({
      x: 0,
      y: 7,
      width: 32,
      height: 18,
    });
    expect(planTriangle(request([1000, 2], [32, 32], 'fit-long')).place).toMatchObject({ height: 1, y: 15 });
  });

  it('refuses a picture that covering the target makes enormous', async () => {
    const error = await refusal(() => planTriangle(request([60000000, 1], [10, 10], 'fit-short')));
    expect(error.code).toBe('ERR_INPUT_IMAGE');
    for (const word of ['60000000x1', "'triangle'", "'fit-long'"]) expect(error.message).toContain(word);
  });

  it('copies where the size fits', () => {
    expect(planTriangle(request([32, 32], [32, 32], 'fit-short')).resample).toEqual({ kind: 'copy' });
  });
});
