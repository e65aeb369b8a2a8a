import { describe, expect, it } from 'vitest';
import type { LearnBlock, ObjectDetectionLastLayer } from '../../src/deployment/impulse.js';
import { DeploymentError, EngineError, ImpulseError, UnsupportedError } from '../../src/errors.js';
import { checkOutputs, decodeOutputs } from '../../src/postprocess/decode.js';
import type { Tensor, TensorInfo } from '../../src/tensor.js';
import {
  classificationBlock,
  detectionBlock,
  floatTensor,
  freeformBlock,
  int8Tensor,
  regressionBlock,
} from './blocks.js';

const INPUT = { width: 96, height: 96 };

function refusal(action: () => unknown): ImpulseError {
  try {
    action();
  } catch (error) {
    if (error instanceof ImpulseError) return error;
    throw error;
  }
  throw new Error('was accepted');
}

function info(shape: readonly number[], name = 'out'): TensorInfo {
  return { name, shape, dataType: 'float32' };
}

function zeros({ shape, name }: TensorInfo): Tensor {
  return floatTensor(shape, new Float32Array(shape.reduce((count, dimension) => count * dimension, 1)), name);
}

/** A block, outputs that do not fit it, and what the message must say. */
const MISFITS: readonly (readonly [string, LearnBlock, readonly TensorInfo[], readonly string[]])[] = [
  [
    'a classifier with more labels than outputs',
    classificationBlock(['a', 'b', 'c']),
    [info([1, 2])],
    ['3 numbers', "'out' [1, 2]"],
  ],
  [
    'a classifier with fewer labels than outputs',
    classificationBlock(['a']),
    [info([1, 2])],
    ['1 number', "'out' [1, 2]"],
  ],
  ['a classifier without labels', classificationBlock([]), [info([1, 2])], ['0 numbers']],
  [
    'a classifier of two pictures at once',
    classificationBlock(['a', 'b', 'c', 'd']),
    [info([2, 2])],
    ['4 numbers', '[2, 2]'],
  ],
  ['a regression of two numbers', regressionBlock([]), [info([1, 2])], ['1 number', '[1, 2]']],
  ['a model without outputs', freeformBlock(), [], ['1 output tensor', 'none']],
  [
    'a list of outputs that the model does not have',
    freeformBlock([0, 4]),
    [info([1, 2])],
    ['output 4', 'has 1'],
  ],
  [
    'fomo without the background channel',
    detectionBlock('fomo'),
    [info([1, 12, 12, 2])],
    ['fomo', '[1, rows, columns, 3]', '[1, 12, 12, 2]'],
  ],
  ['fomo of rank 3', detectionBlock('fomo'), [info([1, 144, 3])], ['[1, 144, 3]']],
  ['fomo with two pictures', detectionBlock('fomo'), [info([2, 12, 12, 3])], ['[2, 12, 12, 3]']],
  [
    'yolov5 with another number of labels',
    detectionBlock('yolov5'),
    [info([1, 1575, 8])],
    ['[1, rows, 7]', '5 + 2 labels', '[1, 1575, 8]'],
  ],
  [
    'yolov5 with its raw heads',
    detectionBlock('yolov5'),
    [info([1, 3, 20, 20, 7]), info([1, 3, 10, 10, 7])],
    ['[1, 3, 20, 20, 7]'],
  ],
  ['yolov5 with two pictures', detectionBlock('yolov5v5-drpai'), [info([2, 1575, 7])], ['[2, 1575, 7]']],
  [
    'yolov11 with another number of labels',
    detectionBlock('yolov11'),
    [info([1, 84, 189])],
    ['[1, 6, detections]', '[1, 84, 189]'],
  ],
  [
    'yolov11 whose rows are finished detections',
    detectionBlock('yolov11-abs'),
    [info([1, 300, 6])],
    ['[1, 6, detections]', '[1, 300, 6]'],
  ],
  ['a detector without labels', detectionBlock('yolov11', { labels: [] }), [info([1, 4, 189])], ['labels']],
  [
    'yolo-pro with objectness',
    detectionBlock('yolo-pro'),
    [info([1, 189, 7])],
    ['[1, rows, 6]', '4 + 2 labels', '[1, 189, 7]'],
  ],
  [
    'yolox of another input size',
    detectionBlock('yolox'),
    [info([1, 84, 7])],
    ['[1, 189, 7]', '[1, rows, 6]', '[1, 84, 7]'],
  ],
  ['yolov7 with six columns', detectionBlock('yolov7'), [info([10, 6])], ['[1, rows, 7]', '[10, 6]']],
  [
    'yolov2-akida of another grid',
    detectionBlock('yolov2-akida'),
    [info([10, 10, 5, 7])],
    ['[7, 7, 5, 7]', '[10, 10, 5, 7]'],
  ],
  [
    'tao-ssd without background',
    detectionBlock('tao-ssd'),
    [info([1, 40, 14])],
    ['[1, rows, 15]', 'background + 2 labels + 12'],
  ],
  [
    'tao-yolov4 of another number of labels',
    detectionBlock('tao-yolov4'),
    [info([1, 40, 12])],
    ['[1, rows, 13]', '11 + 2 labels'],
  ],
  [
    'a text detector with a smaller map',
    detectionBlock('paddleocr-detector'),
    [info([1, 24, 24, 1])],
    ['[1, 96, 96, 1]', '[1, 24, 24, 1]'],
  ],
  [
    'a face detector with channels first',
    detectionBlock('qc-face-det-lite'),
    [info([1, 1, 12, 12]), info([1, 4, 12, 12]), info([1, 10, 12, 12])],
    ['[1, 12, 12, 1], [1, 12, 12, 4], [1, 12, 12, 10]', '[1, 4, 12, 12]'],
  ],
  [
    'SSD with three outputs',
    detectionBlock('mobilenet-ssd'),
    [info([1, 10]), info([1, 10, 4]), info([1])],
    ['4 output tensors', 'found 3'],
  ],
  [
    'SSD without boxes',
    detectionBlock('mobilenet-ssd'),
    [info([1, 10]), info([1, 10, 5]), info([1]), info([1, 10])],
    ['boxes [1, n, 4]', '[1, 10, 5]'],
  ],
  [
    'SSD with fewer boxes than scores',
    detectionBlock('mobilenet-ssd'),
    [info([1, 10]), info([1, 8, 4]), info([1]), info([1, 10])],
    ['[1, 8, 4]'],
  ],
  [
    'SSD listed in another order',
    detectionBlock('mobilenet-ssd', { outputTensors: [1, 0, 2, 3] }),
    [info([1, 10]), info([1, 10, 4]), info([1]), info([1, 10])],
    ['in this order'],
  ],
];

describe.each(MISFITS)('%s', (_, block, outputs, says) => {
  it('is refused when it is opened, with what was expected and found', () => {
    const error = refusal(() => checkOutputs(block, outputs, INPUT));
    expect(error).toBeInstanceOf(DeploymentError);
    expect(error.code).toBe('ERR_DEPLOYMENT_INCONSISTENT');
    expect(error.message).toContain('test block');
    for (const words of says) expect(error.message).toContain(words);
  });

  it('is refused again when it is decoded', () => {
    const error = refusal(() => decodeOutputs(block, outputs.map(zeros), INPUT));
    expect(error).toBeInstanceOf(EngineError);
    expect(error.code).toBe('ERR_ENGINE_OUTPUT');
    for (const words of says) expect(error.message).toContain(words);
  });
});

describe('checkOutputs()', () => {
  it.each([
    ['mobilenet-ssd', [[], [], [], []]],
    ['mobilenet-ssd', [[1, -1], [1, -1, 4], [1], [1, -1]]],
    ['yolov5', [[1, -1, 7]]],
    ['yolov11', [[-1, -1, -1]]],
    ['yolov7', [[-1, 7]]],
    ['qc-face-det-lite', [[], [], []]],
    ['fomo', [[]]],
  ] as const)('lets shapes through that are not known before the first run: %s %o', (lastLayer, shapes) => {
    const outputs = shapes.map((shape, index) => info(shape, `out${index}`));
    expect(() => checkOutputs(detectionBlock(lastLayer), outputs, INPUT)).not.toThrow();
  });

  it.each([
    ['fomo', [[1, 12, 12, 3]]],
    ['yolov5', [[1, 567, 7]]],
    ['yolov5', [[567, 7]]],
    ['yolov11', [[1, 6, 189]]],
    ['yolov11', [[1, 189, 6]]],
    ['yolov7', [[0, 7]]],
    ['yolox', [[1, 189, 7]]],
    ['yolox', [[1, 20, 6]]],
    ['yolov2-akida', [[1, 7, 7, 35]]],
    ['mobilenet-ssd', [[1, 10], [1, 10, 4], [1], [1, 10]]],
  ] as const)('accepts outputs that fit: %s %o', (lastLayer, shapes) => {
    const outputs = shapes.map((shape, index) => info(shape, `out${index}`));
    expect(() => checkOutputs(detectionBlock(lastLayer), outputs, INPUT)).not.toThrow();
  });

  it('ignores outputs beyond those that the layer reads', () => {
    expect(() =>
      checkOutputs(classificationBlock(['a', 'b']), [info([1, 1, 1, 2]), info([9])], INPUT),
    ).not.toThrow();
  });

  it.each([{}, { min_score: Number.NaN }])('refuses a detector without a threshold: %o', (thresholds) => {
    const error = refusal(() =>
      checkOutputs(detectionBlock('fomo', { thresholds }), [info([1, 12, 12, 3])], INPUT),
    );
    expect(error.code).toBe('ERR_METADATA_MISSING');
    expect(error.message).toContain("'min_score'");
  });
});

describe('decodeOutputs()', () => {
  it('refuses a last layer that it does not know, and lists those that it does', () => {
    const block = detectionBlock('qc-yolox' as ObjectDetectionLastLayer);
    for (const action of [
      () => checkOutputs(block, [info([1, 2])], INPUT),
      () => decodeOutputs(block, [floatTensor([1, 2], [0, 0])], INPUT),
    ]) {
      const error = refusal(action);
      expect(error).toBeInstanceOf(UnsupportedError);
      expect(error.code).toBe('ERR_UNSUPPORTED_LAST_LAYER');
      expect(error.message).toContain("'qc-yolox'");
      expect(error.message).toMatch(/mobilenet-ssd, fomo, yolov5/);
    }
  });

  it('refuses names that every object has', () => {
    const block = detectionBlock('constructor' as ObjectDetectionLastLayer);
    expect(refusal(() => checkOutputs(block, [info([1, 2])], INPUT)).code).toBe('ERR_UNSUPPORTED_LAST_LAYER');
  });

  it('refuses a tensor whose elements are not as many as its shape says', () => {
    const tensor = floatTensor([1, 3], [0.1, 0.9]);
    const error = refusal(() => decodeOutputs(classificationBlock(['a', 'b', 'c']), [tensor], INPUT));
    expect(error.code).toBe('ERR_ENGINE_OUTPUT');
    expect(error.message).toContain('[1, 3] but 2 elements');
  });

  it('refuses a shape that is still unknown after the run', () => {
    const tensor = floatTensor([1, -1, 7], new Float32Array(14));
    expect(refusal(() => decodeOutputs(detectionBlock('yolov5'), [tensor], INPUT)).code).toBe(
      'ERR_ENGINE_OUTPUT',
    );
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY])(
    'refuses a class score of %d, which JSON can not hold',
    (value) => {
      const error = refusal(() =>
        decodeOutputs(classificationBlock(['a', 'b']), [floatTensor([1, 2], [0, value], 'probs')], INPUT),
      );
      expect(error.code).toBe('ERR_ENGINE_OUTPUT');
      expect(error.message).toContain("'b'");
      expect(error.message).toContain("'probs'");
    },
  );

  it('takes the output that the deployment lists', () => {
    const block = { ...classificationBlock(['a', 'b']), outputTensors: [1] };
    const decoded = decodeOutputs(
      block,
      [floatTensor([5], [0, 0, 0, 0, 0]), floatTensor([1, 2], [0.25, 0.75])],
      INPUT,
    );
    expect(decoded).toEqual({
      modelType: 'classification',
      values: [
        { label: 'a', value: 0.25 },
        { label: 'b', value: 0.75 },
      ],
    });
  });

  it('gives a regression without a label the name value, also where the output is a scalar', () => {
    const tensor = int8Tensor([], [-10], { scale: 0.5, zeroPoint: -20 });
    expect(decodeOutputs(regressionBlock([]), [tensor], INPUT)).toEqual({
      modelType: 'regression',
      values: [{ label: 'value', value: 5 }],
    });
  });

  it('hands out freeform tensors in the order that the deployment lists', () => {
    const outputs = [floatTensor([1], [1], 'a'), floatTensor([1], [2], 'b'), floatTensor([], [3], 'c')];
    expect(decodeOutputs(freeformBlock([2, 0]), outputs, INPUT)).toEqual({
      modelType: 'freeform',
      tensors: [outputs[2], outputs[0]],
    });
  });
});
