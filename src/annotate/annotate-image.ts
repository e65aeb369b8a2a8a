/** A result drawn on its picture. */
import sharp, { type Sharp } from 'sharp';
import type { ResizeGeometry } from '../deployment/impulse.js';
import { InputError } from '../errors.js';
import { checkOptionNames, oneOf } from '../options.js';
import { decodeBmp, isBmp } from '../preprocess/bmp.js';
import { imageError } from '../preprocess/image-error.js';
import type { EncodedImage, ImageSource } from '../preprocess/image-source.js';
import { readImageSource } from '../preprocess/image-source.js';
import { DEFAULT_LIMITS } from '../preprocess/input-limits.js';
import { unpackFrame } from '../preprocess/unpack-frame.js';
import type { Classification } from '../runtime/classification.js';
import { type AnnotatedFormat, compose, type Raster } from './compose.js';
import { type AnnotationInfo, drawingOf } from './drawing.js';

export interface AnnotateOptions {
  /**
   * What `deployment.info()` returns: centroids for FOMO, colours by the model's own label order, and the
   * thresholds in "nothing found". Without it every object gets a box, and colours go by the label's text.
   */
  readonly info?: AnnotationInfo;
  /** @default 'png' */
  readonly format?: AnnotatedFormat;
}

/**
 * Draws what was found on a copy of the picture: boxes (for FOMO circles at the centroids) with labels and
 * scores, ids and trails of tracked objects, a heat map of visual anomaly, and a panel with the best labels of
 * a classification and with anomaly scores. The copy has the picture's own size, and shows the pixels that the
 * model saw: turned by its EXIF orientation only if that was followed, alpha dropped, the first frame of an animation. Letters are drawn
 * without system fonts; only scripts other than Latin need those.
 *
 * @param image the picture that was classified
 * @param classification what `classify()` returned for it
 * @returns the encoded copy, without metadata
 * @throws {InputError} `ERR_INPUT_*`: the picture can't be read, or it is not the one that was classified;
 *   `ERR_OPTION_UNKNOWN`, `ERR_OPTION_INVALID`
 *
 * @example
 * const classification = await deployment.classify('photo.jpg');
 * const annotated = await annotateImage('photo.jpg', classification, { info: deployment.info() });
 */
export async function annotateImage(
  image: ImageSource,
  classification: Classification,
  options: AnnotateOptions = {},
): Promise<Buffer> {
  checkOptionNames(options, ['info', 'format'], 'annotateImage()');
  const { info, format = 'png' } = options;
  oneOf(format, ['png', 'jpeg'], 'annotateImage(): format');
  const raster = await decode(image, classification.geometry);
  checkSameSize(raster, classification);
  return compose(raster, await drawingOf(classification, raster, info), format);
}

/** As large a picture as was classified, and turned as it was. */
async function decode(image: ImageSource, geometry: ResizeGeometry | undefined): Promise<Raster> {
  const classified = geometry === undefined ? 0 : geometry.originalWidth * geometry.originalHeight;
  const pixels = Math.max(DEFAULT_LIMITS.pixels, classified);
  const source = await readImageSource(image, { ...DEFAULT_LIMITS, pixels });
  if (source.kind === 'encoded' && !isBmp(source.bytes)) {
    return decodeWithSharp(source, geometry?.orientation !== undefined);
  }
  const frame = source.kind === 'raw' ? source.frame : await decodeBmp(source);
  const { data, width, height, channels } = unpackFrame(frame);
  return toRaster(sharp(data, { raw: { width, height, channels }, limitInputPixels: false }));
}

async function decodeWithSharp(source: EncodedImage, autoOrient: boolean): Promise<Raster> {
  try {
    return await toRaster(sharp(source.bytes, { limitInputPixels: source.maxPixels, autoOrient }));
  } catch (cause) {
    throw imageError(cause, source);
  }
}

/** RGB of 8 bits, as the model sees it. */
async function toRaster(image: Sharp): Promise<Raster> {
  const { data, info } = await image
    .removeAlpha()
    .toColourspace('srgb')
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.height, channels: info.channels };
}

function checkSameSize({ width, height }: Raster, { geometry }: Classification): void {
  if (geometry === undefined) return;
  const { originalWidth, originalHeight } = geometry;
  if (originalWidth === width && originalHeight === height) return;
  throw new InputError(
    'ERR_INPUT_IMAGE',
    `annotateImage(): the picture is ${width}x${height}, but the classification is of one of ` +
      `${originalWidth}x${originalHeight}. Pass the picture that was classified.`,
  );
}
