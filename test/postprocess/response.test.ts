import { describe, expect, it } from 'vitest';
import { toResponse } from '../../src/postprocess/response.js';
import type { PixelBox } from '../../src/postprocess/results.js';
import type { Tensor } from '../../src/tensor.js';
import { floatTensor, int8Tensor, uint8Tensor } from './blocks.js';

const INPUT = { width: 96, height: 64 };

function box(x: number, y: number, width: number, height: number, value: number): PixelBox {
  return { label: 'cat', labelIndex: 0, x, y, width, height, value };
}

describe('toResponse()', () => {
  it('gives an empty list of boxes where nothing was found, and no other key', () => {
    expect(toResponse([{ modelType: 'object-detection', boxes: [] }], INPUT)).toEqual({
      success: true,
      boundingBoxes: [],
    });
  });

  it('gives ratios of the model input by double division, and the float32 score', () => {
    const decoded = { modelType: 'object-detection', boxes: [box(7, 13, 29, 31, Math.fround(0.7))] } as const;
    expect(toResponse([decoded], INPUT).boundingBoxes).toEqual([
      { label: 'cat', x: 7 / 96, y: 13 / 64, width: 29 / 96, height: 31 / 64, score: 0.699999988079071 },
    ]);
  });

  it('does not clip boxes that stick out', () => {
    const decoded = { modelType: 'object-detection', boxes: [box(90, 60, 96, 64, 1)] } as const;
    expect(toResponse([decoded], INPUT).boundingBoxes?.[0]).toMatchObject({
      width: 1,
      height: 1,
      x: 90 / 96,
    });
  });

  it('maps labels to numbers; of equal labels the last one stands', () => {
    const values = [
      { label: 'a', value: 0.25 },
      { label: 'b', value: 0.5 },
      { label: 'a', value: 0.125 },
    ];
    expect(toResponse([{ modelType: 'classification', values }], INPUT)).toEqual({
      success: true,
      result: { a: 0.125, b: 0.5 },
    });
  });

  it('keeps labels that name parts of every object', () => {
    const values = [
      { label: '__proto__', value: 0.25 },
      { label: 'constructor', value: 0.75 },
    ];
    const response = toResponse([{ modelType: 'classification', values }], INPUT);
    expect(JSON.stringify(response)).toBe('{"success":true,"result":{"__proto__":0.25,"constructor":0.75}}');
  });

  it('puts the blocks of an impulse side by side', () => {
    const response = toResponse(
      [
        { modelType: 'classification', values: [{ label: 'on', value: 1 }] },
        { modelType: 'regression', values: [{ label: 'value', value: 37.5 }] },
        { modelType: 'object-detection', boxes: [box(0, 0, 96, 64, 1)] },
        { modelType: 'object-detection', boxes: [box(0, 0, 48, 32, 0.5)] },
      ],
      INPUT,
    );
    expect(response.result).toEqual({ on: 1, value: 37.5 });
    expect(response.boundingBoxes?.map(({ width, score }) => [width, score])).toEqual([
      [1, 1],
      [0.5, 0.5],
    ]);
  });

  it('gives freeform tensors as flat numbers, quantised ones as raw integers', () => {
    const quantization = { scale: 0.5, zeroPoint: 3 };
    const wide: Tensor = { name: 'd', shape: [2], dataType: 'int64', data: BigInt64Array.of(5n, -1n) };
    const half: Tensor = { name: 'e', shape: [1], dataType: 'float16', data: Uint16Array.of(0x3c00) };
    const tensors = [
      floatTensor([1, 2, 1], [0.25, 0.5]),
      int8Tensor([1, 2], [-128, 7], quantization),
      uint8Tensor([1, 2], [0, 255], quantization),
      wide,
      half,
    ];
    expect(toResponse([{ modelType: 'freeform', tensors }], INPUT)).toEqual({
      success: true,
      freeformResult: {
        outputTensors: [
          { shape: [1, 2, 1], dataType: 'float32', data: [0.25, 0.5] },
          { shape: [1, 2], dataType: 'int8', data: [-128, 7] },
          { shape: [1, 2], dataType: 'uint8', data: [0, 255] },
          { shape: [2], dataType: 'int64', data: [5, -1] },
          { shape: [1], dataType: 'float16', data: [1] },
        ],
      },
    });
  });
});
