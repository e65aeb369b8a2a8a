/** Works out, once per model, how its pixels become tensor elements. */
import type { ImageInputScaling, QuantizePath } from '../deployment/impulse.js';
import { IMAGE_INPUT_SCALINGS, QUANTIZE_PATHS } from '../deployment/impulse.js';
import { DeploymentError, InputError, UnsupportedError } from '../errors.js';
import { integerInRange, oneOf } from '../options.js';
import type { Quantization } from '../tensor.js';
import { shortcutPacking } from './image-quantized.js';
import type { GrayPacking, Packing, RgbPacking } from './packing.js';
import type { TensorElements } from './quantize.js';
import { INTEGER_RANGES, quantizeValue } from './quantize.js';
import type { Channel } from './scaling.js';
import { GRAY_WEIGHTS, scaleValue, stepsByThree } from './scaling.js';

const { fround } = Math;

/** Longest side of a model input, pixels. */
export const MAX_INPUT_SIDE = 16384;

export interface PackingSpec {
  /** Pixels of the model input. */
  readonly width: number;
  readonly height: number;
  /** `Grayscale` inputs have one channel: Rec. 601 of the RGB pixels. */
  readonly channels: 'RGB' | 'Grayscale';
  readonly scaling: ImageInputScaling;
  /** Order of the tensor's dimensions. One channel is the same memory in both. */
  readonly layout: 'NHWC' | 'NCHW';
  /** The model's input tensor: `float32`, or `int8` / `uint8` with its quantisation parameters. */
  readonly tensor: TensorElements;
  /**
   * How pixels become the elements of an integer tensor: `float` scales, then quantises, as Linux builds and the cloud do;
   * `image-quantized` is the shortcut of the reference's microcontroller builds (TensorFlow Lite Micro, EON), which differs
   * in grayscale, in two scalings and out of range: see `docs/preprocess.md`.
   *
   * @default 'float'
   */
  readonly quantizePath?: QuantizePath;
}

/**
 * The plan by which RGB pixels of the model's size become its input tensor: image block (0..1, gray by Rec. 601),
 * scaling, quantisation by the tensor's own parameters, and memory order; all of it in float32, rounded at
 * every operation, so that the elements equal those of the C++ SDK.
 *
 * An int8 or uint8 tensor without quantisation parameters (none, or scale 0) takes the pixel bytes themselves,
 * v or v - 128: with any of the four linear scalings, that is what a model which names no scale was fed.
 *
 * @example
 * const packing = makePacking({
 *   width: 96, height: 96, channels: 'Grayscale', scaling: '0..1', layout: 'NHWC',
 *   tensor: { dataType: 'int8', quantization: { scale: 1 / 255, zeroPoint: -128 } },
 * });
 * const elements = packPixels(rgb, packing); // Int8Array of 96 * 96
 *
 * @throws {InputError} `ERR_OPTION_INVALID`: a size, scaling, layout, channel or path name that does not exist, or the
 *   shortcut for a float32 tensor
 * @throws {UnsupportedError} `ERR_UNSUPPORTED_DATA_TYPE`: a tensor of another type, or one whose scaling needs
 *   the quantisation parameters that it lacks
 * @throws {DeploymentError} `ERR_MODEL_INVALID`: impossible quantisation parameters; `ERR_METADATA_INVALID`: `torch`
 *   or `bgr-subtract-imagenet-mean` on a gray input whose pixel count is not a multiple of three
 */
export function makePacking(spec: PackingSpec): Packing {
  const width = integerInRange(spec.width, 1, MAX_INPUT_SIDE, 'width');
  const height = integerInRange(spec.height, 1, MAX_INPUT_SIDE, 'height');
  const layout = oneOf(spec.layout, ['NHWC', 'NCHW'], 'layout');
  const dataType = packableType(spec.tensor);
  const requested = oneOf(spec.scaling, IMAGE_INPUT_SCALINGS, 'scaling');
  const { scaling, quantization } = elementRule(dataType, requested, spec.tensor);
  const base = { width, height, dataType };
  const channels = oneOf(spec.channels, ['RGB', 'Grayscale'], 'channels');
  if (oneOf(spec.quantizePath ?? 'float', QUANTIZE_PATHS, 'quantizePath') === 'image-quantized') {
    if (dataType === 'float32' || quantization === undefined) throw floatShortcut();
    return shortcutPacking({ ...base, dataType, channels, layout, scaling, quantization });
  }
  return channels === 'RGB'
    ? rgbPacking(base, layout, scaling, quantization)
    : grayPacking(base, scaling, quantization);
}

function floatShortcut(): InputError {
  return new InputError(
    'ERR_OPTION_INVALID',
    "quantizePath: 'image-quantized' is for int8 and uint8 input tensors, but this one is float32. Leave it out.",
  );
}

type PackableType = Packing['dataType'];
type Base = Pick<Packing, 'width' | 'height' | 'dataType'>;

function rgbPacking(
  base: Base,
  layout: 'NHWC' | 'NCHW',
  scaling: ImageInputScaling,
  quantization: Quantization | undefined,
): RgbPacking {
  const table = elements(base.dataType, 3 * 256);
  for (const channel of [0, 1, 2] as const) {
    for (let v = 0; v < 256; v++) {
      table[channel * 256 + v] = element(fround(v / 255), scaling, channel, base.dataType, quantization);
    }
  }
  const source: RgbPacking['source'] = scaling === 'bgr-subtract-imagenet-mean' ? [2, 1, 0] : [0, 1, 2];
  return { ...base, channels: 3, layout, source, table };
}

function grayPacking(
  base: Base,
  scaling: ImageInputScaling,
  quantization: Quantization | undefined,
): GrayPacking {
  if (stepsByThree(scaling) && (base.width * base.height) % 3 !== 0) {
    throw new DeploymentError(
      'ERR_METADATA_INVALID',
      `Scaling '${scaling}' steps through the values three at a time, but a grayscale input of ${base.width}x${base.height} ` +
        'has a number of them that is not a multiple of three. Such a model was most likely trained on RGB.',
    );
  }
  const weighted = new Float32Array(3 * 256);
  GRAY_WEIGHTS.forEach((weight, channel) => {
    for (let v = 0; v < 256; v++) weighted[channel * 256 + v] = weight * fround(v / 255);
  });
  return {
    ...base,
    channels: 1,
    weighted,
    scaling: scaling === '0..1' ? 'none' : scaling,
    ...(quantization !== undefined && { quantization: { ...quantization, rule: 'saturate' } }),
  };
}

function element(
  x: number,
  scaling: ImageInputScaling,
  channel: Channel,
  dataType: PackableType,
  quantization: Quantization | undefined,
): number {
  const scaled = scaleValue(x, scaling, channel);
  if (dataType === 'float32' || quantization === undefined) return scaled;
  const [min, max] = INTEGER_RANGES[dataType];
  return quantizeValue(scaled, quantization.scale, quantization.zeroPoint, min, max);
}

function elements(dataType: PackableType, length: number): RgbPacking['table'] {
  switch (dataType) {
    case 'float32':
      return new Float32Array(length);
    case 'int8':
      return new Int8Array(length);
    case 'uint8':
      return new Uint8Array(length);
  }
}

function packableType({ dataType, name = '' }: TensorElements): PackableType {
  if (dataType === 'float32' || dataType === 'int8' || dataType === 'uint8') return dataType;
  throw new UnsupportedError(
    'ERR_UNSUPPORTED_DATA_TYPE',
    `Pictures can't be fed to an input tensor of type ${dataType}${name && ` ('${name}')`}: only float32, int8 and uint8 are ` +
      'supported. Export the model with one of these, or pass its own input as { tensor }.',
  );
}

/** Scaling and parameters that really apply: those given, or "the bytes themselves" where a tensor has none. */
function elementRule(
  dataType: PackableType,
  scaling: ImageInputScaling,
  { quantization }: TensorElements,
): { scaling: ImageInputScaling; quantization: Quantization | undefined } {
  if (dataType === 'float32') return { scaling, quantization: undefined };
  const { scale = 0, zeroPoint = 0 } = quantization ?? {};
  checkParameters(dataType, scale, zeroPoint);
  if (fround(scale) > 0) return { scaling, quantization: { scale: fround(scale), zeroPoint } };
  if (stepsByThree(scaling)) {
    throw new UnsupportedError(
      'ERR_UNSUPPORTED_DATA_TYPE',
      `The ${dataType} input tensor has no quantisation parameters, which scaling '${scaling}' needs. ` +
        'Export the model again with them, or with a float32 input.',
    );
  }
  const middle = zeroPoint !== 0 || dataType === 'uint8' ? zeroPoint : -128;
  return { scaling: '0..255', quantization: { scale: 1, zeroPoint: middle } };
}

function checkParameters(dataType: 'int8' | 'uint8', scale: number, zeroPoint: number): void {
  const [min, max] = INTEGER_RANGES[dataType];
  const validScale = scale >= 0 && fround(scale) < Infinity;
  if (validScale && Number.isInteger(zeroPoint) && zeroPoint >= min && zeroPoint <= max) return;
  throw new DeploymentError(
    'ERR_MODEL_INVALID',
    `Impossible quantisation of an ${dataType} input: scale ${scale}, zero point ${zeroPoint}; expected a positive finite ` +
      `scale and a whole zero point from ${min} to ${max}. Export the model again.`,
  );
}
