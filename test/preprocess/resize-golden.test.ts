import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { InputError } from '../../src/errors.js';
import type { ImageSource } from '../../src/preprocess/image-source.js';
import { resizeImage } from '../../src/preprocess/resize-image.js';
import { bytesOf, difference, type GoldenPicture, goldenCases, type ResizeCase } from './golden.js';

const CASES = [...goldenCases<ResizeCase>('resize-node'), ...goldenCases<ResizeCase>('encoded')];

/** The reference leaves such a picture as it is, so that the model gets the wrong number of features; we refuse it. */
const REFUSED_HERE = 'mode none keeps the original size';

describe(`resizing equals the reference (node-sdk, libvips 8.18.7; here libvips ${sharp.versions.vips})`, () => {
  it.each(CASES.filter(({ name }) => name !== REFUSED_HERE))('$name', async (testCase) => {
    const { mode, targetWidth, targetHeight, channels, expected, tolerance } = testCase;
    const { pixels, geometry } = await resizeImage(pictureOf(testCase.input), {
      width: targetWidth,
      height: targetHeight,
      resizeMode: mode,
      gray: channels === 'Grayscale' ? 'linear' : '601',
    });
    expect(pixels).toHaveLength(targetWidth * targetHeight * 3);
    const { largest, mean } = difference(pixels, rgb(expected));
    expect(largest).toBeLessThanOrEqual(tolerance?.maxAbs ?? 0);
    expect(mean).toBeLessThanOrEqual(tolerance?.meanAbs ?? tolerance?.maxAbs ?? 0);
    expect(geometry).toEqual({
      mode,
      originalWidth: testCase.input.decodedWidth ?? testCase.input.width,
      originalHeight: testCase.input.decodedHeight ?? testCase.input.height,
      inputWidth: targetWidth,
      inputHeight: targetHeight,
    });
  });

  it(`refuses another size in mode none, where the reference feeds it to the model: ${REFUSED_HERE}`, async () => {
    const found = CASES.find(({ name }) => name === REFUSED_HERE);
    if (found === undefined) throw new Error('The vectors have changed.');
    const { input, targetWidth, targetHeight, expected } = found;
    const options = { width: targetWidth, height: targetHeight, resizeMode: 'none' } as const;
    await expect(resizeImage(pictureOf(input), options)).rejects.toThrow(InputError);
    const own = { ...options, width: input.width, height: input.height };
    expect((await resizeImage(pictureOf(input), own)).pixels).toEqual(rgb(expected));
  });
});

function pictureOf(input: GoldenPicture): ImageSource {
  if (input.encoded !== undefined) return bytesOf(input.encoded);
  const { width, height, channels, data } = input;
  return { data: bytesOf(data), width, height, channels };
}

/** Gray results as R = G = B. */
function rgb({ data, channels }: GoldenPicture): Uint8Array {
  const bytes = bytesOf(data);
  return channels === 3
    ? bytes
    : Uint8Array.from({ length: bytes.length * 3 }, (_, i) => bytes[Math.floor(i / 3)]!);
}
