import { describe, expect, it } from 'vitest';
import { checkOperators } from '../../../src/deployment/tflite/check-operators.js';
import type { OperatorSpec } from '../../../src/deployment/tflite/options.js';
import { readTfliteModel } from '../../../src/deployment/tflite/read.js';
import { writeTfliteModel } from '../../../src/deployment/tflite/write.js';
import type { DataType } from '../../../src/tensor.js';
import { customOperatorModel, tinyClassifier, tinyFomo } from '../../fixtures/models.js';

/** One operator whose second input is a constant. */
function withConstant(
  spec: OperatorSpec,
  values: readonly number[],
  result: readonly number[],
  inputs = [0, 1],
  output = 2,
): Uint8Array {
  return writeTfliteModel({
    tensors: [
      { name: 'x', shape: [1, 4, 4, 1], dataType: 'float32' },
      { name: 'constant', shape: [values.length], dataType: 'int32', data: Int32Array.from(values) },
      { name: 'y', shape: result, dataType: 'float32' },
    ],
    operators: [{ spec, inputs, outputs: [output] }],
    inputs: [0],
    outputs: [2],
  });
}

const POOL = {
  type: 'MAX_POOL_2D',
  padding: 'valid',
  strideWidth: 1,
  strideHeight: 1,
  filterWidth: 2,
  filterHeight: 2,
} as const;

/** A pool of 4x4 pixels to 3x3. */
function pool(more: object, result: DataType = 'float32'): Uint8Array {
  const tensor = { shape: [1, 4, 4, 1], dataType: 'float32' } as const;
  return writeTfliteModel({
    tensors: [
      { ...tensor, name: 'x' },
      { name: 'y', shape: [1, 3, 3, 1], dataType: result },
    ],
    operators: [{ spec: { ...POOL, ...more }, inputs: [0], outputs: [1] }],
    inputs: [0],
    outputs: [1],
  });
}

function added(one: readonly number[], other: readonly number[]): Uint8Array {
  return writeTfliteModel({
    tensors: [
      { name: 'x', shape: one, dataType: 'float32' },
      { name: 'y', shape: other, dataType: 'float32' },
      { name: 'sum', shape: one, dataType: 'float32' },
    ],
    operators: [{ spec: { type: 'ADD' }, inputs: [0, 1], outputs: [2] }],
    inputs: [0, 1],
    outputs: [2],
  });
}

describe('A model of which the native library would end the process', () => {
  it.each([
    [
      'a window does not fit its picture',
      pool({ filterHeight: 5 }),
      'operator 0 of graph 0 (MAX_POOL_2D) gives 0 pixels of height and states 3',
    ],
    [
      'a pool makes other numbers than it is given',
      pool({}, 'int32'),
      'operator 0 of graph 0 (MAX_POOL_2D) makes int32 of float32',
    ],
    [
      'an operator reads what it computes',
      withConstant({ type: 'ADD' }, [1, 2], [1, 2], [0, 2]),
      'operator 0 of graph 0 (ADD) reads tensor 2 before it is computed',
    ],
    [
      'an operator adds whole numbers to others',
      withConstant({ type: 'ADD' }, [1], [1, 4, 4, 1]),
      'operator 0 of graph 0 (ADD) mixes float32 and int32',
    ],
    [
      'an operator adds what does not fit',
      added([2, 24, 24, 8], [48, 1, 1, 8]),
      'operator 0 of graph 0 (ADD) joins shapes [2, 24, 24, 8] and [48, 1, 1, 8]',
    ],
    [
      'an operator computes its input',
      withConstant({ type: 'RELU' }, [1], [1, 4, 4, 1], [0], 0),
      'operator 0 of graph 0 (RELU) computes tensor 0, which is an input',
    ],
    [
      'an operator lacks what it needs',
      withConstant({ type: 'MEAN' }, [1, 2], [1, 1], [0, -1]),
      'operator 0 of graph 0 (MEAN) lacks its input 1',
    ],
    [
      'a padding is negative',
      withConstant({ type: 'PAD' }, [0, 0, 0, 0, 0, -1, 0, 0], [1, 4, 3, 1]),
      'operator 0 of graph 0 (PAD) pads by 0 and -1',
    ],
    [
      'a padding gives more than its result holds',
      withConstant({ type: 'PAD' }, [0, 0, 0, 1, 0, 1000, 0, 0], [1, 5, 5, 1]),
      'operator 0 of graph 0 (PAD) pads 4 by 0 and 1000 and states 5',
    ],
    [
      'a mean is taken over an axis that is not there',
      withConstant({ type: 'MEAN' }, [1, -5], [1, 1]),
      'operator 0 of graph 0 (MEAN) reduces axis -5 of 4',
    ],
  ])('because %s is refused before that', (_, bytes, message) => {
    expect(() => checkOperators(readTfliteModel(bytes), 'cups.tflite')).toThrow(message);
  });

  it.each([
    ['pools', pool({})],
    ['pads', withConstant({ type: 'PAD' }, [0, 0, 0, 1, 2, 1, 0, 0], [1, 5, 7, 1])],
    ['reduces from behind', withConstant({ type: 'MEAN' }, [1, -2], [1, 1])],
    ['adds one row to all', added([2, 3, 3, 8], [8])],
    ['adds a picture to several', added([1, 3, 3, 8], [4, 1, 1, 8])],
    ['classifies', tinyClassifier({ dataType: 'int8' })],
    ['detects', tinyFomo()],
    ['does what is not known here', customOperatorModel()],
  ])('is none that %s as it should', (_, bytes) => {
    expect(() => checkOperators(readTfliteModel(bytes), 'cups.tflite')).not.toThrow();
  });
});
