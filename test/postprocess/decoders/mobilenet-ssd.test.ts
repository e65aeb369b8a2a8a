import { describe, expect, it } from 'vitest';
import { EngineError } from '../../../src/errors.js';
import type { Tensor } from '../../../src/tensor.js';
import { detectionBlock, floatTensor } from '../blocks.js';
import { boxesOf } from './boxes.js';

const INPUT = { width: 100, height: 200 };
const block = detectionBlock('mobilenet-ssd');

type Role = 'scores' | 'boxes' | 'count' | 'classes';

/** Outputs of a model that found a dog and, with a lower score, a cat. */
const VALUES: Record<Role, readonly number[]> = {
  scores: [0.875, 0.75, 0.25],
  boxes: [0.1, 0.2, 0.5, 0.6, 0, 0, 1, 1, 0, 0, 1, 1],
  count: [3],
  classes: [1, 0, 7],
};
const SHAPES: Record<Role, readonly number[]> = {
  scores: [1, 3],
  boxes: [1, 3, 4],
  count: [1],
  classes: [1, 3],
};
const EXPECTED = [
  { label: 'dog', labelIndex: 1, x: 20, y: 20, width: 40, height: 80, value: 0.875 },
  { label: 'cat', labelIndex: 0, x: 0, y: 0, width: 100, height: 200, value: 0.75 },
];

function outputs(order: readonly Role[], names: readonly string[] = [], values = VALUES): Tensor[] {
  return order.map((role, index) => floatTensor(SHAPES[role], values[role], names[index] ?? `out${index}`));
}

describe('mobilenet-ssd', () => {
  it('says so when a detection has a class without a label', () => {
    const values = { ...VALUES, classes: [1, 2, 0] };
    const action = () =>
      boxesOf(block, outputs(['scores', 'boxes', 'count', 'classes'], ['s', 'b', 'n', 'c'], values), INPUT);
    expect(action).toThrow(EngineError);
    expect(action).toThrow(/'c'.*class 2, but there are 2 labels/);
  });

  it('reads no class below the threshold', () => {
    expect(boxesOf(block, outputs(['scores', 'boxes', 'count', 'classes']), INPUT)).toEqual(EXPECTED);
  });

  it('drops scores and corners that are NaN', () => {
    const values = {
      ...VALUES,
      scores: [Number.NaN, 0.75, 0.7],
      boxes: [0, 0, 1, 1, 0, Number.NaN, 1, 1, 0, 0, 1, 1],
      classes: [1, 1, 0],
    };
    expect(
      boxesOf(block, outputs(['scores', 'boxes', 'count', 'classes'], [], values), INPUT).map(
        ({ label }) => label,
      ),
    ).toEqual(['cat']);
  });

  it.each([
    ['TensorFlow 2 order, by shape', ['scores', 'boxes', 'count', 'classes'], []],
    ['TensorFlow 1 order, by shape', ['boxes', 'classes', 'scores', 'count'], []],
    [
      'TensorFlow 2 names',
      ['scores', 'boxes', 'count', 'classes'],
      [
        'StatefulPartitionedCall:1',
        'StatefulPartitionedCall:3',
        'StatefulPartitionedCall:0',
        'StatefulPartitionedCall:2',
      ],
    ],
    [
      'TensorFlow 2 names in the order of other exporters',
      ['boxes', 'classes', 'scores', 'count'],
      [
        'StatefulPartitionedCall:3',
        'StatefulPartitionedCall:2',
        'StatefulPartitionedCall:1',
        'StatefulPartitionedCall:0',
      ],
    ],
    [
      'TensorFlow 2 names in an order that shapes alone would misread',
      ['classes', 'boxes', 'count', 'scores'],
      [
        'StatefulPartitionedCall:2',
        'StatefulPartitionedCall:3',
        'StatefulPartitionedCall:0',
        'StatefulPartitionedCall:1',
      ],
    ],
    [
      'TensorFlow 1 names',
      ['boxes', 'classes', 'scores', 'count'],
      [
        'TFLite_Detection_PostProcess',
        'TFLite_Detection_PostProcess:1',
        'TFLite_Detection_PostProcess:2',
        'TFLite_Detection_PostProcess:3',
      ],
    ],
  ] as const)('finds which tensor is which: %s', (_, order, names) => {
    expect(boxesOf(block, outputs(order, names), INPUT)).toEqual(EXPECTED);
  });

  it('follows the order that the deployment lists: scores, boxes, count, classes', () => {
    const listed = detectionBlock('mobilenet-ssd', { outputTensors: [2, 0, 3, 1] });
    expect(boxesOf(listed, outputs(['boxes', 'classes', 'scores', 'count']), INPUT)).toEqual(EXPECTED);
  });

  it('reads as many rows as the deployment says', () => {
    const one = detectionBlock('mobilenet-ssd', { objectDetectionCount: 1 });
    expect(boxesOf(one, outputs(['scores', 'boxes', 'count', 'classes']), INPUT)).toEqual(
      EXPECTED.slice(0, 1),
    );
    const many = detectionBlock('mobilenet-ssd', { objectDetectionCount: 50 });
    expect(boxesOf(many, outputs(['scores', 'boxes', 'count', 'classes']), INPUT)).toEqual(EXPECTED);
  });

  it('clamps corners to the picture and takes a maximum below its minimum as equal to it', () => {
    const values = { ...VALUES, scores: [0.9, 0, 0], boxes: [-0.5, 0.5, 1.5, 0.25, ...new Array(8).fill(0)] };
    expect(boxesOf(block, outputs(['scores', 'boxes', 'count', 'classes'], [], values), INPUT)).toMatchObject(
      [{ x: 50, y: 0, width: 0, height: 200 }],
    );
  });

  it('reads a count without dimensions', () => {
    const [scores, boxes, , classes] = outputs(['scores', 'boxes', 'count', 'classes']);
    const scalar = floatTensor([], [3], 'n');
    expect(boxesOf(block, [scores, boxes, scalar, classes] as Tensor[], INPUT)).toEqual(EXPECTED);
  });

  it('returns all hits where scores are not sorted, in tensor order', () => {
    const values = { ...VALUES, scores: [0, 0.75, 0.875], classes: [0, 0, 1] };
    expect(
      boxesOf(block, outputs(['scores', 'boxes', 'count', 'classes'], [], values), INPUT).map(
        ({ value }) => value,
      ),
    ).toEqual([0.75, 0.875]);
  });
});
