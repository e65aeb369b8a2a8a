/** The memory that the values between operators need at least, by the rule that is stated. */
import { describe, expect, it } from 'vitest';
import { peakActivationBytes } from '../../../src/deployment/tflite/activations.js';
import { readTfliteModel } from '../../../src/deployment/tflite/read.js';
import { writeTfliteModel } from '../../../src/deployment/tflite/write.js';
import { slowModel, tinyClassifier } from '../../fixtures/models.js';

const float = (name: string, elements: number) =>
  ({ name, shape: [1, elements], dataType: 'float32' }) as const;
const peakOf = (bytes: Uint8Array) => peakActivationBytes(readTfliteModel(bytes, 'model'));
const relu = (from: number, to: number) => ({
  spec: { type: 'RELU' } as const,
  inputs: [from],
  outputs: [to],
});

describe('activations', () => {
  it('count while they are needed: each operator has its input and its output', () => {
    const tensors = [float('a', 10), float('b', 10), float('c', 10), float('d', 10)];
    const chain = { tensors, operators: [relu(0, 1), relu(1, 2), relu(2, 3)], inputs: [0], outputs: [3] };
    expect(peakOf(writeTfliteModel(chain))).toBe(80);
  });

  it('stay until their last reader', () => {
    const add = { spec: { type: 'ADD' } as const, inputs: [0, 2], outputs: [3] };
    const tensors = [float('a', 10), float('b', 10), float('c', 10), float('d', 10)];
    const skip = { tensors, operators: [relu(0, 1), relu(1, 2), add], inputs: [0], outputs: [3] };
    expect(peakOf(writeTfliteModel(skip))).toBe(120);
  });

  it('do not count weights', () => {
    const weights = { ...float('w', 10), data: new Float32Array(10) };
    const add = { spec: { type: 'ADD' } as const, inputs: [0, 1], outputs: [2] };
    const model = {
      tensors: [float('a', 10), weights, float('b', 10)],
      operators: [add],
      inputs: [0],
      outputs: [2],
    };
    expect(peakOf(writeTfliteModel(model))).toBe(80);
  });

  it('take a quarter where they are bytes', () => {
    const [wide = 0, narrow = 0] = (['float32', 'int8'] as const).map((dataType) =>
      peakOf(slowModel({ dataType })),
    );
    expect(wide).toBeGreaterThan(0);
    expect(narrow).toBe(wide / 4);
  });

  it('are not known where a size is decided by the run', () => {
    const tensors = [float('a', 10), { ...float('b', 10), shapeSignature: [1, -1] }];
    const model = { tensors, operators: [relu(0, 1)], inputs: [0], outputs: [1] };
    expect(peakOf(writeTfliteModel(model))).toBeUndefined();
    expect(peakOf(tinyClassifier())).toBeGreaterThan(0);
  });
});
