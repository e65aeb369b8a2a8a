/** From what the caller gives to what the models' inputs take: pixels of the right size, or features. */
import type { ImageInput, Impulse, ResizeGeometry } from '../deployment/impulse.js';
import { InputError } from '../errors.js';
import { describe } from '../options.js';
import { pixelsFromFeatures } from '../preprocess/features.js';
import type { ImageSource } from '../preprocess/image-source.js';
import { resizeImage } from '../preprocess/resize-image.js';
import type { ResizeOptions } from '../preprocess/resize-options.js';
import type { TensorData } from '../tensor.js';
import type { ClassifyInput } from './classification.js';
import type { PixelPool } from './pixel-pool.js';

export type PreparedInput =
  | {
      readonly kind: 'pixels';
      /** Of the model's size, R G B interleaved. */
      readonly pixels: Uint8Array;
      /** They belong to the pool, and go back there when the models have them. */
      readonly pooled?: true;
      readonly geometry: ResizeGeometry;
      readonly decodeMs: number;
      readonly resizeMs: number;
    }
  /** One window of a signal, axes interleaved. */
  | { readonly kind: 'samples'; readonly samples: ArrayLike<number> }
  | { readonly kind: 'tensor'; readonly tensor: ArrayLike<number> | TensorData };

/** What the caller decides of how pictures are read; the rest is the deployment's. */
export type PictureOptions = Pick<ResizeOptions, 'orientation' | 'limits'>;

/**
 * @throws {InputError} the picture or the numbers can't be used
 */
export async function prepareInput(
  impulse: Impulse,
  input: ClassifyInput,
  pictures: PictureOptions,
  pool: PixelPool,
): Promise<PreparedInput> {
  if (isObjectWith(input, 'tensor')) return { kind: 'tensor', tensor: numbers(input.tensor, 'tensor') };
  if (isObjectWith(input, 'features')) return fromFeatures(impulse, numbers(input.features, 'features'));
  if (impulse.input.inputType !== 'image') {
    throw new InputError(
      'ERR_INPUT_TYPE',
      `This impulse takes ${impulse.input.inputType} data, not pictures: pass { features: [...] } with ` +
        `${impulse.input.featureCount} numbers, or { tensor: [...] } with the model's own input.`,
    );
  }
  const ready = pictures.limits === undefined ? readyPixels(input, impulse.input) : undefined;
  if (ready !== undefined) return ownSize(ready, impulse.input);
  const out = isOtherSize(input, impulse.input)
    ? pool.take(impulse.input.width * impulse.input.height * 3)
    : undefined;
  const options = { ...impulse.input, ...pictures, ...(out !== undefined && { out }) };
  const { pixels, geometry, timing } = await resizeImage(input, options);
  return { kind: 'pixels', pixels, ...(out !== undefined && { pooled: true }), geometry, ...timing };
}

/** A raw frame that will be resized; one that fits is passed on as it is, and a file is decoded into memory of its own. */
function isOtherSize(input: ImageSource, { width, height }: ImageInput): boolean {
  if (typeof input !== 'object' || input instanceof Uint8Array || input === null) return false;
  return input.width !== width || input.height !== height;
}

function fromFeatures(impulse: Impulse, features: ArrayLike<number>): PreparedInput {
  const { input } = impulse;
  if (input.inputType !== 'image') return { kind: 'samples', samples: features };
  return ownSize(pixelsFromFeatures(features, input.width, input.height), input);
}

/** Pixels that nothing had to be done to. */
function ownSize(pixels: Uint8Array, { width, height, resizeMode, cropAnchor }: ImageInput): PreparedInput {
  const geometry: ResizeGeometry = {
    mode: resizeMode,
    ...(resizeMode === 'crop' && { cropAnchor }),
    originalWidth: width,
    originalHeight: height,
    inputWidth: width,
    inputHeight: height,
  };
  return { kind: 'pixels', pixels, geometry, decodeMs: 0, resizeMs: 0 };
}

/**
 * The memory of a frame that is what the model takes already: to find that out must not take as long as a small model does. Undefined
 * where there is anything to do or to object to.
 */
function readyPixels(
  input: ClassifyInput,
  { width, height, gray = '601' }: ImageInput,
): Uint8Array | undefined {
  if (typeof input !== 'object' || input === null || !('data' in input)) return undefined;
  const { data, channels, format, stride } = input;
  const isRgb = format === undefined ? channels === 3 : format === 'RGB' && channels === undefined;
  const fits = input.width === width && input.height === height && stride === undefined;
  if (!isRgb || !fits || gray !== '601' || !(data instanceof Uint8Array)) return undefined;
  return data.length === width * height * 3 ? data : undefined;
}

function isObjectWith<K extends 'features' | 'tensor'>(
  input: ClassifyInput,
  key: K,
): input is Extract<ClassifyInput, Record<K, unknown>> {
  return typeof input === 'object' && input !== null && !ArrayBuffer.isView(input) && key in input;
}

function numbers<T extends ArrayLike<number> | TensorData>(value: T, name: string): T {
  if (Array.isArray(value) || (ArrayBuffer.isView(value) && 'length' in value)) return value;
  throw new InputError(
    'ERR_INPUT_TYPE',
    `${name}: expected an array or typed array of numbers but received ${describe(value)}.`,
  );
}
