import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { CROP_ANCHORS } from '../../src/deployment/impulse.js';
import type { RawFrame } from '../../src/preprocess/image-source.js';
import { resizeImage } from '../../src/preprocess/resize-image.js';
import { refusal } from './refusal.js';

type Colour = readonly [number, number, number];
const RED: Colour = [200, 60, 40];

function plain(width: number, height: number, [r, g, b]: Colour = RED) {
  return sharp({ create: { width, height, channels: 3, background: { r, g, b } } });
}

const to = (width: number, height: number) => ({ width, height, resizeMode: 'squash' }) as const;

function everyPixel(pixels: Uint8Array): Set<string> {
  const colours = new Set<string>();
  for (let at = 0; at < pixels.length; at += 3) colours.add(pixels.subarray(at, at + 3).join(' '));
  return colours;
}

describe('every kind of picture becomes RGB', () => {
  it.each([
    ['png', {}],
    ['webp', { lossless: true }],
    ['gif', {}],
    ['tiff', { compression: 'lzw' }],
    ['avif', { lossless: true }],
  ] as const)('a lossless %s', async (format, options) => {
    const bytes = await plain(20, 10).toFormat(format, options).toBuffer();
    const { pixels, geometry } = await resizeImage(bytes, to(5, 5));
    expect(geometry).toMatchObject({ originalWidth: 20, originalHeight: 10, inputWidth: 5, inputHeight: 5 });
    const [colour = ''] = everyPixel(pixels);
    const distance = Math.max(
      ...colour.split(' ').map((value, c) => Math.abs(Number(value) - (RED[c] ?? 0))),
    );
    expect(everyPixel(pixels).size).toBe(1);
    expect(distance).toBeLessThanOrEqual(format === 'avif' ? 2 : 0);
  });

  it('the same from a path, a Buffer and a Uint8Array that is a part of a larger one', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'impulse-kinds-'));
    const bytes = await plain(20, 10).jpeg().toBuffer();
    const path = join(folder, 'picture.jpg');
    writeFileSync(path, bytes);
    const larger = new Uint8Array(bytes.length + 20);
    larger.set(bytes, 7);
    const fromPath = await resizeImage(path, to(8, 8));
    rmSync(folder, { recursive: true });
    expect((await resizeImage(bytes, to(8, 8))).pixels).toEqual(fromPath.pixels);
    expect((await resizeImage(larger.subarray(7, 7 + bytes.length), to(8, 8))).pixels).toEqual(
      fromPath.pixels,
    );
  });

  it('a picture of one pixel', async () => {
    const { pixels } = await resizeImage(await plain(1, 1).png().toBuffer(), to(96, 96));
    expect(everyPixel(pixels)).toEqual(new Set(['200 60 40']));
  });

  it('a CMYK JPEG, as sRGB', async () => {
    const cmyk = await plain(20, 10).toColourspace('cmyk').jpeg({ quality: 95 }).toBuffer();
    expect((await sharp(cmyk).metadata()).space).toBe('cmyk');
    const { pixels } = await resizeImage(cmyk, to(8, 8));
    // The way through CMYK loses colour; an image read as if it were RGB or inverted would be far off.
    const distances = RED.map((value, c) => Math.abs(value - (pixels[c] ?? Infinity)));
    expect(Math.max(...distances)).toBeLessThan(40);
  });

  it('a 16-bit PNG: its high bytes', async () => {
    const samples = Uint16Array.from(
      { length: 20 * 10 * 3 },
      (_, index) => (RED[index % 3] ?? 0) * 256 + 128,
    );
    const raw = { width: 20, height: 10, channels: 3 } as const;
    const deep = await sharp(samples, { raw }).toColourspace('rgb16').png().toBuffer();
    expect((await sharp(deep).metadata()).depth).toBe('ushort');
    expect(everyPixel((await resizeImage(deep, to(8, 8))).pixels)).toEqual(new Set(['200 60 40']));
  });

  it('an animation: its first frame', async () => {
    const frames = await Promise.all(
      ([RED, [0, 0, 255]] as const).map((colour) => plain(8, 6, colour).png().toBuffer()),
    );
    for (const format of ['gif', 'webp'] as const) {
      const moving = sharp(frames, { join: { animated: true } });
      const bytes = await moving.toFormat(format, { lossless: true }).toBuffer();
      expect((await sharp(bytes).metadata()).pages).toBe(2);
      const { pixels, geometry } = await resizeImage(bytes, to(4, 4));
      expect(geometry).toMatchObject({ originalWidth: 8, originalHeight: 6 });
      expect(everyPixel(pixels)).toEqual(new Set(['200 60 40']));
    }
  });

  it('an embedded colour profile is applied', async () => {
    const bytes = await plain(8, 8).withIccProfile('p3').png().toBuffer();
    const stored = await sharp(bytes, { ignoreIcc: true }).raw().toBuffer();
    expect([...stored.subarray(0, 3)]).not.toEqual([...RED]);
    const { pixels } = await resizeImage(bytes, to(8, 8));
    const distances = RED.map((value, c) => Math.abs(value - (pixels[c] ?? Infinity)));
    expect(Math.max(...distances)).toBeLessThanOrEqual(2);
  });

  it('an EXIF orientation is ignored, or followed on request', async () => {
    const turned = await plain(20, 10).withMetadata({ orientation: 6 }).jpeg().toBuffer();
    expect((await resizeImage(turned, to(8, 8))).geometry).toMatchObject({
      originalWidth: 20,
      originalHeight: 10,
    });
    const followed = await resizeImage(turned, { ...to(8, 8), orientation: 'exif' });
    expect(followed.geometry).toMatchObject({ originalWidth: 10, originalHeight: 20 });
  });
});

describe('alpha is dropped, not composited', () => {
  // One transparent green pixel among opaque red ones.
  const data = new Uint8Array(4 * 4 * 4);
  for (let at = 0; at < data.length; at += 4) data.set([200, 60, 40, 255], at);
  data.set([0, 255, 0, 0], 0);
  const frame: RawFrame = { data, width: 4, height: 4, channels: 4 };

  it('without a resize the hidden colour survives', async () => {
    const png = await sharp(data, { raw: { width: 4, height: 4, channels: 4 } })
      .png()
      .toBuffer();
    for (const source of [frame, png]) {
      const { pixels } = await resizeImage(source, to(4, 4));
      expect([...pixels.subarray(0, 6)]).toEqual([0, 255, 0, 200, 60, 40]);
    }
  });

  it('with a resize the hidden colour does not bleed into its neighbours', async () => {
    const { pixels } = await resizeImage(frame, to(2, 2));
    for (let at = 0; at < pixels.length; at += 3) expect(pixels[at + 1]).toBeLessThan(70);
  });
});

describe('a raw frame that already has the size', () => {
  it('costs nothing: RGB is the same memory', async () => {
    const data = new Uint8Array(4 * 4 * 3).map((_, index) => index);
    const { pixels, timing } = await resizeImage({ data, width: 4, height: 4, channels: 3 }, to(4, 4));
    expect(pixels).toEqual(data);
    expect(pixels.buffer).toBe(data.buffer);
    expect(timing).toEqual({ decodeMs: 0, resizeMs: 0 });
  });

  it('may be clamped bytes, part of a larger buffer, or shared memory', async () => {
    const shared = new Uint8Array(new SharedArrayBuffer(64), 10, 12).fill(7);
    const clamped = new Uint8ClampedArray(new ArrayBuffer(64), 10, 12).fill(7);
    for (const data of [shared, clamped]) {
      const frame = { data, width: 2, height: 2, channels: 3 } as const;
      expect([...(await resizeImage(frame, to(2, 2))).pixels]).toEqual(Array(12).fill(7));
      expect([...(await resizeImage(frame, to(3, 1))).pixels]).toEqual(Array(9).fill(7));
    }
  });

  it.each([
    [1, [10, 20], [10, 10, 10, 20, 20, 20]],
    [2, [10, 0, 20, 255], [10, 10, 10, 20, 20, 20]],
    [4, [1, 2, 3, 0, 4, 5, 6, 255], [1, 2, 3, 4, 5, 6]],
  ] as const)('of %i channels becomes RGB without resampling', async (channels, samples, expected) => {
    const { pixels } = await resizeImage(
      { data: Uint8Array.from(samples), width: 2, height: 1, channels },
      to(2, 1),
    );
    expect([...pixels]).toEqual(expected);
  });
});

describe('resize modes', () => {
  /** Every pixel tells its place: R = x, G = y. */
  function chart(width: number, height: number): RawFrame {
    const data = new Uint8Array(width * height * 3);
    for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) data.set([x, y, 9], (y * width + x) * 3);
    return { data, width, height, channels: 3 };
  }

  it.each(CROP_ANCHORS)('crop keeps the part at %s', async (cropAnchor) => {
    const [vertical, horizontal] = cropAnchor.split('-');
    const left = { left: 0, center: 2, right: 4 }[horizontal ?? ''];
    const top = { top: 0, middle: 2, bottom: 4 }[vertical ?? ''];
    const options = { width: 6, height: 6, resizeMode: 'crop', cropAnchor } as const;
    const wide = await resizeImage(chart(10, 6), options);
    expect([...wide.pixels.subarray(0, 3)]).toEqual([left, 0, 9]);
    expect(wide.geometry).toMatchObject({ mode: 'crop', cropAnchor });
    const tall = await resizeImage(chart(6, 10), options);
    expect([...tall.pixels.subarray(0, 3)]).toEqual([0, top, 9]);
  });

  it('crop without an anchor is fit-short', async () => {
    const size = { width: 6, height: 6 };
    const crop = await resizeImage(chart(31, 17), { ...size, resizeMode: 'crop' });
    const short = await resizeImage(chart(31, 17), { ...size, resizeMode: 'fit-short' });
    expect(crop.pixels).toEqual(short.pixels);
    expect(crop.geometry.cropAnchor).toBe('middle-center');
  });

  it('fit-long pads with black, the odd pixel at the end', async () => {
    const white: RawFrame = { data: new Uint8Array(4 * 3 * 3).fill(255), width: 4, height: 3, channels: 3 };
    const { pixels } = await resizeImage(white, { width: 4, height: 4, resizeMode: 'fit-long' });
    expect([0, 1, 2, 3].map((row) => pixels[row * 12])).toEqual([255, 255, 255, 0]);
  });

  it('none takes a picture of the right size, and says what to do with another', async () => {
    const options = { width: 6, height: 6, resizeMode: 'none' } as const;
    const right = await plain(6, 6).png().toBuffer();
    expect(everyPixel((await resizeImage(right, options)).pixels)).toEqual(new Set(['200 60 40']));
    for (const wrong of [chart(6, 7), await plain(6, 7).png().toBuffer()]) {
      const error = await refusal(() => resizeImage(wrong, options));
      expect(error.code).toBe('ERR_INPUT_IMAGE');
      expect(error.message).toContain('6x7');
      expect(error.message).toContain('6x6');
      expect(error.message).toContain("resizeMode: 'squash'");
    }
  });

  it("a deployment's image input can be passed as the options", async () => {
    const input = {
      inputType: 'image',
      width: 3,
      height: 3,
      channels: 'Grayscale',
      resizeMode: 'crop',
      cropAnchor: 'top-left',
    } as const;
    expect((await resizeImage(chart(6, 6), input)).pixels).toHaveLength(27);
  });
});
