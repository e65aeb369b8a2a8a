import { describe, expect, it } from 'vitest';
import type { Answer, Block, Response } from '../../src/web/api-types.js';
import { findingsOf, labelsOf } from '../../src/web/findings.js';
import { thresholdSettings } from '../../src/web/thresholds.js';
import { inWords } from '../../src/web/words.js';

const timing: Answer['timing'] = {
  decodeMs: 0,
  resizeMs: 0,
  queueMs: 0,
  dspMs: 0,
  tensorMs: 0,
  inferenceMs: 0,
  postprocessMs: 0,
  totalMs: 0,
};

function answer(response: Partial<Response>, boxes?: Answer['boxes']): Answer {
  return { response: { success: true, ...response }, timing, engines: [], ...(boxes && { boxes }) };
}

function model(...learnBlocks: Partial<Block>[]): { learnBlocks: Block[] } {
  return {
    learnBlocks: learnBlocks.map((block, index) => ({
      id: index + 3,
      name: `Block ${index + 3}`,
      modelType: 'classification',
      ...block,
    })),
  };
}

const box = (label: string, score: number) => ({
  label,
  score,
  original: { x: 1, y: 2, width: 3, height: 4 },
});

describe('what is found', () => {
  it('objects come best first, as boxes or as centroids', () => {
    const boxes = [box('cup', 0.5), box('spoon', 0.9), box('cup', 0.6)];
    const [found] = findingsOf(
      answer({}, boxes),
      model({ modelType: 'object-detection', lastLayer: 'yolov5' }),
    );
    expect(found).toMatchObject({ kind: 'objects', marker: 'box' });
    expect(found?.kind === 'objects' && found.boxes.map(({ score }) => score)).toEqual([0.9, 0.6, 0.5]);
    const [fomo] = findingsOf(answer({}, boxes), model({ modelType: 'object-detection', lastLayer: 'fomo' }));
    expect(fomo).toMatchObject({ marker: 'centroid' });
  });

  it('scores of labels come best first, those of a regression as they are', () => {
    const result = { a: 0.1, b: 0.7, c: 0.2 };
    expect(findingsOf(answer({ result }), model({}))).toEqual([
      {
        kind: 'labels',
        scores: [
          ['b', 0.7],
          ['c', 0.2],
          ['a', 0.1],
        ],
      },
    ]);
    expect(findingsOf(answer({ result: { value: 3.5 } }), model({ modelType: 'regression' }))).toEqual([
      { kind: 'values', values: [['value', 3.5]] },
    ]);
  });

  it('an anomaly score is told from a label of that name', () => {
    const result = { off: 0.9, anomaly: 1.5 };
    expect(findingsOf(answer({ result }), model({}, { modelType: 'anomaly' }))).toEqual([
      { kind: 'labels', scores: [['off', 0.9]] },
      { kind: 'anomaly', score: 1.5 },
    ]);
    expect(findingsOf(answer({ result: { off: 0.2, anomaly: 0.8 } }), model({}))).toEqual([
      {
        kind: 'labels',
        scores: [
          ['anomaly', 0.8],
          ['off', 0.2],
        ],
      },
    ]);
  });

  it('cells of a grid are counted by the threshold in force', () => {
    const grid = {
      scores: [
        [0, 1],
        [2, 3],
      ],
      meanScore: 1.5,
      maxScore: 3,
    };
    const anomaly = model({ modelType: 'visual-anomaly', thresholds: { min_anomaly_score: 2 } });
    const given = answer({ result: { anomaly: 3 }, anomalyResult: [grid] });
    expect(findingsOf(given, anomaly)).toEqual([{ kind: 'grid', grid, threshold: 2, reached: 2, cells: 4 }]);
    const [changed] = findingsOf(given, anomaly, new Map([['min_anomaly_score', 0]]));
    // A score of 0 is no anomaly, as in the decoder.
    expect(changed).toMatchObject({ threshold: 0, reached: 3 });
    const [particular] = findingsOf(given, anomaly, new Map([['3.min_anomaly_score', 3]]));
    expect(particular).toMatchObject({ threshold: 3, reached: 1 });
  });

  it('tensors are shown as they are', () => {
    const outputTensors = [{ shape: [1, 2], dataType: 'int8', data: [1, 2] }];
    expect(
      findingsOf(answer({ freeformResult: { outputTensors } }), model({ modelType: 'freeform' })),
    ).toEqual([{ kind: 'tensors', tensors: outputTensors }]);
  });

  it('labels of several blocks are listed once, in their order', () => {
    expect(labelsOf(model({ labels: ['b', 'a'] }, { labels: ['a', 'c'] }))).toEqual(['b', 'a', 'c']);
  });
});

describe('a result in words', () => {
  it.each<[string, Answer, Partial<Block>]>([
    ['Nothing found.', answer({}, []), { modelType: 'object-detection' }],
    [
      '3 found: 2 cup, 1 spoon.',
      answer({}, [box('spoon', 0.9), box('cup', 0.5), box('cup', 0.6)]),
      { modelType: 'object-detection' },
    ],
    ['yes, 0.93, then no, 0.07.', answer({ result: { no: 0.07, yes: 0.93 } }), {}],
    ['weight: 182.3.', answer({ result: { weight: 182.3456 } }), { modelType: 'regression' }],
    [
      '1 of 2 cells are anomalous, the highest score is 3.',
      answer({ anomalyResult: [{ scores: [[1, 3]], meanScore: 2, maxScore: 3 }] }),
      { modelType: 'visual-anomaly', thresholds: { min_anomaly_score: 2 } },
    ],
  ])('%s', (words, given, block) => {
    expect(inWords(findingsOf(given, model(block)))).toBe(words);
  });

  it('names few labels of many', () => {
    const boxes = ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((label) => box(label, 0.5));
    expect(inWords(findingsOf(answer({}, boxes), model({})))).toMatch(/^7 found: .*, and 2 more labels\.$/);
  });
});

describe('thresholds to move', () => {
  it('are named by their block where several have one', () => {
    const detector: Partial<Block> = {
      modelType: 'object-detection',
      thresholds: { min_score: 0.5, iou_threshold: 0.2 },
    };
    expect(thresholdSettings(model(detector)).map(({ name }) => name)).toEqual([
      'min_score',
      'iou_threshold',
    ]);
    expect(thresholdSettings(model(detector, { ...detector, thresholds: { min_score: 0.3 } }))).toMatchObject(
      [
        { name: '3.min_score', own: 0.5, min: 0, max: 1 },
        { name: 'iou_threshold' },
        { name: '4.min_score', own: 0.3 },
      ],
    );
  });

  it("of an anomaly have room on both sides of the model's own", () => {
    const block: Partial<Block> = {
      modelType: 'visual-anomaly',
      thresholds: { min_anomaly_score: 4, anomaly_scoring_aggregation_method: 'max' },
    };
    expect(thresholdSettings(model(block))).toMatchObject([
      { kind: 'number', own: 4, min: 0, max: 8 },
      { kind: 'choice', own: 'max', choices: ['max', 'mean'] },
    ]);
  });

  it('are none where a program runs the whole impulse, which has one set for all', () => {
    const block: Partial<Block> = { thresholds: { min_score: 0.5 } };
    expect(thresholdSettings({ ...model(block), engine: 'eim' })).toEqual([]);
  });
});
