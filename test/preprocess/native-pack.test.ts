import fc from 'fast-check';
import { expect, it } from 'vitest';
import { IMAGE_INPUT_SCALINGS, QUANTIZE_PATHS } from '../../src/deployment/impulse.js';
import { makePacking, type PackingSpec } from '../../src/preprocess/make-packing.js';
import { packedElements, packPixels } from '../../src/preprocess/pack-pixels.js';
import { packPixelsPortable } from '../../src/preprocess/pack-pixels-portable.js';
import type { Packing } from '../../src/preprocess/packing.js';
import { describeWithAddon } from './kernels.js';

const GRAY: PackingSpec = {
  width: 3,
  height: 2,
  channels: 'Grayscale',
  scaling: '0..1',
  layout: 'NHWC',
  tensor: { dataType: 'int8', quantization: { scale: 1 / 255, zeroPoint: -128 } },
};

const specs = fc
  .record({
    width: fc.integer({ min: 1, max: 80 }),
    height: fc.integer({ min: 1, max: 80 }),
    channels: fc.constantFrom('RGB', 'Grayscale'),
    scaling: fc.constantFrom(...IMAGE_INPUT_SCALINGS),
    layout: fc.constantFrom('NHWC', 'NCHW'),
    dataType: fc.constantFrom('float32', 'int8', 'uint8'),
    // Among them the usual ones, on which ties and clamping happen, and the extremes.
    scale: fc.oneof(
      fc.float({ min: Math.fround(1e-6), max: 1000, noNaN: true }),
      fc.constantFrom(0, 1 / 255, 2 / 255, 0.5, 1, 1e-45, 3e38),
    ),
    zeroPoint: fc.nat(255),
    quantizePath: fc.constantFrom(...QUANTIZE_PATHS),
  })
  .map(({ dataType, scale, zeroPoint, quantizePath, ...spec }): PackingSpec => {
    const period = spec.scaling === 'torch' || spec.scaling === 'bgr-subtract-imagenet-mean';
    const quantization = {
      scale: scale === 0 && period ? 1 : scale,
      zeroPoint: dataType === 'int8' ? zeroPoint - 128 : zeroPoint,
    };
    return {
      ...spec,
      width: period ? spec.width * 3 : spec.width,
      tensor: { dataType, quantization },
      quantizePath: dataType === 'float32' ? 'float' : quantizePath,
    };
  });

function noise(length: number, seed: number): Uint8Array {
  let state = seed;
  return new Uint8Array(length).map(() => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return state >>> 24;
  });
}

describeWithAddon('the native packing kernel', (addon) => {
  it('gives the bits of the TypeScript kernel for every plan', () => {
    fc.assert(
      fc.property(specs, fc.integer(), (spec, seed) => {
        const packing = makePacking(spec);
        const pixels = noise(spec.width * spec.height * 3, seed);
        const expected = packPixelsPortable(pixels, packing, packedElements(packing));
        const actual = addon.packPixels(pixels, packing, packedElements(packing));
        expect(Buffer.from(actual.buffer).equals(Buffer.from(expected.buffer))).toBe(true);
      }),
      { numRuns: 1500, seed: 20240611 },
    );
  });

  it('takes every colour of a gray plan where the TypeScript kernel takes it', () => {
    // 64 x 64 x 64 colours, in a picture larger than the kernel's working buffer.
    const pixels = Uint8Array.from({ length: 512 * 512 * 3 }, (_, index) => {
      const colour = Math.floor(index / 3);
      return ((colour >> ((index % 3) * 6)) & 63) * 4 + 3;
    });
    const scalings = IMAGE_INPUT_SCALINGS.filter((name) => name !== 'torch' && !name.startsWith('bgr'));
    for (const scaling of scalings) {
      for (const quantizePath of QUANTIZE_PATHS) {
        const packing = makePacking({ ...GRAY, width: 512, height: 512, scaling, quantizePath });
        const expected = packPixelsPortable(pixels, packing, packedElements(packing));
        expect(Buffer.from(packPixels(pixels, packing).buffer).equals(Buffer.from(expected.buffer))).toBe(
          true,
        );
      }
    }
  });

  it('reads and writes parts of larger buffers, and shared memory', () => {
    const packing = makePacking(GRAY);
    const pixels = new Uint8Array(new SharedArrayBuffer(40), 11, 18).fill(255);
    const out = new Int8Array(new SharedArrayBuffer(20), 7, 6);
    expect(addon.packPixels(pixels, packing, out)).toBe(out);
    expect([...new Int8Array(out.buffer)]).toEqual([
      ...Array(7).fill(0),
      ...Array(6).fill(127),
      ...Array(7).fill(0),
    ]);
  });

  const rgb = makePacking({ ...GRAY, channels: 'RGB' });
  const gray = makePacking(GRAY);

  it.each<[string, object]>([
    ['no size', { width: undefined }],
    ['a width of 0', { width: 0 }],
    ['a negative width', { width: -3 }],
    ['a fraction of a pixel', { width: 3.5 }],
    ['NaN', { height: Number.NaN }],
    ['a size whose product overflows', { width: 65536, height: 65536 }],
    ['two channels', { channels: 2 }],
    ['an unknown type', { dataType: 'int16' }],
    ['an unknown layout', { layout: 'CHW' }],
    ['a source that does not exist', { source: [0, 1, 3] }],
    ['a fractional source', { source: [0, 1, 0.5] }],
    ['a source of two', { source: [0, 1] }],
    ['no source', { source: null }],
    ['no table', { table: undefined }],
    ['a short table', { table: new Int8Array(767) }],
    ['a table of another type', { table: new Float32Array(768) }],
  ])('refuses a colour plan with %s', (_, change) => {
    const plan = { ...rgb, ...change } as Packing;
    expect(() => addon.packPixels(new Uint8Array(18), plan, new Int8Array(18))).toThrow(/packPixels: /);
  });

  it.each<[string, object]>([
    ['no weights', { weighted: undefined }],
    ['short weights', { weighted: new Float32Array(700) }],
    ['an unknown scaling', { scaling: '0..2' }],
    ['no quantisation', { quantization: undefined }],
    ['a scale of 0', { quantization: { scale: 0, zeroPoint: 0, rule: 'saturate' } }],
    ['a scale that is not finite', { quantization: { scale: Infinity, zeroPoint: 0, rule: 'saturate' } }],
    ['a zero point out of range', { quantization: { scale: 1, zeroPoint: 200, rule: 'saturate' } }],
    ['no rule', { quantization: { scale: 1, zeroPoint: 0 } }],
    ['an unknown rule', { quantization: { scale: 1, zeroPoint: 0, rule: 'floor' } }],
    ['a period of three on another number of pixels', { scaling: 'torch', width: 2, height: 2 }],
  ])('refuses a gray plan with %s', (_, change) => {
    const plan = { ...gray, ...change } as Packing;
    const { width, height } = plan;
    const call = (): unknown =>
      addon.packPixels(new Uint8Array(width * height * 3), plan, new Int8Array(width * height));
    expect(call).toThrow(/packPixels: /);
  });

  it('refuses pixels and outputs of another length or type', () => {
    const pixels = new Uint8Array(18);
    const detached = new Uint8Array(18);
    structuredClone(detached, { transfer: [detached.buffer] });
    const calls: [unknown, unknown][] = [
      [pixels.subarray(1), new Int8Array(18)],
      [detached, new Int8Array(18)],
      [new Float32Array(18), new Int8Array(18)],
      ['pixels', new Int8Array(18)],
      [pixels, new Int8Array(17)],
      [pixels, new Uint8Array(18)],
      [pixels, undefined],
    ];
    for (const [from, to] of calls) {
      expect(() => addon.packPixels(from as Uint8Array, rgb, to as Int8Array)).toThrow(/packPixels: /);
    }
    const call = addon.packPixels as (...args: unknown[]) => unknown;
    expect(() => call()).toThrow(/packPixels: /);
    expect(() => call(pixels, null, pixels)).toThrow(/packPixels: /);
  });

  it('is not led out of bounds by a plan that changes while it is read', () => {
    const pixels = new Uint8Array(18);
    const plan = {
      ...rgb,
      get channels() {
        structuredClone(pixels, { transfer: [pixels.buffer] });
        return 3;
      },
    } as Packing;
    expect(() => addon.packPixels(pixels, plan, new Int8Array(18))).toThrow(
      /pixels must have 18 elements but has 0/,
    );
  });
});
