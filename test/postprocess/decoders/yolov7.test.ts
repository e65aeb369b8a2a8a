import { describe, expect, it } from 'vitest';
import { EngineError } from '../../../src/errors.js';
import { detectionBlock, floatTensor } from '../blocks.js';
import { boxesOf } from './boxes.js';

const INPUT = { width: 32, height: 32 };
const block = detectionBlock('yolov7');

describe('yolov7', () => {
  it('says so when a row has a class without a label', () => {
    const action = () => boxesOf(block, [floatTensor([1, 7], [0, 0, 0, 9, 9, 2, 0.9])], INPUT);
    expect(action).toThrow(EngineError);
    expect(action).toThrow(/class 2, but there are 2 labels/);
  });

  it('gives nothing for an output without rows', () => {
    expect(boxesOf(block, [floatTensor([0, 7], [])], INPUT)).toEqual([]);
  });

  it('truncates, moves negative corners to 0 and leaves far edges as they are', () => {
    const tensor = floatTensor([2, 7], [0, -5, 3.9, 60.5, 20.7, 1, 0.75, 0, 1, 1, 2, 2, 0, 1.5]);
    expect(boxesOf(block, [tensor], INPUT)).toEqual([
      { label: 'dog', labelIndex: 1, x: 0, y: 3, width: 65, height: 16, value: 0.75 },
    ]);
  });
});
