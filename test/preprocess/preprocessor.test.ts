import fc from 'fast-check';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { RESAMPLERS } from '../../src/deployment/impulse.js';
import {
  makePacking,
  makePreprocessor,
  type PreprocessSpec,
  packPixels,
  type RawFrame,
  resizeImage,
} from '../../src/preprocess/index.js';

function frame(width: number, height: number): RawFrame {
  const data = Uint8Array.from(
    { length: width * height * 3 },
    (_, i) => (Math.imul(i + 7, 2654435761) >>> 19) & 255,
  );
  return { data, width, height, format: 'RGB' };
}

/** To be compared at once: element by element takes minutes. */
function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}

const SPEC: PreprocessSpec = {
  width: 48,
  height: 40,
  channels: 'RGB',
  resizeMode: 'fit-long',
  scaling: '-1..1',
  tensor: { dataType: 'float32' },
};

const INT8 = { dataType: 'int8', quantization: { scale: 1 / 255, zeroPoint: -128 } } as const;

describe('a preprocessor', () => {
  it('gives what resizing and packing give one after the other', async () => {
    const spec = fc.record({
      width: fc.integer({ min: 1, max: 200 }),
      height: fc.integer({ min: 1, max: 150 }),
      channels: fc.constantFrom('RGB', 'Grayscale'),
      resizeMode: fc.constant('squash' as const),
      resampler: fc.constantFrom(...RESAMPLERS),
      scaling: fc.constantFrom('0..1', '-1..1', '0..255'),
      layout: fc.constantFrom('NHWC', 'NCHW'),
      tensor: fc.constantFrom(INT8, { dataType: 'float32' } as const),
    });
    await fc.assert(
      fc.asyncProperty(
        spec,
        fc.integer({ min: 3, max: 300 }),
        fc.integer({ min: 3, max: 200 }),
        async (given, w, h) => {
          const source = frame(w, h);
          const { pixels } = await resizeImage(source, {
            width: given.width,
            height: given.height,
            resizeMode: given.resizeMode,
            resampler: given.resampler,
          });
          const result = await makePreprocessor(given)(source);
          expect(bytesOf(result.pixels).equals(pixels)).toBe(true);
          const packed = packPixels(pixels, makePacking(given));
          expect(bytesOf(result.data).equals(bytesOf(packed))).toBe(true);
        },
      ),
      { numRuns: 300, seed: 4 },
    );
  });

  it('fills the array that it is given, and writes pixels where it is told', async () => {
    const out = new Uint8Array(48 * 40 * 3);
    const preprocess = makePreprocessor({ ...SPEC, out });
    const elements = new Float32Array(48 * 40 * 3);
    for (const source of [frame(200, 150), frame(48, 40)]) {
      elements.fill(9);
      const { data, pixels } = await preprocess(source, elements);
      expect(data).toBe(elements);
      expect(pixels).toBe(out);
      expect(elements).toEqual((await makePreprocessor(SPEC)(source)).data);
    }
  });

  it('takes files as well as frames', async () => {
    const source = frame(200, 150);
    const png = await sharp(source.data, { raw: { width: 200, height: 150, channels: 3 } })
      .png()
      .toBuffer();
    const preprocess = makePreprocessor(SPEC);
    expect((await preprocess(png)).data).toEqual((await preprocess(source)).data);
  });

  it.each([
    ['of another type', new Int8Array(48 * 40 * 3)],
    ['of another length', new Float32Array(48 * 40)],
  ])('refuses an array %s before it does anything', async (_, out) => {
    await expect(makePreprocessor(SPEC)(frame(9, 9), out)).rejects.toMatchObject({ code: 'ERR_INPUT_TYPE' });
  });
});
