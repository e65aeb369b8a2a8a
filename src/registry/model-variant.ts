/** Whether a model is the int8 or the float32 one of those that a project has. */
import type { ModelArtefact } from '../deployment/contents.js';
import { readOnnxOrOrtModel } from '../deployment/ort.js';
import { readTfliteModel } from '../deployment/tflite/read.js';
import type { ModelVariant } from './build-targets.js';

/**
 * Operators that compute with 8-bit numbers, or lead to them: those of ONNX, and those that ONNX Runtime makes of several
 * (QLinearConv, QGemm, QAttention, DynamicQuantizeMatMul, MatMulIntegerToFloat).
 */
const QUANTIZED_OPERATORS = /^Q[A-Z]|^QuantizeLinear$|^DynamicQuantize|Integer(ToFloat)?$/;

/**
 * `int8` where inputs or weights have 8 bits: what exporters call quantized, also with a float32 input and output.
 *
 * @throws as the readers of models
 */
export function variantOf({ format, bytes, name }: ModelArtefact): ModelVariant {
  if (format === 'tflite') return hasTensorsOf8Bits(bytes, name) ? 'int8' : 'float32';
  if (format !== 'onnx') return 'float32';
  const { inputs, operators } = readOnnxOrOrtModel(bytes, name);
  const isQuantized =
    inputs.some(({ dataType }) => is8Bits(dataType)) ||
    operators.some((operator) => QUANTIZED_OPERATORS.test(operator.name));
  return isQuantized ? 'int8' : 'float32';
}

function hasTensorsOf8Bits(bytes: Uint8Array, name: string): boolean {
  const { inputs, subgraphs, buffers } = readTfliteModel(bytes, name);
  if (inputs.some(({ dataType }) => is8Bits(dataType))) return true;
  return subgraphs.some(({ tensors }) =>
    tensors.some(
      ({ dataType, buffer, quantization }) =>
        is8Bits(dataType) && quantization !== undefined && (buffers[buffer]?.length ?? 0) > 0,
    ),
  );
}

function is8Bits(dataType: string): boolean {
  return dataType === 'int8' || dataType === 'uint8';
}
