import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isKnownOperator, type OperatorSpec, readOptions } from '../../../src/deployment/tflite/options.js';
import { readTfliteModel } from '../../../src/deployment/tflite/read.js';
import type { Operand } from '../../../src/deployment/tflite/versions.js';
import { operatorVersion } from '../../../src/deployment/tflite/versions.js';
import type { DataType } from '../../../src/tensor.js';
import { expectedModels } from '../../support/expected.js';
import { describeWithShared } from '../../support/shared.js';

function operand(
  dataType: DataType,
  shape: readonly number[] = [1, 4, 4, 2],
  scale: readonly number[] = [],
): Operand {
  return { dataType, shape, quantization: { scale } };
}

const CONV = { type: 'CONV_2D', padding: 'same', strideWidth: 1, strideHeight: 1 } as const;
const DEPTHWISE = { ...CONV, type: 'DEPTHWISE_CONV_2D', depthMultiplier: 1 } as const;
const f32 = operand('float32');
const i8 = operand('int8');
const perChannel = operand('int8', [2, 1, 1, 2], [1, 1]);
const i32 = operand('int32', [2]);

describe('The version of an operator', () => {
  it.each<[string, OperatorSpec, (Operand | undefined)[], Operand, number]>([
    ['float convolution', CONV, [f32, f32, f32], f32, 1],
    ['int8 convolution', CONV, [i8, perChannel, i32], i8, 3],
    ['convolution of floats with int8 weights', CONV, [f32, i8, f32], f32, 2],
    ['the same with a scale per channel', CONV, [f32, perChannel, f32], f32, 5],
    ['float depthwise convolution', DEPTHWISE, [f32, f32, f32], f32, 1],
    ['dilated depthwise convolution', { ...DEPTHWISE, dilationWidth: 2 }, [f32, f32, f32], f32, 2],
    ['int8 depthwise convolution', DEPTHWISE, [i8, perChannel, i32], i8, 3],
    ['depthwise convolution of floats with int8 weights', DEPTHWISE, [f32, i8, f32], f32, 4],
    ['float fully connected', { type: 'FULLY_CONNECTED' }, [f32, f32, f32], f32, 1],
    ['int8 fully connected', { type: 'FULLY_CONNECTED' }, [i8, i8, i32], i8, 4],
    ['fully connected without bias', { type: 'FULLY_CONNECTED' }, [i8, i8, undefined], i8, 6],
    ['fully connected with int8 weights only', { type: 'FULLY_CONNECTED' }, [f32, i8, f32], f32, 3],
    ['int8 softmax', { type: 'SOFTMAX', beta: 1 }, [i8], i8, 2],
    ['int16 softmax', { type: 'SOFTMAX', beta: 1 }, [operand('int16')], operand('int16'), 3],
    ['uint8 softmax', { type: 'SOFTMAX', beta: 1 }, [operand('uint8')], operand('uint8'), 1],
    ['int8 addition', { type: 'ADD' }, [i8, i8], i8, 2],
    [
      'int8 product that grows',
      { type: 'MUL' },
      [operand('int8', [1], [2]), operand('int8', [1], [1])],
      operand('int8', [1], [1]),
      3,
    ],
    ['int8 padding in five dimensions', { type: 'PAD' }, [operand('int8', [1, 1, 1, 1, 1])], i8, 4],
    ['half-pixel resize', { type: 'RESIZE_BILINEAR', halfPixelCenters: true }, [i8], i8, 3],
    ['int8 split, whose data is its second input', { type: 'SPLIT', splits: 2 }, [i32, i8], i8, 2],
    ['dequantisation of float16', { type: 'DEQUANTIZE' }, [operand('float16')], f32, 3],
    ['quantisation to int8', { type: 'QUANTIZE' }, [f32], i8, 1],
    ['custom operator', { type: 'CUSTOM', name: 'Mine' }, [f32], f32, 1],
  ])('is that of the public converter: %s', (_, spec, inputs, output, version) => {
    expect(operatorVersion(spec, inputs, [output])).toBe(version);
  });
});

describeWithShared('The version of an operator in real models', (sharedDir) => {
  // Converters give all uses of an operator the greatest version that one of them needs, and have had a few bugs.
  const wholly =
    /^ei-.*(i8|int8|paper-roll|kws|mask|fan|drowsy|face)|fomo-balloon|mlperf.*(quant|int8|kws_ref_model\.)/;
  const models = expectedModels(sharedDir, 'tflite').filter(({ path }) => wholly.test(path));

  it.each(models)('is the one in the file: $path', ({ path }) => {
    const { subgraphs, operatorCodes } = readTfliteModel(readFileSync(join(sharedDir, 'models', path)));
    let compared = 0;
    for (const { operators, tensors } of subgraphs) {
      for (const { opcodeIndex, inputs, outputs, options } of operators) {
        const code = operatorCodes[opcodeIndex];
        if (code === undefined || !isKnownOperator(code.name)) continue;
        const operands = (indices: readonly number[]) => indices.map((index) => tensors[index]);
        const version = operatorVersion(
          readOptions(code.name, options?.table),
          operands(inputs),
          operands(outputs),
        );
        expect(`${code.name} ${version}`).toBe(`${code.name} ${code.version}`);
        compared++;
      }
    }
    expect(compared).toBeGreaterThan(0);
  });
});
