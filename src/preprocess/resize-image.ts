/** From any picture to RGB pixels of the model's size: one pass through libvips, as the Node SDK does it. */
import type { Sharp } from 'sharp';
import sharp from 'sharp';
import type { CropAnchor, ResizeGeometry, ResizeMode } from '../deployment/impulse.js';
import { CROP_ANCHORS, IMAGE_INPUT_RESIZE_MODES } from '../deployment/impulse.js';
import { InputError } from '../errors.js';
import { aBoolean, checkOptionNames, integerInRange, oneOf } from '../options.js';
import { decodeBmp, isBmp } from './bmp.js';
import type { Frame } from './frame-format.js';
import { frameError, imageError } from './image-error.js';
import type { EncodedImage, ImageSource } from './image-source.js';
import { readImageSource } from './image-source.js';
import type { InputLimits } from './input-limits.js';
import { checkPixelCount, normalizeLimits } from './input-limits.js';
import { MAX_INPUT_SIDE } from './make-packing.js';
import { unpackFrame } from './unpack-frame.js';

export const ORIENTATIONS = ['exif', 'ignore'] as const;
export type Orientation = (typeof ORIENTATIONS)[number];

export interface ResizeOptions {
  /** Pixels of the model input, 1..16384. */
  readonly width: number;
  readonly height: number;
  /** `none`: the picture must already have this size. */
  readonly resizeMode: ResizeMode;
  /** Which part `crop` keeps. @default 'middle-center' */
  readonly cropAnchor?: CropAnchor;
  /**
   * `exif` turns the picture as its EXIF orientation says, and geometry and boxes refer to the turned picture; the
   * reference ignores the orientation.
   *
   * @default 'ignore'
   */
  readonly orientation?: Orientation;
  /** How large a picture may be; more is refused before it is decoded. */
  readonly limits?: InputLimits;
  /**
   * Convert to gray in linear light, as the Node SDK does for grayscale models, giving R = G = B. Without it colour
   * stays, and the packing of a grayscale model takes the Rec. 601 gray of the image block, as the cloud does.
   *
   * @default false
   */
  readonly linearGray?: boolean;
}

/** Milliseconds. */
export interface ResizeTiming {
  /** Reading and decoding a file. JPEG, PNG and the like are resized in the same pass, which is counted here. */
  readonly decodeMs: number;
  /** Resizing raw frames (and BMP files, which are decoded apart). */
  readonly resizeMs: number;
}

export interface ResizedImage {
  /**
   * width x height x 3 bytes, R G B interleaved, rows from the top. A raw RGB frame that already has the size is
   * returned as it is: the same memory, not a copy.
   */
  readonly pixels: Uint8Array;
  readonly width: number;
  readonly height: number;
  /** How boxes are mapped back: see `mapBoxToOriginal()`. */
  readonly geometry: ResizeGeometry;
  readonly timing: ResizeTiming;
}

/**
 * Decodes and resizes a picture off the main thread, with the arithmetic of the reference: Lanczos 3, exact output
 * size, no resampling where the size already fits. EXIF orientation is ignored, ICC profiles and CMYK become sRGB,
 * gray becomes R = G = B, the first frame of an animation counts, 16 bits become 8 after the resize, and alpha is dropped,
 * not composited.
 *
 * `squash` stretches; `fit-short` covers the target and cuts what stands out at the centre; `fit-long` fits inside it
 * on black; `crop` is `fit-short` that keeps the part at `cropAnchor`.
 *
 * @example
 * const { pixels, geometry } = await resizeImage('photo.jpg', { width: 96, height: 96, resizeMode: 'fit-short' });
 *
 * @throws {InputError} `ERR_INPUT_NOT_FOUND`, `ERR_INPUT_TYPE`, `ERR_INPUT_IMAGE` (not a picture, damaged, or of
 *   another size with `none`), `ERR_INPUT_LIMIT`, `ERR_OPTION_UNKNOWN`, `ERR_OPTION_INVALID`
 */
export async function resizeImage(image: ImageSource, options: ResizeOptions): Promise<ResizedImage> {
  const target = normalizeOptions(options);
  const started = performance.now();
  const source = await readImageSource(image, target.limits);
  if (source.kind === 'raw') return resizeFrame(source.frame, target, 0);
  if (!isBmp(source.bytes)) return decodeAndResize(source, target, started);
  const frame = await decodeBmp(source);
  return resizeFrame(frame, target, performance.now() - started);
}

type Target = Required<ResizeOptions> & { readonly limits: Required<InputLimits> };

/** `channels` and `inputType` may stand there, so that a deployment's image input can be passed as it is. */
const OPTION_NAMES = [
  'width',
  'height',
  'resizeMode',
  'cropAnchor',
  'orientation',
  'limits',
  'linearGray',
  'channels',
  'inputType',
];

function normalizeOptions(options: ResizeOptions): Target {
  checkOptionNames(options, OPTION_NAMES, 'resizeImage()');
  const { cropAnchor = 'middle-center', orientation = 'ignore', linearGray = false } = options;
  const limits = normalizeLimits(options.limits ?? {}, 'limits');
  const width = integerInRange(options.width, 1, MAX_INPUT_SIDE, 'width');
  const height = integerInRange(options.height, 1, MAX_INPUT_SIDE, 'height');
  checkPixelCount(width, height, 'The model input');
  return {
    width,
    height,
    resizeMode: oneOf(options.resizeMode, [...IMAGE_INPUT_RESIZE_MODES, 'none'], 'resizeMode'),
    cropAnchor: oneOf(cropAnchor, CROP_ANCHORS, 'cropAnchor'),
    orientation: oneOf(orientation, ORIENTATIONS, 'orientation'),
    limits,
    linearGray: aBoolean(linearGray, 'linearGray'),
  };
}

async function decodeAndResize(image: EncodedImage, target: Target, started: number): Promise<ResizedImage> {
  const autoOrient = target.orientation === 'exif';
  try {
    const input = sharp(image.bytes, { limitInputPixels: image.maxPixels, autoOrient });
    const stored = await input.metadata();
    const { width, height } = autoOrient ? stored.autoOrient : stored;
    checkPixelCount(width, height, `The image ${image.name}`, image.maxPixels);
    checkSize(width, height, target, `The image ${image.name}`);
    const { orientation = 1 } = stored;
    const turned = autoOrient && orientation > 1;
    // Left alone, sharp resizes first and turns then: other pixels, by up to half of one. A cut of the whole comes between.
    const upright = turned ? input.extract({ left: 0, top: 0, width, height }) : input;
    const pixels = await toRgb(upright, target);
    const original = { width, height, ...(turned && { orientation }) };
    return resized(pixels, original, target, { decodeMs: performance.now() - started, resizeMs: 0 });
  } catch (cause) {
    throw imageError(cause, image);
  }
}

async function resizeFrame(frame: Frame, target: Target, decodeMs: number): Promise<ResizedImage> {
  const { width, height } = frame;
  checkSize(width, height, target, 'The picture');
  const started = performance.now();
  const { data: bytes, channels } = unpackFrame(frame);
  if (channels === 3 && width === target.width && height === target.height && !target.linearGray) {
    const converted = bytes.buffer !== frame.data.buffer;
    return resized(bytes, frame, target, { decodeMs, resizeMs: converted ? performance.now() - started : 0 });
  }
  try {
    const pixels = await toRgb(
      sharp(bytes, { raw: { width, height, channels }, limitInputPixels: false }),
      target,
    );
    return resized(pixels, frame, target, { decodeMs, resizeMs: performance.now() - started });
  } catch (cause) {
    throw frameError(cause, width, height);
  }
}

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

/** The one pass: sharp's defaults are the reference's, and what is named here is what the reference names. */
async function toRgb(input: Sharp, target: Target): Promise<Uint8Array> {
  const { width, height, resizeMode, cropAnchor, linearGray } = target;
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
  const coloured = sized.removeAlpha().toColourspace(linearGray ? 'b-w' : 'srgb');
  const { data, info } = await coloured.raw().toBuffer({ resolveWithObject: true });
  if (info.width !== width || info.height !== height || (info.channels !== 3 && info.channels !== 1)) {
    throw new Error(`unexpected ${info.width}x${info.height} pixels of ${info.channels} channels`);
  }
  return info.channels === 3 ? new Uint8Array(data.buffer, data.byteOffset, data.length) : threefold(data);
}

/** R = G = B, for the rare gray result: model-sized, so small. */
function threefold(gray: Uint8Array): Uint8Array {
  const pixels = new Uint8Array(gray.length * 3);
  for (let index = 0; index < gray.length; index++) pixels.fill(gray[index]!, index * 3, index * 3 + 3);
  return pixels;
}

function checkSize(width: number, height: number, target: Target, what: string): void {
  if (target.resizeMode !== 'none' || (width === target.width && height === target.height)) return;
  throw new InputError(
    'ERR_INPUT_IMAGE',
    `${what} is ${width}x${height}, but the model takes ${target.width}x${target.height} and its resize mode is 'none'. ` +
      "Pass a picture of that size, or the option resizeMode: 'squash' to have it resized.",
  );
}

function resized(
  pixels: Uint8Array,
  original: { readonly width: number; readonly height: number; readonly orientation?: number },
  { width, height, resizeMode, cropAnchor }: Target,
  timing: ResizeTiming,
): ResizedImage {
  const geometry: ResizeGeometry = {
    mode: resizeMode,
    ...(resizeMode === 'crop' && { cropAnchor }),
    originalWidth: original.width,
    originalHeight: original.height,
    inputWidth: width,
    inputHeight: height,
    ...(original.orientation !== undefined && { orientation: original.orientation }),
  };
  return { pixels, width, height, geometry, timing };
}
