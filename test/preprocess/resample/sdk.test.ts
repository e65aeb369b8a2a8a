import { describe, expect, it } from 'vitest';
import { InputError } from '../../../src/errors.js';
import { planSdk } from '../../../src/preprocess/resample/sdk-plan.js';
import { difference } from '../golden.js';
import { refusal } from '../refusal.js';
import { resized } from './kernels-portable.js';
import { channel, goldenResizes, gray, request, requestOf, rgbOf } from './pictures.js';

describe("the C++ SDK's resize equals the reference (cpp-sdk)", () => {
  for (const golden of goldenResizes('resize-cpp')) {
    const { expected } = golden;
    if ('error' in expected) {
      it(`${golden.name}: refused, as there with ${expected.code}`, async () => {
        const error = await refusal(() => planSdk(requestOf(golden)));
        expect(error).toBeInstanceOf(InputError);
        expect(error.code).toBe('ERR_INPUT_IMAGE');
        for (const word of ['120x100', '96x48', 'fit-short', '200x100', String(expected.code), 'squash']) {
          expect(error.message).toContain(word);
        }
      });
    } else {
      it(golden.name, () => {
        const actual = resized(rgbOf(golden.input), planSdk(requestOf(golden)));
        expect(difference(actual, rgbOf(expected)).largest).toBe(0);
      });
    }
  }
});

describe('what is read past the edge', () => {
  it("is the next row's first pixel, and zeros past the last row", () => {
    // Steps of half a pixel. Bottom right: between 40 and what follows it on the row, above zeros.
    const plan = planSdk(request([2, 2], [4, 4]));
    expect(channel(resized(gray(10, 20, 30, 40), plan))).toEqual([
      ...[10, 15, 20, 25],
      ...[20, 25, 30, 23],
      ...[30, 35, 40, 20],
      ...[15, 18, 20, 10],
    ]);
  });

  it('belongs to the cut, not to the source around it', () => {
    const plan = planSdk(request([4, 2], [4, 4], 'fit-short'));
    expect(plan.crop).toEqual({ x: 1, y: 0, width: 2, height: 2 });
    const around = resized(gray(99, 10, 20, 99, 99, 30, 40, 99), plan);
    const alone = resized(gray(10, 20, 30, 40), planSdk(request([2, 2], [4, 4])));
    expect(around).toEqual(alone);
  });
});

describe('geometry', () => {
  it.each([
    ['top-left', 0],
    ['middle-center', 40],
    ['bottom-right', 80],
  ] as const)('crop at %s is a fit-short that keeps that part', (anchor, offset) => {
    expect(planSdk(request([200, 120], [96, 96], 'crop', anchor)).crop).toEqual({
      x: offset,
      y: 0,
      width: 120,
      height: 120,
    });
    expect(planSdk(request([120, 200], [96, 96], 'crop', anchor)).crop).toEqual({
      x: 0,
      y: offset,
      width: 120,
      height: 120,
    });
  });

  it('copies where the size fits', () => {
    expect(planSdk(request([96, 96], [96, 96])).resample).toEqual({ kind: 'copy' });
    expect(planSdk(request([128, 96], [96, 96], 'fit-short')).resample).toEqual({ kind: 'copy' });
  });

  it.each([
    ['a picture of one row', request([64, 1], [32, 32]), 'two rows'],
    ['a cut without width', request([500, 2], [1, 300], 'fit-short'), 'no pixels'],
    ['a picture so wide that no row is left', request([1000, 2], [32, 32], 'fit-long'), 'no pixels'],
  ])('refuses %s', async (_, impossible, why) => {
    const error = await refusal(() => planSdk(impossible));
    expect(error.code).toBe('ERR_INPUT_IMAGE');
    expect(error.message).toContain(why);
    expect(error.message).toContain("'vips'");
  });
});
