/** What a picture is before anything is done to it. */
import sharp from 'sharp';
import { isBmp, readBmpHeader } from './bmp-header.js';
import type { FrameLayout } from './frame-format.js';
import { imageError } from './image-error.js';
import type { EncodedImage, ImageSource } from './image-source.js';
import { readImageSource } from './image-source.js';
import type { InputLimits } from './input-limits.js';
import { normalizeLimits } from './input-limits.js';

export type ImageFacts = FileFacts | FrameFacts;

/** An encoded image, by its header. */
export interface FileFacts {
  readonly kind: 'file';
  /** `jpeg`, `png`, `webp`, `gif`, `tiff`, `heif` (AVIF), `svg`, `bmp` */
  readonly format: string;
  readonly bytes: number;
  /** Pixels as stored, before any turning. */
  readonly width: number;
  readonly height: number;
  /** Samples of a pixel, alpha among them; bits of each. */
  readonly channels: number;
  readonly bitsPerSample: number;
  /** `srgb`, `b-w`, `cmyk`, ... */
  readonly colourSpace: string;
  readonly alpha: boolean;
  /** A colour profile is embedded. */
  readonly profile: boolean;
  /** EXIF orientation, 1..8, where one is stored. */
  readonly orientation?: number;
  /** Frames of an animation, pages of a document. */
  readonly pages: number;
}

export interface FrameFacts {
  readonly kind: 'frame';
  readonly format: FrameLayout;
  readonly width: number;
  readonly height: number;
  readonly stride: number;
}

/** @throws as `resizeImage()` */
export async function imageFacts(source: ImageSource, limits: InputLimits = {}): Promise<ImageFacts> {
  const image = await readImageSource(source, normalizeLimits(limits, 'limits'));
  if (image.kind === 'raw') {
    const { format, width, height, stride } = image.frame;
    return { kind: 'frame', format, width, height, stride };
  }
  return isBmp(image.bytes) ? bmpFacts(image) : fileFacts(image);
}

const BITS: Readonly<Record<string, number>> = {
  uchar: 8,
  char: 8,
  ushort: 16,
  short: 16,
  uint: 32,
  int: 32,
  float: 32,
};

async function fileFacts(image: EncodedImage): Promise<FileFacts> {
  try {
    const found = await sharp(image.bytes, { limitInputPixels: image.maxPixels }).metadata();
    return {
      kind: 'file',
      format: found.format,
      bytes: image.bytes.length,
      width: found.width,
      height: found.height,
      channels: found.channels,
      bitsPerSample: BITS[found.depth] ?? 8,
      colourSpace: found.space,
      alpha: found.hasAlpha,
      profile: found.hasProfile,
      ...(found.orientation !== undefined && { orientation: found.orientation }),
      pages: found.pages ?? 1,
    };
  } catch (cause) {
    throw imageError(cause, image);
  }
}

function bmpFacts(image: EncodedImage): FileFacts {
  const { width, height, masks } = readBmpHeader(image);
  const alpha = masks.alpha !== 0;
  return {
    kind: 'file',
    format: 'bmp',
    bytes: image.bytes.length,
    width,
    height,
    channels: alpha ? 4 : 3,
    bitsPerSample: 8,
    colourSpace: 'srgb',
    alpha,
    profile: false,
    pages: 1,
  };
}
