/** From any picture to RGB pixels of the model's size. */
import type { ResizeGeometry } from '../deployment/impulse.js';
import { InputError } from '../errors.js';
import { decodeBmp, isBmp } from './bmp.js';
import { decodeAndResize, decodeImage, openImage } from './decode-image.js';
import type { Frame } from './frame-format.js';
import { frameError, imageError } from './image-error.js';
import type { EncodedImage, ImageSource } from './image-source.js';
import { readImageSource } from './image-source.js';
import { type Packed, pack, resizeFrame } from './resize-frame.js';
import type { OriginalSize, ResizeOptions, ResizeTarget } from './resize-options.js';
import { normalizeResizeOptions } from './resize-options.js';

/** Milliseconds. */
export interface ResizeTiming {
  /** Reading and decoding a file. Where the decoder itself shrinks the picture, it is resized in the same pass, counted here. */
  readonly decodeMs: number;
  /** Resizing what was decoded, and raw frames. */
  readonly resizeMs: number;
}

export interface ResizedImage {
  /**
   * width x height x 3 bytes, R G B interleaved, rows from the top. Without `out`, a raw RGB frame that already has the
   * size is returned as it is: the same memory, not a copy.
   */
  readonly pixels: Uint8Array;
  readonly width: number;
  readonly height: number;
  /** How boxes are mapped back: see `mapBoxToOriginal()`. */
  readonly geometry: ResizeGeometry;
  readonly timing: ResizeTiming;
}

/**
 * Decodes and resizes a picture off the main thread, with the arithmetic of the reference that `resampler` names: exact
 * output size, no resampling where the size already fits. ICC profiles and CMYK become sRGB, gray becomes R = G = B, the
 * first frame of an animation counts, and alpha is dropped, not composited.
 *
 * `squash` stretches; `fit-short` covers the target and cuts what stands out at the centre; `fit-long` fits inside it
 * on black; `crop` is `fit-short` that keeps the part at `cropAnchor`.
 *
 * @example
 * const { pixels, geometry } = await resizeImage('photo.jpg', { width: 96, height: 96, resizeMode: 'fit-short' });
 *
 * @throws {InputError} `ERR_INPUT_NOT_FOUND`, `ERR_INPUT_TYPE`, `ERR_INPUT_IMAGE` (not a picture, damaged, of
 *   another size with `none`, or of a shape that the resampler refuses), `ERR_INPUT_LIMIT`, `ERR_OPTION_UNKNOWN`,
 *   `ERR_OPTION_INVALID`
 */
export async function resizeImage(image: ImageSource, options: ResizeOptions): Promise<ResizedImage> {
  return resizeAndPack(image, options);
}

/** As {@link resizeImage}, and packs the pixels. */
export async function resizeAndPack(
  image: ImageSource,
  options: ResizeOptions,
  packed?: Packed,
): Promise<ResizedImage> {
  const target = normalizeResizeOptions(options);
  const started = performance.now();
  const source = await readImageSource(image, target.limits);
  if (source.kind === 'raw') return fromFrame(source.frame, target, packed, started, started);
  if (!isBmp(source.bytes)) return fromFile(source, target, packed, started);
  const frame = await decodeBmp(source);
  return fromFrame(frame, target, packed, started, performance.now());
}

/** libvips shrinks and enlarges in its one pass where it can do something there that nobody else can. */
async function fromFile(
  image: EncodedImage,
  target: ResizeTarget,
  packed: Packed | undefined,
  started: number,
): Promise<ResizedImage> {
  try {
    const open = await openImage(image, target);
    checkSize(open.size, target, `The image ${image.name}`);
    if (target.resampler === 'vips' && open.decodesBetterInOnePass) {
      const pixels = pack(await decodeAndResize(open, target), packed);
      return resized(pixels, open.size, target, { decodeMs: performance.now() - started, resizeMs: 0 });
    }
    const frame = await decodeImage(open);
    const { pixels, timing } = await fromFrame(frame, target, packed, started, performance.now());
    return resized(pixels, open.size, target, timing);
  } catch (cause) {
    throw imageError(cause, image);
  }
}

async function fromFrame(
  frame: Frame,
  target: ResizeTarget,
  packed: Packed | undefined,
  started: number,
  decoded: number,
): Promise<ResizedImage> {
  checkSize(frame, target, 'The picture');
  try {
    const pixels = await resizeFrame(frame, target, packed);
    const untouched = pixels.buffer === frame.data.buffer;
    const timing = {
      decodeMs: decoded - started,
      resizeMs: untouched ? 0 : performance.now() - decoded,
    };
    return resized(pixels, frame, target, timing);
  } catch (cause) {
    if (cause instanceof InputError) throw cause;
    throw frameError(cause, frame.width, frame.height);
  }
}

function checkSize({ width, height }: OriginalSize, target: ResizeTarget, what: string): void {
  if (target.resizeMode !== 'none' || (width === target.width && height === target.height)) return;
  throw new InputError(
    'ERR_INPUT_IMAGE',
    `${what} is ${width}x${height}, but the model takes ${target.width}x${target.height} and its resize mode is 'none'. ` +
      "Pass a picture of that size, or the option resizeMode: 'squash' to have it resized.",
  );
}

function resized(
  pixels: Uint8Array,
  original: OriginalSize,
  { width, height, resizeMode, cropAnchor }: ResizeTarget,
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
