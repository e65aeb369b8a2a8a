/**
 * The options of the operators that we write and understand, from the public `schema.fbs`: which table holds
 * them and what its fields mean. The types follow from that, so that the two can't disagree.
 */
import type { Builder } from 'flatbuffers';
import type { FlatTable } from './flatbuffer.js';
import type { Field } from './option-codecs.js';
import {
  activation,
  boolOr,
  dataType,
  float,
  floatOr,
  int,
  intOr,
  intsOr,
  mirrorMode,
  padding,
} from './option-codecs.js';
import type { OptionTable } from './option-tables.js';
import { OPTION_TABLES } from './option-tables.js';

interface Layout {
  readonly table: OptionTable;
  readonly fields: Readonly<Record<string, Field<unknown>>>;
}

function layout<const T extends Layout['fields']>(
  table: OptionTable,
  fields: T,
): { table: OptionTable; fields: T } {
  return { table, fields };
}

const NO_OPTIONS = layout('NONE', {});
const POOL = layout('Pool2DOptions', {
  padding: padding(0),
  strideWidth: int(1),
  strideHeight: int(2),
  filterWidth: int(3),
  filterHeight: int(4),
  activation: activation(5),
});
const REDUCER = layout('ReducerOptions', { keepDims: boolOr(0, false) });
const MAXIMUM_MINIMUM = layout('MaximumMinimumOptions', {});

const LAYOUTS = {
  ABS: layout('AbsOptions', {}),
  ADD: layout('AddOptions', { activation: activation(0), potScaleInt16: boolOr(1, true) }),
  ADD_N: layout('AddNOptions', {}),
  ARG_MAX: layout('ArgMaxOptions', { outputType: dataType(0) }),
  ARG_MIN: layout('ArgMinOptions', { outputType: dataType(0) }),
  AVERAGE_POOL_2D: POOL,
  BATCH_MATMUL: layout('BatchMatMulOptions', {
    adjX: boolOr(0, false),
    adjY: boolOr(1, false),
    asymmetricQuantizeInputs: boolOr(2, false),
  }),
  BATCH_TO_SPACE_ND: layout('BatchToSpaceNDOptions', {}),
  BROADCAST_ARGS: NO_OPTIONS,
  BROADCAST_TO: layout('BroadcastToOptions', {}),
  CAST: layout('CastOptions', { inputType: dataType(0), outputType: dataType(1) }),
  CEIL: NO_OPTIONS,
  CONCATENATION: layout('ConcatenationOptions', { axis: int(0), activation: activation(1) }),
  CONV_2D: layout('Conv2DOptions', {
    padding: padding(0),
    strideWidth: int(1),
    strideHeight: int(2),
    activation: activation(3),
    dilationWidth: intOr(4, 1),
    dilationHeight: intOr(5, 1),
  }),
  COS: layout('CosOptions', {}),
  CUMSUM: layout('CumsumOptions', { exclusive: boolOr(0, false), reverse: boolOr(1, false) }),
  DEPTHWISE_CONV_2D: layout('DepthwiseConv2DOptions', {
    padding: padding(0),
    strideWidth: int(1),
    strideHeight: int(2),
    depthMultiplier: int(3),
    activation: activation(4),
    dilationWidth: intOr(5, 1),
    dilationHeight: intOr(6, 1),
  }),
  DEPTH_TO_SPACE: layout('DepthToSpaceOptions', { blockSize: int(0) }),
  DEQUANTIZE: layout('DequantizeOptions', {}),
  DIV: layout('DivOptions', { activation: activation(0) }),
  ELU: NO_OPTIONS,
  EQUAL: layout('EqualOptions', {}),
  EXP: layout('ExpOptions', {}),
  EXPAND_DIMS: layout('ExpandDimsOptions', {}),
  FILL: layout('FillOptions', {}),
  FLOOR: NO_OPTIONS,
  FLOOR_DIV: layout('FloorDivOptions', {}),
  FLOOR_MOD: layout('FloorModOptions', {}),
  FULLY_CONNECTED: layout('FullyConnectedOptions', {
    activation: activation(0),
    keepNumDims: boolOr(2, false),
    asymmetricQuantizeInputs: boolOr(3, false),
  }),
  GATHER: layout('GatherOptions', { axis: int(0), batchDims: intOr(1, 0) }),
  GATHER_ND: layout('GatherNdOptions', {}),
  GREATER: layout('GreaterOptions', {}),
  GREATER_EQUAL: layout('GreaterEqualOptions', {}),
  HARD_SWISH: layout('HardSwishOptions', {}),
  L2_NORMALIZATION: layout('L2NormOptions', { activation: activation(0) }),
  L2_POOL_2D: POOL,
  LEAKY_RELU: layout('LeakyReluOptions', { alpha: float(0) }),
  LESS: layout('LessOptions', {}),
  LESS_EQUAL: layout('LessEqualOptions', {}),
  LOG: NO_OPTIONS,
  LOGICAL_AND: layout('LogicalAndOptions', {}),
  LOGICAL_NOT: layout('LogicalNotOptions', {}),
  LOGICAL_OR: layout('LogicalOrOptions', {}),
  LOGISTIC: NO_OPTIONS,
  LOG_SOFTMAX: layout('LogSoftmaxOptions', {}),
  MAXIMUM: MAXIMUM_MINIMUM,
  MAX_POOL_2D: POOL,
  MEAN: REDUCER,
  MINIMUM: MAXIMUM_MINIMUM,
  MIRROR_PAD: layout('MirrorPadOptions', { mode: mirrorMode(0) }),
  MUL: layout('MulOptions', { activation: activation(0) }),
  NEG: layout('NegOptions', {}),
  NOT_EQUAL: layout('NotEqualOptions', {}),
  PACK: layout('PackOptions', { valuesCount: int(0), axis: int(1) }),
  PAD: layout('PadOptions', {}),
  PADV2: layout('PadV2Options', {}),
  POW: layout('PowOptions', {}),
  PRELU: NO_OPTIONS,
  QUANTIZE: layout('QuantizeOptions', {}),
  REDUCE_MAX: REDUCER,
  REDUCE_MIN: REDUCER,
  REDUCE_PROD: REDUCER,
  RELU: NO_OPTIONS,
  RELU6: NO_OPTIONS,
  RELU_N1_TO_1: NO_OPTIONS,
  RESHAPE: layout('ReshapeOptions', { newShape: intsOr(0, []) }),
  // The first two fields, sizes, are given by a tensor nowadays.
  RESIZE_BILINEAR: layout('ResizeBilinearOptions', {
    alignCorners: boolOr(2, false),
    halfPixelCenters: boolOr(3, false),
  }),
  RESIZE_NEAREST_NEIGHBOR: layout('ResizeNearestNeighborOptions', {
    alignCorners: boolOr(0, false),
    halfPixelCenters: boolOr(1, false),
  }),
  ROUND: NO_OPTIONS,
  RSQRT: NO_OPTIONS,
  SELECT: layout('SelectOptions', {}),
  SELECT_V2: layout('SelectV2Options', {}),
  SHAPE: layout('ShapeOptions', { outputType: dataType(0) }),
  SIN: NO_OPTIONS,
  SLICE: layout('SliceOptions', {}),
  SOFTMAX: layout('SoftmaxOptions', { beta: floatOr(0, 0) }),
  SPACE_TO_BATCH_ND: layout('SpaceToBatchNDOptions', {}),
  SPACE_TO_DEPTH: layout('SpaceToDepthOptions', { blockSize: int(0) }),
  SPLIT: layout('SplitOptions', { splits: int(0) }),
  SPLIT_V: layout('SplitVOptions', { splits: int(0) }),
  SQRT: NO_OPTIONS,
  SQUARE: layout('SquareOptions', {}),
  SQUARED_DIFFERENCE: layout('SquaredDifferenceOptions', {}),
  SQUEEZE: layout('SqueezeOptions', { squeezeDims: intsOr(0, []) }),
  STRIDED_SLICE: layout('StridedSliceOptions', {
    beginMask: intOr(0, 0),
    endMask: intOr(1, 0),
    ellipsisMask: intOr(2, 0),
    newAxisMask: intOr(3, 0),
    shrinkAxisMask: intOr(4, 0),
    offset: boolOr(5, false),
  }),
  SUB: layout('SubOptions', { activation: activation(0), potScaleInt16: boolOr(1, true) }),
  SUM: REDUCER,
  TANH: NO_OPTIONS,
  TILE: layout('TileOptions', {}),
  TRANSPOSE: layout('TransposeOptions', {}),
  TRANSPOSE_CONV: layout('TransposeConvOptions', {
    padding: padding(0),
    strideWidth: int(1),
    strideHeight: int(2),
    activation: activation(3),
  }),
  UNPACK: layout('UnpackOptions', { count: int(0), axis: int(1) }),
  ZEROS_LIKE: layout('ZerosLikeOptions', {}),
} as const satisfies Record<string, Layout>;

/** Operators whose options we write and understand. */
export type KnownOperator = keyof typeof LAYOUTS;

type FieldsOf<T extends KnownOperator> = (typeof LAYOUTS)[T]['fields'];
type ValueOf<F> = F extends Field<infer Value> ? Value : never;
type OptionsOf<F> = {
  readonly [Key in keyof F as F[Key] extends Field<unknown, false> ? Key : never]: ValueOf<F[Key]>;
} & {
  readonly [Key in keyof F as F[Key] extends Field<unknown, false> ? never : Key]?: ValueOf<F[Key]>;
};

/** An operator with its options, by their names. */
export type BuiltinSpec = {
  [T in KnownOperator]: { readonly type: T } & OptionsOf<FieldsOf<T>>;
}[KnownOperator];

/** An operator that is not of TFLite; its options are in a format of its own. */
export interface CustomSpec {
  readonly type: 'CUSTOM';
  readonly name: string;
  readonly options?: Uint8Array;
}

export type OperatorSpec = BuiltinSpec | CustomSpec;

export function isKnownOperator(name: string): name is KnownOperator {
  return Object.hasOwn(LAYOUTS, name);
}

/** The option table that an operator's kernel looks for. */
export function optionTableOf(type: KnownOperator): OptionTable {
  return LAYOUTS[type].table;
}

/** Code of the option table in the union; 0 for operators without options. */
export function optionTableCode({ type }: BuiltinSpec): number {
  return OPTION_TABLES.indexOf(LAYOUTS[type].table);
}

/** Writes the option table and gives its offset, or 0 for operators without one. */
export function writeOptions(builder: Builder, spec: BuiltinSpec): number {
  const { table, fields }: Layout = LAYOUTS[spec.type];
  if (table === 'NONE') return 0;
  const given: Readonly<Record<string, unknown>> = { ...spec };
  const prepared = Object.entries(fields).map(([key, field]) => ({
    field,
    value: field.prepare(builder, given[key] ?? field.absent),
  }));
  builder.startObject(1 + Math.max(-1, ...prepared.map(({ field }) => field.id)));
  for (const { field, value } of prepared) field.write(builder, field.id, value);
  return builder.endObject();
}

/**
 * The options of an operator by their names, all of them: those absent from the file have their defaults.
 *
 * @param table absent: the file holds no options for it
 */
export function readOptions(type: KnownOperator, table: FlatTable | undefined): BuiltinSpec {
  const { fields }: Layout = LAYOUTS[type];
  const values = Object.entries(fields).map(([key, field]) => [
    key,
    table === undefined ? field.absent : field.read(table, field.id, field.absent),
  ]);
  return { type, ...Object.fromEntries(values) } as BuiltinSpec;
}
