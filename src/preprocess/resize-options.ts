/** How a picture becomes one of the model's size: what may be asked for, and what comes of it. */
import type { CropAnchor, GrayConversion, Resampler, ResizeMode } from '../deployment/impulse.js';
import {
  CROP_ANCHORS,
  GRAY_CONVERSIONS,
  IMAGE_INPUT_RESIZE_MODES,
  RESAMPLERS,
} from '../deployment/impulse.js';
import { InputError } from '../errors.js';
import { checkOptionNames, describe, integerInRange, oneOf } from '../options.js';
import type { InputLimits } from './input-limits.js';
import { checkPixelCount, normalizeLimits } from './input-limits.js';
import { MAX_INPUT_SIDE } from './make-packing.js';

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
  /** How pixels are shrunk and enlarged. @default 'vips' */
  readonly resampler?: Resampler;
  /**
   * `linear` converts colour to gray in linear light, as the Node SDK does for grayscale models, giving R = G = B. With `601`
   * colour stays, and the packing of a grayscale model takes the Rec. 601 gray of the image block, as the cloud does.
   *
   * @default '601'
   */
  readonly gray?: GrayConversion;
  /** Where to write the pixels, so that nothing is allocated: width x height x 3 bytes. @default new memory */
  readonly out?: Uint8Array;
}

/** `ResizeOptions` with every default filled in. */
export type ResizeTarget = Required<Omit<ResizeOptions, 'limits' | 'out'>> & {
  readonly limits: Required<InputLimits>;
  readonly out: Uint8Array | undefined;
};

/** Pixels of the picture as it is seen, and the EXIF orientation by which it was turned, if it was. */
export interface OriginalSize {
  readonly width: number;
  readonly height: number;
  readonly orientation?: number;
}

/** Some of a deployment's image input are not about resizing; it may be passed as it is. */
const OPTION_NAMES = [
  'width',
  'height',
  'resizeMode',
  'cropAnchor',
  'orientation',
  'limits',
  'resampler',
  'gray',
  'out',
  'channels',
  'inputType',
  'quantizePath',
];

/** @throws {InputError} `ERR_OPTION_UNKNOWN`, `ERR_OPTION_INVALID`, `ERR_INPUT_LIMIT` */
export function normalizeResizeOptions(options: ResizeOptions): ResizeTarget {
  checkOptionNames(options, OPTION_NAMES, 'resizeImage()');
  const { cropAnchor = 'middle-center', orientation = 'ignore', resampler = 'vips', gray = '601' } = options;
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
    resampler: oneOf(resampler, RESAMPLERS, 'resampler'),
    gray: oneOf(gray, GRAY_CONVERSIONS, 'gray'),
    limits,
    out: checkOut(options.out, width * height * 3),
  };
}

function checkOut(out: unknown, length: number): Uint8Array | undefined {
  if (out === undefined || (out instanceof Uint8Array && out.length === length)) return out;
  throw new InputError(
    'ERR_OPTION_INVALID',
    `out: expected a Uint8Array of ${length} bytes but received ${describe(out)}.`,
  );
}
