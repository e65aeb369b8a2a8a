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
  /** Shape of each output for some model of this kind. */
  readonly shapes: readonly (readonly number[])[];
  readonly input: InputSize;
  /** Whether the SDK clips its boxes to the picture. */
  readonly clips: boolean;
  /** Best score first. */
  readonly sorted: boolean;
  /** Which column of which output names a class. */
  readonly classColumn?: { readonly output: number; readonly column: number };
}

const SQUARE = { width: 64, height: 64 };
const WIDE = { width: 96, height: 32 };
const SMALL = { width: 16, height: 8 };
const LABELS = ['cat', 'dog'];

const LAYERS: readonly Layer[] = [
  {
    lastLayer: 'mobilenet-ssd',
    shapes: [[1, 6], [1, 6, 4], [1], [1, 6]],
    input: WIDE,
    clips: true,
    sorted: false,
    classColumn: { output: 3, column: 0 },
  },
  { lastLayer: 'fomo', shapes: [[1, 8, 8, 3]], input: SQUARE, clips: true, sorted: false },
  // Rows and columns are swapped when the grid is not square, so boxes may lie outside.
  { lastLayer: 'fomo', shapes: [[1, 4, 12, 3]], input: WIDE, clips: false, sorted: false },
  { lastLayer: 'yolov5', shapes: [[1, 20, 7]], input: WIDE, clips: true, sorted: true },
  { lastLayer: 'yolov5v5-drpai', shapes: [[1, 20, 7]], input: WIDE, clips: true, sorted: true },
  { lastLayer: 'yolov11', shapes: [[1, 6, 20]], input: WIDE, clips: true, sorted: true },
  { lastLayer: 'yolov11', shapes: [[1, 63, 6]], input: WIDE, clips: true, sorted: true },
  { lastLayer: 'yolov11-abs', shapes: [[1, 6, 20]], input: WIDE, clips: true, sorted: true },
  { lastLayer: 'yolo-pro', shapes: [[1, 20, 6]], input: WIDE, clips: true, sorted: true },
  { lastLayer: 'yolox', shapes: [[1, 63, 7]], input: WIDE, clips: true, sorted: true },
  // Finished rows: the far edges are left as the model gives them.
  {
    lastLayer: 'yolox',
    shapes: [[1, 10, 6]],
    input: WIDE,
    clips: false,
    sorted: false,
    classColumn: { output: 0, column: 5 },
  },
  {
    lastLayer: 'yolov7',
    shapes: [[9, 7]],
    input: WIDE,
    clips: false,
    sorted: false,
    classColumn: { output: 0, column: 5 },
  },
  // Clipped at 7 instead of 1 times the picture.
  { lastLayer: 'yolov2-akida', shapes: [[7, 7, 5, 7]], input: SQUARE, clips: false, sorted: true },
  { lastLayer: 'tao-retinanet', shapes: [[1, 20, 15]], input: WIDE, clips: true, sorted: true },
  { lastLayer: 'tao-ssd', shapes: [[1, 20, 15]], input: WIDE, clips: true, sorted: true },
  { lastLayer: 'tao-yolov3', shapes: [[1, 20, 13]], input: WIDE, clips: true, sorted: true },
  { lastLayer: 'tao-yolov4', shapes: [[1, 20, 13]], input: WIDE, clips: true, sorted: true },
  { lastLayer: 'paddleocr-detector', shapes: [[1, 8, 16, 1]], input: SMALL, clips: true, sorted: true },
  {
    lastLayer: 'qc-face-det-lite',
    shapes: [
      [1, 8, 8, 1],
      [1, 8, 8, 4],
      [1, 8, 8, 10],
    ],
    input: SQUARE,
    clips: true,
    sorted: true,
  },
];

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
const ratio = fc.double({ min: 0, max: 1, noNaN: true });

function blockOf(layer: Layer): fc.Arbitrary<ObjectDetectionBlock> {
  return fc
    .record({ score: ratio, unclip: ratio, iou: ratio, confidence: ratio })
    .map(({ score, unclip, iou, confidence }) =>
      detectionBlock(layer.lastLayer, {
        labels: LABELS,
        thresholds:
          layer.lastLayer === 'paddleocr-detector'
            ? { min_score_pixel: score, min_score_box: score, unclip_ratio: 3 * unclip }
            : { min_score: score },
        nms: { iou, confidence },
      }),
    );
}

/** The least score that a box of this block may have. */
function leastScore({ lastLayer, thresholds }: ObjectDetectionBlock): number {
  if (lastLayer === 'yolov2-akida') return 0.5;
  return Math.fround(thresholds.min_score_box ?? thresholds.min_score ?? Number.NaN);
}

function count(shape: readonly number[]): number {
  return shape.reduce((product, dimension) => product * dimension, 1);
}

/** Outputs of random numbers; where they name a class, of one that has a label. */
function tensorsOf(layer: Layer, number: fc.Arbitrary<number>): fc.Arbitrary<Tensor[]> {
  return fc.tuple(
    ...layer.shapes.map((shape, output) =>
      fc.array(number, { minLength: count(shape), maxLength: count(shape) }).map((values) => {
        const column = layer.classColumn?.output === output ? layer.classColumn.column : undefined;
        const columns = column === 0 ? 1 : (shape.at(-1) ?? 1);
        const withClasses = values.map((value, index) =>
          index % columns === column ? index % LABELS.length : value,
        );
        return floatTensor(shape, withClasses, `out${output}`);
      }),
    ),
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
    expect(label).toBe(LABELS[labelIndex]);
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
        fc.property(blockOf(layer), tensorsOf(layer, finite), (model, outputs) => {
          expectSound(boxesOf(model, outputs, layer.input), layer, leastScore(model));
        }),
      );
    });

    it('drops what is NaN or infinite instead of passing it on', () => {
      fc.assert(
        fc.property(blockOf(layer), tensorsOf(layer, anything), (model, outputs) => {
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
      const thresholds = { min_score: 0, min_score_pixel: 0, min_score_box: 0, unclip_ratio: 1 };
      const block = detectionBlock(layer.lastLayer, { thresholds });
      expect(boxesOf(block, outputs, layer.input)).toEqual([]);
    });

    it('depends neither on where its tensors lie in memory nor on what was decoded before', () => {
      const moved = (tensor: Tensor): Tensor => {
        const wider = new Float32Array(tensor.data.length + 3);
        wider.set(tensor.data as Float32Array, 2);
        return { ...tensor, data: wider.subarray(2, -1) };
      };
      fc.assert(
        fc.property(
          blockOf(layer),
          tensorsOf(layer, finite),
          tensorsOf(layer, anything),
          (model, outputs, others) => {
            const first = structuredClone(boxesOf(model, outputs, layer.input));
            boxesOf(model, others, layer.input);
            expect(boxesOf(model, outputs.map(moved), layer.input)).toEqual(first);
          },
        ),
        { numRuns: 20 },
      );
    });

    it('does not change its input', () => {
      fc.assert(
        fc.property(blockOf(layer), tensorsOf(layer, finite), (model, outputs) => {
          const before = structuredClone({ model, outputs });
          boxesOf(model, outputs, layer.input);
          expect({ model, outputs }).toEqual(before);
        }),
        { numRuns: 20 },
      );
    });
  },
);

const QUANTISED = LAYERS.filter(
  ({ shapes, classColumn }) => shapes.length === 1 && classColumn === undefined,
);

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
          blockOf(layer),
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
          blockOf(layer),
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
