import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InputError } from '../../src/errors.js';
import { decodeBmp, isBmp } from '../../src/preprocess/bmp.js';
import { MAX_INPUT_PIXELS } from '../../src/preprocess/input-limits.js';
import { resizeImage } from '../../src/preprocess/resize-image.js';
import { unpackFrame } from '../../src/preprocess/unpack-frame.js';
import { describeWithShared } from '../support/shared.js';
import { type BmpSpec, storedRows, writeBmp } from './bmp-writer.js';
import { refusal } from './refusal.js';

const decode = async (bytes: Uint8Array) =>
  unpackFrame(await decodeBmp({ kind: 'encoded', bytes, name: "'test.bmp'", maxPixels: MAX_INPUT_PIXELS }));

/** Five pixels wide, so that rows of every depth need padding; every pixel another colour. */
const WIDTH = 5;
const HEIGHT = 3;
const red = (x: number, y: number): number => 10 + x * 40 + y;
const green = (x: number, y: number): number => 200 - y * 60 - x;
const blue = (x: number, y: number): number => 7 + x * y * 20;

function expectedRgb(round: (value: number, channel: number) => number = (value) => value): Uint8Array {
  const pixels: number[] = [];
  for (let y = 0; y < HEIGHT; y++) {
    for (let x = 0; x < WIDTH; x++) {
      pixels.push(round(red(x, y), 0), round(green(x, y), 1), round(blue(x, y), 2));
    }
  }
  return Uint8Array.from(pixels);
}

const rgb24 = (x: number, y: number): number => (red(x, y) << 16) | (green(x, y) << 8) | blue(x, y);
const size = { width: WIDTH, height: HEIGHT };
const colour24: BmpSpec = { ...size, bits: 24, data: storedRows(WIDTH, HEIGHT, 24, rgb24) };

describe('damaged and unusual files are refused', () => {
  it.each<[string, Partial<BmpSpec>, string]>([
    ['width 0', { width: 0 }, '0x3'],
    ['a negative width', { width: -5 }, '-5x3'],
    ['height 0', { height: 0 }, '5x0'],
    ['a depth that does not exist', { bits: 5 }, '5 bits'],
    ['JPEG inside', { compression: 4 }, 'compression 4'],
    ['run lengths at another depth', { compression: 1 }, 'compression 1'],
    ['OS/2 Huffman coding', { headerSize: 64, bits: 32, compression: 3 }, 'compression 3'],
    ['masks with gaps', { bits: 32, compression: 3, masks: [0xf0f, 0xf0, 0xf000] }, 'masks'],
    ['an empty mask', { bits: 32, compression: 3, masks: [0, 0xf0, 0xf000] }, 'masks'],
    ['masks wider than the pixel', { bits: 16, compression: 3, masks: [0xff0000, 0xff00, 0xff] }, 'masks'],
    ['pixels that begin in the header', { dataOffset: 20 }, 'byte 20'],
    ['pixels that begin behind the end', { dataOffset: 100_000 }, 'byte 100000'],
  ])('%s', async (_, change, words) => {
    const error = await refusal(() => decode(writeBmp({ ...colour24, ...change })));
    expect(error).toBeInstanceOf(InputError);
    expect(error.code).toBe('ERR_INPUT_IMAGE');
    expect(error.message).toContain("'test.bmp'");
    expect(error.message).toContain(words);
  });

  it('more pixels than the limit, before memory is taken', async () => {
    for (const huge of [
      { width: 2 ** 31 - 1, height: -(2 ** 31) },
      { width: 9000, height: 9000 },
    ]) {
      expect((await refusal(() => decode(writeBmp({ ...colour24, ...huge })))).code).toBe('ERR_INPUT_LIMIT');
    }
  });

  it('a file that was cut anywhere', async () => {
    const whole = writeBmp(colour24);
    for (let length = 18; length < whole.length - 1; length++) {
      expect((await refusal(() => decode(whole.subarray(0, length)))).code).toBe('ERR_INPUT_IMAGE');
    }
  });

  it('a pixel whose colour the palette does not have', async () => {
    const data = storedRows(WIDTH, HEIGHT, 8, (x) => x);
    const bytes = writeBmp({ ...size, bits: 8, palette: Array(4).fill([1, 2, 3]), data });
    expect((await refusal(() => decode(bytes))).message).toContain(
      'uses colour 4, but its palette has only 4',
    );
  });

  it('run lengths that leave the picture or end too early', async () => {
    const palette = [[0, 0, 0]];
    for (const data of [[6, 0, 0, 1], [5, 0, 5, 0, 0, 1], [0, 2, 0, 9, 1, 0], [5, 0], [0, 4, 0], []]) {
      const bytes = writeBmp({ ...size, bits: 8, compression: 1, palette, data: Uint8Array.from(data) });
      expect((await refusal(() => decode(bytes))).code).toBe('ERR_INPUT_IMAGE');
    }
  });

  it('any change of any byte: a typed error or a picture of the stated size', async () => {
    const files = [
      writeBmp(colour24),
      writeBmp({
        ...size,
        bits: 4,
        palette: Array(16).fill([1, 2, 3]),
        data: storedRows(WIDTH, HEIGHT, 4, (x) => x),
      }),
      writeBmp({
        ...size,
        bits: 8,
        compression: 1,
        palette: [[1, 2, 3]],
        data: Uint8Array.of(5, 0, 0, 3, 0, 0, 0, 0, 0, 1),
      }),
    ];
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...files), fc.nat(80), fc.nat(255), async (file, at, value) => {
        const bytes = Uint8Array.from(file);
        if (at >= bytes.length) return;
        bytes[at] = value;
        if (!isBmp(bytes)) return;
        const result = await decode(bytes).catch((error) => error);
        if (result instanceof Error) expect(result).toBeInstanceOf(InputError);
        else expect(result.data).toHaveLength(result.width * result.height * result.channels);
      }),
      { numRuns: 500 },
    );
  });
});

describe('every variant gives the same pixels', () => {
  const flipped = writeBmp({
    ...colour24,
    height: -HEIGHT,
    data: storedRows(WIDTH, HEIGHT, 24, (x, y) => rgb24(x, HEIGHT - 1 - y)),
  });
  const plain32 = storedRows(WIDTH, HEIGHT, 32, (x, y) => rgb24(x, y) | 0x55000000);
  const swapped = storedRows(
    WIDTH,
    HEIGHT,
    32,
    (x, y) => (blue(x, y) << 16) | (green(x, y) << 8) | red(x, y),
  );
  const indices = storedRows(WIDTH, HEIGHT, 8, (x, y) => y * WIDTH + x);
  const rgb = expectedRgb();
  const palette = Array.from({ length: WIDTH * HEIGHT }, (_, index) => [
    ...rgb.subarray(index * 3, index * 3 + 3),
  ]);

  it.each<[string, Buffer]>([
    ['24 bits', writeBmp(colour24)],
    ['24 bits, rows from the top', flipped],
    ['24 bits, OS/2 1.x', writeBmp({ ...colour24, headerSize: 12 })],
    ['24 bits, OS/2 2.x short', writeBmp({ ...colour24, headerSize: 16 })],
    ['24 bits, OS/2 2.x', writeBmp({ ...colour24, headerSize: 64 })],
    ['24 bits, Windows 4', writeBmp({ ...colour24, headerSize: 108 })],
    ['24 bits, Windows 5', writeBmp({ ...colour24, headerSize: 124 })],
    ['24 bits without the last padding', writeBmp({ ...colour24, data: colour24.data.subarray(0, -1) })],
    ['32 bits, whose fourth byte means nothing', writeBmp({ ...size, bits: 32, data: plain32 })],
    [
      '32 bits with masks in another order',
      writeBmp({ ...size, bits: 32, compression: 3, masks: [0xff, 0xff00, 0xff0000], data: swapped }),
    ],
    ['8 bits with a palette', writeBmp({ ...size, bits: 8, palette, data: indices })],
    [
      '8 bits with a stated palette',
      writeBmp({ ...size, bits: 8, palette, statedColours: 15, data: indices }),
    ],
    ['8 bits, OS/2 1.x', writeBmp({ ...size, bits: 8, headerSize: 12, palette, data: indices })],
    [
      '4 bits',
      writeBmp({ ...size, bits: 4, palette, data: storedRows(WIDTH, HEIGHT, 4, (x, y) => y * WIDTH + x) }),
    ],
    [
      'run lengths of 8 bits',
      writeBmp({
        ...size,
        bits: 8,
        compression: 1,
        palette,
        // A literal run of odd length (padded), single runs, a move, and the rows from the bottom.
        data: Uint8Array.of(
          0,
          5,
          10,
          11,
          12,
          13,
          14,
          0,
          0,
          0,
          1,
          5,
          0,
          4,
          6,
          7,
          8,
          9,
          0,
          0,
          0,
          3,
          0,
          1,
          2,
          0,
          0,
          2,
          0,
          0,
          1,
          3,
          1,
          4,
          0,
          1,
        ),
      }),
    ],
    [
      'run lengths of 4 bits',
      writeBmp({
        ...size,
        bits: 4,
        compression: 2,
        palette,
        data: Uint8Array.of(
          0,
          5,
          0xab,
          0xcd,
          0xe0,
          0,
          0,
          0,
          2,
          0x56,
          0,
          3,
          0x78,
          0x90,
          0,
          0,
          2,
          0x01,
          2,
          0x23,
          1,
          0x40,
          0,
          1,
        ),
      }),
    ],
  ])('%s', async (_, bytes) => {
    expect(isBmp(bytes)).toBe(true);
    expect(await decode(bytes)).toEqual({ ...size, channels: 3, data: rgb });
  });

  it('1 bit', async () => {
    const palette = [
      [9, 8, 7],
      [1, 2, 3],
    ];
    const { data } = await decode(
      writeBmp({ width: 9, height: 2, bits: 1, palette, data: storedRows(9, 2, 1, (x, y) => (x + y) % 2) }),
    );
    expect([...data.subarray(0, 6)]).toEqual([9, 8, 7, 1, 2, 3]);
    expect([...data.subarray(27, 33)]).toEqual([1, 2, 3, 9, 8, 7]);
  });

  it.each<[string, number[] | undefined, number[]]>([
    ['555', undefined, [31, 31, 31]],
    ['565', [0xf800, 0x7e0, 0x1f], [31, 63, 31]],
  ])('16 bits as %s: each channel spread over 0..255', async (_, masks, max) => {
    const stored = (value: number, channel: number): number =>
      Math.round((value / 255) * (max[channel] ?? 0));
    const shift = masks === undefined ? 10 : 11;
    const pixel = (x: number, y: number): number =>
      (stored(red(x, y), 0) << shift) | (stored(green(x, y), 1) << 5) | stored(blue(x, y), 2);
    const form = masks === undefined ? {} : { compression: 3, masks };
    const bytes = writeBmp({ ...size, bits: 16, ...form, data: storedRows(WIDTH, HEIGHT, 16, pixel) });
    const spread = (value: number, c: number): number => Math.round((stored(value, c) * 255) / (max[c] ?? 0));
    expect((await decode(bytes)).data).toEqual(expectedRgb(spread));
  });

  it('10 bits a channel: the high eight', async () => {
    const pixel = (x: number, y: number): number =>
      ((red(x, y) << 22) | (green(x, y) << 12) | (blue(x, y) << 2) | 3) >>> 0;
    const masks = [0x3ff00000, 0xffc00, 0x3ff];
    const data = storedRows(WIDTH, HEIGHT, 32, pixel);
    expect((await decode(writeBmp({ ...size, bits: 32, compression: 3, masks, data }))).data).toEqual(rgb);
  });
});

describe('an alpha mask', () => {
  const file = (alpha: (x: number) => number): Buffer =>
    writeBmp({
      ...size,
      bits: 32,
      compression: 3,
      headerSize: 56,
      masks: [0xff0000, 0xff00, 0xff, 0xff000000],
      data: storedRows(WIDTH, HEIGHT, 32, (x, y) => rgb24(x, y) | (alpha(x) << 24)),
    });

  it('gives RGBA', async () => {
    const { data, channels } = await decode(file((x) => x * 50));
    expect(channels).toBe(4);
    expect([0, 1, 2, 3, 4].map((x) => data[x * 4 + 3])).toEqual([0, 50, 100, 150, 200]);
  });

  it('that is 0 everywhere means nothing', async () => {
    const { data } = await decode(file(() => 0));
    expect(data[3]).toBe(255);
    expect(
      (
        await resizeImage(
          file(() => 0),
          { ...size, resizeMode: 'squash' },
        )
      ).pixels,
    ).toEqual(expectedRgb());
  });
});

describe('in resizeImage()', () => {
  it('a BMP file is a picture like any other', async () => {
    const options = { width: 2, height: 2, resizeMode: 'fit-short' } as const;
    const frame = { ...size, channels: 3, data: expectedRgb() } as const;
    const fromFile = await resizeImage(writeBmp(colour24), options);
    const fromFrame = await resizeImage(frame, options);
    expect(fromFile.pixels).toEqual(fromFrame.pixels);
    expect(fromFile.geometry).toEqual(fromFrame.geometry);
  });
});

describeWithShared('real BMP photos', (sharedDir) => {
  const folder = join(sharedDir, 'models', 'photos');
  for (const name of readdirSync(folder).filter((file) => file.endsWith('.bmp'))) {
    it(`${name}: the size that the header states, rows from the top, red first`, async () => {
      const bytes = readFileSync(join(folder, name));
      const { width, height, data, channels } = await decode(bytes);
      expect([width, height, channels]).toEqual([bytes.readInt32LE(18), bytes.readInt32LE(22), 3]);
      // The file's last row is the picture's first, as B G R.
      const stride = Math.ceil((width * 3) / 4) * 4;
      const first = bytes.readUInt32LE(10) + stride * (height - 1);
      expect([...data.subarray(0, 3)]).toEqual([...bytes.subarray(first, first + 3)].reverse());
    });
  }
});
