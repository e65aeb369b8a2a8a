/** From the elements that a model gives to the float32 numbers they stand for. */
import type { Quantization, Tensor } from '../tensor.js';

const f = Math.fround;

/** The largest finite float32. */
export const FLOAT32_MAX = 3.4028234663852886e38;

/**
 * A tensor as decoders read it. Large tensors stay as they are: rows are first chosen by comparing raw
 * elements, and only the chosen ones become real numbers.
 */
export interface TensorValues {
  readonly data: Float32Array | Int8Array | Uint8Array;
  /** The float32 number that a raw element stands for. */
  real(raw: number): number;
  /** The first and last raw element `v` with `low <= real(v) <= high`; first > last if there is none. */
  interval(low: number, high: number): readonly [number, number];
}

/** @param tensor any data type; 8-bit ones are not copied, `float16`, `int16` and wider become float32 first */
export function tensorValues(tensor: Tensor): TensorValues {
  const { data } = tensor;
  if (data instanceof Int8Array || data instanceof Uint8Array) return byteValues(data, tensor.quantization);
  return {
    data: data instanceof Float32Array ? data : dequantise(tensor),
    real: (raw) => raw,
    interval: (low, high) => [low, high],
  };
}

/**
 * All values of a tensor as float32: `f(f(q - zeroPoint) * scale)` with the tensor's own parameters, each
 * step rounded to float32. A float32 tensor is returned as it is, without a copy; an integer tensor without
 * parameters (or with scale 0, which means the same) keeps its numbers.
 *
 * @param tensor any shape and data type; `float16` is read from its 16 bits
 * @returns `tensor.data.length` numbers, row-major
 */
export function dequantise(tensor: Tensor): Float32Array {
  const { data, dataType, quantization } = tensor;
  if (data instanceof Float32Array) return data;
  if (data instanceof BigInt64Array) return Float32Array.from(data, Number);
  if (data instanceof Int8Array || data instanceof Uint8Array) {
    return mapped(data, byteValues(data, quantization).real);
  }
  return mapped(data, dataType === 'float16' ? halfToFloat : realFrom(quantization));
}

/** Value of the 16 bits of an IEEE half float. */
export function halfToFloat(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

function realFrom(quantization: Quantization | undefined): (raw: number) => number {
  if (quantization === undefined || quantization.scale === 0) return f;
  const scale = f(quantization.scale);
  const zeroPoint = f(quantization.zeroPoint);
  return (raw) => f(f(raw - zeroPoint) * scale);
}

/** 8-bit elements have 256 values, so each is computed once. */
function byteValues(data: Int8Array | Uint8Array, quantization: Quantization | undefined): TensorValues {
  const lowest = data instanceof Int8Array ? -128 : 0;
  const real = realFrom(quantization);
  const table = new Float32Array(256);
  for (let index = 0; index < 256; index++) table[index] = real(index + lowest);
  return {
    data,
    real: (raw) => table[raw - lowest] as number,
    interval(low, high) {
      // Real values rise with raw ones, because scales are positive: those between form one run.
      const first = table.findIndex((value) => value >= low);
      const last = table.findLastIndex((value) => value <= high);
      return first < 0 ? [1, 0] : [first + lowest, last + lowest];
    },
  };
}

function mapped(data: ArrayLike<number>, real: (raw: number) => number): Float32Array {
  const values = new Float32Array(data.length);
  for (let index = 0; index < values.length; index++) values[index] = real(data[index] as number);
  return values;
}
