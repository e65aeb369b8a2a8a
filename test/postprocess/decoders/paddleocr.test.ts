import { describe, expect, it } from 'vitest';
import { detectionBlock, floatTensor } from '../blocks.js';
import { boxesOf } from './boxes.js';

const INPUT = { width: 8, height: 4 };
const block = detectionBlock('paddleocr-detector', {
  labels: ['text'],
  thresholds: { min_score_pixel: 0.5, min_score_box: 0.5, unclip_ratio: 0 },
});

/** `#` is 1, `.` is 0. */
function map(...rows: readonly string[]) {
  return floatTensor(
    [1, INPUT.height, INPUT.width, 1],
    [...rows.join('')].map((pixel) => (pixel === '#' ? 1 : 0)),
  );
}

function rectangles(boxes: ReturnType<typeof boxesOf>) {
  return boxes.map(({ x, y, width, height }) => [x, y, width, height]);
}

describe('paddleocr-detector', () => {
  it('does not let a region go on at the other side of the picture', () => {
    const tensor = map('.......#', '#.......', '........', '........');
    expect(rectangles(boxesOf(block, [tensor], INPUT))).toEqual([
      [7, 0, 1, 1],
      [0, 1, 1, 1],
    ]);
  });

  it('joins pixels that touch by a side, not by a corner', () => {
    const tensor = map('##......', '.#......', '..#.....', '........');
    expect(rectangles(boxesOf(block, [tensor], INPUT))).toEqual([
      [2, 2, 1, 1],
      [0, 0, 2, 2],
    ]);
  });

  it('averages over the whole rectangle and drops what is too faint', () => {
    const tensor = map('########', '#.......', '#.......', '#.......'); // 11 of 32
    expect(boxesOf(block, [tensor], INPUT)).toEqual([]);
  });

  it('widens a box, which starts at 0 and keeps its length where it would begin outside', () => {
    const wide = detectionBlock('paddleocr-detector', {
      labels: ['text'],
      thresholds: { min_score_pixel: 0.5, min_score_box: 0.5, unclip_ratio: 3 },
    });
    // 2 x 2 pixels: margin trunc(4 * 3 / 8) = 1.
    const tensor = map('##......', '##......', '........', '........');
    expect(rectangles(boxesOf(wide, [tensor], INPUT))).toEqual([[0, 0, 4, 4]]);
  });
});
