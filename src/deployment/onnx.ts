/** Reads what an ONNX model says about itself: interface, operators, metadata. Weights are not looked at. */
import { DeploymentError, UnsupportedError } from '../errors.js';
import type { DataType, TensorInfo } from '../tensor.js';
import { ProtoMessage } from './protobuf.js';

export interface OnnxModel {
  readonly irVersion: number;
  /** Name and version of what wrote it: `pytorch 2.1.0`. */
  readonly producer: string;
  /** Sets of operators it uses; '' is ONNX's own. */
  readonly opsets: readonly { readonly domain: string; readonly version: number }[];
  /** What has to be given: graph inputs that are not initialisers. -1 for symbolic dimensions. */
  readonly inputs: readonly TensorInfo[];
  /** -1 for symbolic dimensions; the shape is [-1] where not even the number of dimensions is stated. */
  readonly outputs: readonly TensorInfo[];
  /** In order of first use, without those inside the branches and bodies of others. */
  readonly operators: readonly { readonly name: string; readonly domain: string; readonly count: number }[];
  /** What exporters note: Ultralytics writes `names`, `task`, `imgsz`, `stride`. As written. */
  readonly metadata: ReadonlyMap<string, string>;
}

/** Field numbers of the messages of the public `onnx.proto`. */
export const MODEL = {
  irVersion: 1,
  producerName: 2,
  producerVersion: 3,
  graph: 7,
  opsetImport: 8,
  metadata: 14,
} as const;
const OPSET = { domain: 1, version: 2 } as const;
const ENTRY = { key: 1, value: 2 } as const;
export const GRAPH = { node: 1, initializer: 5, input: 11, output: 12, sparseInitializer: 15 } as const;
const NODE = { opType: 4, domain: 7 } as const;
const TENSOR = { name: 8 } as const;
const SPARSE_TENSOR = { values: 1 } as const;
export const VALUE_INFO = { name: 1, type: 2 } as const;
export const TYPE = { tensor: 1 } as const;
export const TENSOR_TYPE = { elementType: 1, shape: 2 } as const;
export const SHAPE = { dimension: 1 } as const;
export const DIMENSION = { value: 1 } as const;

/** Element types by their number in `TensorProto.DataType`. */
export const ELEMENT_TYPES: Readonly<Record<number, DataType>> = {
  1: 'float32',
  2: 'uint8',
  3: 'int8',
  5: 'int16',
  6: 'int32',
  7: 'int64',
  9: 'bool',
  10: 'float16',
};
const FOREIGN_TYPES: Readonly<Record<number, string>> = {
  4: 'uint16',
  8: 'string',
  11: 'float64',
  12: 'uint32',
  13: 'uint64',
  14: 'complex64',
  15: 'complex128',
  16: 'bfloat16',
};

/** The tag of the format version, which comes first in every file: that field has the lowest number. */
const FIRST_BYTE = 0x08;

/**
 * Reads an ONNX model's own description.
 *
 * @param name what people call it, for messages
 * @throws {DeploymentError} `ERR_DEPLOYMENT_TRUNCATED`: it is cut short; `ERR_MODEL_INVALID`: it is no ONNX
 *   model, or damaged
 * @throws {UnsupportedError} `ERR_UNSUPPORTED_DATA_TYPE`: an input or output that is no tensor of a type we hold
 */
export function readOnnxModel(bytes: Uint8Array, name = 'The ONNX model'): OnnxModel {
  if (bytes[0] !== FIRST_BYTE) {
    throw new DeploymentError(
      'ERR_MODEL_INVALID',
      `${name} is not an ONNX model: it does not begin like one.`,
    );
  }
  let irVersion = 0;
  let producerName = '';
  let producerVersion = '';
  let graph: Graph | undefined;
  const opsets: { domain: string; version: number }[] = [];
  const metadata = new Map<string, string>();
  for (const field of new ProtoMessage(bytes, name).fields()) {
    if (field.kind === 'varint') {
      if (field.id === MODEL.irVersion) irVersion = field.value;
    } else if (field.id === MODEL.producerName) producerName = field.message.text();
    else if (field.id === MODEL.producerVersion) producerVersion = field.message.text();
    else if (field.id === MODEL.graph) graph = readGraph(field.message);
    else if (field.id === MODEL.opsetImport) opsets.push(readOpset(field.message));
    else if (field.id === MODEL.metadata) {
      const { key, value } = readEntry(field.message);
      metadata.set(key, value);
    }
  }
  if (graph === undefined) throw new DeploymentError('ERR_MODEL_INVALID', `${name} holds no graph.`);
  const { initializers, inputs, outputs, operators } = graph;
  return {
    irVersion,
    producer: `${producerName} ${producerVersion}`.trim(),
    opsets,
    inputs: inputs.filter((input) => !initializers.has(input.name)).map((input) => tensorInfo(input, name)),
    outputs: outputs.map((output) => tensorInfo(output, name)),
    operators: [...operators.values()],
    metadata,
  };
}

/** An input or output as a file states it. */
export interface ValueInfo {
  readonly name: string;
  /** 0: no tensor. */
  readonly elementType: number;
  readonly shape: readonly number[];
}

interface Graph {
  readonly initializers: ReadonlySet<string>;
  readonly inputs: readonly ValueInfo[];
  readonly outputs: readonly ValueInfo[];
  readonly operators: ReadonlyMap<string, { name: string; domain: string; count: number }>;
}

function readGraph(message: ProtoMessage): Graph {
  const initializers = new Set<string>();
  const inputs: ValueInfo[] = [];
  const outputs: ValueInfo[] = [];
  const operators = new Map<string, { name: string; domain: string; count: number }>();
  for (const field of message.fields()) {
    if (field.kind !== 'bytes') continue;
    if (field.id === GRAPH.input) inputs.push(readValueInfo(field.message));
    else if (field.id === GRAPH.output) outputs.push(readValueInfo(field.message));
    else if (field.id === GRAPH.initializer) initializers.add(text(field.message, TENSOR.name));
    else if (field.id === GRAPH.sparseInitializer) initializers.add(sparseName(field.message));
    else if (field.id === GRAPH.node) {
      const node = readNode(field.message);
      const key = `${node.domain}\0${node.name}`;
      const known = operators.get(key);
      if (known === undefined) operators.set(key, { ...node, count: 1 });
      else known.count++;
    }
  }
  return { initializers, inputs, outputs, operators };
}

function readOpset(message: ProtoMessage): { domain: string; version: number } {
  let domain = '';
  let version = 1;
  for (const field of message.fields()) {
    if (field.kind === 'bytes' && field.id === OPSET.domain) domain = field.message.text();
    if (field.kind === 'varint' && field.id === OPSET.version) version = field.value;
  }
  return { domain, version };
}

function readEntry(message: ProtoMessage): { key: string; value: string } {
  let key = '';
  let value = '';
  for (const field of message.fields()) {
    if (field.kind === 'bytes' && field.id === ENTRY.key) key = field.message.text();
    if (field.kind === 'bytes' && field.id === ENTRY.value) value = field.message.text();
  }
  return { key, value };
}

function readNode(message: ProtoMessage): { name: string; domain: string } {
  let name = '';
  let domain = '';
  for (const field of message.fields()) {
    if (field.kind === 'bytes' && field.id === NODE.opType) name = field.message.text();
    if (field.kind === 'bytes' && field.id === NODE.domain) domain = field.message.text();
  }
  return { name, domain };
}

function readValueInfo(message: ProtoMessage): ValueInfo {
  let name = '';
  let type = { elementType: 0, shape: [-1] as readonly number[] };
  for (const field of message.fields()) {
    if (field.kind !== 'bytes') continue;
    if (field.id === VALUE_INFO.name) name = field.message.text();
    if (field.id === VALUE_INFO.type) {
      for (const inner of field.message.fields()) {
        if (inner.kind === 'bytes' && inner.id === TYPE.tensor) type = readTensorType(inner.message);
      }
    }
  }
  return { name, ...type };
}

function readTensorType(message: ProtoMessage): { elementType: number; shape: readonly number[] } {
  let elementType = 0;
  let shape: readonly number[] = [-1];
  for (const field of message.fields()) {
    if (field.kind === 'varint' && field.id === TENSOR_TYPE.elementType) elementType = field.value;
    if (field.kind === 'bytes' && field.id === TENSOR_TYPE.shape) shape = readShape(field.message);
  }
  return { elementType, shape };
}

function readShape(message: ProtoMessage): readonly number[] {
  const shape: number[] = [];
  for (const field of message.fields()) {
    if (field.kind !== 'bytes' || field.id !== SHAPE.dimension) continue;
    // A name in place of a number is a dimension that the caller chooses.
    let size = -1;
    for (const inner of field.message.fields()) {
      if (inner.kind === 'varint' && inner.id === DIMENSION.value) size = Math.max(-1, inner.value);
    }
    shape.push(size);
  }
  return shape;
}

function sparseName(message: ProtoMessage): string {
  for (const field of message.fields()) {
    if (field.kind === 'bytes' && field.id === SPARSE_TENSOR.values) return text(field.message, TENSOR.name);
  }
  return '';
}

function text(message: ProtoMessage, id: number): string {
  let value = '';
  for (const field of message.fields()) {
    if (field.kind === 'bytes' && field.id === id) value = field.message.text();
  }
  return value;
}

/** @throws {UnsupportedError} `ERR_UNSUPPORTED_DATA_TYPE` */
export function tensorInfo({ name, elementType, shape }: ValueInfo, model: string): TensorInfo {
  const dataType = ELEMENT_TYPES[elementType];
  if (dataType !== undefined) return { name, shape, dataType };
  const found =
    elementType === 0 ? 'is no tensor' : `has the type ${FOREIGN_TYPES[elementType] ?? elementType}`;
  throw new UnsupportedError(
    'ERR_UNSUPPORTED_DATA_TYPE',
    `${model}: '${name}' ${found}, which can't be given or read here. ` +
      `Export the model with tensors of ${Object.values(ELEMENT_TYPES).join(', ')} only.`,
  );
}
