/** What holds for every decoder, whatever numbers a model gives. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ObjectDetectionBlock, ObjectDetectionLastLayer } from '../../src/deployment/impulse.js';
import { toResponse } from '../../src/postprocess/response.js';
import type { InputSize, PixelBox } from '../../src/postprocess/results.js';
import type { Tensor } from '../../src/tensor.js';
import { detectionBlock, floatTensor, int8Tensor, uint8Tensor } from './blocks.js';
import { boxesOf } from './decoders/boxes.js';

interface Layer {
  readonly lastLayer: ObjectDetectionLastLayer;
  readonly labels: readonly string[];
  /** Shape of each output for some model of this kind. */
  readonly shapes: readonly (readonly number[])[];
  readonly input: InputSize;
  /** Whether the SDK clips its boxes to the picture. */
  readonly clips: boolean;
  /** Best score first. */
  readonly sorted: boolean;
}

const SQUARE = { width: 64, height: 64 };
const WIDE = { width: 96, height: 32 };
const LABELS = ['cat', 'dog'];

const LAYERS: readonly Layer[] = [
  // The far edge is xmin + (xmax - xmin), each part truncated: never beyond the picture.
  {
    lastLayer: 'mobilenet-ssd',
    labels: LABELS,
    shapes: [[1, 6], [1, 6, 4], [1], [1, 6]],
    input: WIDE,
    clips: true,
    sorted: false,
  },
  { lastLayer: 'fomo', labels: LABELS, shapes: [[1, 8, 8, 3]], input: SQUARE, clips: true, sorted: false },
  // Rows and columns are swapped when the grid is not square, so boxes may lie outside.
  { lastLayer: 'fomo', labels: LABELS, shapes: [[1, 4, 12, 3]], input: WIDE, clips: false, sorted: false },
  { lastLayer: 'yolov5', labels: LABELS, shapes: [[1, 20, 7]], input: WIDE, clips: true, sorted: true },
  {
    lastLayer: 'yolov5v5-drpai',
    labels: LABELS,
    shapes: [[1, 20, 7]],
    input: WIDE,
    clips: true,
    sorted: true,
  },
  { lastLayer: 'yolov11', labels: LABELS, shapes: [[1, 6, 20]], input: WIDE, clips: true, sorted: true },
  { lastLayer: 'yolov11', labels: LABELS, shapes: [[1, 63, 6]], input: WIDE, clips: true, sorted: true },
  { lastLayer: 'yolov11-abs', labels: LABELS, shapes: [[1, 6, 20]], input: WIDE, clips: true, sorted: true },
];

const SSD_CLASSES = 3;

/** Any finite float32, and often ones of a size that makes boxes. */
const finite = fc.oneof(
  fc.float({ noNaN: true, noDefaultInfinity: true }),
  fc.float({ min: 0, max: 1, noNaN: true }),
  fc.float({ min: -20, max: 120, noNaN: true }),
);
const anything = fc.oneof(
  finite,
  fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY),
);

function block(layer: Layer): fc.Arbitrary<ObjectDetectionBlock> {
  return fc
    .record({
      min_score: fc.double({ min: 0, max: 1, noNaN: true }),
      iou: fc.double({ min: 0, max: 1, noNaN: true }),
      confidence: fc.double({ min: 0, max: 1, noNaN: true }),
    })
    .map(({ min_score, iou, confidence }) =>
      detectionBlock(layer.lastLayer, {
        labels: layer.labels,
        thresholds: { min_score },
        nms: { iou, confidence },
      }),
    );
}

function count(shape: readonly number[]): number {
  return shape.reduce((product, dimension) => product * dimension, 1);
}

/** Class tensors of `mobilenet-ssd` hold whole numbers; all else is as `number` says. */
function tensors(layer: Layer, number: fc.Arbitrary<number>): fc.Arbitrary<Tensor[]> {
  return fc.tuple(
    ...layer.shapes.map((shape, index) => {
      const isClasses = layer.lastLayer === 'mobilenet-ssd' && index === SSD_CLASSES;
      const element = isClasses ? fc.integer({ min: 0, max: layer.labels.length - 1 }) : number;
      return fc
        .array(element, { minLength: count(shape), maxLength: count(shape) })
        .map((values) => floatTensor(shape, values, `out${index}`));
    }),
  );
}

function expectSound(boxes: readonly PixelBox[], layer: Layer, minimum: number): void {
  for (const { x, y, width, height, value, label, labelIndex } of boxes) {
    for (const pixel of [x, y, width, height]) {
      expect(Number.isSafeInteger(pixel)).toBe(true);
      expect(pixel).toBeGreaterThanOrEqual(0);
    }
    if (layer.clips) {
      expect(x + width).toBeLessThanOrEqual(layer.input.width);
      expect(y + height).toBeLessThanOrEqual(layer.input.height);
    }
    expect(Number.isFinite(value)).toBe(true);
    expect(value).toBeGreaterThanOrEqual(minimum);
    expect(label).toBe(layer.labels[labelIndex]);
  }
  if (layer.sorted) {
    const values = boxes.map(({ value }) => value);
    expect(values).toEqual([...values].sort((a, b) => b - a));
  }
}

describe.each(LAYERS.map((layer) => [layer.lastLayer, layer.shapes, layer] as const))(
  '%s %o',
  (_, _shapes, layer) => {
    it('gives whole pixels, known labels and finite scores, in order and inside the picture where the SDK clips', () => {
      fc.assert(
        fc.property(block(layer), tensors(layer, finite), (model, outputs) => {
          expectSound(
            boxesOf(model, outputs, layer.input),
            layer,
            Math.fround(model.thresholds.min_score ?? 1),
          );
        }),
      );
    });

    it('drops what is NaN or infinite instead of passing it on', () => {
      fc.assert(
        fc.property(block(layer), tensors(layer, anything), (model, outputs) => {
          const boxes = boxesOf(model, outputs, layer.input);
          expectSound(boxes, layer, 0);
          const json = JSON.stringify(toResponse([{ modelType: 'object-detection', boxes }], layer.input));
          expect(json).not.toContain('null');
        }),
      );
    });

    it('gives nothing for a model that is all NaN', () => {
      const outputs = layer.shapes.map((shape, index) =>
        floatTensor(shape, new Array(count(shape)).fill(Number.NaN), `out${index}`),
      );
      expect(
        boxesOf(detectionBlock(layer.lastLayer, { thresholds: { min_score: 0 } }), outputs, layer.input),
      ).toEqual([]);
    });

    it('does not change its input', () => {
      fc.assert(
        fc.property(block(layer), tensors(layer, finite), (model, outputs) => {
          const before = structuredClone({ model, outputs });
          boxesOf(model, outputs, layer.input);
          expect({ model, outputs }).toEqual(before);
        }),
        { numRuns: 20 },
      );
    });
  },
);

const QUANTISED = LAYERS.filter(({ lastLayer }) => lastLayer !== 'mobilenet-ssd');

describe.each(QUANTISED.map((layer) => [layer.lastLayer, layer.shapes, layer] as const))(
  '%s %o, quantised',
  (_, shapes, layer) => {
    const shape = shapes[0] ?? [];
    const parameters = fc.record({
      scale: fc.double({ min: 1e-3, max: 0.5, noNaN: true }),
      zeroPoint: fc.integer({ min: -128, max: 127 }),
    });

    it('gives for int8 what it gives for the dequantised numbers', () => {
      fc.assert(
        fc.property(
          block(layer),
          parameters,
          fc.int8Array({ minLength: count(shape), maxLength: count(shape) }),
          (model, quantization, data) => {
            const scale = Math.fround(quantization.scale);
            const real = Float32Array.from(data, (q) =>
              Math.fround(Math.fround(q - quantization.zeroPoint) * scale),
            );
            expect(boxesOf(model, [int8Tensor(shape, data, quantization)], layer.input)).toEqual(
              boxesOf(model, [floatTensor(shape, real)], layer.input),
            );
          },
        ),
      );
    });

    it('is sound for uint8', () => {
      fc.assert(
        fc.property(
          block(layer),
          parameters,
          fc.uint8Array({ minLength: count(shape), maxLength: count(shape) }),
          (model, quantization, data) => {
            expectSound(boxesOf(model, [uint8Tensor(shape, data, quantization)], layer.input), layer, 0);
          },
        ),
      );
    });
  },
);
