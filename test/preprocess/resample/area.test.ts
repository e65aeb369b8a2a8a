import { describe, expect, it } from 'vitest';
import { planArea } from '../../../src/preprocess/resample/area-plan.js';
import { difference } from '../golden.js';
import { refusal } from '../refusal.js';
import { resized } from './kernels-portable.js';
import { channel, goldenResizes, gray, request, requestOf, rgbOf } from './pictures.js';

describe('area equals OpenCV 4.6 (INTER_AREA)', () => {
  it.each(goldenResizes('resize-opencv'))('$name', (golden) => {
    if ('error' in golden.expected) throw new Error('no errors expected here');
    const actual = resized(rgbOf(golden.input), planArea(requestOf(golden)));
    expect(difference(actual, rgbOf(golden.expected)).largest).toBe(0);
  });
});

describe('the arithmetic, by hand', () => {
  it('blocks of 2 x 2 round halves up, others half to even', () => {
    const two = planArea(request([2, 2], [1, 1]));
    expect(channel(resized(gray(0, 1, 0, 1), two))).toEqual([1]); // 0.5
    const one = planArea(request([2, 1], [1, 1]));
    expect(channel(resized(gray(0, 1), one))).toEqual([0]); // 0.5
    expect(channel(resized(gray(1, 2), one))).toEqual([2]); // 1.5
  });

  it('weighs pixels by the share of them that a target pixel covers', () => {
    // Three to two: 2/3 of the first and 1/3 of the second; 1/3 and 2/3.
    const plan = planArea(request([3, 1], [2, 1]));
    expect(channel(resized(gray(30, 60, 120), plan))).toEqual([40, 100]);
  });

  it('repeats pixels where it enlarges by a whole number', () => {
    const plan = planArea(request([2, 1], [6, 1]));
    expect(channel(resized(gray(10, 200), plan))).toEqual([10, 10, 10, 200, 200, 200]);
  });

  it('mixes two where a target pixel covers both', () => {
    // Two to three: the middle one lies half on each.
    expect(channel(resized(gray(10, 200), planArea(request([2, 1], [3, 1]))))).toEqual([10, 105, 200]);
  });

  it.each([
    [[64, 48], [32, 24], 'area-blocks'],
    [[49, 49], [7, 7], 'area-blocks'],
    [[49, 10], [1, 5], 'area'],
    [[61, 47], [24, 24], 'area'],
    [[61, 20], [24, 24], 'area-linear'],
    [[24, 24], [24, 24], 'copy'],
  ] as const)('%s to %s is %s', (source, target, kind) => {
    expect(planArea(request(source, target)).resample.kind).toBe(kind);
  });
});

describe('geometry', () => {
  it('cuts by the aspect of both', () => {
    expect(planArea(request([161, 90], [32, 32], 'fit-short')).crop).toEqual({
      x: 35,
      y: 0,
      width: 90,
      height: 90,
    });
    expect(planArea(request([161, 90], [32, 32], 'crop', 'top-right')).crop).toMatchObject({ x: 71, y: 0 });
    expect(planArea(request([90, 161], [32, 32], 'crop', 'bottom-left')).crop).toMatchObject({ x: 0, y: 71 });
  });

  it('fits inside, on black', () => {
    expect(planArea(request([160, 90], [32, 32], 'fit-long')).place).toEqual({
      x: 0,
      y: 7,
      width: 32,
      height: 18,
    });
  });

  it.each(['fit-long', 'fit-short'] as const)(
    'refuses %s where a side would have no pixels',
    async (mode) => {
      const error = await refusal(() => planArea(request([1000, 1], [1, 32], mode)));
      expect(error.code).toBe('ERR_INPUT_IMAGE');
      expect(error.message).toContain("'squash'");
    },
  );
});
