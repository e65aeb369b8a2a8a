/** From the elements that a model gives to the float32 numbers they stand for. */
import type { Quantization, Tensor } from '../tensor.js';

const f = Math.fround;

/** The largest finite float32. */
export const FLOAT32_MAX = 3.4028234663852886e38;

/** All elements, by their 8 bits. */
const ALL_UINT8 = Uint8Array.from({ length: 256 }, (_, bits) => bits);
const ALL_INT8 = Int8Array.from(ALL_UINT8);

/** Tables that were made last: those of the outputs of the models in use. */
const tables: ByteTable[] = [];
const MOST_TABLES = 16;

interface ByteTable extends Quantization {
  readonly elements: Int8Array | Uint8Array;
  readonly table: Float32Array;
}

/**
 * A tensor as decoders read it. Large tensors stay as they are: rows are first chosen by comparing raw
 * elements, and only the chosen ones become real numbers.
 */
export interface TensorValues {
  readonly data: Float32Array | Int8Array | Uint8Array;
  /** The float32 numbers that bytes stand for, by their 8 bits; without it, `data` holds the numbers. */
  readonly table: Float32Array | undefined;
}

/** @param tensor any data type; 8-bit ones are not copied, `float16`, `int16` and wider become float32 first */
export function tensorValues(tensor: Tensor): TensorValues {
  const { data, quantization } = tensor;
  return data instanceof Int8Array || data instanceof Uint8Array
    ? { data, table: byteTable(data, quantization) }
    : { data: dequantise(tensor), table: undefined };
}

/** The float32 number at an index. */
export function realAt({ data, table }: TensorValues, index: number): number {
  const raw = data[index] as number;
  return table === undefined ? raw : (table[raw & 0xff] as number);
}

/** The first and last raw element that stand for a number in `low..high`; first > last if there is none. */
export function rawInterval(
  { data, table }: TensorValues,
  low: number,
  high: number,
): readonly [number, number] {
  if (table === undefined) return [low, high];
  // Real values rise with raw ones, because scales are positive: those between form one run.
  const lowest = data instanceof Int8Array ? -128 : 0;
  let first = lowest;
  while (first < lowest + 256 && !((table[first & 0xff] as number) >= low)) first++;
  let last = lowest + 255;
  while (last >= lowest && !((table[last & 0xff] as number) <= high)) last--;
  return [first, last];
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
    return lookedUp(data, byteTable(data, quantization));
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

/** 8-bit elements have 256 values, so each is computed once, and for many frames. */
function byteTable(
  data: Int8Array | Uint8Array,
  quantization: Quantization = { scale: 0, zeroPoint: 0 },
): Float32Array {
  const elements = data instanceof Int8Array ? ALL_INT8 : ALL_UINT8;
  const { scale, zeroPoint } = quantization;
  for (const known of tables) {
    if (known.elements === elements && known.scale === scale && known.zeroPoint === zeroPoint) {
      return known.table;
    }
  }
  if (tables.length === MOST_TABLES) tables.shift();
  const table = mapped(elements, realFrom(quantization));
  tables.push({ elements, scale, zeroPoint, table });
  return table;
}

/** Ten times as fast as calling a function for each element. */
function lookedUp(data: Int8Array | Uint8Array, table: Float32Array): Float32Array {
  const values = new Float32Array(data.length);
  for (let index = 0; index < values.length; index++) {
    values[index] = table[(data[index] as number) & 0xff] as number;
  }
  return values;
}

function mapped(data: ArrayLike<number>, real: (raw: number) => number): Float32Array {
  const values = new Float32Array(data.length);
  for (let index = 0; index < values.length; index++) values[index] = real(data[index] as number);
  return values;
}
