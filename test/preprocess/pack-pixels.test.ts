import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { IMAGE_INPUT_SCALINGS } from '../../src/deployment/impulse.js';
import { InputError } from '../../src/errors.js';
import { makePacking } from '../../src/preprocess/make-packing.js';
import { packPixels } from '../../src/preprocess/pack-pixels.js';
import { refusal } from './refusal.js';

const FLOAT = { scaling: '0..1', layout: 'NHWC', tensor: { dataType: 'float32' } } as const;
const RGB = makePacking({ ...FLOAT, width: 2, height: 2, channels: 'RGB' });

describe('arguments that do not fit the plan are refused', () => {
  const pixels = new Uint8Array(12);

  it.each([
    ['too few pixels', pixels.subarray(1), new Float32Array(12), 'ERR_INPUT_LENGTH'],
    ['gray pixels', new Uint8Array(4), new Float32Array(12), 'ERR_INPUT_LENGTH'],
    ['pixels of another type', new Float32Array(12), new Float32Array(12), 'ERR_INPUT_TYPE'],
    ['an output of another type', pixels, new Uint8Array(12), 'ERR_INPUT_TYPE'],
    ['an output of another length', pixels, new Float32Array(13), 'ERR_INPUT_TYPE'],
    ['an output that is no typed array', pixels, Array(12).fill(0), 'ERR_INPUT_TYPE'],
  ])('%s', async (_, from, to, code) => {
    const error = await refusal(() => packPixels(from as Uint8Array, RGB, to as Float32Array));
    expect(error).toBeInstanceOf(InputError);
    expect(error.code).toBe(code);
  });
});

describe('memory order', () => {
  const pixels = Uint8Array.from({ length: 12 }, (_, index) => index);

  it('NHWC keeps R G B of a pixel together, NCHW has one plane per channel', () => {
    const spec = { ...FLOAT, width: 2, height: 2, channels: 'RGB', scaling: '0..255' } as const;
    const rounded = (layout: 'NHWC' | 'NCHW') =>
      [...packPixels(pixels, makePacking({ ...spec, layout }))].map(Math.round);
    expect(rounded('NHWC')).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    expect(rounded('NCHW')).toEqual([0, 3, 6, 9, 1, 4, 7, 10, 2, 5, 8, 11]);
  });

  it('bgr-subtract-imagenet-mean turns the channels round', () => {
    const packing = makePacking({
      ...FLOAT,
      width: 1,
      height: 1,
      channels: 'RGB',
      scaling: 'bgr-subtract-imagenet-mean',
    });
    const values = [...packPixels(Uint8Array.of(10, 20, 30), packing)];
    expect(values.map((value) => Math.round(value * 1000))).toEqual([
      30_000 - 103_939,
      20_000 - 116_779,
      10_000 - 123_680,
    ]);
  });

  it('writes where it is told, and nowhere else', () => {
    const memory = new Float32Array(16).fill(7);
    const out = memory.subarray(2, 14);
    expect(packPixels(pixels, RGB, out)).toBe(out);
    expect([...memory.subarray(0, 2), ...memory.subarray(14)]).toEqual([7, 7, 7, 7]);
    expect([...out]).toEqual([...packPixels(pixels, RGB)]);
  });
});

describe('gray', () => {
  it('of equal R, G and B is that value, but for float32 rounding', () => {
    const pixels = Uint8Array.from({ length: 256 * 3 }, (_, index) => Math.floor(index / 3));
    const values = packPixels(
      pixels,
      makePacking({ ...FLOAT, width: 256, height: 1, channels: 'Grayscale' }),
    );
    values.forEach((value, v) => {
      expect(Math.abs(value - v / 255)).toBeLessThan(2e-7);
    });
  });
});

it('quantised elements lie within half a step of the scaled value, unless they are clamped', () => {
  const specs = fc.record({
    scaling: fc.constantFrom(...IMAGE_INPUT_SCALINGS),
    scale: fc.float({ min: Math.fround(1e-4), max: 100, noNaN: true }),
    dataType: fc.constantFrom('int8', 'uint8'),
    channels: fc.constantFrom('RGB', 'Grayscale'),
    offset: fc.nat(255),
    pixels: fc.uint8Array({ minLength: 18, maxLength: 18 }),
  });
  fc.assert(
    fc.property(specs, ({ scaling, scale, dataType, channels, offset, pixels }) => {
      const min = dataType === 'int8' ? -128 : 0;
      const zeroPoint = min + offset;
      const spec = { width: 3, height: 2, channels, scaling, layout: 'NHWC' } as const;
      const real = packPixels(pixels, makePacking({ ...spec, tensor: { dataType: 'float32' } }));
      const tensor = { dataType, quantization: { scale, zeroPoint } } as const;
      packPixels(pixels, makePacking({ ...spec, tensor })).forEach((q, index) => {
        const exact = (real[index] ?? Number.NaN) / scale + zeroPoint;
        const nearest = Math.min(min + 255, Math.max(min, exact));
        expect(Math.abs(q - nearest)).toBeLessThanOrEqual(0.5 + Math.abs(exact) * 1e-6);
      });
    }),
  );
});
