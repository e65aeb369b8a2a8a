/** Tensors: the one thing that preprocessing, engines and decoders all speak. */

/** Element types of model tensors, spelled as the API spells them (and the few more that models have). */
export const DATA_TYPES = ['float32', 'float16', 'int8', 'uint8', 'int16', 'int32', 'int64', 'bool'] as const;
export type DataType = (typeof DATA_TYPES)[number];

/** True for element types that a tensor of ours can hold. */
export function isDataType(type: string): type is DataType {
  return (DATA_TYPES as readonly string[]).includes(type);
}

/** Elements in row-major order. `float16` is held as its raw 16 bits. */
export type TensorData =
  | Float32Array
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | BigInt64Array;

/** real = (q - zeroPoint) * scale; one pair for the whole tensor. */
export interface Quantization {
  readonly scale: number;
  readonly zeroPoint: number;
}

/** What a tensor is, without its values. A dimension of -1 is not known before the model has run. */
export interface TensorInfo {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dataType: DataType;
  readonly quantization?: Quantization;
}

/** A tensor with its values: `data.length` is the product of `shape`. */
export interface Tensor extends TensorInfo {
  readonly data: TensorData;
}

/** Number of elements of a shape; -1 if a dimension is not known. */
export function elementCount(shape: readonly number[]): number {
  let count = 1;
  for (const dimension of shape) {
    if (dimension < 0) return -1;
    count *= dimension;
  }
  return count;
}

const BYTES: Record<DataType, number> = {
  float32: 4,
  float16: 2,
  int8: 1,
  uint8: 1,
  int16: 2,
  int32: 4,
  int64: 8,
  bool: 1,
};

/** Size of one element in bytes. */
export function bytesPerElement(dataType: DataType): number {
  return BYTES[dataType];
}

/** A view of `bytes` (of `length` elements from `byteOffset`) as the array type that holds `dataType`. */
export function tensorData(
  dataType: DataType,
  bytes: ArrayBufferLike,
  byteOffset = 0,
  length = (bytes.byteLength - byteOffset) / BYTES[dataType],
): TensorData {
  switch (dataType) {
    case 'float32':
      return new Float32Array(bytes, byteOffset, length);
    case 'float16':
      return new Uint16Array(bytes, byteOffset, length);
    case 'int8':
      return new Int8Array(bytes, byteOffset, length);
    case 'uint8':
    case 'bool':
      return new Uint8Array(bytes, byteOffset, length);
    case 'int16':
      return new Int16Array(bytes, byteOffset, length);
    case 'int32':
      return new Int32Array(bytes, byteOffset, length);
    case 'int64':
      return new BigInt64Array(bytes, byteOffset, length);
  }
}
