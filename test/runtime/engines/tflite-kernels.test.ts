import { describe, expect, it } from 'vitest';
import { readTfliteModel } from '../../../src/deployment/tflite/read.js';
import { writeTfliteModel } from '../../../src/deployment/tflite/write.js';
import { kernelChoices, kernelName } from '../../../src/runtime/engines/tflite-kernels.js';
import type { DataType } from '../../../src/tensor.js';
import { tinyClassifier } from '../../fixtures/models.js';

/** Names of what would be tried for a model that computes with these types. */
function namesFor(...types: DataType[]): string[] {
  const tensors = types.map((dataType) => ({ name: dataType, shape: [1], dataType }));
  const indices = tensors.map((_, index) => index);
  const constant = { name: 'weights', shape: [4], dataType: 'int8', data: new Int8Array(4) } as const;
  const bytes = writeTfliteModel({
    tensors: [...tensors, constant],
    inputs: indices,
    outputs: indices,
    operators: [],
  });
  return kernelChoices(readTfliteModel(bytes)).map((choice) => kernelName(choice));
}

describe('kernelChoices()', () => {
  it.each([
    [['float32'], ['xnnpack', 'none']],
    [['int8'], ['xnnpack (QS8)', 'none']],
    [['uint8'], ['xnnpack (QU8)', 'none']],
    [
      ['int8', 'uint8'],
      ['xnnpack (QS8, QU8)', 'xnnpack (QS8)', 'none'],
    ],
    [
      ['int8', 'float32'],
      ['xnnpack (QS8)', 'xnnpack', 'none'],
    ],
    [
      ['uint8', 'float32'],
      ['xnnpack (QU8)', 'xnnpack', 'none'],
    ],
    [['int32'], ['none']],
  ] as const)('tries for a model that computes in %j: %j', (types, names) => {
    expect(namesFor(...types)).toEqual(names);
  });

  it('does not take 8-bit weights for 8-bit computing', () => {
    expect(namesFor('float32')).not.toContain('xnnpack (QS8)');
  });

  it('tries the built-in kernels alone when told to', () => {
    expect(kernelChoices(readTfliteModel(tinyClassifier({ dataType: 'int8' })), false)).toEqual([-1]);
  });

  it('keeps XNNPACK away from a reshaped constant, which ends the process in its version of 2022', () => {
    const bytes = writeTfliteModel({
      tensors: [
        { name: 'input', shape: [1, 4], dataType: 'float32' },
        { name: 'constant', shape: [4], dataType: 'float32', data: new Float32Array([1, 2, 3, 4]) },
        { name: 'shape', shape: [2], dataType: 'int32', data: new Int32Array([1, 4]) },
        { name: 'reshaped', shape: [1, 4], dataType: 'float32' },
        { name: 'output', shape: [1, 4], dataType: 'float32' },
      ],
      inputs: [0],
      outputs: [4],
      operators: [
        { spec: { type: 'RESHAPE' }, inputs: [1, 2], outputs: [3] },
        { spec: { type: 'ADD' }, inputs: [0, 3], outputs: [4] },
      ],
    });
    expect(kernelChoices(readTfliteModel(bytes))).toEqual([-1]);
  });

  it('keeps XNNPACK away from what is computed for nobody, which ends the process too', () => {
    const bytes = writeTfliteModel({
      tensors: [
        { name: 'input', shape: [1, 4], dataType: 'float32' },
        { name: 'unread', shape: [1, 4], dataType: 'float32' },
        { name: 'output', shape: [1, 4], dataType: 'float32' },
      ],
      inputs: [0],
      outputs: [2],
      operators: [
        { spec: { type: 'ADD' }, inputs: [0, 0], outputs: [1] },
        { spec: { type: 'MUL' }, inputs: [0, 0], outputs: [2] },
      ],
    });
    expect(kernelChoices(readTfliteModel(bytes))).toEqual([-1]);
  });

  it('ends with the built-in kernels, which run everything, for real graphs too', () => {
    for (const dataType of ['float32', 'int8', 'uint8'] as const) {
      expect(kernelChoices(readTfliteModel(tinyClassifier({ dataType }))).at(-1)).toBe(-1);
    }
  });
});
