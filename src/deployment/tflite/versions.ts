/**
 * The version that an operator needs, which grew with the types and shapes it accepts. An engine refuses a
 * version that it does not know, and takes a lower one for a promise that newer abilities are not used.
 * Source: the public `tools/versioning/op_version.cc` of TensorFlow Lite.
 */
import type { DataType } from '../../tensor.js';
import type { OperatorSpec } from './options.js';
import type { ForeignDataType } from './schema.js';

/** What a version depends on. */
export interface Operand {
  readonly dataType: DataType | ForeignDataType;
  readonly shape: readonly number[];
  readonly quantization?: { readonly scale: readonly number[] };
}

type Operands = readonly (Operand | undefined)[];

/** @param inputs undefined for an optional one left out */
export function operatorVersion(spec: OperatorSpec, inputs: Operands, outputs: Operands): number {
  const first = inputs[0]?.dataType;
  const rank = Math.max(0, ...inputs.map((input) => input?.shape.length ?? 0));
  switch (spec.type) {
    case 'CONV_2D':
      return convolution(
        inputs,
        outputs,
        { int8: 3, int16: 4, hybrid: 2, hybridPerChannel: 5, dilated: 1 },
        false,
      );
    case 'DEPTHWISE_CONV_2D': {
      const dilated = (spec.dilationWidth ?? 1) !== 1 || (spec.dilationHeight ?? 1) !== 1;
      return convolution(
        inputs,
        outputs,
        { int8: 3, int16: 5, hybrid: 4, hybridPerChannel: 6, dilated: 2 },
        dilated,
      );
    }
    case 'FULLY_CONNECTED':
      if (inputs[2] === undefined) return 6;
      if (spec.keepNumDims === true) return 5;
      if (isHybrid(inputs, outputs)) return spec.asymmetricQuantizeInputs === true ? 9 : 3;
      return byType(first, { int8: 4, int16: 7 });
    case 'TRANSPOSE_CONV':
      if (spec.activation !== undefined && spec.activation !== 'none') return 4;
      if (inputs[3] !== undefined) return 3;
      return byType(inputs[1]?.dataType, { int8: 2 });
    case 'MUL':
      return first !== 'int16' && multipliesUp(inputs, outputs)
        ? 3
        : byType(first, { int8: 2, int16: 4, int64: 5 });
    case 'ADD':
      return first === 'int16' && spec.potScaleInt16 === false ? 3 : byType(first, { int8: 2, int64: 4 });
    case 'SUB':
      if (first === 'int16' && spec.potScaleInt16 === false) return 5;
      if (first === 'int64') return 4;
      return broadcasts(inputs) && rank > 4 ? 3 : byType(first, { int8: 2 });
    case 'DIV':
      return broadcasts(inputs) && rank > 4 ? 2 : 1;
    case 'MAXIMUM':
    case 'MINIMUM':
      if (first === 'int16') return 4;
      return broadcasts(inputs) && rank > 4 ? 3 : byType(first, { int8: 2 });
    case 'TRANSPOSE':
      if (rank > 5) return 6;
      return first === 'int16' ? 5 : rank > 4 ? 4 : byType(first, { int8: 2, bool: 3 });
    case 'PAD':
    case 'PADV2':
      return rank > 4 ? 4 : byType(first, { int8: 2, int16: 3 });
    case 'SLICE':
      return rank > 4 ? 5 : byType(first, { int8: 2, int16: 4 });
    case 'STRIDED_SLICE':
      if (spec.offset === true) return 8;
      if ((spec.ellipsisMask ?? 0) !== 0 || (spec.newAxisMask ?? 0) !== 0) return 6;
      return rank > 4 ? 4 : byType(first, { int8: 2, bool: 3 });
    case 'SPACE_TO_BATCH_ND':
    case 'BATCH_TO_SPACE_ND':
      return first === 'int16' ? 4 : inputs[0]?.shape.length !== 4 ? 3 : byType(first, { int8: 2 });
    case 'RESIZE_BILINEAR':
      return first === 'int16' ? 4 : spec.halfPixelCenters === true ? 3 : byType(first, { int8: 2 });
    case 'RESIZE_NEAREST_NEIGHBOR':
      if (first === 'int16') return 4;
      return spec.halfPixelCenters === true || spec.alignCorners === true ? 3 : byType(first, { int8: 2 });
    case 'GATHER':
      if (inputs[1]?.dataType === 'int16') return 6;
      return (spec.batchDims ?? 0) !== 0 ? 5 : byType(first, { int8: 2, bool: 3, int16: 4 });
    case 'SPLIT':
      return byType(inputs[1]?.dataType, { int8: 2, int32: 3, int16: 4 });
    case 'DEQUANTIZE':
      if (first === 'int8' && isPerChannel(inputs[0])) return 5;
      return byType(first, { int8: 2, int16: 3, float16: 3 });
    case 'QUANTIZE':
      return isPerChannel(outputs[0]) ? 3 : byType(outputs[0]?.dataType, { int16: 2 });
    case 'UNPACK':
      return byType(first, { int8: 2, uint8: 2, bool: 3, int16: 4 });
    case 'ABS':
      return byType(first, { int8: 2, uint8: 2, int16: 3 });
    case 'RELU':
      return byType(first, { int8: 2, uint8: 2, int16: 3 });
    case 'ARG_MAX':
    case 'ARG_MIN':
      return byType(first, { int8: 2, bool: 3 });
    case 'BATCH_MATMUL':
      if (isHybrid(inputs, outputs)) return spec.asymmetricQuantizeInputs === true ? 4 : 1;
      return byType(first, { int8: 2, int16: 3 });
    case 'TILE':
      return byType(first, { int8: 3 });
    case 'LEAKY_RELU':
      return byType(first, { int16: 2 });
    case 'FLOOR_DIV':
      return byType(first, { float32: 2, int8: 3, int16: 3 });
    case 'FLOOR_MOD':
    case 'EXP':
    case 'LOG':
      return byType(first, { int8: 2, int16: 2 });
    case 'GATHER_ND':
      if (first === 'bool') return 5;
      return inputs[1]?.dataType === 'int16' ? 4 : byType(first, { int16: 3 });
    case 'FILL':
      return byType(inputs[1]?.dataType, { bool: 2, int8: 3, int16: 3, float16: 4 });
    case 'EQUAL':
      return byType(first, { int8: 2, int16: 4 });
    case 'LESS':
    case 'GREATER_EQUAL':
      return byType(first, { int8: 2, int16: 3 });
    case 'SELECT':
      return inputs.some((input) => input?.shape.length === 5) ? 3 : byType(first, { int8: 2 });
    case 'BROADCAST_TO':
      // Version 1 had another operator code.
      return first === 'int8' || first === 'int16' ? 3 : 2;
    case 'SPACE_TO_DEPTH':
    case 'DEPTH_TO_SPACE':
    case 'L2_NORMALIZATION':
    case 'SPLIT_V':
    case 'SUM':
    case 'REDUCE_PROD':
    case 'SQUARED_DIFFERENCE':
    case 'LOG_SOFTMAX':
    case 'GREATER':
    case 'LESS_EQUAL':
    case 'NOT_EQUAL':
      return byType(first, { int8: 2 });
    case 'AVERAGE_POOL_2D':
    case 'MAX_POOL_2D':
    case 'SOFTMAX':
    case 'LOGISTIC':
    case 'TANH':
    case 'MEAN':
    case 'REDUCE_MAX':
    case 'REDUCE_MIN':
    case 'MIRROR_PAD':
    case 'RELU6':
    case 'RSQRT':
    case 'PACK':
    case 'CONCATENATION':
      return byType(first, { int8: 2, int16: 3 });
    default:
      return 1;
  }
}

function byType(type: Operand['dataType'] | undefined, versions: Partial<Record<DataType, number>>): number {
  return (type !== undefined && versions[type as DataType]) || 1;
}

interface ConvolutionVersions {
  readonly int8: number;
  readonly int16: number;
  readonly hybrid: number;
  readonly hybridPerChannel: number;
  readonly dilated: number;
}

function convolution(
  inputs: Operands,
  outputs: Operands,
  versions: ConvolutionVersions,
  dilated: boolean,
): number {
  if (isHybrid(inputs, outputs)) return isPerChannel(inputs[1]) ? versions.hybridPerChannel : versions.hybrid;
  if (inputs[0]?.dataType === 'int8') return versions.int8;
  if (inputs[0]?.dataType === 'int16') return versions.int16;
  return dilated ? versions.dilated : 1;
}

/** Float in and out, int8 weights. */
function isHybrid(inputs: Operands, outputs: Operands): boolean {
  return (
    inputs[0]?.dataType === 'float32' && inputs[1]?.dataType === 'int8' && outputs[0]?.dataType === 'float32'
  );
}

function isPerChannel(operand: Operand | undefined): boolean {
  return (operand?.quantization?.scale.length ?? 0) > 1;
}

function broadcasts([a, b]: Operands): boolean {
  return a !== undefined && b !== undefined && a.shape.join() !== b.shape.join();
}

/** True where the product of both scales is no less than the output's. */
function multipliesUp(inputs: Operands, outputs: Operands): boolean {
  const [a, b, c] = [inputs[0], inputs[1], outputs[0]].map((operand) => operand?.quantization?.scale[0] ?? 0);
  return a !== undefined && b !== undefined && c !== undefined && c > 0 && (a * b) / c >= 1;
}
