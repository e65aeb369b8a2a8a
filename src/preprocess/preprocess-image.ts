/** The whole way of a picture to a model's input tensor, for use with an engine of one's own. */
import type { ResizeGeometry } from '../deployment/impulse.js';
import { checkOptionNames } from '../options.js';
import type { ImageSource } from './image-source.js';
import type { PackingSpec } from './make-packing.js';
import { makePacking } from './make-packing.js';
import { checkElements, packedElements } from './pack-pixels.js';
import type { Packing, PixelElements } from './packing.js';
import { resizeAndPack } from './resize-image.js';
import type { ResizeOptions } from './resize-options.js';

export interface PreprocessSpec extends ResizeOptions, Omit<PackingSpec, 'layout'> {
  /** Order of the tensor's dimensions. @default 'NHWC' */
  readonly layout?: 'NHWC' | 'NCHW';
}

export interface PreprocessedImage {
  /** Elements of the input tensor: Float32Array, Int8Array or Uint8Array, in the order of `shape`. */
  readonly data: PixelElements;
  /** [1, height, width, channels], or [1, channels, height, width] for `NCHW`. */
  readonly shape: readonly [number, number, number, number];
  readonly dataType: Packing['dataType'];
  /** How boxes are mapped back: see `mapBoxToOriginal()`. */
  readonly geometry: ResizeGeometry;
  /** The resized picture: width x height x 3 bytes, R G B interleaved. */
  readonly pixels: Uint8Array;
}

/** As `preprocessImage()`, with everything about the model worked out beforehand. */
export type Preprocessor = (image: ImageSource, out?: PixelElements) => Promise<PreprocessedImage>;

/**
 * The way of pictures to one model's input, worked out once: for many pictures of one model.
 *
 * @returns a function that takes a picture and, where no memory shall be allocated for it, the array to fill, of the
 *   tensor's type and length
 *
 * @example
 * const preprocess = makePreprocessor({
 *   width: 96, height: 96, channels: 'RGB', resizeMode: 'squash', scaling: '0..1', tensor: { dataType: 'float32' },
 * });
 * for await (const frame of camera) await session.run((await preprocess(frame)).data);
 *
 * @throws as {@link makePacking}; `ERR_OPTION_UNKNOWN`
 */
export function makePreprocessor(spec: PreprocessSpec): Preprocessor {
  checkOptionNames(spec, SPEC_NAMES, 'preprocessing');
  const { scaling, tensor, channels, layout = 'NHWC', quantizePath = 'float', ...resize } = spec;
  const { width, height } = spec;
  const packing = makePacking({ width, height, channels, scaling, layout, tensor, quantizePath });
  const facts = { shape: tensorShape(packing, layout), dataType: packing.dataType };
  return async (image, out = packedElements(packing)) => {
    checkElements(out, packing);
    const { pixels, geometry } = await resizeAndPack(image, resize, { packing, elements: out });
    return { data: out, ...facts, geometry, pixels };
  };
}

/**
 * Decodes, resizes, scales, quantises and lays out a picture, equal to the reference: `resizeImage()` and then
 * `packPixels()` with the plan of `makePacking()`. For many pictures of one model: {@link makePreprocessor}.
 *
 * @example
 * const { data, shape } = await preprocessImage('photo.jpg', {
 *   width: 224, height: 224, channels: 'RGB', resizeMode: 'fit-short', scaling: '-1..1',
 *   tensor: { dataType: 'float32' },
 * });
 * const outputs = await session.run({ input: new ort.Tensor('float32', data, shape) });
 *
 * @throws as {@link resizeImage} and {@link makePacking}
 */
export async function preprocessImage(image: ImageSource, spec: PreprocessSpec): Promise<PreprocessedImage> {
  return makePreprocessor(spec)(image);
}

const SPEC_NAMES = [
  'width',
  'height',
  'channels',
  'resizeMode',
  'cropAnchor',
  'orientation',
  'limits',
  'resampler',
  'gray',
  'out',
  'scaling',
  'tensor',
  'layout',
  'quantizePath',
] as const satisfies readonly (keyof PreprocessSpec)[];

function tensorShape(
  { width, height, channels }: Packing,
  layout: 'NHWC' | 'NCHW',
): [number, number, number, number] {
  return layout === 'NHWC' ? [1, height, width, channels] : [1, channels, height, width];
}
