/**
 * Facts of the TFLite file format (schema version 3, identifier TFL3), from the public `schema.fbs`:
 * field numbers of its tables, names of operators, of element types and of option tables by code.
 */
import type { DataType } from '../../tensor.js';

export const FILE_IDENTIFIER = 'TFL3';
export const SCHEMA_VERSION = 3;

/** Field numbers, by table. */
export const MODEL = {
  version: 0,
  operatorCodes: 1,
  subgraphs: 2,
  description: 3,
  buffers: 4,
  metadata: 6,
  signatures: 7,
} as const;

export const OPERATOR_CODE = {
  /** A byte; 127 where the code does not fit. The true code is the greater of the two. */
  deprecatedBuiltinCode: 0,
  customCode: 1,
  version: 2,
  builtinCode: 3,
} as const;

export const SUBGRAPH = { tensors: 0, inputs: 1, outputs: 2, operators: 3, name: 4 } as const;

export const TENSOR = {
  shape: 0,
  type: 1,
  buffer: 2,
  name: 3,
  quantization: 4,
  isVariable: 5,
  sparsity: 6,
  shapeSignature: 7,
  hasRank: 8,
} as const;

export const QUANTIZATION = { scale: 2, zeroPoint: 3, detailsType: 4, quantizedDimension: 6 } as const;

export const OPERATOR = {
  opcodeIndex: 0,
  inputs: 1,
  outputs: 2,
  optionsType: 3,
  options: 4,
  customOptions: 5,
  mutatingInputs: 7,
  intermediates: 8,
  options2Type: 11,
  options2: 12,
} as const;

/** `offset` and `size` place data behind the flatbuffer, in files over 2 GiB; valid when offset > 1. */
export const BUFFER = { data: 0, offset: 1, size: 2 } as const;

export const METADATA = { name: 0, buffer: 1 } as const;

export const SPARSITY = { traversalOrder: 0, blockMap: 1, dimensions: 2 } as const;

/** How one dimension of a sparse tensor is stored; both index vectors are in a table of their own. */
export const SPARSE_DIMENSION = { segments: 3, indices: 5 } as const;

export const SIGNATURE = { inputs: 0, outputs: 1, key: 2, subgraphIndex: 4 } as const;

export const SIGNATURE_TENSOR = { name: 0, tensorIndex: 1 } as const;

/** Element types that models may name and that no tensor of ours can hold. */
export type ForeignDataType =
  | 'string'
  | 'complex64'
  | 'float64'
  | 'complex128'
  | 'uint64'
  | 'resource'
  | 'variant'
  | 'uint32'
  | 'uint16'
  | 'int4'
  | 'bfloat16'
  | 'int2'
  | 'uint4'
  | 'float8-e4m3fn'
  | 'float8-e5m2'
  | `unknown-${number}`;

/** Element types by code. */
export const TENSOR_TYPES: readonly (DataType | ForeignDataType)[] = [
  'float32',
  'float16',
  'int32',
  'uint8',
  'int64',
  'string',
  'bool',
  'int16',
  'complex64',
  'int8',
  'float64',
  'complex128',
  'uint64',
  'resource',
  'variant',
  'uint32',
  'uint16',
  'int4',
  'bfloat16',
  'int2',
  'uint4',
  'float8-e4m3fn',
  'float8-e5m2',
];

/** Code of operators that name themselves by a string. */
export const CUSTOM_OPERATOR = 32;
