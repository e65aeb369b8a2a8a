import { describe, expect, it } from 'vitest';
import { detectionBlock, floatTensor } from '../blocks.js';
import type { GoldenCase } from '../golden.js';
import { goldenBlock, goldenCases, goldenTensors } from '../golden.js';
import { boxesOf } from './boxes.js';

const INPUT = { width: 32, height: 32 };
const CELLS = 16 + 4 + 1;
const block = detectionBlock('yolov11', { nms: { confidence: 0, iou: 0.5 } });
const absolute = detectionBlock('yolov11-abs', { nms: { confidence: 0, iou: 0.5 } });

/** Channel-first tensor of these detections: cx, cy, w, h, cat, dog. */
function channelsFirst(...detections: readonly (readonly number[])[]) {
  return floatTensor(
    [1, 6, detections.length],
    [0, 1, 2, 3, 4, 5].flatMap((channel) => detections.map((row) => row[channel] ?? 0)),
  );
}

describe('yolov11', () => {
  it.each([0, 1, 2, 3, 4])('drops a detection whose number %d is NaN', (position) => {
    const row = [0.5, 0.5, 0.25, 0.25, 0.9, 0].map((value, index) =>
      index === position ? Number.NaN : value,
    );
    expect(boxesOf(block, [channelsFirst(row)], INPUT)).toEqual([]);
  });

  it('drops scores below the threshold and above 1', () => {
    const tensor = channelsFirst([0.5, 0.5, 0.5, 0.5, 0.49, 1.01]);
    expect(boxesOf(block, [tensor], INPUT)).toEqual([]);
  });

  it('may give several classes for one detection, and suppresses only within a class', () => {
    const tensor = channelsFirst([0.5, 0.5, 0.5, 0.5, 0.625, 0.75], [0.5, 0.5, 0.5, 0.5, 0.5, 0]);
    expect(boxesOf(block, [tensor], INPUT).map(({ label, value }) => [label, value])).toEqual([
      ['dog', 0.75],
      ['cat', 0.625],
    ]);
  });

  it('scales fractions for yolov11 and leaves pixels for yolov11-abs; both are clipped to the picture', () => {
    const expected = { label: 'cat', labelIndex: 0, x: 0, y: 8, width: 16, height: 16, value: 0.75 };
    expect(boxesOf(block, [channelsFirst([0.125, 0.5, 0.75, 0.5, 0.75, 0])], INPUT)).toEqual([expected]);
    expect(boxesOf(absolute, [channelsFirst([4, 16, 24, 16, 0.75, 0])], INPUT)).toEqual([expected]);
  });

  it('reads exports whose last two dimensions are swapped', () => {
    const golden = goldenCases('yolov11').find(({ name }) => name === 'typical-189') as GoldenCase;
    const [tensor] = goldenTensors(golden);
    if (tensor === undefined) throw new Error('no tensor');
    const [, channels = 0, detections = 0] = tensor.shape;
    const swapped = Array.from({ length: tensor.data.length }, (_, index) =>
      Number(tensor.data[(index % channels) * detections + Math.floor(index / channels)]),
    );
    const goldenModel = goldenBlock('yolov11', golden);
    const size = { width: 96, height: 96 };
    expect(boxesOf(goldenModel, [floatTensor([1, detections, channels], swapped)], size)).toEqual(
      boxesOf(goldenModel, [tensor], size),
    );
  });

  it('reads channels first where the shape allows both', () => {
    const labels = Array.from({ length: CELLS - 4 }, (_, index) => `label ${index}`);
    const data = new Float32Array(CELLS * CELLS);
    data.set([0.5, 0.5, 0.5, 0.5].flatMap((value) => [value, ...new Array(CELLS - 1).fill(0)]));
    data[6 * CELLS] = 0.75; // channel 6 = label 2 of detection 0
    const square = floatTensor([1, CELLS, CELLS], data);
    expect(boxesOf(detectionBlock('yolov11', { labels }), [square], INPUT)).toEqual([
      { label: 'label 2', labelIndex: 2, x: 8, y: 8, width: 16, height: 16, value: 0.75 },
    ]);
  });

  it('gives at most 200 boxes, the best ones', () => {
    const many = Array.from({ length: 300 }, (_, index) => [
      (index % 30) + 0.5,
      Math.floor(index / 30) + 0.5,
      1,
      1,
      0.5 + index / 1000,
      0,
    ]);
    const boxes = boxesOf(absolute, [channelsFirst(...many)], INPUT);
    expect(boxes).toHaveLength(200);
    expect(boxes[0]?.value).toBe(Math.fround(0.799));
    expect(boxes.at(-1)?.value).toBe(Math.fround(0.6));
  });
});
