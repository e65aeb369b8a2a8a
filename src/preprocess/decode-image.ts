/** Encoded pictures through libvips: decoded, or decoded and resized in its one pass. */
import type { Sharp } from 'sharp';
import sharp from 'sharp';
import type { CropAnchor } from '../deployment/impulse.js';
import type { Frame } from './frame-format.js';
import { type ImageHeader, readImageHeader } from './image-header.js';
import type { EncodedImage } from './image-source.js';
import { checkPixelCount } from './input-limits.js';
import type { OriginalSize, ResizeTarget } from './resize-options.js';

/** An encoded picture whose header was read. */
export interface OpenImage {
  readonly input: Sharp;
  /** As it will be seen: turned, if it is to be turned. */
  readonly size: OriginalSize;
  /** What only libvips can do on the way: shrink while decoding, keep more than 8 bits until after the resize. */
  readonly decodesBetterInOnePass: boolean;
}

/**
 * @throws {InputError} `ERR_INPUT_LIMIT`; what sharp throws
 */
export async function openImage(image: EncodedImage, target: ResizeTarget): Promise<OpenImage> {
  const input = sharp(image.bytes, {
    limitInputPixels: image.maxPixels,
    autoOrient: target.orientation === 'exif',
  });
  // An orientation stands in EXIF data, which libvips reads.
  const header = target.orientation === 'ignore' ? readImageHeader(image.bytes) : undefined;
  return header === undefined
    ? openByMetadata(image, input, target)
    : openByHeader(image, input, header, target);
}

function openByHeader(
  image: EncodedImage,
  input: Sharp,
  { format, width, height, bitsPerSample }: ImageHeader,
  target: ResizeTarget,
): OpenImage {
  checkPixelCount(width, height, `The image ${image.name}`, image.maxPixels);
  const size = { width, height };
  return { input, size, decodesBetterInOnePass: inOnePass(size, format, bitsPerSample > 8, target) };
}

async function openByMetadata(image: EncodedImage, input: Sharp, target: ResizeTarget): Promise<OpenImage> {
  const stored = await input.metadata();
  const autoOrient = target.orientation === 'exif';
  const { width, height } = autoOrient ? stored.autoOrient : stored;
  checkPixelCount(width, height, `The image ${image.name}`, image.maxPixels);
  const { orientation = 1 } = stored;
  const turned = autoOrient && orientation > 1;
  const size = { width, height, ...(turned && { orientation }) };
  return {
    // Left alone, sharp resizes first and turns then: other pixels, by up to half of one. A cut of the whole comes between.
    input: turned ? input.extract({ left: 0, top: 0, width, height }) : input,
    size,
    decodesBetterInOnePass: inOnePass(size, stored.format, stored.depth !== 'uchar', target),
  };
}

function inOnePass(
  { width, height }: OriginalSize,
  format: string,
  deep: boolean,
  target: ResizeTarget,
): boolean {
  return (
    deep || width * height > LARGE_PIXELS || (SHRINKING_FORMATS.has(format) && shrinks(width, height, target))
  );
}

/** Pixels from which a whole decoded picture would take too much memory: libvips has only a few rows of it at a time. */
const LARGE_PIXELS = 2 ** 24;

/** Decoders that can give a smaller picture at once; SVG is drawn at its size. */
const SHRINKING_FORMATS: ReadonlySet<string> = new Set(['jpeg', 'webp', 'svg']);

/** From four times the size on, the decoder itself shrinks; the reference's does too. */
const SHRINK_FROM = 4;

function shrinks(width: number, height: number, target: ResizeTarget): boolean {
  return Math.min(width / target.width, height / target.height) >= SHRINK_FROM;
}

/** The whole picture as 8-bit samples: gray, gray and alpha, RGB or RGBA. */
export async function decodeImage({ input }: OpenImage): Promise<Frame> {
  const { data, info } = await input.toColourspace('srgb').raw().toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  const format = FORMATS[channels - 1];
  if (format === undefined) throw new Error(`unexpected ${channels} channels`);
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.length);
  return { data: bytes, width, height, format, stride: width * channels };
}

const FORMATS = ['GRAY', 'GRAYA', 'RGB', 'RGBA'] as const;

const SHARP_FIT = { squash: 'fill', 'fit-short': 'cover', 'fit-long': 'contain', crop: 'cover' } as const;

/** sharp's names of the part that a cover keeps. */
const SHARP_POSITION: Record<CropAnchor, string> = {
  'top-left': 'left top',
  'top-center': 'top',
  'top-right': 'right top',
  'middle-left': 'left',
  'middle-center': 'centre',
  'middle-right': 'right',
  'bottom-left': 'left bottom',
  'bottom-center': 'bottom',
  'bottom-right': 'right bottom',
};

/**
 * The one pass: sharp's defaults are the reference's, and what is named here is what the reference names. R G B, of the
 * target's size.
 */
export async function decodeAndResize({ input }: OpenImage, target: ResizeTarget): Promise<Uint8Array> {
  const { width, height, resizeMode, cropAnchor, gray } = target;
  const sized =
    resizeMode === 'none'
      ? input
      : input.resize({
          width,
          height,
          fit: SHARP_FIT[resizeMode],
          position: SHARP_POSITION[resizeMode === 'crop' ? cropAnchor : 'middle-center'],
          fastShrinkOnLoad: false,
        });
  const coloured = sized.removeAlpha().toColourspace(gray === 'linear' ? 'b-w' : 'srgb');
  const { data, info } = await coloured.raw().toBuffer({ resolveWithObject: true });
  if (info.width !== width || info.height !== height || (info.channels !== 3 && info.channels !== 1)) {
    throw new Error(`unexpected ${info.width}x${info.height} pixels of ${info.channels} channels`);
  }
  const pixels = info.channels === 3 ? data : threefold(data);
  if (target.out === undefined) return new Uint8Array(pixels.buffer, pixels.byteOffset, pixels.length);
  target.out.set(pixels);
  return target.out;
}

/** R = G = B, for the rare gray result: model-sized, so small. */
function threefold(gray: Uint8Array): Uint8Array {
  const pixels = new Uint8Array(gray.length * 3);
  for (let index = 0; index < gray.length; index++) pixels.fill(gray[index]!, index * 3, index * 3 + 3);
  return pixels;
}
