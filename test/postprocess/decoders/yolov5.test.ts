import { describe, expect, it } from 'vitest';
import { detectionBlock, floatTensor, int8Tensor, uint8Tensor } from '../blocks.js';
import { boxesOf } from './boxes.js';

const INPUT = { width: 100, height: 100 };
const NMS = { confidence: 0, iou: 0.5 };
const ratios = detectionBlock('yolov5', { nms: NMS });
const pixels = detectionBlock('yolov5v5-drpai', { nms: NMS });

function rows(...values: readonly (readonly number[])[]) {
  return floatTensor([1, values.length, 7], values.flat());
}

function rectangles(boxes: ReturnType<typeof boxesOf>) {
  return boxes.map(({ x, y, width, height }) => [x, y, width, height]);
}

describe('yolov5', () => {
  it.each([0, 1, 2, 3, 4])('drops a row whose number %d is NaN', (position) => {
    const row = [0.5, 0.5, 0.25, 0.25, 0.9, 0, 1].map((value, index) =>
      index === position ? Number.NaN : value,
    );
    expect(boxesOf(ratios, [rows(row)], INPUT)).toEqual([]);
  });

  it('drops negative sizes, and scores below the threshold or above 1', () => {
    const tensor = rows(
      [0.5, 0.5, -0.1, 0.25, 0.9, 0, 1],
      [0.5, 0.5, 0.25, -0.1, 0.9, 0, 1],
      [0.5, 0.5, 0.25, 0.25, 0.49, 0, 1],
      [0.5, 0.5, 0.25, 0.25, 1.01, 0, 1],
    );
    expect(boxesOf(ratios, [tensor], INPUT)).toEqual([]);
  });

  it('scores by objectness alone and labels by the first of the largest class values', () => {
    const tensor = rows([0.25, 0.25, 0.25, 0.25, 0.75, 0.5, 0.5], [0.75, 0.75, 0.25, 0.25, 1, 0.1, 0.2]);
    expect(boxesOf(ratios, [tensor], INPUT).map(({ label, value }) => [label, value])).toEqual([
      ['dog', 1],
      ['cat', 0.75],
    ]);
  });

  it('gives label 0 where no class value is above 0', () => {
    const tensor = rows([0.5, 0.5, 0.5, 0.5, 0.75, -2, -1]);
    expect(boxesOf(ratios, [tensor], INPUT).map(({ label }) => label)).toEqual(['cat']);
  });

  it('suppresses across classes', () => {
    const tensor = rows([0.5, 0.5, 0.5, 0.5, 0.75, 1, 0], [0.5, 0.5, 0.5, 0.5, 0.875, 0, 1]);
    expect(boxesOf(ratios, [tensor], INPUT).map(({ label }) => label)).toEqual(['dog']);
  });

  it('clips at the picture: on the left the box is moved, on the right it is cut', () => {
    const tensor = rows([0, 0, 0.5, 0.5, 0.75, 1, 0], [1, 1, 0.5, 0.5, 0.75, 1, 0]);
    expect(rectangles(boxesOf(ratios, [tensor], INPUT))).toEqual([
      [0, 0, 50, 50],
      [75, 75, 25, 25],
    ]);
  });

  it('reads pixels for the drpai head, and cuts them at the picture before anything else', () => {
    const tensor = rows([95, 50, 20, 20, 0.75, 1, 0], [200, 50, 20, 20, 0.75, 1, 0]);
    expect(rectangles(boxesOf(pixels, [tensor], INPUT))).toEqual([[85, 40, 15, 20]]);
  });

  it('finds the class of uint8 outputs on raw bytes, also below the zero point', () => {
    const parameters = { scale: 0.01, zeroPoint: 100 };
    const tensor = uint8Tensor([1, 1, 7], [150, 150, 150, 150, 190, 20, 90], parameters);
    expect(boxesOf(ratios, [tensor], INPUT).map(({ label }) => label)).toEqual(['dog']);
  });

  it('finds the class of int8 outputs on real values: none above 0 gives label 0', () => {
    const parameters = { scale: 0.01, zeroPoint: 0 };
    const tensor = int8Tensor([1, 1, 7], [50, 50, 50, 50, 90, -80, -10], parameters);
    expect(boxesOf(ratios, [tensor], INPUT).map(({ label }) => label)).toEqual(['cat']);
    const above = int8Tensor([1, 1, 7], [50, 50, 50, 50, 90, -80, 10], parameters);
    expect(boxesOf(ratios, [above], INPUT).map(({ label }) => label)).toEqual(['dog']);
  });
});
