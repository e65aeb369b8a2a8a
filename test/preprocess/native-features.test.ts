import fc from 'fast-check';
import { expect, it } from 'vitest';
import { imageFeaturesPortable } from '../../src/preprocess/features.js';
import { describeWithAddon } from './kernels.js';

describeWithAddon('native features of pictures', ({ imageFeatures }) => {
  it('are those of the TypeScript kernel, for every picture', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 900 }), (bytes) => {
        const pixels = bytes.subarray(0, bytes.length - (bytes.length % 3));
        const count = pixels.length / 3;
        const native = imageFeatures(pixels, new Float32Array(count));
        expect(native).toEqual(imageFeaturesPortable(pixels, new Float32Array(count)));
      }),
      { numRuns: 500, seed: 3 },
    );
  });

  it('refuse arrays that do not fit each other', () => {
    expect(() => imageFeatures(new Uint8Array(6), new Float32Array(3))).toThrow(RangeError);
    expect(() => imageFeatures(new Float32Array(6) as never, new Float32Array(2))).toThrow(TypeError);
    expect(() => imageFeatures(new Uint8Array(6), new Uint8Array(2) as never)).toThrow(TypeError);
    expect(() => imageFeatures(undefined as never, undefined as never)).toThrow(TypeError);
  });
});
