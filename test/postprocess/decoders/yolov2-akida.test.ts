import { describe, expect, it } from 'vitest';
import { detectionBlock, floatTensor } from '../blocks.js';
import { boxesOf } from './boxes.js';

const INPUT = { width: 70, height: 70 };
const ROWS = 7 * 7 * 5;

/** Rows of tx, ty, tw, th, objectness, cat, dog; all others score nothing. */
function rows(given: Readonly<Record<number, readonly number[]>>) {
  const data = Float32Array.from({ length: ROWS * 7 }, (_, index) => (index % 7 === 4 ? -20 : 0));
  for (const [row, values] of Object.entries(given)) data.set(values, Number(row) * 7);
  return floatTensor([7, 7, 5, 7], data);
}

describe('yolov2-akida', () => {
  it.each([0, 0.9])('does not use the threshold of the block: %d', (min_score) => {
    const block = detectionBlock('yolov2-akida', { thresholds: { min_score } });
    // sigmoid(1) = 0.731, and the class share of cat is almost 1.
    const boxes = boxesOf(block, [rows({ 0: [0, 0, 0, 0, 1, 20, 0] })], INPUT);
    expect(boxes.map(({ label, value }) => [label, value.toFixed(3)])).toEqual([['cat', '0.731']]);
  });

  it('needs more than a half of objectness times class', () => {
    const block = detectionBlock('yolov2-akida');
    expect(boxesOf(block, [rows({ 0: [0, 0, 0, 0, 1, 0, 0] })], INPUT)).toEqual([]);
    expect(boxesOf(block, [rows({ 0: [0, 0, 0, 0, 0, 20, 0] })], INPUT)).toEqual([]);
  });

  it('reads rows as grid row, grid column, anchor', () => {
    const block = detectionBlock('yolov2-akida');
    // Grid row 2, column 3, first anchor: centre (35, 25), 5.66 x 10.5 pixels.
    const index = (2 * 7 + 3) * 5;
    expect(boxesOf(block, [rows({ [index]: [0, 0, 0, 0, 3, 20, 0] })], INPUT)).toMatchObject([
      { x: 33, y: 20, width: 6, height: 11 },
    ]);
  });
});
