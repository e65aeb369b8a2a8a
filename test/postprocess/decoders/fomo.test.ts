import { describe, expect, it } from 'vitest';
import { detectionBlock, floatTensor, int8Tensor } from '../blocks.js';
import { boxesOf } from './boxes.js';

const INPUT = { width: 32, height: 32 };

/** A 4 x 4 grid of one label with these probabilities, row-major. */
function grid(cells: readonly number[]) {
  return floatTensor(
    [1, 4, 4, 2],
    cells.flatMap((value) => [1 - value, value]),
  );
}

const block = detectionBlock('fomo', { labels: ['cat'] });

describe('fomo', () => {
  it('drops cells that are NaN or infinite', () => {
    const tensor = grid([Number.NaN, 0, Number.POSITIVE_INFINITY, ...new Array(13).fill(0)]);
    expect(boxesOf(block, [tensor], INPUT)).toEqual([]);
  });

  it('gives nothing where no cell reaches the threshold', () => {
    expect(boxesOf(block, [grid(new Array(16).fill(0.49))], INPUT)).toEqual([]);
  });

  it('takes a cell whose probability equals the threshold as float32', () => {
    const cells = [Math.fround(0.6), ...new Array(15).fill(0)];
    const strict = detectionBlock('fomo', { labels: ['cat'], thresholds: { min_score: 0.6 } });
    expect(boxesOf(strict, [grid(cells)], INPUT)).toEqual([
      { label: 'cat', labelIndex: 0, x: 0, y: 0, width: 8, height: 8, value: Math.fround(0.6) },
    ]);
  });

  it('joins cells that touch by a side or a corner, and gives the highest probability', () => {
    // X . . .
    // . X . .
    // . . . .
    // . . . X
    const cells = [0.6, 0, 0, 0, 0, 0.75, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0.5];
    expect(
      boxesOf(block, [grid(cells)], INPUT).map(({ x, y, width, height, value }) => [
        x,
        y,
        width,
        height,
        value,
      ]),
    ).toEqual([
      [0, 0, 16, 16, 0.75],
      [24, 24, 8, 8, 0.5],
    ]);
  });

  it('keeps labels apart, also in one cell', () => {
    const two = detectionBlock('fomo', { labels: ['cat', 'dog'], thresholds: { min_score: 0.3 } });
    const tensor = floatTensor([1, 1, 1, 3], [0.2, 0.3, 0.5]);
    expect(boxesOf(two, [tensor], { width: 8, height: 8 }).map(({ label, value }) => [label, value])).toEqual(
      [
        ['cat', Math.fround(0.3)],
        ['dog', 0.5],
      ],
    );
  });

  it('joins channels that have the same label', () => {
    const twins = detectionBlock('fomo', { labels: ['cat', 'cat'] });
    const tensor = floatTensor([1, 1, 1, 3], [0, 0.5, 0.75]);
    expect(boxesOf(twins, [tensor], { width: 8, height: 8 })).toEqual([
      { label: 'cat', labelIndex: 0, x: 0, y: 0, width: 8, height: 8, value: 0.75 },
    ]);
  });

  it('compares int8 cells by their real value', () => {
    const tensor = int8Tensor([1, 1, 2, 2], [0, 0, 0, -1], { scale: 1 / 256, zeroPoint: -128 });
    expect(boxesOf(block, [tensor], { width: 16, height: 16 }).map(({ value }) => value)).toEqual([0.5]);
  });

  it('uses the scale of the width for both axes, rounded down', () => {
    const tensor = floatTensor([1, 2, 2, 2], [1, 0, 1, 0, 1, 0, 0, 1]);
    expect(boxesOf(block, [tensor], { width: 17, height: 40 })).toMatchObject([
      { x: 8, y: 8, width: 8, height: 8 },
    ]);
  });

  it('swaps rows and columns of grids that are not square, as the SDK does', () => {
    // 1 row of 2 columns: read as 2 rows of 1 column, so the second cell is below the first, outside the picture.
    const tensor = floatTensor([1, 1, 2, 2], [1, 0, 0, 1]);
    expect(boxesOf(block, [tensor], { width: 16, height: 8 }).map(({ x, y }) => [x, y])).toEqual([[0, 8]]);
  });
});
