import fc from 'fast-check';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { readImageHeader } from '../../src/preprocess/image-header.js';

/** A picture of this size with EXIF data, an ICC profile, and so with segments before its frame header. */
function picture(width: number, height: number) {
  return sharp({ create: { width, height, channels: 3, background: '#123' } }).withMetadata({
    orientation: 6,
  });
}

describe('the header of a picture', () => {
  it.each([
    ['JPEG', () => picture(33, 21).jpeg()],
    ['progressive JPEG', () => picture(33, 21).jpeg({ progressive: true })],
    ['gray JPEG', () => picture(33, 21).grayscale().jpeg()],
    ['CMYK JPEG', () => picture(33, 21).toColourspace('cmyk').jpeg()],
    ['PNG', () => picture(33, 21).png()],
    ['PNG with a palette', () => picture(33, 21).png({ palette: true })],
    ['interlaced PNG', () => picture(33, 21).png({ progressive: true })],
  ])('of a %s states its size', async (name, make) => {
    const bytes = await make().toBuffer();
    expect(readImageHeader(bytes)).toMatchObject({
      format: name.includes('JPEG') ? 'jpeg' : 'png',
      width: 33,
      height: 21,
    });
  });

  it('of a PNG of 16 bits states that', async () => {
    const bytes = await picture(5, 4).toColourspace('rgb16').png().toBuffer();
    expect(readImageHeader(bytes)).toEqual({ format: 'png', width: 5, height: 4, bitsPerSample: 16 });
  });

  it('of other formats is left to the decoder', async () => {
    for (const format of ['webp', 'gif', 'tiff', 'avif'] as const) {
      expect(readImageHeader(await picture(8, 8).toFormat(format).toBuffer())).toBeUndefined();
    }
    expect(readImageHeader(new Uint8Array())).toBeUndefined();
  });

  it('that is cut off is left to the decoder, wherever it is cut', async () => {
    for (const bytes of [await picture(9, 7).jpeg().toBuffer(), await picture(9, 7).png().toBuffer()]) {
      for (let length = 0; length < Math.min(bytes.length, 1000); length++) {
        const header = readImageHeader(bytes.subarray(0, length));
        if (header !== undefined) expect(header).toMatchObject({ width: 9, height: 7 });
      }
    }
  });

  it('with any bytes in it is read or not, but never breaks', async () => {
    const jpeg = await picture(9, 7).jpeg().toBuffer();
    fc.assert(
      fc.property(fc.nat(jpeg.length - 1), fc.uint8Array({ minLength: 1, maxLength: 8 }), (at, bytes) => {
        const changed = Uint8Array.from(jpeg);
        changed.set(bytes.subarray(0, changed.length - at), at);
        const header = readImageHeader(changed);
        expect(header === undefined || (header.width > 0 && header.height > 0)).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });
});
