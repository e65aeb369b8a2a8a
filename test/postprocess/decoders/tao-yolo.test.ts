import { describe, expect, it } from 'vitest';
import { detectionBlock, floatTensor } from '../blocks.js';
import { boxesOf } from './boxes.js';

const INPUT = { width: 100, height: 200 };

/** cy, cx, ph, pw, step y x, ty, tx, th, tw, objectness, cat, dog. */
function row(th: number, tw: number) {
  return floatTensor([1, 1, 13], [0.25, 0.5, 1e-4, 1e-4, 0.5, 0.25, 0, 0, th, tw, 20, 20, -20]);
}

describe.each([
  ['tao-yolov3', 1e-4 * Math.exp(8.5)],
  ['tao-yolov4', 1e-4 * Math.exp(8)],
] as const)('%s', (lastLayer, size) => {
  it('reads y before x, and limits how far a box grows only in version 4', () => {
    const [box, ...more] = boxesOf(detectionBlock(lastLayer), [row(8.5, 8.5)], INPUT);
    expect(more).toEqual([]);
    // Centre: x 0.5 + 0.25 / 2, y 0.25 + 0.5 / 2.
    const x = Math.trunc((0.625 - size / 2) * 100);
    const y = Math.trunc((0.5 - size / 2) * 200);
    expect(box).toMatchObject({
      label: 'cat',
      x,
      y,
      width: Math.min(100, Math.trunc((0.625 + size / 2) * 100)) - x,
      height: Math.min(200, Math.trunc((0.5 + size / 2) * 200)) - y,
    });
  });
});
