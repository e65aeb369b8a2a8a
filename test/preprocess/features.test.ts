import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { imageFeatures, pixelsFromFeatures } from '../../src/preprocess/features.js';
import { refusal } from './refusal.js';

describe('what are no features of a picture is refused', () => {
  it('another count', async () => {
    const error = await refusal(() => pixelsFromFeatures([1, 2, 3], 2, 2));
    expect(error.code).toBe('ERR_INPUT_LENGTH');
    expect(error.message).toContain('2 x 2 = 4 features');
    expect(error.message).toContain('received 3');
  });

  it.each([-1, 0x1000000, 0.5, Number.NaN, Infinity, '7', undefined, 1n])(
    'the feature %s',
    async (feature) => {
      const error = await refusal(() => pixelsFromFeatures([0, feature as number], 2, 1));
      expect(error.code).toBe('ERR_INPUT_TYPE');
      expect(error.message).toContain(`Feature 1 is ${String(feature)}`);
    },
  );

  it('bytes that are no whole pixels', async () => {
    expect((await refusal(() => imageFeatures(new Uint8Array(4)))).code).toBe('ERR_INPUT_LENGTH');
  });
});

it('a feature is 0xRRGGBB', () => {
  expect([...imageFeatures(Uint8Array.of(1, 2, 3, 255, 255, 255))]).toEqual([0x010203, 0xffffff]);
});

it('pixels come back as they were', () => {
  const pictures = fc.uint8Array({ minLength: 4 * 5 * 3, maxLength: 4 * 5 * 3 });
  fc.assert(
    fc.property(pictures, (pixels) => {
      expect(pixelsFromFeatures(imageFeatures(pixels), 4, 5)).toEqual(pixels);
    }),
  );
});
