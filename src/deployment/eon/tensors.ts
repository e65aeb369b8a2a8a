/** The table of tensors: `TensorInfo_t tensorData[] = { { kTfLiteMmapRo, kTfLiteInt8, data, dims, bytes, quant }, ... }`. */
import type { DataType, TensorData } from '../../tensor.js';
import { bytesPerElement, elementCount, tensorData } from '../../tensor.js';
import type { TfliteQuantization } from '../tflite/model.js';
import type { GraphTensor } from '../tflite/write.js';
import type { EonSource, EonValue, EonVariable } from './declarations.js';
import { damaged, irregular, unsupportedDataType } from './eon-error.js';
import { countNumbers, fillNumbers } from './number-lists.js';
import { floatArray, intArray, listItems, requireVariable, variableNamed } from './query.js';

const TABLE = 'tensorData';
const ROW = 'TensorInfo_t';
/** What activations lie in. */
const ARENA = 'tensor_arena';
const MAX_TENSORS = 100_000;
const MAX_RANK = 8;

const DATA_TYPES: ReadonlyMap<string, DataType> = new Map([
  ['kTfLiteFloat32', 'float32'],
  ['kTfLiteFloat16', 'float16'],
  ['kTfLiteInt8', 'int8'],
  ['kTfLiteUInt8', 'uint8'],
  ['kTfLiteInt16', 'int16'],
  ['kTfLiteInt32', 'int32'],
  ['kTfLiteInt64', 'int64'],
  ['kTfLiteBool', 'bool'],
]);

/** Element type of a constant's array, by the type of its tensor. `uint8_t` for any other: its bytes in memory. */
const C_TYPES: Readonly<Partial<Record<DataType, string>>> = {
  float32: 'float',
  int8: 'int8_t',
  uint8: 'uint8_t',
  int16: 'int16_t',
  int32: 'int32_t',
  int64: 'int64_t',
};
const BYTES = 'uint8_t';

/** Constants by their variable: tensors that share one share its place in the model. */
type Constants = Map<string, TensorData>;

/**
 * @throws {DeploymentError} `ERR_MODEL_INVALID`, `ERR_DEPLOYMENT_TRUNCATED`
 * @throws {UnsupportedError} `ERR_UNSUPPORTED_ENGINE`, `ERR_UNSUPPORTED_DATA_TYPE`
 */
export function readTensors(source: EonSource): GraphTensor[] {
  const fields = source.structs.get(ROW);
  if (fields === undefined) throw irregular(source.name, `it declares no struct ${ROW}`);
  const rows = listItems(source, requireVariable(source, TABLE));
  if (rows.length > MAX_TENSORS) throw damaged(source.name, `it has more than ${MAX_TENSORS} tensors`);
  const constants: Constants = new Map();
  return rows.map((row, index) => {
    if (row.kind !== 'list') throw irregular(source.name, `tensor ${index} is no list of ${ROW}`);
    return readTensor(source, new Map(fields.map((field, i) => [field, row.items[i]])), index, constants);
  });
}

function readTensor(
  source: EonSource,
  row: ReadonlyMap<string, EonValue | undefined>,
  index: number,
  constants: Constants,
): GraphTensor {
  const where = `tensor ${index}`;
  const dataType = readDataType(source, row.get('type'), where);
  const shape = readShape(source, row.get('dims'), where);
  const elements = elementCount(shape);
  const stated = row.get('bytes');
  if (stated?.kind === 'number' && stated.value !== elements * bytesPerElement(dataType)) {
    throw damaged(source.name, `${where} is ${dataType} of shape [${shape}] but has ${stated.value} bytes`);
  }
  const data = readData(source, row.get('data'), dataType, elements, where, constants);
  const quantization = readQuantization(source, row.get('quantization'), where);
  const variable = row.get('is_variable');
  return {
    name: `tensor_${index}`,
    shape,
    dataType,
    ...(quantization !== undefined && { quantization }),
    ...(data !== undefined && { data }),
    ...(variable?.kind === 'number' && variable.value === 1 && { isVariable: true }),
  };
}

function readDataType(source: EonSource, value: EonValue | undefined, where: string): DataType {
  const name = value?.kind === 'name' ? value.name : value === undefined ? source.commonType : undefined;
  if (name === undefined) throw irregular(source.name, `${where} has no type`);
  const dataType = DATA_TYPES.get(name);
  if (dataType === undefined) throw unsupportedDataType(source.name, `${where} is of the type ${name}`);
  return dataType;
}

function readShape(source: EonSource, value: EonValue | undefined, where: string): number[] {
  const shape = intArray(source, follow(source, value, `the dimensions of ${where}`));
  if (shape.length > MAX_RANK) throw damaged(source.name, `${where} has ${shape.length} dimensions`);
  if (shape.some((dimension) => dimension < 0))
    throw damaged(source.name, `${where} has the shape [${shape}]`);
  return shape;
}

/** Undefined for activations. */
function readData(
  source: EonSource,
  value: EonValue | undefined,
  dataType: DataType,
  elements: number,
  where: string,
  constants: Constants,
): TensorData | undefined {
  if (value?.kind === 'null' || (value?.kind === 'name' && value.name === ARENA)) return undefined;
  const variable = follow(source, value, `the data of ${where}`);
  const known = constants.get(variable.name);
  if (known !== undefined) return known;
  const data = readConstant(source, variable, dataType, elements, where);
  constants.set(variable.name, data);
  return data;
}

function readConstant(
  source: EonSource,
  { name, type, value }: EonVariable,
  dataType: DataType,
  elements: number,
  where: string,
): TensorData {
  const asBytes = type === BYTES;
  if (!asBytes && type !== C_TYPES[dataType])
    throw irregular(source.name, `${where} is ${dataType}, but ${name} is an array of '${type}'`);
  if (value.kind !== 'numbers') throw irregular(source.name, `${name} is no list of numbers`);
  const width = bytesPerElement(dataType);
  const count = asBytes ? elements * width : elements;
  const found = countNumbers(source, value.list);
  if (found !== count) throw damaged(source.name, `${name} holds ${found} numbers where ${count} belong`);
  if (asBytes)
    return tensorData(dataType, fillNumbers(source, value.list, new Uint8Array(count), name).buffer);
  return fillNumbers(source, value.list, tensorData(dataType, new ArrayBuffer(count * width)), name);
}

/** `{kTfLiteAffineQuantization, &quant2}` */
function readQuantization(
  source: EonSource,
  value: EonValue | undefined,
  where: string,
): TfliteQuantization | undefined {
  if (value === undefined) return undefined;
  const [kind, pointer] = value.kind === 'list' ? value.items : [];
  const name = kind?.kind === 'name' ? kind.name : undefined;
  if (name === 'kTfLiteNoQuantization') return undefined;
  if (name !== 'kTfLiteAffineQuantization')
    throw irregular(source.name, `the quantisation of ${where} is ${name ?? 'unreadable'}`);
  const affine = follow(source, pointer, `the quantisation of ${where}`);
  const [scales, zeros, axis] = listItems(source, affine);
  const scale = [...floatArray(source, follow(source, scales, 'the scales', affine.scope))];
  const zeroPoint = intArray(source, follow(source, zeros, 'the zero points', affine.scope));
  if (scale.length === 0) return undefined;
  if (zeroPoint.length !== scale.length && zeroPoint.length !== 1)
    throw damaged(
      source.name,
      `${affine.name} has ${scale.length} scales and ${zeroPoint.length} zero points`,
    );
  return {
    scale,
    zeroPoint: scale.map((_, i) => zeroPoint[i] ?? zeroPoint[0] ?? 0),
    quantizedDimension: axis?.kind === 'number' ? axis.value : 0,
  };
}

/** The variable that a value points at. */
function follow(source: EonSource, value: EonValue | undefined, what: string, scope = ''): EonVariable {
  const variable = value?.kind === 'name' ? variableNamed(source, value.name, scope) : undefined;
  if (variable !== undefined) return variable;
  const found = value?.kind === 'name' ? `${value.name}, which it does not declare` : 'no name';
  throw irregular(source.name, `${what}: ${found}`);
}
