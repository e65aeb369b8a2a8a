import { describe, expect, it } from 'vitest';
import { EngineError } from '../../../src/errors.js';
import { detectionBlock, floatTensor } from '../blocks.js';
import { boxesOf } from './boxes.js';

const INPUT = { width: 32, height: 32 };
const CELLS = 16 + 4 + 1;
const block = detectionBlock('yolox', { nms: { confidence: 0, iou: 0.5 } });

/** A grid of this many labels in which nothing is found, except in the rows given. */
function grid(labelCount: number, rows: Readonly<Record<number, readonly number[]>>) {
  const columns = 5 + labelCount;
  const data = new Float32Array(CELLS * columns);
  for (const [row, values] of Object.entries(rows)) data.set(values, Number(row) * columns);
  return floatTensor([1, CELLS, columns], data);
}

function finished(...rows: readonly (readonly number[])[]) {
  return floatTensor([1, rows.length, 6], rows.flat());
}

describe('yolox', () => {
  it('multiplies objectness and class, for every class of a cell', () => {
    // Cell 20 is the one of stride 32: centre (0.5, 0.5) x 32, size exp(0) x 32.
    const tensor = grid(2, { 20: [0.5, 0.5, 0, 0, 0.875, 1, 0.875] });
    const all = detectionBlock('yolox', { nms: { confidence: 0, iou: 1.1 } });
    expect(boxesOf(all, [tensor], INPUT)).toEqual([
      { label: 'cat', labelIndex: 0, x: 0, y: 0, width: 32, height: 32, value: 0.875 },
      { label: 'dog', labelIndex: 1, x: 0, y: 0, width: 32, height: 32, value: 0.765625 },
    ]);
    expect(boxesOf(block, [tensor], INPUT).map(({ label }) => label)).toEqual(['cat']);
  });

  it('takes one label and as many rows as cells for the grid, any other number for finished rows', () => {
    const one = detectionBlock('yolox', { labels: ['cat'] });
    const tensor = grid(1, { 16: [0.5, 0.5, 0, 0, 1, 0.75] });
    expect(boxesOf(one, [tensor], INPUT)).toEqual([
      { label: 'cat', labelIndex: 0, x: 0, y: 0, width: 16, height: 16, value: 0.75 },
    ]);
    expect(boxesOf(one, [finished([2.9, 3.9, 10.9, 20.9, 0.75, 0])], INPUT)).toEqual([
      { label: 'cat', labelIndex: 0, x: 2, y: 3, width: 8, height: 17, value: 0.75 },
    ]);
  });
});

describe('yolox with finished rows', () => {
  it('says so when a row has a class without a label', () => {
    const action = () => boxesOf(block, [finished([0, 0, 9, 9, 0.9, -1])], INPUT);
    expect(action).toThrow(EngineError);
    expect(action).toThrow(/class -1, but there are 2 labels/);
  });

  it('reads no class below the threshold', () => {
    expect(boxesOf(block, [finished([0, 0, 9, 9, 0.1, 77])], INPUT)).toEqual([]);
  });

  it('moves corners into the picture, rounds sizes, and leaves far edges and overlaps as they are', () => {
    const tensor = finished([-4, 40, 3.5, 90.4, 0.625, 0], [-4, 40, 3.5, 90.4, 0.75, 1]);
    expect(boxesOf(block, [tensor], INPUT)).toEqual([
      { label: 'cat', labelIndex: 0, x: 0, y: 32, width: 8, height: 50, value: 0.625 },
      { label: 'dog', labelIndex: 1, x: 0, y: 32, width: 8, height: 50, value: 0.75 },
    ]);
  });
});
