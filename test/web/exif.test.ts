import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { asStored } from '../../src/web/exif.js';

async function jpeg(orientation?: number): Promise<Uint8Array<ArrayBuffer>> {
  const image = sharp({ create: { width: 4, height: 2, channels: 3, background: '#f00' } }).jpeg();
  return Uint8Array.from(
    await (orientation === undefined ? image : image.withMetadata({ orientation })).toBuffer(),
  );
}

describe('the EXIF orientation of a picture', () => {
  it.each([2, 3, 6, 8])('%i is found, and taken out of the copy', async (orientation) => {
    const bytes = await jpeg(orientation);
    const before = bytes.slice();
    const stored = asStored(bytes);
    expect(stored.orientation).toBe(orientation);
    expect((await sharp(stored.bytes).metadata()).orientation).toBe(1);
    expect(bytes).toEqual(before);
  });

  it('that is upright leaves the bytes as they are', async () => {
    const bytes = await jpeg(1);
    expect(asStored(bytes)).toEqual({ bytes, orientation: 1 });
    expect(asStored(bytes).bytes).toBe(bytes);
  });

  it('is upright where there is none', async () => {
    const png = Uint8Array.from(
      await sharp(await jpeg())
        .png()
        .toBuffer(),
    );
    for (const bytes of [await jpeg(), png, new Uint8Array(), Uint8Array.of(0xff, 0xd8, 0xff)]) {
      expect(asStored(bytes)).toEqual({ bytes, orientation: 1 });
    }
  });

  it('is read within the file, wherever that is cut off', async () => {
    const bytes = await jpeg(6);
    for (let length = 0; length < bytes.length; length++) {
      expect([1, 6]).toContain(asStored(bytes.slice(0, length)).orientation);
    }
  });
});
