import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ClassificationBlock, LearnBlock } from '../../../src/deployment/impulse.js';
import { answerOf, differenceOf } from '../../../src/runtime/tuning/agreement.js';
import type { Tensor } from '../../../src/tensor.js';

const block = { modelType: 'classification', labels: ['a', 'b'] } as unknown as ClassificationBlock;
const ssd = {
  modelType: 'object-detection',
  lastLayer: 'mobilenet-ssd',
  labels: ['a'],
} as unknown as LearnBlock;

function floats(name: string, shape: readonly number[], values: readonly number[]): Tensor {
  return { name, shape, dataType: 'float32', data: Float32Array.from(values) };
}

function bytes(values: readonly number[]): Tensor {
  const quantization = { scale: 1 / 256, zeroPoint: -128 };
  return {
    name: 'y',
    shape: [1, values.length],
    dataType: 'int8',
    quantization,
    data: Int8Array.from(values),
  };
}

const difference = (a: Tensor, b: Tensor) => differenceOf(answerOf(block, [a]), answerOf(block, [b]));

describe('the difference of two answers', () => {
  it('is none from itself and the same both ways, for 8-bit tensors', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: -128, max: 127 }), fc.integer({ min: -128, max: 127 })), {
          minLength: 1,
        }),
        (pairs) => {
          const [a, b] = [bytes(pairs.map(([x]) => x)), bytes(pairs.map(([, y]) => y))];
          expect(difference(a, a)).toBe(0);
          expect(difference(a, b)).toBe(difference(b, a));
          const steps = Math.max(...pairs.map(([x, y]) => Math.abs(x - y)));
          expect(difference(a, b)).toBeCloseTo(steps / 255, 6);
        },
      ),
    );
  });

  it('of floats is a share of the largest of them', () => {
    const [a, b] = [floats('y', [1, 2], [10, -20]), floats('y', [1, 2], [10, -19])];
    expect(difference(a, b)).toBeCloseTo(0.05, 6);
  });

  it.each([
    ['NaN on one side', [Number.NaN, 1]],
    ['infinity on one side', [Number.POSITIVE_INFINITY, 1]],
    ['fewer numbers', [0]],
  ])('is total with %s', (_what, values) => {
    expect(difference(floats('y', [1, 2], [0, 1]), floats('y', [1, values.length], values))).toBe(1);
  });

  it('is total where an output is missing', () => {
    const one = floats('y', [1, 2], [0, 1]);
    expect(differenceOf(answerOf(block, [one]), answerOf(block, []))).toBe(1);
  });

  it('of values that are alike in being no numbers is none', () => {
    const nan = floats('y', [1, 2], [Number.NaN, 1]);
    expect(difference(nan, nan)).toBe(0);
  });

  it('of finished detections ignores which of two equal scores comes first', () => {
    const outputs = (boxes: readonly number[], classes: readonly number[]) => [
      floats('boxes', [1, 2, 4], boxes),
      floats('classes', [1, 2], classes),
      floats('scores', [1, 2], [0.5, 0.5]),
      floats('count', [1], [2]),
    ];
    const [first, second] = [
      [0, 0, 0.5, 0.5],
      [0.5, 0.5, 1, 1],
    ] as const;
    const a = answerOf(ssd, outputs([...first, ...second], [0, 1]));
    const b = answerOf(ssd, outputs([...second, ...first], [1, 0]));
    expect(differenceOf(a, b)).toBe(0);
  });
});
