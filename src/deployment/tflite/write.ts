/** Writes TFLite models. */
import { Builder } from 'flatbuffers';
import { DeploymentError } from '../../errors.js';
import type { DataType, TensorData } from '../../tensor.js';
import { bytesPerElement, elementCount } from '../../tensor.js';
import type { TfliteQuantization } from './model.js';
import { BUILTIN_OPERATORS } from './operators.js';
import { int32Vector } from './option-codecs.js';
import type { OperatorSpec } from './options.js';
import { optionTableCode, writeOptions } from './options.js';
import {
  BUFFER,
  FILE_IDENTIFIER,
  METADATA,
  MODEL,
  OPERATOR,
  OPERATOR_CODE,
  QUANTIZATION,
  SCHEMA_VERSION,
  SUBGRAPH,
  TENSOR,
  TENSOR_TYPES,
} from './schema.js';
import { operatorVersion } from './versions.js';

/** A model of one graph, to be written. */
export interface TfliteGraph {
  readonly description?: string;
  readonly tensors: readonly GraphTensor[];
  /** Indices of tensors. */
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  /** In the order of execution. */
  readonly operators: readonly GraphOperator[];
  readonly metadata?: readonly { readonly name: string; readonly bytes: Uint8Array }[];
}

export interface GraphTensor {
  readonly name: string;
  readonly shape: readonly number[];
  /** The shape with -1 for each dimension that may change. */
  readonly shapeSignature?: readonly number[];
  readonly dataType: DataType;
  /** Absent for float tensors; weights may have one scale for each slice of `quantizedDimension`. */
  readonly quantization?: TfliteQuantization;
  /** Values of a constant, row-major; tensors that share the array share its place in the file. */
  readonly data?: TensorData;
  readonly isVariable?: boolean;
}

export interface GraphOperator {
  readonly spec: OperatorSpec;
  /** Indices of tensors; -1 for an optional one left out. */
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
}

/** Constants are aligned for engines that compute on the file in place. */
const DATA_ALIGNMENT = 16;
/** What the byte-wide field of old readers says for codes that it can't hold. */
const GREATER_CODE = 127;

/**
 * Writes a model as a TFLite flatbuffer: one graph, operators in the version that their types need.
 *
 * @throws {DeploymentError} `ERR_MODEL_INVALID`: an index points nowhere, or a constant does not fill its shape
 */
export function writeTfliteModel(graph: TfliteGraph): Uint8Array {
  check(graph);
  const builder = new Builder(65_536);
  const buffers = new BufferList();
  const codes = new OperatorCodeList();
  const metadata = (graph.metadata ?? []).map(({ name, bytes }) =>
    table(builder, [
      ['offset', METADATA.name, builder.createString(name)],
      ['int32', METADATA.buffer, buffers.indexOf(bytes)],
    ]),
  );
  const subgraph = table(builder, [
    [
      'offset',
      SUBGRAPH.tensors,
      offsets(
        builder,
        graph.tensors.map((tensor) => writeTensor(builder, tensor, buffers)),
      ),
    ],
    ['offset', SUBGRAPH.inputs, int32Vector(builder, graph.inputs)],
    ['offset', SUBGRAPH.outputs, int32Vector(builder, graph.outputs)],
    [
      'offset',
      SUBGRAPH.operators,
      offsets(
        builder,
        graph.operators.map((operator) =>
          writeOperator(builder, operator, codes.indexOf(operator, graph.tensors)),
        ),
      ),
    ],
    ['offset', SUBGRAPH.name, builder.createString('main')],
  ]);
  const root = table(builder, [
    ['int32', MODEL.version, SCHEMA_VERSION],
    [
      'offset',
      MODEL.operatorCodes,
      offsets(
        builder,
        codes.all.map((code) => writeOperatorCode(builder, code)),
      ),
    ],
    ['offset', MODEL.subgraphs, offsets(builder, [subgraph])],
    ['offset', MODEL.description, builder.createString(graph.description ?? '')],
    [
      'offset',
      MODEL.buffers,
      offsets(
        builder,
        buffers.all.map((bytes) => writeBuffer(builder, bytes)),
      ),
    ],
    ['offset', MODEL.metadata, offsets(builder, metadata)],
  ]);
  builder.finish(root, FILE_IDENTIFIER);
  return builder.asUint8Array().slice();
}

/** Buffers in the order in which they are first asked for; the first is empty, for tensors without data. */
class BufferList {
  readonly all: Uint8Array[] = [new Uint8Array(0)];
  readonly #indices = new Map<TensorData, number>();

  indexOf(data: TensorData | undefined): number {
    if (data === undefined) return 0;
    const known = this.#indices.get(data);
    if (known !== undefined) return known;
    this.all.push(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    this.#indices.set(data, this.all.length - 1);
    return this.all.length - 1;
  }
}

interface OperatorCode {
  readonly builtinCode: number;
  readonly version: number;
  readonly customCode?: string;
}

/** Each operator and version once, in the order of first use. */
class OperatorCodeList {
  readonly all: OperatorCode[] = [];

  indexOf({ spec, inputs, outputs }: GraphOperator, tensors: readonly GraphTensor[]): number {
    const operands = (indices: readonly number[]) => indices.map((index) => tensors[index]);
    const builtinCode = BUILTIN_OPERATORS.indexOf(spec.type);
    const version = operatorVersion(spec, operands(inputs), operands(outputs));
    const customCode = spec.type === 'CUSTOM' ? spec.name : undefined;
    const known = this.all.findIndex(
      (code) =>
        code.builtinCode === builtinCode && code.version === version && code.customCode === customCode,
    );
    if (known !== -1) return known;
    return this.all.push({ builtinCode, version, ...(customCode !== undefined && { customCode }) }) - 1;
  }
}

function writeTensor(builder: Builder, tensor: GraphTensor, buffers: BufferList): number {
  const { name, shape, shapeSignature, dataType, data, quantization, isVariable = false } = tensor;
  return table(builder, [
    ['offset', TENSOR.shape, int32Vector(builder, shape)],
    ['int8', TENSOR.type, TENSOR_TYPES.indexOf(dataType)],
    ['int32', TENSOR.buffer, buffers.indexOf(data)],
    ['offset', TENSOR.name, builder.createString(name)],
    [
      'offset',
      TENSOR.quantization,
      quantization === undefined ? 0 : writeQuantization(builder, quantization),
    ],
    ['int8', TENSOR.isVariable, Number(isVariable)],
    [
      'offset',
      TENSOR.shapeSignature,
      shapeSignature === undefined ? 0 : int32Vector(builder, shapeSignature),
    ],
  ]);
}

function writeQuantization(
  builder: Builder,
  { scale, zeroPoint, quantizedDimension }: TfliteQuantization,
): number {
  builder.startVector(4, scale.length, 4);
  for (const value of scale.toReversed()) builder.addFloat32(value);
  const scaleOffset = builder.endVector();
  builder.startVector(8, zeroPoint.length, 8);
  for (const value of zeroPoint.toReversed()) builder.addInt64(BigInt(value));
  const zeroPointOffset = builder.endVector();
  return table(builder, [
    ['offset', QUANTIZATION.scale, scaleOffset],
    ['offset', QUANTIZATION.zeroPoint, zeroPointOffset],
    ['int32', QUANTIZATION.quantizedDimension, quantizedDimension],
  ]);
}

function writeOperator(
  builder: Builder,
  { spec, inputs, outputs }: GraphOperator,
  opcodeIndex: number,
): number {
  const fields: TableField[] = [
    ['int32', OPERATOR.opcodeIndex, opcodeIndex],
    ['offset', OPERATOR.inputs, int32Vector(builder, inputs)],
    ['offset', OPERATOR.outputs, int32Vector(builder, outputs)],
  ];
  if (spec.type === 'CUSTOM') {
    const options = spec.options === undefined ? 0 : builder.createByteVector(spec.options);
    return table(builder, [...fields, ['offset', OPERATOR.customOptions, options]]);
  }
  const options = writeOptions(builder, spec);
  return table(builder, [
    ...fields,
    ['int8', OPERATOR.optionsType, optionTableCode(spec)],
    ['offset', OPERATOR.options, options],
  ]);
}

function writeOperatorCode(builder: Builder, { builtinCode, version, customCode }: OperatorCode): number {
  return table(builder, [
    ['int8', OPERATOR_CODE.deprecatedBuiltinCode, Math.min(builtinCode, GREATER_CODE)],
    ['offset', OPERATOR_CODE.customCode, customCode === undefined ? 0 : builder.createString(customCode)],
    ['int32', OPERATOR_CODE.version, version],
    ['int32', OPERATOR_CODE.builtinCode, builtinCode],
  ]);
}

function writeBuffer(builder: Builder, bytes: Uint8Array): number {
  if (bytes.length === 0) return table(builder, []);
  builder.prep(DATA_ALIGNMENT, bytes.length);
  return table(builder, [['offset', BUFFER.data, builder.createByteVector(bytes)]]);
}

type TableField = readonly [kind: 'int8' | 'int32' | 'offset', id: number, value: number];

/** Offsets of 0 are left out: nothing is there. */
function table(builder: Builder, fields: readonly TableField[]): number {
  builder.startObject(1 + Math.max(-1, ...fields.map(([, id]) => id)));
  for (const [kind, id, value] of fields) {
    if (kind === 'int8') builder.addFieldInt8(id, value, 0);
    else if (kind === 'int32') builder.addFieldInt32(id, value, null);
    else builder.addFieldOffset(id, value, 0);
  }
  return builder.endObject();
}

function offsets(builder: Builder, values: readonly number[]): number {
  builder.startVector(4, values.length, 4);
  for (const value of values.toReversed()) builder.addOffset(value);
  return builder.endVector();
}

function check({ tensors, inputs, outputs, operators }: TfliteGraph): void {
  checkIndices([...inputs, ...outputs], 0, tensors.length, 'the graph');
  for (const [i, operator] of operators.entries()) {
    checkIndices(
      [...operator.inputs, ...operator.outputs],
      -1,
      tensors.length,
      `operator ${i} (${operator.spec.type})`,
    );
  }
  for (const { name, shape, dataType, data } of tensors) {
    const bytes = elementCount(shape) * bytesPerElement(dataType);
    if (data !== undefined && data.byteLength !== bytes) {
      throw invalid(`tensor '${name}' holds ${data.byteLength} bytes where its shape and type need ${bytes}`);
    }
  }
}

function checkIndices(indices: readonly number[], least: number, count: number, where: string): void {
  const wrong = indices.find((index) => !Number.isInteger(index) || index < least || index >= count);
  if (wrong !== undefined) throw invalid(`${where} names tensor ${wrong} of ${count}`);
}

function invalid(why: string): DeploymentError {
  return new DeploymentError('ERR_MODEL_INVALID', `This graph can't be written as a TFLite model: ${why}.`);
}
