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

  it('ends with the built-in kernels, which run everything, for real graphs too', () => {
    for (const dataType of ['float32', 'int8', 'uint8'] as const) {
      expect(kernelChoices(readTfliteModel(tinyClassifier({ dataType }))).at(-1)).toBe(-1);
    }
  });
});
