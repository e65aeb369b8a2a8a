/** What range of pixels a model was trained on, as far as the file says it. */
import type { Quantization, TensorInfo } from '../../tensor.js';
import type { ImageInputScaling } from '../impulse.js';
import type { PackedMetadata } from '../tflite-metadata.js';

const RANGE_TOLERANCE = 0.02;

/** From packed normalisation, else from the input's own quantisation; undefined where both leave it open. */
export function statedScaling(packed: PackedMetadata, input: TensorInfo): ImageInputScaling | undefined {
  return scalingOfNormalization(packed.normalization) ?? scalingOfTensor(input);
}

/** The reals that an integer tensor can hold; calibration makes it cover what training gave. */
export function scalingOfTensor(tensor: TensorInfo): ImageInputScaling | undefined {
  const range = rangeOf(tensor);
  return range === undefined ? undefined : scalingOfRange(...range);
}

/** Least and greatest real of an 8-bit tensor; undefined for others. */
export function rangeOf({ dataType, quantization }: TensorInfo): readonly [number, number] | undefined {
  if (quantization === undefined || (dataType !== 'int8' && dataType !== 'uint8')) return undefined;
  const [low, high] = dataType === 'int8' ? [-128, 127] : [0, 255];
  return [realOf(low, quantization), realOf(high, quantization)];
}

function realOf(q: number, { scale, zeroPoint }: Quantization): number {
  return (q - zeroPoint) * scale;
}

/** (value - mean) / std for values of 0..255. */
function scalingOfNormalization(
  normalization: PackedMetadata['normalization'],
): ImageInputScaling | undefined {
  if (normalization === undefined) return undefined;
  const [mean] = normalization.mean;
  const [std] = normalization.std;
  const same =
    [...normalization.mean].every((m) => m === mean) && [...normalization.std].every((s) => s === std);
  if (!same || mean === undefined || std === undefined || std === 0) return undefined;
  return scalingOfRange(-mean / std, (255 - mean) / std);
}

function scalingOfRange(low: number, high: number): ImageInputScaling | undefined {
  const ranges: readonly [ImageInputScaling, number, number][] = [
    ['0..1', 0, 1],
    ['-1..1', -1, 1],
    ['0..255', 0, 255],
    ['-128..127', -128, 127],
  ];
  const near = (a: number, b: number, width: number): boolean => Math.abs(a - b) <= RANGE_TOLERANCE * width;
  return ranges.find(([, min, max]) => near(low, min, max - min) && near(high, max, max - min))?.[0];
}
