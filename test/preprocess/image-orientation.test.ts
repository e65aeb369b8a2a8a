import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { mapBoxToOriginal } from '../../src/preprocess/geometry.js';
import { resizeImage } from '../../src/preprocess/resize-image.js';

/** Corners of the upright picture, clockwise from the top left. */
const CORNERS = ['red', 'green', 'blue', 'white'] as const;
const COLOURS = {
  red: [200, 30, 30],
  green: [30, 200, 30],
  blue: [30, 30, 200],
  white: [230, 230, 230],
} as const;
const [WIDTH, HEIGHT] = [48, 32];

/** Where pixel (x, y) of the upright picture is stored, by the meaning of the EXIF tag. */
const STORED: Readonly<Record<number, (x: number, y: number) => readonly [number, number]>> = {
  1: (x, y) => [x, y],
  2: (x, y) => [WIDTH - 1 - x, y],
  3: (x, y) => [WIDTH - 1 - x, HEIGHT - 1 - y],
  4: (x, y) => [x, HEIGHT - 1 - y],
  5: (x, y) => [y, x],
  6: (x, y) => [y, WIDTH - 1 - x],
  7: (x, y) => [HEIGHT - 1 - y, WIDTH - 1 - x],
  8: (x, y) => [HEIGHT - 1 - y, x],
};

type PixelOf = (x: number, y: number) => readonly number[];

/** A quarter of the picture for each colour. */
const QUARTERS: PixelOf = (x, y) => {
  const right = x >= WIDTH / 2;
  return COLOURS[y < HEIGHT / 2 ? (right ? 'green' : 'red') : right ? 'blue' : 'white'];
};

/** Smooth, and different everywhere. */
const SLOPES: PixelOf = (x, y) => [x * 5, y * 7, 100 + x - y];

async function stored(
  orientation: number,
  format: 'jpeg' | 'png' | 'webp' | 'tiff' | 'avif',
  pixelOf = QUARTERS,
): Promise<Buffer> {
  const [width, height] = orientation >= 5 ? [HEIGHT, WIDTH] : [WIDTH, HEIGHT];
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < HEIGHT; y++) {
    for (let x = 0; x < WIDTH; x++) {
      const [across = 0, down = 0] = STORED[orientation]?.(x, y) ?? [];
      data.set(pixelOf(x, y), (down * width + across) * 3);
    }
  }
  const image = sharp(data, { raw: { width, height, channels: 3 } }).withMetadata({ orientation });
  return image.toFormat(format, format === 'png' ? {} : { quality: 95 }).toBuffer();
}

/** The colour nearest to a pixel, by name. */
function nameAt(pixels: Uint8Array, width: number, x: number, y: number): string {
  const pixel = pixels.subarray((y * width + x) * 3);
  const distance = (name: keyof typeof COLOURS): number =>
    COLOURS[name].reduce((sum, value, channel) => sum + Math.abs(value - (pixel[channel] ?? 0)), 0);
  return CORNERS.reduce((best, name) => (distance(name) < distance(best) ? name : best));
}

function cornersOf({
  pixels,
  width,
  height,
}: {
  pixels: Uint8Array;
  width: number;
  height: number;
}): string[] {
  const [left, top, right, bottom] = [width >> 2, height >> 2, width - (width >> 2), height - (height >> 2)];
  return [
    nameAt(pixels, width, left, top),
    nameAt(pixels, width, right, top),
    nameAt(pixels, width, right, bottom),
    nameAt(pixels, width, left, bottom),
  ];
}

describe.each([1, 2, 3, 4, 5, 6, 7, 8])('orientation %i', (orientation) => {
  const sideways = orientation >= 5;
  const size = { width: 24, height: 16 };

  it('exif: the picture stands upright, and so does its geometry', async () => {
    const bytes = await stored(orientation, 'jpeg');
    const result = await resizeImage(bytes, { ...size, resizeMode: 'squash', orientation: 'exif' });
    expect(cornersOf(result)).toEqual([...CORNERS]);
    expect(result.geometry).toMatchObject({ originalWidth: WIDTH, originalHeight: HEIGHT });
    expect(result.geometry.orientation).toBe(orientation === 1 ? undefined : orientation);
    // The lower right quarter, in pixels of the turned picture.
    expect(mapBoxToOriginal({ x: 0.5, y: 0.5, width: 0.5, height: 0.5 }, result.geometry)).toEqual({
      x: WIDTH / 2,
      y: HEIGHT / 2,
      width: WIDTH / 2,
      height: HEIGHT / 2,
    });
  });

  it('ignore, the default: the raster as it is stored', async () => {
    const bytes = await stored(orientation, 'jpeg');
    const result = await resizeImage(bytes, { ...size, resizeMode: 'squash' });
    const original = sideways
      ? { originalWidth: HEIGHT, originalHeight: WIDTH }
      : { originalWidth: WIDTH, originalHeight: HEIGHT };
    expect(result.geometry).toMatchObject(original);
    expect(result.geometry.orientation).toBeUndefined();
    const plain = await sharp(bytes)
      .resize(24, 16, { fit: 'fill', fastShrinkOnLoad: false })
      .raw()
      .toBuffer();
    expect(Buffer.from(result.pixels).equals(plain)).toBe(true);
    if (orientation > 1) expect(cornersOf(result)).not.toEqual([...CORNERS]);
  });

  it('exif with every resize mode: as the upright picture itself', async () => {
    for (const resizeMode of ['squash', 'fit-short', 'fit-long', 'crop'] as const) {
      const options = { width: 20, height: 20, resizeMode, cropAnchor: 'top-left' } as const;
      const expected = await resizeImage(await stored(1, 'png', SLOPES), options);
      const turned = await stored(orientation, 'png', SLOPES);
      const actual = await resizeImage(turned, { ...options, orientation: 'exif' });
      expect(Buffer.from(actual.pixels).equals(expected.pixels), resizeMode).toBe(true);
      expect({ ...actual.geometry, orientation: undefined }).toEqual(expected.geometry);
    }
  });
});

it.each(['png', 'webp', 'tiff', 'avif'] as const)('%s files carry an orientation too', async (format) => {
  const bytes = await stored(6, format);
  const options = { width: 24, height: 16, resizeMode: 'squash' } as const;
  const turned = await resizeImage(bytes, { ...options, orientation: 'exif' });
  expect(cornersOf(turned)).toEqual([...CORNERS]);
  expect(turned.geometry).toMatchObject({ originalWidth: WIDTH, originalHeight: HEIGHT });
});

it('exif with resize mode none asks for the size of the turned picture', async () => {
  const bytes = await stored(6, 'png');
  const options = { width: WIDTH, height: HEIGHT, resizeMode: 'none' } as const;
  expect(cornersOf(await resizeImage(bytes, { ...options, orientation: 'exif' }))).toEqual([...CORNERS]);
  await expect(resizeImage(bytes, options)).rejects.toMatchObject({ code: 'ERR_INPUT_IMAGE' });
});
