import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CROP_ANCHORS } from '../../src/deployment/impulse.js';
import { placementOf, seenPart } from '../../src/preprocess/placement.js';
import { RESAMPLERS } from '../../src/preprocess/resample/plan.js';
import { resizeImage } from '../../src/preprocess/resize-image.js';

const side = fc.integer({ min: 4, max: 60 });

describe('the whole pixels of the default resampler', () => {
  it('fit-long: a white picture is white where the placement says, black around it', async () => {
    await fc.assert(
      fc.asyncProperty(side, side, side, side, async (w, h, width, height) => {
        const white = { data: new Uint8Array(w * h).fill(255), width: w, height: h, channels: 1 } as const;
        const { pixels, geometry } = await resizeImage(white, { width, height, resizeMode: 'fit-long' });
        const { place } = placementOf(geometry, 'vips');
        for (let y = 0; y < height; y++) {
          for (let x = 0; x < width; x++) {
            const inside =
              x >= place.x && x < place.x + place.width && y >= place.y && y < place.y + place.height;
            expect(pixels[(y * width + x) * 3]).toBe(inside ? 255 : 0);
          }
        }
      }),
      { numRuns: 60 },
    );
  });

  it('fit-short and crop: the first pixel is the one that the placement says', async () => {
    await fc.assert(
      fc.asyncProperty(
        side,
        side,
        fc.boolean(),
        fc.constantFrom('fit-short', 'crop'),
        fc.constantFrom(...CROP_ANCHORS),
        async (target, more, wide, resizeMode, cropAnchor) => {
          // One side fits, so that nothing is resampled, and every pixel tells its place.
          const [w, h] = wide ? [target + more, target] : [target, target + more];
          const data = Uint8Array.from({ length: w * h * 3 }, (_, index) => {
            const pixel = Math.floor(index / 3);
            return [pixel % w, Math.floor(pixel / w), 0][index % 3] ?? 0;
          });
          const options = { width: target, height: target, resizeMode, cropAnchor } as const;
          const { pixels, geometry } = await resizeImage({ data, width: w, height: h, channels: 3 }, options);
          const placement = placementOf(geometry, 'vips');
          const seen = seenPart(placement, geometry);
          expect([seen.x, seen.y, seen.width, seen.height]).toEqual([pixels[0], pixels[1], target, target]);
        },
      ),
      { numRuns: 60 },
    );
  });
});

it.each(RESAMPLERS)(
  '%s: what was seen lies in the picture, and has the shape of the model input',
  (resampler) => {
    const geometry = { originalWidth: 640, originalHeight: 480, inputWidth: 96, inputHeight: 96 };
    expect(
      seenPart(placementOf({ ...geometry, mode: 'squash' }, resampler), { ...geometry, mode: 'squash' }),
    ).toEqual({
      x: 0,
      y: 0,
      width: 640,
      height: 480,
    });
    const short = { ...geometry, mode: 'fit-short' } as const;
    expect(seenPart(placementOf(short, resampler), short)).toEqual({ x: 80, y: 0, width: 480, height: 480 });
    const long = { ...geometry, mode: 'fit-long' } as const;
    expect(placementOf(long, resampler).place).toEqual({ x: 0, y: 12, width: 96, height: 72 });
  },
);
