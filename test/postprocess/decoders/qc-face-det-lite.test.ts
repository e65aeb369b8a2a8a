import { describe, expect, it } from 'vitest';
import { decodeOutputs } from '../../../src/postprocess/decode.js';
import { detectionBlock, floatTensor } from '../blocks.js';
import type { GoldenCase } from '../golden.js';
import { goldenBlock, goldenCases, goldenInput, goldenTensors } from '../golden.js';
import { boxesOf } from './boxes.js';

const INPUT = { width: 64, height: 64 };

/** Heat everywhere low but in these cells; every face reaches two cells to each side. */
function faces(heat: Readonly<Record<number, number>>) {
  const map = new Float32Array(64).fill(-20);
  for (const [cell, value] of Object.entries(heat)) map[Number(cell)] = value;
  return [
    floatTensor([1, 8, 8, 1], map, 'heatmap'),
    floatTensor([1, 8, 8, 4], new Float32Array(256).fill(2), 'bbox'),
    floatTensor([1, 8, 8, 10], new Float32Array(640), 'landmark'),
  ];
}

describe('qc-face-det-lite', () => {
  it('refuses an input whose sides are not multiples of 32', () => {
    const outputs = faces({});
    expect(() =>
      decodeOutputs(detectionBlock('qc-face-det-lite'), outputs, { width: 64, height: 60 }),
    ).toThrow(/multiples of 32, but it is 64 x 60/);
  });

  it('takes only peaks of the heat map, and enlarges a face that has room', () => {
    const block = detectionBlock('qc-face-det-lite', { labels: ['face'] });
    const tensors = faces({ [3 * 8 + 3]: 3, [3 * 8 + 4]: 2 });
    // Corners 8..40 both ways; 32 pixels grow by 1 to the left and to 35 in all; the far edge is left + 34.
    expect(boxesOf(block, tensors, INPUT)).toMatchObject([
      { label: 'face', x: 7, y: 7, width: 34, height: 34 },
    ]);
  });

  it('leaves a face at the edge as it is', () => {
    const block = detectionBlock('qc-face-det-lite', { labels: ['face'] });
    expect(boxesOf(block, faces({ 0: 3 }), INPUT)).toMatchObject([{ x: 0, y: 0, width: 16, height: 16 }]);
  });

  it('keeps only the best face with an overlap limit of -1', () => {
    const block = detectionBlock('qc-face-det-lite', { labels: ['face'], nms: { confidence: 0, iou: -1 } });
    expect(boxesOf(block, faces({ 0: 1, 63: 3 }), INPUT)).toMatchObject([{ x: 40, y: 40 }]);
  });

  it('lets an overlap of exactly the limit pass the first suppression', () => {
    const block = detectionBlock('qc-face-det-lite', { labels: ['face'], nms: { confidence: 0, iou: 0.5 } });
    const [heat, distances, landmarks] = faces({ [2 * 8 + 3]: 3, [2 * 8 + 1]: 2 });
    if (heat === undefined || distances === undefined || landmarks === undefined)
      throw new Error('no tensors');
    // 8 8 40 24 and 8 8 24 24: a half; enlarged, less than that.
    (distances.data as Float32Array).set([2, 1, 2, 1], (2 * 8 + 3) * 4);
    (distances.data as Float32Array).set([0, 1, 2, 1], (2 * 8 + 1) * 4);
    expect(boxesOf(block, [heat, distances, landmarks], INPUT)).toMatchObject([
      { x: 7, y: 8, width: 34, height: 16 },
      { x: 8, y: 8, width: 16, height: 16 },
    ]);
  });

  it('finds the tensors by their channels, in any order', () => {
    const [golden] = goldenCases('qc-face-det-lite') as [GoldenCase];
    const block = goldenBlock('qc-face-det-lite', golden);
    const tensors = goldenTensors(golden);
    expect(boxesOf(block, [...tensors].reverse(), goldenInput(golden))).toEqual(
      boxesOf(block, tensors, goldenInput(golden)),
    );
  });
});
