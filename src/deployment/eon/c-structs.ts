/**
 * The C structs that hold an operator's options in TFLite Micro (public `builtin_op_data.h`): their fields in
 * order, by the names that our writer gives them. EON writes nine of them as initialisers, and every other one
 * as the bytes that it has in memory.
 */
import type { Activation, MirrorMode, Padding } from '../tflite/option-codecs.js';
import type { KnownOperator } from '../tflite/options.js';

/** How a field is stored, and what its value means. */
export interface CField {
  /** Name in the options of our writer; undefined for fields that it derives or that no kernel reads. */
  readonly key?: string;
  /** Size and alignment in bytes. */
  readonly size: 1 | 4;
  readonly float?: boolean;
  /** Elements of an array; 1 for all others. */
  readonly count: number;
  /** Value of a constant by its C name; undefined for an unknown one. */
  readonly named?: ReadonlyMap<string, number>;
  /** What a stored number means to our writer; undefined if it has no place there. */
  readonly meaning: (value: number) => unknown;
}

const PADDINGS: readonly (Padding | undefined)[] = [undefined, 'same', 'valid'];
const PADDING_NAMES = ['kTfLitePaddingUnknown', 'kTfLitePaddingSame', 'kTfLitePaddingValid'];
const ACTIVATIONS: readonly Activation[] = ['none', 'relu', 'relu-n1-to-1', 'relu6', 'tanh', 'sign-bit'];
const ACTIVATION_NAMES = [
  'kTfLiteActNone',
  'kTfLiteActRelu',
  'kTfLiteActReluN1To1',
  'kTfLiteActRelu6',
  'kTfLiteActTanh',
  'kTfLiteActSignBit',
];
const MIRROR_MODES: readonly (MirrorMode | undefined)[] = [undefined, 'reflect', 'symmetric'];
const WEIGHTS_FORMAT_NAMES = ['kTfLiteFullyConnectedWeightsFormatDefault'];

function constants(names: readonly string[], aliases: Readonly<Record<string, number>> = {}) {
  return new Map([
    ...names.map((name, value): [string, number] => [name, value]),
    ...Object.entries(aliases),
  ]);
}

const int = (key?: string): CField => ({ ...keyed(key), size: 4, count: 1, meaning: integer });
const ints = (count: number, key: string): CField => ({ key, size: 4, count, meaning: integer });
const float = (key: string): CField => ({
  key,
  size: 4,
  count: 1,
  float: true,
  meaning: (value) => value,
});
const bool = (key: string): CField => ({
  key,
  size: 1,
  count: 1,
  meaning: (value) => (value === 0 || value === 1 ? value === 1 : undefined),
});
const padding: CField = {
  key: 'padding',
  size: 4,
  count: 1,
  named: constants(PADDING_NAMES),
  meaning: (value) => PADDINGS[value],
};
const activation: CField = {
  key: 'activation',
  size: 4,
  count: 1,
  named: constants(ACTIVATION_NAMES, { kTfLiteActRelu1: 2 }),
  meaning: (value) => ACTIVATIONS[value],
};
const mirrorMode: CField = {
  key: 'mode',
  size: 4,
  count: 1,
  meaning: (value) => MIRROR_MODES[value],
};
/** Weights in any other order than the usual one have no place in our models. */
const weightsFormat: CField = {
  size: 4,
  count: 1,
  named: constants(WEIGHTS_FORMAT_NAMES),
  meaning: (value) => (value === 0 ? 0 : undefined),
};

function integer(value: number): number | undefined {
  return Number.isInteger(value) && value >= -(2 ** 31) && value < 2 ** 31 ? value : undefined;
}

function keyed(key: string | undefined): { key?: string } {
  return key === undefined ? {} : { key };
}

const ACTIVATION_ONLY = [activation];
const POOL = [
  padding,
  int('strideWidth'),
  int('strideHeight'),
  int('filterWidth'),
  int('filterHeight'),
  activation,
];
const REDUCER = [bool('keepDims')];
const RESIZE = [bool('alignCorners'), bool('halfPixelCenters')];
const BLOCK_SIZE = [int('blockSize')];
/** The first number is that of inputs or outputs, which says itself. */
const COUNT_AND_AXIS = [int(), int('axis')];

/**
 * Fields that a struct has from the beginning; later ones were always added at its end, and are zero where an
 * initialiser leaves them out. Operators without an entry keep nothing in theirs, or only what the types and
 * the number of their tensors say.
 */
export const C_STRUCTS: Readonly<Partial<Record<KnownOperator, readonly CField[]>>> = {
  ADD: ACTIVATION_ONLY,
  AVERAGE_POOL_2D: POOL,
  BATCH_MATMUL: [bool('adjX'), bool('adjY'), bool('asymmetricQuantizeInputs')],
  CONCATENATION: [int('axis'), activation],
  CONV_2D: [
    padding,
    int('strideWidth'),
    int('strideHeight'),
    activation,
    int('dilationWidth'),
    int('dilationHeight'),
  ],
  CUMSUM: [bool('exclusive'), bool('reverse')],
  DEPTHWISE_CONV_2D: [
    padding,
    int('strideWidth'),
    int('strideHeight'),
    int('depthMultiplier'),
    activation,
    int('dilationWidth'),
    int('dilationHeight'),
  ],
  DEPTH_TO_SPACE: BLOCK_SIZE,
  DIV: ACTIVATION_ONLY,
  FULLY_CONNECTED: [activation, weightsFormat, bool('keepNumDims'), bool('asymmetricQuantizeInputs')],
  GATHER: [int('axis'), int('batchDims')],
  L2_NORMALIZATION: ACTIVATION_ONLY,
  L2_POOL_2D: POOL,
  LEAKY_RELU: [float('alpha')],
  MAX_POOL_2D: POOL,
  MEAN: REDUCER,
  MIRROR_PAD: [mirrorMode],
  MUL: ACTIVATION_ONLY,
  PACK: COUNT_AND_AXIS,
  REDUCE_MAX: REDUCER,
  REDUCE_MIN: REDUCER,
  REDUCE_PROD: REDUCER,
  RESIZE_BILINEAR: RESIZE,
  RESIZE_NEAREST_NEIGHBOR: RESIZE,
  SOFTMAX: [float('beta')],
  SPACE_TO_DEPTH: BLOCK_SIZE,
  SQUEEZE: [ints(8, 'squeezeDims'), int('squeezeCount')],
  STRIDED_SLICE: [
    int('beginMask'),
    int('endMask'),
    int('ellipsisMask'),
    int('newAxisMask'),
    int('shrinkAxisMask'),
    bool('offset'),
  ],
  SUB: ACTIVATION_ONLY,
  SUM: REDUCER,
  TRANSPOSE_CONV: [padding, int('strideWidth'), int('strideHeight'), activation],
  UNPACK: COUNT_AND_AXIS,
};
