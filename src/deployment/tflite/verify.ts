/**
 * Checks of what only engines follow or compute with. The TFLite library has no such checks everywhere: where
 * it has none, a damaged model ends the process, which is what these are here to prevent.
 */
import { elementCount } from '../../tensor.js';
import type { FlatBufferSource, FlatTable } from './flatbuffer.js';
import type { TfliteOperator, TfliteOperatorCode, TfliteSubgraph, TfliteTensor } from './model.js';
import { OPTION_TABLES, OPTION_VECTORS } from './option-tables.js';
import { isKnownOperator, optionTableOf, readOptions } from './options.js';
import { OPERATOR, SIGNATURE, SIGNATURE_TENSOR, SPARSE_DIMENSION, SPARSITY } from './schema.js';

/** @throws {DeploymentError} `ERR_MODEL_INVALID`: an index is none of a tensor */
export function checkIndices(
  indices: readonly number[],
  least: number,
  count: number,
  where: string,
  source: FlatBufferSource,
): void {
  const wrong = indices.find((index) => index < least || index >= count);
  if (wrong !== undefined) throw source.invalid(`${where} names tensor ${wrong} of ${count}`);
}

/** The parts of an operator that have no place in our model. */
export function verifyHiddenParts(
  operator: FlatTable,
  where: string,
  tensorCount: number,
  source: FlatBufferSource,
): void {
  operator.checkVector(OPERATOR.mutatingInputs, 1);
  checkIndices(operator.int32s(OPERATOR.intermediates), -1, tensorCount, where, source);
}

/** Kernels divide by these, some of them after keeping only 16 bits. */
const POSITIVE_OPTIONS = [
  'strideWidth',
  'strideHeight',
  'dilationWidth',
  'dilationHeight',
  'blockSize',
  'splits',
];
const MAX_POSITIVE_OPTION = 2 ** 15 - 1;
/** Elements that one pooling window may see; kernels loop over all, whether they are there or not. */
const MAX_WINDOW = 2 ** 20;

/** Operators whose 8-bit kernels compute with the scale of each operand. */
const SCALED_OPERATORS: ReadonlySet<string> = new Set([
  'ADD',
  'BATCH_MATMUL',
  'CONV_2D',
  'DEPTHWISE_CONV_2D',
  'DEQUANTIZE',
  'FULLY_CONNECTED',
  'HARD_SWISH',
  'LEAKY_RELU',
  'LOGISTIC',
  'MUL',
  'PRELU',
  'QUANTIZE',
  'RELU',
  'RELU6',
  'RELU_N1_TO_1',
  'SOFTMAX',
  'SUB',
  'TANH',
  'TRANSPOSE_CONV',
]);

/** An operator that would divide by zero, loop for hours, or write into constants. */
export function verifyOperator(
  { inputs, outputs, options }: TfliteOperator,
  { name }: TfliteOperatorCode,
  where: string,
  tensors: readonly TfliteTensor[],
  isConstant: (tensor: number) => boolean,
  source: FlatBufferSource,
): void {
  const overwritten = outputs.find(isConstant);
  if (overwritten !== undefined)
    throw source.invalid(`${where} computes tensor ${overwritten}, which is a constant`);
  if (SCALED_OPERATORS.has(name)) {
    const bare = [...inputs, ...outputs].find((index) => lacksScale(tensors[index]));
    if (bare !== undefined)
      throw source.invalid(`${where} (${name}) computes with tensor ${bare}, which has no scale`);
  }
  const divisors = DIVIDES_BY_OUTPUT.includes(name) ? outputs : DIVIDES_BY_INPUT.includes(name) ? inputs : [];
  const tiny = divisors.find((index) => isTooSmall(tensors[index]));
  if (tiny !== undefined) {
    throw source.invalid(
      `${where} (${name}) divides by the scale of tensor ${tiny}, which is next to nothing`,
    );
  }
  if (!isKnownOperator(name)) return;
  const table = optionTableOf(name);
  if (table === 'NONE') return;
  if (options !== undefined && options.type !== table) {
    throw source.invalid(`${where} (${name}) has ${options.type} in place of ${table}`);
  }
  // Some converters leave options out; all of them are then 0, which is harmless except for those checked here.
  const values: Readonly<Record<string, unknown>> = { ...readOptions(name, options?.table) };
  for (const key of POSITIVE_OPTIONS) {
    const value = Number(values[key] ?? 1);
    if (value < 1 || value > MAX_POSITIVE_OPTION)
      throw source.invalid(`${where} (${name}) has ${key} ${value}`);
  }
  const { filterWidth = 1, filterHeight = 1 } = values;
  const [width, height] = [Number(filterWidth), Number(filterHeight)];
  if (width < 1 || height < 1 || width * height > MAX_WINDOW) {
    throw source.invalid(`${where} (${name}) has a window of ${width}x${height}`);
  }
}

/**
 * Kernels that divide by a scale and insist on the quotient: by that of their output, or of their input. Real
 * models keep to 1e-4 there. (Elsewhere, unused branches of real models go down to 1e-35.)
 */
const DIVIDES_BY_OUTPUT = ['ADD', 'SUB'];
const DIVIDES_BY_INPUT = ['LOGISTIC', 'SOFTMAX', 'TANH'];
const MIN_DIVISOR = 1e-12;

function isTooSmall(tensor: TfliteTensor | undefined): boolean {
  const quantized = tensor?.dataType === 'int8' || tensor?.dataType === 'uint8';
  return quantized && (tensor.quantization?.scale[0] ?? 1) < MIN_DIVISOR;
}

function lacksScale(tensor: TfliteTensor | undefined): boolean {
  const quantized = tensor?.dataType === 'int8' || tensor?.dataType === 'uint8';
  return quantized && tensor.quantization === undefined;
}

/** Real models stay under 10. Beyond this bound, fixed-point arithmetic gives up. */
const MAX_SCALE = 1e12;

/** Scales that kernels can't turn into fixed-point numbers. */
export function verifyScales(
  { dataType, quantization }: TfliteTensor,
  where: string,
  constant: boolean,
  source: FlatBufferSource,
): void {
  if (!['int8', 'uint8', 'int16'].includes(dataType)) return;
  // Weights of a channel that is all zeros may have the scale 0.
  const valid = (scale: number): boolean => (constant ? scale >= 0 : scale > 0) && scale <= MAX_SCALE;
  const wrong = quantization?.scale.find((scale) => !valid(scale));
  if (wrong !== undefined) throw source.invalid(`${where} has the quantisation scale ${wrong}`);
}

/** Elements of one input: 60 times those of a 640x640 picture. What an engine needs for larger ones overflows. */
const MAX_INPUT_ELEMENTS = 2 ** 26;

/** What is to be given from outside. */
export function verifyInput(
  { shape }: TfliteTensor,
  where: string,
  constant: boolean,
  source: FlatBufferSource,
): void {
  if (constant) throw source.invalid(`${where} is an input and a constant`);
  const elements = elementCount(shape);
  if (elements > MAX_INPUT_ELEMENTS) throw source.invalid(`${where} is an input of ${elements} elements`);
  if (shape.includes(0)) throw source.invalid(`${where} is an input of no elements`);
}

/** The vectors in an option table. */
export function verifyOptions(type: number, table: FlatTable): void {
  const name = OPTION_TABLES[type];
  for (const [field, width] of (name && OPTION_VECTORS[name]) ?? []) table.checkVector(field, width);
}

/** The description of how a sparse tensor is stored. */
export function verifySparsity(table: FlatTable | undefined): void {
  if (table === undefined) return;
  table.checkVector(SPARSITY.traversalOrder, 4);
  table.checkVector(SPARSITY.blockMap, 4);
  for (const dimension of table.tables(SPARSITY.dimensions)) {
    // Vectors of 1, 2 or 4 bytes an element, each the only field of its table.
    dimension.table(SPARSE_DIMENSION.segments)?.checkVector(0, 1);
    dimension.table(SPARSE_DIMENSION.indices)?.checkVector(0, 1);
  }
}

/** Names for inputs and outputs of a graph. */
export function verifySignature(
  signature: FlatTable,
  subgraphs: readonly TfliteSubgraph[],
  source: FlatBufferSource,
): void {
  const graph = subgraphs[signature.uint32(SIGNATURE.subgraphIndex)];
  if (graph === undefined) throw source.invalid('a signature names a graph that does not exist');
  if (signature.string(SIGNATURE.key) === undefined) throw source.invalid('a signature has no name');
  for (const tensor of [...signature.tables(SIGNATURE.inputs), ...signature.tables(SIGNATURE.outputs)]) {
    if (tensor.string(SIGNATURE_TENSOR.name) === undefined)
      throw source.invalid('a signature has a nameless tensor');
    checkIndices(
      [tensor.uint32(SIGNATURE_TENSOR.tensorIndex)],
      0,
      graph.tensors.length,
      'a signature',
      source,
    );
  }
}
