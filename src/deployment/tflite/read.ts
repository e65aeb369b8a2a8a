/** Reads TFLite models. */
import { DeploymentError } from '../../errors.js';
import { bytesPerElement, isDataType } from '../../tensor.js';
import { FlatBufferSource, FlatTable } from './flatbuffer.js';
import type {
  TfliteModel,
  TfliteOperator,
  TfliteOperatorCode,
  TfliteOptions,
  TfliteQuantization,
  TfliteSubgraph,
  TfliteTensor,
} from './model.js';
import { BUILTIN_OPERATORS } from './operators.js';
import { OPTION_TABLES, OPTION_TABLES_2 } from './option-tables.js';
import {
  BUFFER,
  CUSTOM_OPERATOR,
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
import { inputInfo, outputInfo } from './tensor-info.js';
import {
  checkIndices,
  verifyHiddenParts,
  verifyInput,
  verifyOperator,
  verifyOptions,
  verifyScales,
  verifySignature,
  verifySparsity,
} from './verify.js';

const EMPTY = new Uint8Array(0);

/** True if the bytes are marked as a TFLite model, whole or not. */
export function isTflite(bytes: Uint8Array): boolean {
  return (
    bytes.length >= 8 && [...FILE_IDENTIFIER].every((letter, i) => bytes[4 + i] === letter.charCodeAt(0))
  );
}

/**
 * Reads a TFLite flatbuffer and checks everything in it that an engine would follow: offsets, lengths,
 * indices, and the size of constant tensors. Bytes after the flatbuffer (a zip with labels) are allowed.
 *
 * @param bytes the file; the model keeps views of it
 * @param name what people call it, for messages
 * @throws {DeploymentError} `ERR_DEPLOYMENT_TRUNCATED`: it refers to bytes behind its end;
 *   `ERR_MODEL_INVALID`: it is no TFLite model, or it contradicts itself
 * @throws {UnsupportedError} `ERR_UNSUPPORTED_DATA_TYPE`: an input or output of a type that no tensor can hold
 */
export function readTfliteModel(bytes: Uint8Array, name = 'The TFLite model'): TfliteModel {
  if (!isTflite(bytes)) {
    throw new DeploymentError(
      'ERR_MODEL_INVALID',
      `${name} is not a TFLite model: it lacks the mark 'TFL3'.`,
    );
  }
  const source = new FlatBufferSource(bytes, name);
  return readRoot(FlatTable.root(source), source);
}

/** What a model computes with: each operator with its version and how often it occurs, in order of first use. */
export function listOperators(
  model: TfliteModel,
): readonly { readonly name: string; readonly version: number; readonly count: number }[] {
  const counts = new Map<TfliteOperatorCode, number>();
  for (const { operators } of model.subgraphs) {
    for (const { opcodeIndex } of operators) {
      const code = model.operatorCodes[opcodeIndex];
      if (code !== undefined) counts.set(code, (counts.get(code) ?? 0) + 1);
    }
  }
  return [...counts].map(([code, count]) => ({ name: operatorName(code), version: code.version, count }));
}

/** The name that people know an operator by: its own, if it is a custom one. */
export function operatorName({ name, customCode }: TfliteOperatorCode): string {
  return customCode ?? name;
}

interface Context {
  readonly source: FlatBufferSource;
  readonly operatorCodes: readonly TfliteOperatorCode[];
  readonly buffers: readonly Uint8Array[];
}

function readRoot(root: FlatTable, source: FlatBufferSource): TfliteModel {
  const version = root.uint32(MODEL.version);
  if (version !== SCHEMA_VERSION) {
    throw source.invalid(`it states schema version ${version} instead of ${SCHEMA_VERSION}`);
  }
  const operatorCodes = root.tables(MODEL.operatorCodes).map(readOperatorCode);
  const buffers = root.tables(MODEL.buffers).map((table) => readBuffer(table, source));
  const context: Context = { source, operatorCodes, buffers };
  const subgraphs = root.tables(MODEL.subgraphs).map((table, i) => readSubgraph(table, i, context));
  const main = subgraphs[0];
  if (main === undefined) throw source.invalid('it holds no graph');
  for (const signature of root.tables(MODEL.signatures)) verifySignature(signature, subgraphs, source);
  return {
    version,
    description: root.string(MODEL.description) ?? '',
    operatorCodes,
    subgraphs,
    buffers,
    metadata: root.tables(MODEL.metadata).map((table) => readMetadata(table, context)),
    inputs: main.inputs.map((index) => inputInfo(main, index, source)),
    outputs: main.outputs.map((index) => outputInfo(main, index, source)),
  };
}

function readOperatorCode(table: FlatTable): TfliteOperatorCode {
  const { deprecatedBuiltinCode, builtinCode, customCode, version } = OPERATOR_CODE;
  const code = Math.max(table.int8(deprecatedBuiltinCode), table.int32(builtinCode));
  const custom = table.string(customCode);
  return {
    name: BUILTIN_OPERATORS[code] ?? `UNKNOWN_${code}`,
    builtinCode: code,
    version: table.int32(version, 1),
    ...(code === CUSTOM_OPERATOR && { customCode: custom ?? '' }),
  };
}

function readBuffer(table: FlatTable, source: FlatBufferSource): Uint8Array {
  const offset = table.size64(BUFFER.offset);
  if (offset <= 1) return table.bytes(BUFFER.data) ?? EMPTY;
  const size = table.size64(BUFFER.size);
  source.require(offset, size);
  return source.bytes.subarray(offset, offset + size);
}

function readMetadata(table: FlatTable, { buffers, source }: Context): { name: string; bytes: Uint8Array } {
  const name = table.string(METADATA.name) ?? '';
  const bytes = buffers[table.uint32(METADATA.buffer)];
  if (bytes === undefined) throw source.invalid(`its metadata '${name}' names a buffer that does not exist`);
  return { name, bytes };
}

function readSubgraph(table: FlatTable, index: number, context: Context): TfliteSubgraph {
  const { source, buffers } = context;
  const tensors = table
    .tables(SUBGRAPH.tensors)
    .map((tensor, i) => readTensor(tensor, `tensor ${i}`, context));
  const isConstant = (tensor: number): boolean => (buffers[tensors[tensor]?.buffer ?? 0]?.length ?? 0) > 0;
  const inputs = table.int32s(SUBGRAPH.inputs);
  const outputs = table.int32s(SUBGRAPH.outputs);
  checkIndices([...inputs, ...outputs], 0, tensors.length, `graph ${index}`, source);
  const given = new Set(inputs);
  for (const [i, tensor] of tensors.entries()) {
    verifyScales(tensor, `tensor ${i}`, isConstant(i), source);
    if (given.has(i)) verifyInput(tensor, `tensor ${i}`, isConstant(i), source);
  }
  const operators = table
    .tables(SUBGRAPH.operators)
    .map((operator, i) => readOperator(operator, `operator ${i} of graph ${index}`, tensors.length, context));
  for (const [i, operator] of operators.entries()) {
    const code = context.operatorCodes[operator.opcodeIndex];
    if (code === undefined) throw source.invalid(`operator ${i} of graph ${index} has no operator code`);
    verifyOperator(operator, code, `operator ${i} of graph ${index}`, tensors, isConstant, source);
  }
  return { name: table.string(SUBGRAPH.name) ?? '', tensors, inputs, outputs, operators };
}

function readTensor(table: FlatTable, where: string, { buffers, source }: Context): TfliteTensor {
  const type = table.int8(TENSOR.type);
  const dataType = TENSOR_TYPES[type] ?? `unknown-${type}`;
  const shape = table.int32s(TENSOR.shape);
  const shapeSignature = table.int32s(TENSOR.shapeSignature);
  const buffer = table.uint32(TENSOR.buffer);
  const data = buffers[buffer];
  if (data === undefined) throw source.invalid(`${where} names buffer ${buffer} of ${buffers.length}`);
  if ([...shape, ...shapeSignature].some((dimension) => dimension < -1)) {
    throw source.invalid(`${where} has the shape [${shape.slice(0, 16)}]`);
  }
  // Sparse tensors store less than their shape says.
  if (data.length > 0 && isDataType(dataType) && !table.has(TENSOR.sparsity)) {
    const bytes = shape.reduce((product, dimension) => product * dimension, bytesPerElement(dataType));
    if (bytes !== data.length) {
      throw source.invalid(
        `${where} has ${data.length} bytes of ${dataType} for the shape [${shape.slice(0, 16)}]`,
      );
    }
  }
  verifySparsity(table.table(TENSOR.sparsity));
  const quantization = readQuantization(table.table(TENSOR.quantization));
  return {
    name: table.string(TENSOR.name) ?? '',
    shape,
    ...(shapeSignature.length > 0 && { shapeSignature }),
    dataType,
    buffer,
    ...(quantization !== undefined && { quantization }),
    isVariable: table.bool(TENSOR.isVariable),
  };
}

/** Absent for tensors that only state the range they had in training. */
function readQuantization(table: FlatTable | undefined): TfliteQuantization | undefined {
  const scale = table?.float32s(QUANTIZATION.scale) ?? [];
  if (table === undefined || scale.length === 0) return undefined;
  return {
    scale,
    zeroPoint: table.int64s(QUANTIZATION.zeroPoint),
    quantizedDimension: table.int32(QUANTIZATION.quantizedDimension),
  };
}

function readOperator(
  table: FlatTable,
  where: string,
  tensorCount: number,
  context: Context,
): TfliteOperator {
  const { source } = context;
  const inputs = table.int32s(OPERATOR.inputs);
  const outputs = table.int32s(OPERATOR.outputs);
  checkIndices(inputs, -1, tensorCount, where, source);
  checkIndices(outputs, 0, tensorCount, where, source);
  verifyHiddenParts(table, where, tensorCount, source);
  const options = readOptionTable(table, source);
  const customOptions = table.bytes(OPERATOR.customOptions);
  return {
    opcodeIndex: table.uint32(OPERATOR.opcodeIndex),
    inputs,
    outputs,
    ...(options !== undefined && { options }),
    ...(customOptions !== undefined && { customOptions }),
  };
}

function readOptionTable(operator: FlatTable, source: FlatBufferSource): TfliteOptions | undefined {
  // Reading the fields later, and by others, must not use up what this reading may visit.
  const unmetered = new FlatBufferSource(source.bytes, source.name, Number.POSITIVE_INFINITY);
  const type = operator.uint8(OPERATOR.optionsType);
  const table = type === 0 ? undefined : operator.table(OPERATOR.options);
  if (table !== undefined) {
    verifyOptions(type, table);
    return { type: OPTION_TABLES[type] ?? `Unknown${type}`, table: table.through(unmetered) };
  }
  const type2 = operator.uint8(OPERATOR.options2Type);
  const table2 = type2 === 0 ? undefined : operator.table(OPERATOR.options2);
  return table2 && { type: OPTION_TABLES_2[type2] ?? `Unknown${type2}`, table: table2.through(unmetered) };
}
