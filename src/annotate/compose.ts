/** The drawing laid over the picture, and the result as a file. */
import sharp, { type OverlayOptions } from 'sharp';
import { overlap, type Rect, type Size } from './placement.js';
import type { Shape } from './shapes.js';

export interface Raster {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
  readonly channels: number;
}

export type AnnotatedFormat = 'png' | 'jpeg';

/** Side of the pieces in which the overlay is drawn: it bounds memory, and librsvg refuses more than 32767 pixels. */
const TILE = 4096;

/** @returns the encoded picture, of the raster's own size */
export async function compose(
  raster: Raster,
  shapes: readonly Shape[],
  format: AnnotatedFormat,
): Promise<Buffer> {
  const { data, width, height, channels } = raster;
  const raw = { width, height, channels: channels === 1 ? 1 : 3 } as const;
  const image = sharp(data, { raw, limitInputPixels: false })
    .toColourspace('srgb')
    .composite(overlays(shapes, raster));
  // Full chroma resolution: thin coloured lines would smear without it.
  if (format === 'jpeg') {
    return image.flatten({ background: '#fff' }).jpeg({ quality: 92, chromaSubsampling: '4:4:4' }).toBuffer();
  }
  return image.png({ compressionLevel: 6 }).toBuffer();
}

function overlays(shapes: readonly Shape[], picture: Size): OverlayOptions[] {
  return tiles(picture).flatMap((tile) => {
    const inside = shapes.filter(({ bounds }) => overlap(bounds, tile) > 0);
    if (inside.length === 0) return [];
    const { x, y, width, height } = tile;
    const svg =
      `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" ` +
      `viewBox="${x} ${y} ${width} ${height}">${inside.map((shape) => shape.svg).join('')}</svg>`;
    return [{ input: Buffer.from(svg), left: x, top: y, limitInputPixels: false, unlimited: true }];
  });
}

function tiles({ width, height }: Size): Rect[] {
  const result: Rect[] = [];
  for (let y = 0; y < height; y += TILE) {
    for (let x = 0; x < width; x += TILE) {
      result.push({ x, y, width: Math.min(TILE, width - x), height: Math.min(TILE, height - y) });
    }
  }
  return result;
}
