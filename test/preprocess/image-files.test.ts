import { crc32, deflateSync } from 'node:zlib';
import sharp, { type Sharp, type Metadata as SharpMetadata } from 'sharp';
import { describe, expect, it } from 'vitest';
import { resizeImage } from '../../src/preprocess/resize-image.js';
import { difference } from './golden.js';
import { refusal } from './refusal.js';

const [WIDTH, HEIGHT] = [19, 13];
const OWN_SIZE = { width: WIDTH, height: HEIGHT, resizeMode: 'squash' } as const;

type Pixel = readonly number[];

/** Sixty colours, far from one another, and a gray of its own for each pixel. */
const colour = (x: number, y: number): Pixel => [(x % 5) * 60, (y % 4) * 80, ((x + y) % 3) * 120];
const gray = (x: number, y: number): number => x * 13 + y;
const alpha = (x: number, y: number): number => ((x + y) % 4) * 85;

/** Interleaved samples of the whole picture. */
function samples(pixelOf: (x: number, y: number) => Pixel, width = WIDTH, height = HEIGHT): number[] {
  const rows = Array.from({ length: height }, (_, y) => y);
  return rows.flatMap((y) => Array.from({ length: width }, (_, x) => [...pixelOf(x, y)]).flat());
}

const COLOURS = Uint8Array.from(samples(colour));
const GRAYS = Uint8Array.from(samples((x, y) => [gray(x, y), gray(x, y), gray(x, y)]));

function image(channels: 1 | 2 | 3 | 4, data: Uint8Array | Uint16Array): Sharp {
  return sharp(data, { raw: { width: WIDTH, height: HEIGHT, channels } });
}

const rgb = (): Sharp => image(3, COLOURS);
const rgba = (): Sharp => image(4, Uint8Array.from(samples((x, y) => [...colour(x, y), alpha(x, y)])));
const gray8 = (): Sharp => image(1, Uint8Array.from(samples((x, y) => [gray(x, y)]))).toColourspace('b-w');
const grayAlpha = (): Sharp =>
  image(2, Uint8Array.from(samples((x, y) => [gray(x, y), alpha(x, y)]))).toColourspace('b-w');

/** 16 bits a sample: the high byte is the picture, the low one noise. */
function deep(channels: 1 | 2 | 3 | 4, pixelOf: (x: number, y: number) => Pixel): Sharp {
  const values = samples(pixelOf).map((value, index) => value * 256 + ((index * 37) % 256));
  return image(channels, Uint16Array.from(values)).toColourspace(channels < 3 ? 'grey16' : 'rgb16');
}

const deepRgb = (): Sharp => deep(3, colour);
const deepRgba = (): Sharp => deep(4, (x, y) => [...colour(x, y), alpha(x, y)]);
const deepGray = (): Sharp => deep(1, (x, y) => [gray(x, y)]);

type Metadata = Partial<SharpMetadata>;

/** What is written, what the file then must be, and the pixels that must come of it at its own size. */
const LOSSLESS: readonly (readonly [string, () => Sharp, Metadata, Uint8Array])[] = [
  ['PNG', () => rgb().png(), { format: 'png', depth: 'uchar', channels: 3 }, COLOURS],
  ['PNG, interlaced', () => rgb().png({ progressive: true }), { isProgressive: true }, COLOURS],
  ['PNG with alpha', () => rgba().png(), { channels: 4, hasAlpha: true }, COLOURS],
  ['PNG, gray', () => gray8().png(), { channels: 1, space: 'b-w' }, GRAYS],
  ['PNG, gray and alpha', () => grayAlpha().png(), { channels: 2, hasAlpha: true }, GRAYS],
  ['PNG, palette', () => rgb().png({ palette: true, dither: 0 }), { isPalette: true }, COLOURS],
  ['PNG, 16 bits', () => deepRgb().png(), { depth: 'ushort', channels: 3 }, COLOURS],
  ['PNG, 16 bits and alpha', () => deepRgba().png(), { depth: 'ushort', channels: 4 }, COLOURS],
  ['PNG, 16 bits, gray', () => deepGray().png(), { depth: 'ushort', channels: 1 }, GRAYS],
  ['WebP, lossless', () => rgb().webp({ lossless: true }), { format: 'webp', channels: 3 }, COLOURS],
  [
    'WebP, lossless with alpha',
    () => rgba().webp({ lossless: true, exact: true }),
    { format: 'webp', hasAlpha: true },
    COLOURS,
  ],
  ['TIFF', () => rgb().tiff({ compression: 'none' }), { format: 'tiff', channels: 3 }, COLOURS],
  [
    'TIFF, deflate, tiles',
    () => rgb().tiff({ compression: 'deflate', tile: true }),
    { format: 'tiff' },
    COLOURS,
  ],
  ['TIFF, LZW and alpha', () => rgba().tiff({ compression: 'lzw' }), { hasAlpha: true }, COLOURS],
  ['TIFF, gray', () => gray8().tiff({ compression: 'lzw' }), { channels: 1 }, GRAYS],
  ['TIFF, 16 bits', () => deepRgb().tiff({ compression: 'none' }), { depth: 'ushort', channels: 3 }, COLOURS],
  ['TIFF, 16 bits, gray', () => deepGray().tiff({ compression: 'none' }), { depth: 'ushort' }, GRAYS],
  ['GIF', () => rgb().gif({ dither: 0 }), { format: 'gif' }, COLOURS],
];

describe.each(LOSSLESS)('%s', (_, write, metadata, expected) => {
  it('keeps its pixels', async () => {
    const bytes = await write().toBuffer();
    expect(await sharp(bytes).metadata()).toMatchObject(metadata);
    const { pixels, geometry } = await resizeImage(bytes, OWN_SIZE);
    expect(difference(pixels, expected)).toMatchObject({ largest: 0 });
    expect(geometry).toMatchObject({ originalWidth: WIDTH, originalHeight: HEIGHT });
  });
});

/** A picture without hard edges, which a lossy format keeps well. */
const SMOOTH = Uint8Array.from(samples((x, y) => [60 + x * 6, 200 - y * 8, 90 + x * 2 + y * 3], 32, 24));
const smooth = (): Sharp => sharp(SMOOTH, { raw: { width: 32, height: 24, channels: 3 } });
const smoothGray = (): Sharp =>
  sharp(
    SMOOTH.filter((_, index) => index % 3 === 0),
    { raw: { width: 32, height: 24, channels: 1 } },
  ).toColourspace('b-w');
const SMOOTH_GRAY = SMOOTH.map((_, index) => SMOOTH[Math.floor(index / 3) * 3] ?? 0);

const LOSSY: readonly (readonly [string, () => Sharp, Metadata, Uint8Array])[] = [
  ['JPEG, baseline', () => smooth().jpeg({ quality: 95 }), { format: 'jpeg', isProgressive: false }, SMOOTH],
  [
    'JPEG, progressive',
    () => smooth().jpeg({ quality: 95, progressive: true }),
    { isProgressive: true },
    SMOOTH,
  ],
  [
    'JPEG, 4:4:4',
    () => smooth().jpeg({ quality: 95, chromaSubsampling: '4:4:4' }),
    { chromaSubsampling: '4:4:4' },
    SMOOTH,
  ],
  ['JPEG, gray', () => smoothGray().jpeg({ quality: 95 }), { channels: 1 }, SMOOTH_GRAY],
  [
    'JPEG with a colour profile',
    () => smooth().withIccProfile('p3').jpeg({ quality: 95 }),
    { hasProfile: true },
    SMOOTH,
  ],
  ['WebP, lossy', () => smooth().webp({ quality: 95 }), { format: 'webp' }, SMOOTH],
  [
    'WebP, lossy with alpha',
    () => smooth().ensureAlpha(0.5).webp({ quality: 95 }),
    { hasAlpha: true },
    SMOOTH,
  ],
  ['AVIF', () => smooth().avif({ quality: 90 }), { format: 'heif', compression: 'av1' }, SMOOTH],
  ['AVIF with alpha', () => smooth().ensureAlpha(0.5).avif({ quality: 90 }), { hasAlpha: true }, SMOOTH],
  ['AVIF, 10 bits', () => smooth().avif({ quality: 90, bitdepth: 10 }), { format: 'heif' }, SMOOTH],
];

describe.each(LOSSY)('%s', (_, write, metadata, expected) => {
  it('keeps its pixels, but for what the format loses', async () => {
    const bytes = await write().toBuffer();
    expect(await sharp(bytes).metadata()).toMatchObject(metadata);
    const { pixels } = await resizeImage(bytes, { width: 32, height: 24, resizeMode: 'none' });
    const { largest, mean } = difference(pixels, expected);
    expect(mean).toBeLessThan(2.5);
    expect(largest).toBeLessThan(16);
  });
});

describe('of several pictures in one file the first counts', () => {
  const pages = (): Promise<Buffer[]> =>
    Promise.all([rgb(), rgb().negate(), rgb().flip()].map((page) => page.png().toBuffer()));

  it.each([
    ['gif', { dither: 0 }],
    ['webp', { lossless: true }],
    ['tiff', { compression: 'deflate' }],
  ] as const)('%s', async (format, options) => {
    const bytes = await sharp(await pages(), { join: { animated: true } })
      .toFormat(format, options)
      .toBuffer();
    expect((await sharp(bytes).metadata()).pages).toBe(3);
    const { pixels, geometry } = await resizeImage(bytes, OWN_SIZE);
    expect(difference(pixels, COLOURS)).toMatchObject({ largest: 0 });
    expect(geometry).toMatchObject({ originalWidth: WIDTH, originalHeight: HEIGHT });
  });

  it('the default image of an animated PNG', async () => {
    const still = await rgb().png().toBuffer();
    const control = Buffer.alloc(16);
    control.write('acTL', 4, 'latin1');
    control.writeUInt32BE(8, 0);
    control.writeUInt32BE(2, 8);
    const crc = Buffer.alloc(4);
    crc.writeUInt32BE(crc32(control.subarray(4)));
    const bytes = Buffer.concat([still.subarray(0, 33), control, crc, still.subarray(33)]);
    expect((await resizeImage(bytes, OWN_SIZE)).pixels).toEqual(COLOURS);
  });
});

/** PNG of 1, 2 and 4 bits, which sharp does not write as asked: rows packed by hand. */
function packedPng(bits: 1 | 2 | 4, palette: readonly Pixel[] | undefined): Buffer {
  const chunk = (type: string, data: Uint8Array): Buffer => {
    const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
    const [length, crc] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(data.length);
    crc.writeUInt32BE(crc32(body));
    return Buffer.concat([length, body, crc]);
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(WIDTH, 0);
  header.writeUInt32BE(HEIGHT, 4);
  header.set([bits, palette === undefined ? 0 : 3, 0, 0, 0], 8);
  const rows = Array.from({ length: HEIGHT }, (_, y) => {
    const row = new Uint8Array(1 + Math.ceil((WIDTH * bits) / 8));
    for (let x = 0; x < WIDTH; x++) {
      const at = x * bits;
      row[1 + (at >> 3)]! |= indexAt(x, y, bits) << (8 - bits - (at & 7));
    }
    return row;
  });
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10]),
    chunk('IHDR', header),
    ...(palette === undefined ? [] : [chunk('PLTE', Uint8Array.from(palette.flat()))]),
    chunk('IDAT', deflateSync(Buffer.concat(rows))),
    chunk('IEND', new Uint8Array(0)),
  ]);
}

const indexAt = (x: number, y: number, bits: number): number => (x * 3 + y * 5) % 2 ** bits;

it.each([1, 2, 4] as const)('PNG of %i bits, gray and with a palette', async (bits) => {
  const palette = Array.from({ length: 2 ** bits }, (_, index) => [index * 15, 255 - index * 9, index * 3]);
  const coloured = await resizeImage(packedPng(bits, palette), OWN_SIZE);
  expect([...coloured.pixels]).toEqual(samples((x, y) => palette[indexAt(x, y, bits)] ?? []));
  const plain = await resizeImage(packedPng(bits, undefined), OWN_SIZE);
  expect([...plain.pixels]).toEqual(
    samples((x, y) => Array(3).fill((indexAt(x, y, bits) * 255) / (2 ** bits - 1))),
  );
});

describe('SVG', () => {
  const svg = (attributes: string): Buffer =>
    Buffer.from(
      `<svg xmlns="http://www.w3.org/2000/svg" ${attributes}>` +
        '<rect width="20" height="10" fill="rgb(200,60,40)"/><rect x="10" width="10" height="10" fill="rgb(0,0,255)"/></svg>',
    );

  it('is drawn in its own size, then resized', async () => {
    const options = { width: 20, height: 10, resizeMode: 'squash' } as const;
    const { pixels, geometry } = await resizeImage(svg('width="20" height="10"'), options);
    expect(geometry).toMatchObject({ originalWidth: 20, originalHeight: 10 });
    expect([...pixels.subarray(0, 3), ...pixels.subarray(57, 60)]).toEqual([200, 60, 40, 0, 0, 255]);
  });

  it('of a viewBox alone has the size of that', async () => {
    const options = { width: 5, height: 5, resizeMode: 'squash' } as const;
    expect((await resizeImage(svg('viewBox="0 0 20 10"'), options)).geometry).toMatchObject({
      originalWidth: 20,
      originalHeight: 10,
    });
  });
});

describe('pictures that nothing here can decode are refused by name', () => {
  it.each([
    ['HEIC of a telephone', Buffer.from('\0\0\0\x18ftypheic\0\0\0\0mif1heic', 'latin1'), 'HEIC'],
    ['JPEG XL', Buffer.from([0xff, 0x0a, 0xfa, 0x7f, 0x01, 0x90]), 'JPEG XL'],
    ['JPEG 2000', Buffer.from('\0\0\0\x0cjP  \r\n\x87\n\0\0\0\x14ftypjp2 ', 'latin1'), 'JPEG 2000'],
    ['a PDF', Buffer.from('%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj', 'latin1'), 'PDF'],
    ['a video', Buffer.from('\0\0\0\x20ftypisom\0\0\x02\0isomiso2', 'latin1'), 'video'],
    ['a zip', Buffer.from('PK\x03\x04\x14\0\0\0\x08\0', 'latin1'), 'zip'],
  ])('%s', async (_, bytes, name) => {
    const error = await refusal(() => resizeImage(bytes, OWN_SIZE));
    expect(error.code).toBe('ERR_INPUT_IMAGE');
    expect(error.message).toContain(name);
    expect(error.message).toContain('Convert it to one of these');
  });
});
