/** From real numbers to the elements of an integer tensor. */
import { InputError, UnsupportedError } from '../errors.js';
import type { DataType, Quantization, TensorData } from '../tensor.js';

const { fround } = Math;

/** Smallest and largest element of the types that can be quantised. */
export const INTEGER_RANGES = {
  int8: [-128, 127],
  uint8: [0, 255],
  int16: [-32768, 32767],
  int32: [-2147483648, 2147483647],
} as const;

/** What must be known of a tensor to fill it; `TensorInfo` fits. */
export interface TensorElements {
  readonly dataType: DataType;
  readonly quantization?: Quantization;
  readonly name?: string;
}

/**
 * q = clamp(round(f32(x / scale)) + zeroPoint, min, max), with halves rounded away from zero: the normal path
 * of the SDK and of Linux builds. A true division: multiplying by the reciprocal gives other integers.
 *
 * @param x a float32 value
 * @param scale a float32 value greater than 0
 */
export function quantizeValue(x: number, scale: number, zeroPoint: number, min: number, max: number): number {
  const q = fround(x / scale);
  const rounded = q < 0 ? -Math.floor(0.5 - q) : Math.floor(q + 0.5);
  return Math.min(max, Math.max(min, rounded + zeroPoint));
}

/**
 * Numbers as the elements of a tensor: float32 as they are; int8, uint8, int16 and int32 through the tensor's
 * own parameters. An integer tensor without parameters (or with scale 0, which means the same) holds plain
 * integers: whole numbers in its range are taken, others refused.
 *
 * @throws {InputError} `ERR_INPUT_NOT_FINITE`: NaN, infinity, or no number at all; `ERR_INPUT_TYPE`: a number that a
 *   tensor of plain integers can't hold
 * @throws {UnsupportedError} `ERR_UNSUPPORTED_DATA_TYPE`: float16
 */
export function quantize(values: ArrayLike<number>, tensor: TensorElements): TensorData {
  checkFinite(values);
  const { dataType, quantization } = tensor;
  const scale = fround(quantization?.scale ?? 0);
  if (isQuantizable(dataType) && scale > 0 && scale < Infinity) {
    const [min, max] = INTEGER_RANGES[dataType];
    const zeroPoint = quantization?.zeroPoint ?? 0;
    return fill(dataType, values, (x) => quantizeValue(fround(x), scale, zeroPoint, min, max));
  }
  switch (dataType) {
    case 'float32':
      return Float32Array.from(values);
    case 'float16':
      throw new UnsupportedError(
        'ERR_UNSUPPORTED_DATA_TYPE',
        `${named(tensor)} is float16, which is not filled from numbers here. Export the model with a float32, int8 or uint8 input.`,
      );
    case 'bool':
      return fill(dataType, values, (x, index) => plainInteger(x, index, 0, 1, tensor));
    case 'int64':
      return BigInt64Array.from({ length: values.length }, (_, index) =>
        BigInt(
          plainInteger(values[index] ?? 0, index, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER, tensor),
        ),
      );
    default: {
      const [min, max] = INTEGER_RANGES[dataType];
      return fill(dataType, values, (x, index) => plainInteger(x, index, min, max, tensor));
    }
  }
}

/** @throws {InputError} `ERR_INPUT_NOT_FINITE`, with the place of the first offender */
export function checkFinite(values: ArrayLike<number>): void {
  for (let index = 0; index < values.length; index++) {
    const value: unknown = values[index];
    if (typeof value !== 'number' || !Number.isFinite(fround(value))) {
      throw new InputError(
        'ERR_INPUT_NOT_FINITE',
        `Expected finite numbers (in the range of float32) but value ${index} of ${values.length} is ${String(value)}.`,
      );
    }
  }
}

function isQuantizable(dataType: DataType): dataType is keyof typeof INTEGER_RANGES {
  return dataType in INTEGER_RANGES;
}

const ARRAYS = {
  int8: Int8Array,
  uint8: Uint8Array,
  bool: Uint8Array,
  int16: Int16Array,
  int32: Int32Array,
} as const;

function fill(
  dataType: keyof typeof ARRAYS,
  values: ArrayLike<number>,
  element: (x: number, index: number) => number,
): TensorData {
  const out = new ARRAYS[dataType](values.length);
  for (let index = 0; index < out.length; index++) out[index] = element(values[index] ?? 0, index);
  return out;
}

function plainInteger(x: number, index: number, min: number, max: number, tensor: TensorElements): number {
  if (Number.isInteger(x) && x >= min && x <= max) return x;
  throw new InputError(
    'ERR_INPUT_TYPE',
    `${named(tensor)} holds plain ${tensor.dataType} values (it has no quantisation parameters): expected whole ` +
      `numbers from ${min} to ${max} but value ${index} is ${x}.`,
  );
}

function named({ name }: TensorElements): string {
  return name === undefined || name === '' ? 'The input tensor' : `The input tensor '${name}'`;
}
