/** TensorFlow's names and numbers of element types, as far as our tensors have them. */
import { UnsupportedError } from '../../errors.js';
import type { DataType, TensorInfo } from '../../tensor.js';

/** By their number in TensorFlow's `DataType`; `DT_<name>` is their name in JSON. */
const NAMES: Readonly<Record<number, string>> = {
  1: 'FLOAT',
  2: 'DOUBLE',
  3: 'INT32',
  4: 'UINT8',
  5: 'INT16',
  6: 'INT8',
  7: 'STRING',
  8: 'COMPLEX64',
  9: 'INT64',
  10: 'BOOL',
  14: 'BFLOAT16',
  17: 'UINT16',
  18: 'COMPLEX128',
  19: 'HALF',
  20: 'RESOURCE',
  21: 'VARIANT',
  22: 'UINT32',
  23: 'UINT64',
};

/** Those that TensorFlow.js has tensors for; it holds the integers as int32. */
const DATA_TYPES: Readonly<Record<string, DataType>> = {
  FLOAT: 'float32',
  INT32: 'int32',
  UINT8: 'uint8',
  INT64: 'int64',
  BOOL: 'bool',
};

/** An input or output as a file states it. A size is -1 where it is left open; the shape [-1] where even the rank is. */
export interface StatedTensor {
  readonly name: string;
  readonly shape: readonly number[];
  /** `FLOAT`, `UINT8`, ... */
  readonly type: string;
}

export function typeName(number: number): string {
  return NAMES[number] ?? `type ${number}`;
}

/**
 * @param model what people call the model
 * @throws {UnsupportedError} `ERR_UNSUPPORTED_DATA_TYPE`
 */
export function tensorInfo({ name, shape, type }: StatedTensor, model: string): TensorInfo {
  const dataType = DATA_TYPES[type];
  if (dataType !== undefined) return { name, shape, dataType };
  throw new UnsupportedError(
    'ERR_UNSUPPORTED_DATA_TYPE',
    `${model}: '${name}' has the type ${type}, which TensorFlow.js can't give or read. ` +
      `Export the model with inputs and outputs of ${Object.keys(DATA_TYPES).join(', ')} only.`,
  );
}
