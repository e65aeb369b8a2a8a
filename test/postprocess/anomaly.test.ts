import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ImpulseError } from '../../src/errors.js';
import { anomalyFeatures, kmeansScore } from '../../src/postprocess/anomaly.js';
import { checkOutputs, decodeOutputs } from '../../src/postprocess/decode.js';
import { toResponse } from '../../src/postprocess/response.js';
import type { VisualAnomaly } from '../../src/postprocess/results.js';
import type { Tensor } from '../../src/tensor.js';
import { anomalyBlock, floatTensor, visualAnomalyBlock } from './blocks.js';
import type { GoldenBox } from './golden.js';
import { goldenCases, goldenInput, goldenTensor, goldenTensors } from './golden.js';

const INPUT = { width: 96, height: 96 };
const kmeans = {
  mean: [1, 2],
  scale: [1, 2],
  clusters: [{ centroid: [0, 0], maxError: 0.5 }],
};

function refusal(action: () => unknown): ImpulseError {
  try {
    action();
  } catch (error) {
    if (error instanceof ImpulseError) return error;
    throw error;
  }
  throw new Error('was accepted');
}

function visualAnomaly(
  block: ReturnType<typeof visualAnomalyBlock>,
  tensor: Tensor,
  input = INPUT,
): VisualAnomaly {
  const decoded = decodeOutputs(block, [tensor], input);
  if (decoded.modelType !== 'visual-anomaly') throw new Error('decoded as something else');
  return decoded;
}

describe('kmeansScore()', () => {
  it('refuses features that are too few or not finite, naming the one', () => {
    const block = anomalyBlock({ algorithm: 'kmeans', axes: [0, 3], kmeans });
    const short = refusal(() => kmeansScore(block, [1, 2, 3]));
    expect(short.code).toBe('ERR_INPUT_LENGTH');
    expect(short.message).toContain('feature 3, but there are 3');
    const broken = refusal(() => kmeansScore(block, [1, 2, 3, Number.NaN]));
    expect(broken.code).toBe('ERR_INPUT_NOT_FINITE');
    expect(broken.message).toContain('Feature 3');
  });

  it('refuses a block without clusters, means and scales', () => {
    const block = anomalyBlock({ algorithm: 'kmeans', axes: [0] });
    expect(refusal(() => kmeansScore(block, [1])).code).toBe('ERR_METADATA_MISSING');
  });

  it.each(goldenCases('anomaly-kmeans').map((golden) => [golden.name, golden] as const))(
    'gives the score of the reference SDK: %s',
    (_, { config, features, expected }) => {
      if (config === undefined || features === undefined) throw new Error('no features');
      const { axes, ...data } = config;
      const block = anomalyBlock({ algorithm: 'kmeans', axes, kmeans: data });
      const values = goldenTensor(features, 'features').data as Float32Array;
      expect(kmeansScore(block, values)).toBeCloseTo(expected.anomaly ?? Number.NaN, 5);
    },
  );

  it('is 1000 without clusters, and at most', () => {
    const none = anomalyBlock({ algorithm: 'kmeans', axes: [0], kmeans: { ...kmeans, clusters: [] } });
    expect(kmeansScore(none, [5])).toBe(1000);
    const block = anomalyBlock({ algorithm: 'kmeans', axes: [0, 1], kmeans });
    expect(kmeansScore(block, [1e30, 0])).toBe(1000);
  });

  it('is the negative radius in the middle of a cluster', () => {
    const block = anomalyBlock({ algorithm: 'kmeans', axes: [1, 0], kmeans });
    expect(kmeansScore(block, [2, 1])).toBe(-0.5);
  });
});

describe('anomalyFeatures()', () => {
  it('chooses the axes in their order', () => {
    const block = anomalyBlock({ algorithm: 'gmm', axes: [2, 0, 2] });
    expect([...anomalyFeatures(block, [10, 11, 12])]).toEqual([12, 10, 12]);
  });
});

describe('an anomaly model (GMM)', () => {
  const block = anomalyBlock({ algorithm: 'gmm', axes: [0] });

  it('is refused where it has no output, or none that holds a number', () => {
    expect(refusal(() => checkOutputs(block, [], INPUT)).code).toBe('ERR_DEPLOYMENT_INCONSISTENT');
    expect(refusal(() => checkOutputs(block, [floatTensor([1, 0], [])], INPUT)).message).toContain('[1, 0]');
  });

  it('is refused where it gives NaN', () => {
    const error = refusal(() => decodeOutputs(block, [floatTensor([1, 1], [Number.NaN])], INPUT));
    expect(error.code).toBe('ERR_ENGINE_OUTPUT');
  });

  it.each(goldenCases('anomaly-gmm').map((golden) => [golden.name, golden] as const))(
    'gives the score of the reference SDK: %s',
    (_, golden) => {
      const decoded = decodeOutputs(block, goldenTensors(golden), INPUT);
      expect(decoded).toEqual({
        modelType: 'anomaly',
        score: Math.fround(golden.expected.anomaly ?? Number.NaN),
      });
    },
  );

  it('K-means has no model to decode, and says what to use', () => {
    const clusters = anomalyBlock({ algorithm: 'kmeans', axes: [0], kmeans });
    const error = refusal(() => decodeOutputs(clusters, [], INPUT));
    expect(error.code).toBe('ERR_UNSUPPORTED_BLOCK');
    expect(error.message).toContain('kmeansScore()');
  });
});

describe('visual anomaly', () => {
  it.each([
    [[1, 3, 2, 1], 2, 2],
    [[1, 5], 0, 0],
  ])('refuses an output %o for a grid of %d x %d', (shape, gridWidth, gridHeight) => {
    const tensor = floatTensor(shape, new Float32Array(shape.reduce((a, b) => a * b, 1)));
    const error = refusal(() => checkOutputs(visualAnomalyBlock({ gridWidth, gridHeight }), [tensor], INPUT));
    expect(error.code).toBe('ERR_DEPLOYMENT_INCONSISTENT');
    expect(error.message).toContain(`[${shape.join(', ')}]`);
  });

  it('refuses a block without a threshold', () => {
    const tensor = floatTensor([1, 2, 2, 1], [0, 0, 0, 0]);
    const block = visualAnomalyBlock({ thresholds: {} });
    expect(refusal(() => checkOutputs(block, [tensor], INPUT)).code).toBe('ERR_METADATA_MISSING');
  });

  it('refuses scores that are NaN', () => {
    const tensor = floatTensor([1, 2, 2, 1], [0, Number.NaN, 0, 0]);
    expect(refusal(() => decodeOutputs(visualAnomalyBlock(), [tensor], INPUT)).code).toBe(
      'ERR_ENGINE_OUTPUT',
    );
  });

  it.each(goldenCases('visual-anomaly').map((golden) => [golden.name, golden] as const))(
    'gives the cells, mean and maximum of the reference SDK: %s',
    (_, golden) => {
      const { gridSizeX: gridWidth = 0, gridSizeY: gridHeight = 0, threshold = 0, expected } = golden;
      const block = visualAnomalyBlock({
        gridWidth,
        gridHeight,
        thresholds: { min_anomaly_score: threshold },
      });
      const [tensor] = goldenTensors(golden) as [Tensor];
      const decoded = visualAnomaly(block, tensor, goldenInput(golden));
      const right = expected.visualAnomaly;
      if (right === undefined) throw new Error('no expectation');
      expect(decoded.meanScore).toBeCloseTo(right.mean, 5);
      expect(decoded.maxScore).toBeCloseTo(right.max, 5);
      const integers = ({ label, x, y, width, height }: GoldenBox) => ({ label, x, y, width, height });
      expect(decoded.cells.map(integers)).toEqual(right.cells.map(integers));
      expect(decoded.cells.map(({ value }) => value)).toEqual(
        right.cells.map(({ value }) => Math.fround(value)),
      );
      expect(decoded.scores).toHaveLength(gridHeight);
      expect(decoded.scores.flat()).toEqual([...tensor.data]);
    },
  );

  it('reads grids with more columns than rows row by row', () => {
    const block = visualAnomalyBlock({ gridWidth: 3, gridHeight: 2 });
    const decoded = visualAnomaly(block, floatTensor([1, 2, 3, 1], [0, 0, 6, 0, 7, 0]), {
      width: 96,
      height: 64,
    });
    expect(decoded.scores).toEqual([
      [0, 0, 6],
      [0, 7, 0],
    ]);
    expect(decoded.cells.map(({ x, y, width, height }) => [x, y, width, height])).toEqual([
      [64, 0, 32, 32],
      [32, 32, 32, 32],
    ]);
  });

  it('takes the grid from the tensor where the block does not know it', () => {
    const block = visualAnomalyBlock({ gridWidth: 0, gridHeight: 0 });
    expect(visualAnomaly(block, floatTensor([1, 1, 3, 1], [1, 2, 3])).scores).toEqual([[1, 2, 3]]);
  });

  it('never fails on finite scores, and gives nothing that JSON can not hold', () => {
    const scores = fc.array(fc.float({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 9, maxLength: 9 });
    fc.assert(
      fc.property(scores, fc.float({ min: -100, max: 100, noNaN: true }), (values, minimum) => {
        const block = visualAnomalyBlock({
          gridWidth: 3,
          gridHeight: 3,
          thresholds: { min_anomaly_score: minimum },
        });
        const decoded = visualAnomaly(block, floatTensor([1, 3, 3, 1], values));
        for (const { x, y, width, height, value } of decoded.cells) {
          expect(x + width).toBeLessThanOrEqual(96);
          expect(y + height).toBeLessThanOrEqual(96);
          expect(value).toBeGreaterThanOrEqual(minimum);
        }
        expect(decoded.maxScore).toBe(Math.max(0, ...values));
        const response = toResponse([{ modelType: 'visual-anomaly', ...decoded }], INPUT);
        expect(JSON.stringify(response)).not.toContain('null');
      }),
    );
  });
});

describe('the response', () => {
  it('has the anomaly score beside the classes', () => {
    const response = toResponse(
      [
        { modelType: 'classification', values: [{ label: 'on', value: 0.75 }] },
        { modelType: 'anomaly', score: -0.5 },
      ],
      INPUT,
    );
    expect(response).toEqual({ success: true, result: { on: 0.75, anomaly: -0.5 } });
  });

  it('has the visual anomaly grid, its cells as ratios, and the highest score as the score', () => {
    const decoded = decodeOutputs(visualAnomalyBlock(), [floatTensor([1, 2, 2, 1], [1, 6, 2, 3])], INPUT);
    expect(toResponse([decoded], INPUT)).toEqual({
      success: true,
      result: { anomaly: 6 },
      anomalyResult: [
        {
          boxes: [{ label: 'anomaly', x: 0.5, y: 0, width: 0.5, height: 0.5, score: 6 }],
          scores: [
            [1, 6],
            [2, 3],
          ],
          meanScore: 3,
          maxScore: 6,
        },
      ],
    });
  });
});
