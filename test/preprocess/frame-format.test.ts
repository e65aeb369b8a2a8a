import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Frame, FrameFormat, FrameLayout } from '../../src/preprocess/frame-format.js';
import { bandsOf, FRAME_FORMATS, frameBytes, minStride } from '../../src/preprocess/frame-format.js';
import type { RawFrame } from '../../src/preprocess/raw-frame.js';
import { checkFrame } from '../../src/preprocess/raw-frame.js';
import { unpackFrame, unpackFramePortable } from '../../src/preprocess/unpack-frame.js';
import { writeInterleaved, writeYuv } from './frame-writer.js';
import { bytesOf, goldenCases } from './golden.js';
import { describeWithAddon } from './kernels.js';

const LIMIT = 2 ** 26;
const LAYOUTS: readonly FrameLayout[] = [...FRAME_FORMATS, 'GRAYA'];

function unpacked(raw: RawFrame): Uint8Array {
  const frame = checkFrame(raw, LIMIT);
  return unpackFramePortable(frame, new Uint8Array(frame.width * frame.height * bandsOf(frame.format)));
}

const hash = (x: number, y: number, seed: number): number =>
  (Math.imul(x * 31 + y * 17 + seed, 2654435761) >>> 24) & 255;

/** The C++ SDK's formula, for one pixel. */
function toRgb(y: number, u: number, v: number): number[] {
  const clamp = (value: number): number => Math.min(255, Math.max(0, value));
  const [c, d, e] = [y - 16, u - 128, v - 128];
  return [
    clamp((298 * c + 409 * e + 128) >> 8),
    clamp((298 * c - 100 * d - 208 * e + 128) >> 8),
    clamp((298 * c + 516 * d + 128) >> 8),
  ];
}

interface YuvCase {
  readonly name: string;
  readonly op: string;
  readonly reference: string;
  readonly input: { readonly data: string; readonly pixels: number };
  readonly expected: { readonly data: string };
}

describe('YUV becomes RGB as in the C++ SDK', () => {
  const cases = goldenCases<YuvCase>('image-block').filter(({ op }) => op === 'yuv422');
  it('has reference vectors', () => expect(cases.length).toBeGreaterThan(0));

  it.each(cases)('$name: UYVY, exactly', ({ input, expected }) => {
    const width = input.pixels;
    expect(unpacked({ data: bytesOf(input.data), width, height: 1, format: 'UYVY' })).toEqual(
      bytesOf(expected.data),
    );
  });

  const samples = {
    y: (x: number, y: number) => hash(x, y, 1),
    u: (x: number, y: number) => hash(x, y, 2),
    v: (x: number, y: number) => hash(x, y, 3),
  };

  it.each(['YUYV', 'UYVY', 'NV12', 'I420'] as const)('%s of any size and stride', (format) => {
    const subsampledRows = format === 'NV12' || format === 'I420';
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 7 }),
        fc.nat(5),
        (w, h, extra) => {
          const stride = minStride(format, w) + extra;
          const data = writeYuv(format, w, h, samples, stride);
          const expected = Array.from({ length: w * h }, (_, index) => {
            const [x, y] = [index % w, Math.floor(index / w)];
            const [cx, cy] = [x >> 1, subsampledRows ? y >> 1 : y];
            return toRgb(samples.y(x, y), samples.u(cx, cy), samples.v(cx, cy));
          }).flat();
          expect([...unpacked({ data, width: w, height: h, format, stride })]).toEqual(expected);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('YUY2 is YUYV', () => {
    const data = writeYuv('YUYV', 4, 2, samples, 8);
    const size = { data, width: 4, height: 2 };
    expect(unpacked({ ...size, format: 'YUY2' })).toEqual(unpacked({ ...size, format: 'YUYV' }));
  });

  it('black, white and what lies beyond them', () => {
    const data = Uint8Array.of(16, 128, 235, 128, 0, 128, 255, 128);
    expect([...unpacked({ data, width: 4, height: 1, format: 'YUYV' })]).toEqual([
      0, 0, 0, 255, 255, 255, 0, 0, 0, 255, 255, 255,
    ]);
  });
});

describe('interleaved formats', () => {
  it.each([
    ['GRAY', [9], [9]],
    ['RGB', [1, 2, 3], [1, 2, 3]],
    ['BGR', [3, 2, 1], [1, 2, 3]],
    ['RGBA', [1, 2, 3, 4], [1, 2, 3, 4]],
    ['BGRA', [3, 2, 1, 4], [1, 2, 3, 4]],
  ] as const)('%s', (format, pixel, expected) => {
    const add = (values: readonly number[], x: number, y: number): number[] =>
      values.map((value) => value + 40 * x + 80 * y);
    const stride = 3 * pixel.length + 5;
    const data = writeInterleaved(3, 2, (x, y) => add(pixel, x, y), stride);
    const whole = unpacked({ data, width: 3, height: 2, format, stride });
    expect([...whole]).toEqual([0, 1].flatMap((y) => [0, 1, 2].flatMap((x) => add(expected, x, y))));
  });

  it('RGB565: every value of a colour, its high bits in its low ones', () => {
    const values = Array.from({ length: 64 }, (_, value) => value);
    const data = Uint8Array.from(
      values.flatMap((value) => {
        const pixel = ((value >> 1) << 11) | (value << 5) | (31 - (value >> 1));
        return [pixel & 255, pixel >> 8];
      }),
    );
    const eight = (value: number, bits: number): number => (value << (8 - bits)) | (value >> (2 * bits - 8));
    expect([...unpacked({ data, width: 64, height: 1, format: 'RGB565' })]).toEqual(
      values.flatMap((value) => [eight(value >> 1, 5), eight(value, 6), eight(31 - (value >> 1), 5)]),
    );
  });

  it.each(['RGB', 'RGBA', 'GRAY'] as const)('%s without padding is passed on, not copied', (format) => {
    const frame = checkFrame(
      { data: new Uint8Array(4 * 2 * bandsOf(format)), width: 4, height: 2, format },
      LIMIT,
    );
    expect(unpackFrame(frame).data.buffer).toBe(frame.data.buffer);
  });
});

/** A frame of noise without a byte to spare. */
const tightFrames = fc
  .record({
    format: fc.constantFrom(...LAYOUTS),
    width: fc.integer({ min: 1, max: 70 }),
    height: fc.integer({ min: 1, max: 9 }),
    extra: fc.nat(9),
    seed: fc.nat(),
    spare: fc.boolean(),
  })
  .map(({ format, width, height, extra, seed, spare }): Frame => {
    const shape = { format, width, height, stride: minStride(format, width) + extra };
    const { full, needed } = frameBytes(shape);
    const data = Uint8Array.from({ length: spare ? full : needed }, (_, index) => hash(index, 0, seed));
    return { ...shape, data };
  });

it('no byte beyond the least that a frame needs is looked at', () => {
  fc.assert(
    fc.property(tightFrames, (frame) => {
      const { needed } = frameBytes(frame);
      const size = frame.width * frame.height * bandsOf(frame.format);
      const expected = unpackFramePortable(frame, new Uint8Array(size));
      const larger = new Uint8Array(frame.data.length + 64).fill(170);
      larger.set(frame.data.subarray(0, needed));
      expect(unpackFramePortable({ ...frame, data: larger }, new Uint8Array(size))).toEqual(expected);
    }),
    { numRuns: 200 },
  );
});

describeWithAddon('the native rows', (addon) => {
  it('are those of the TypeScript ones, for every format, size and stride', () => {
    fc.assert(
      fc.property(tightFrames, (frame) => {
        const size = frame.width * frame.height * bandsOf(frame.format);
        const native = addon.unpackFrame(frame, new Uint8Array(size));
        expect(native).toEqual(unpackFramePortable(frame, new Uint8Array(size)));
      }),
      { numRuns: 500 },
    );
  });

  it('take every colour where the TypeScript ones take it', () => {
    // Every luma with every U, and with every V.
    const data = Uint8Array.from({ length: 256 * 256 * 4 }, (_, index) => {
      const pair = index >> 2;
      const [high, low] = [pair >> 8, pair & 255];
      return [low, high, 255 - low, (low * 7 + high * 13) & 255][index & 3] ?? 0;
    });
    for (const format of ['YUYV', 'UYVY'] as const) {
      const frame = { data, width: 512, height: 256, format, stride: 1024 };
      const out = new Uint8Array(512 * 256 * 3);
      const expected = unpackFramePortable(frame, new Uint8Array(out.length));
      expect(Buffer.from(addon.unpackFrame(frame, out)).equals(expected)).toBe(true);
    }
  });

  const sound: Frame = { data: new Uint8Array(12), width: 2, height: 2, format: 'RGB', stride: 6 };

  it.each<[string, object]>([
    ['no width', { width: undefined }],
    ['a width of 0', { width: 0 }],
    ['a fraction', { height: 1.5 }],
    ['NaN', { height: Number.NaN }],
    ['a size whose product overflows', { width: 2 ** 30, height: 2 ** 30, stride: 2 ** 31 }],
    ['a stride below the row', { stride: 5 }],
    ['a stride beyond all bounds', { stride: 2 ** 40 }],
    ['an unknown format', { format: 'RGB24' }],
    ['no format', { format: undefined }],
    ['a byte too few', { data: new Uint8Array(11) }],
    ['words for bytes', { data: new Uint16Array(12) }],
    ['no data', { data: undefined }],
    ['planes that are missing', { format: 'NV12', width: 3, height: 4, stride: 3, data: new Uint8Array(12) }],
  ])('refuse a frame with %s', (_, change) => {
    const call = (): unknown => addon.unpackFrame({ ...sound, ...change } as Frame, new Uint8Array(12));
    expect(call).toThrow(/frame: /);
  });

  it('refuse an output of another length', () => {
    for (const length of [11, 13, 0]) {
      expect(() => addon.unpackFrame(sound, new Uint8Array(length))).toThrow(/frame: out/);
    }
  });

  it('are not led out of bounds by a frame that changes while it is read', () => {
    const data = new Uint8Array(12);
    const frame = {
      ...sound,
      data,
      get stride() {
        structuredClone(data, { transfer: [data.buffer] });
        return 6;
      },
    };
    expect(() => addon.unpackFrame(frame, new Uint8Array(12))).toThrow(/frame: /);
  });
});

describe('frames whose size and bytes do not fit are refused', () => {
  const frame = { data: new Uint8Array(24), width: 4, height: 2, format: 'RGB' as FrameFormat };
  const refused = (change: object) => {
    try {
      checkFrame({ ...frame, ...change }, LIMIT);
    } catch (error) {
      return error;
    }
    throw new Error('The frame was accepted.');
  };

  it.each<[string, object, string]>([
    ['an unknown format', { format: 'NV21' }, "Did you mean 'NV12'?"],
    ['a format in small letters', { format: 'rgb' }, "received 'rgb'"],
    ['neither channels nor format', { format: undefined }, 'received undefined'],
    ['channels that contradict the format', { channels: 4 }, "'RGB' and channels 4 contradict"],
    ['a stride below the row', { stride: 11 }, 'from 12 (4 pixels of RGB)'],
    ['a stride that is no whole number', { stride: 12.5 }, 'received 12.5'],
    ['a stride beside channels', { format: undefined, channels: 3, stride: 16 }, 'stride goes with format'],
    ['a byte too few', { data: new Uint8Array(23) }, '4 x 2 RGB = 24 bytes of data but received 23'],
    ['a byte too many', { data: new Uint8Array(25) }, 'subarray()'],
    [
      'padded rows, too few bytes',
      { stride: 16, data: new Uint8Array(27) },
      '4 x 2 RGB with a stride of 16 = 32 bytes of data (28 without the padding of the last row) but received 27',
    ],
    ['YUV without its chroma', { format: 'I420', data: new Uint8Array(8) }, '4 x 2 I420 = 12 bytes'],
  ])('%s', (_, change, words) => {
    expect(refused(change)).toMatchObject({
      name: 'InputError',
      code: 'ERR_INPUT_IMAGE',
      message: expect.stringContaining(words),
    });
  });

  it('more pixels than the limit, before the bytes are counted', () => {
    expect(refused({ width: 2 ** 20, height: 2 ** 20 })).toMatchObject({ code: 'ERR_INPUT_LIMIT' });
  });

  it('format and channels that say the same are taken', () => {
    expect(checkFrame({ ...frame, channels: 3 }, LIMIT)).toMatchObject({ format: 'RGB', stride: 12 });
  });

  it.each([
    ['NV12', 5, 3, 5 * 3 + 6 * 2],
    ['I420', 5, 3, 5 * 3 + 3 * 2 * 2],
    ['YUYV', 5, 3, 12 * 3],
    ['RGB565', 5, 3, 30],
  ] as const)('an odd size of %s has the bytes that FFmpeg gives it', (format, width, height, bytes) => {
    expect(frameBytes({ format, width, height, stride: minStride(format, width) }).full).toBe(bytes);
  });
});
