import { describe, expect, it } from 'vitest';
import type { LearnBlock } from '../../src/deployment/impulse.js';
import { ImpulseError, InputError } from '../../src/errors.js';
import {
  applyThresholds,
  parseThreshold,
  thresholdKeys,
  withThresholds,
} from '../../src/postprocess/thresholds.js';
import { classificationBlock, detectionBlock, freeformBlock, visualAnomalyBlock } from './blocks.js';

const detector = detectionBlock('fomo', { id: 3, name: 'Object detection' });
const reader = detectionBlock('paddleocr-detector', {
  id: 7,
  name: 'text v1.2',
  thresholds: { min_score_pixel: 0.3, min_score_box: 0.6, unclip_ratio: 1.5 },
});
const visual = visualAnomalyBlock({ id: 9, name: 'FOMO-AD' });
const classifier = classificationBlock(['a', 'b']);

function refusal(action: () => unknown): ImpulseError {
  try {
    action();
  } catch (error) {
    if (error instanceof ImpulseError) return error;
    throw error;
  }
  throw new Error('was accepted');
}

describe('withThresholds()', () => {
  it.each<readonly [string, LearnBlock, string, readonly string[]]>([
    ['a misspelt name', detector, 'min_scor', ["Did you mean 'min_score'?", 'Valid are: min_score.']],
    ['a name of another block', detector, 'min_anomaly_score', ['Valid are: min_score.']],
    [
      'min_score of the text detector',
      reader,
      'min_score',
      ['min_score_box', 'min_score_pixel, min_score_box, unclip_ratio'],
    ],
    ['any name on a classifier', classifier, 'min_score', ['Classification has no threshold']],
    ['any name on a freeform model', freeformBlock(), 'min_score', ['There are none']],
    ['a name that every object has', detector, 'constructor', ['min_score']],
  ])('refuses %s and lists the valid ones', (_, block, key, says) => {
    const error = refusal(() => withThresholds(block, { [key]: 0.4 }));
    expect(error).toBeInstanceOf(InputError);
    expect(error.code).toBe('ERR_THRESHOLD_UNKNOWN');
    for (const words of [`'${key}'`, ...says]) expect(error.message).toContain(words);
  });

  it.each<readonly [LearnBlock, string, unknown]>([
    [detector, 'min_score', Number.NaN],
    [detector, 'min_score', -0.1],
    [detector, 'min_score', 1.1],
    [detector, 'min_score', '0.4'],
    [detector, 'min_score', null],
    [reader, 'unclip_ratio', -1],
    [reader, 'min_score_pixel', 2],
    [visual, 'min_anomaly_score', Number.POSITIVE_INFINITY],
  ])('refuses a value that is not a number in its range (%#)', (block, key, value) => {
    const error = refusal(() => withThresholds(block, { [key]: value as number }));
    expect(error.code).toBe('ERR_THRESHOLD_INVALID');
    expect(error.message).toContain(`'${key}'`);
  });

  it.each([null, 'min_score=0.4', [0.4]])('refuses %o in place of names and values', (thresholds) => {
    const error = refusal(() => withThresholds(detector, thresholds as never));
    expect(error.code).toBe('ERR_THRESHOLD_INVALID');
  });

  it('returns a changed copy and leaves the block as it was', () => {
    const before = structuredClone(reader);
    const after = withThresholds(reader, { min_score_box: 0.5, unclip_ratio: 2 });
    expect(after).toEqual({
      ...before,
      thresholds: { min_score_pixel: 0.3, min_score_box: 0.5, unclip_ratio: 2 },
    });
    expect(reader).toEqual(before);
  });

  it('takes the ends of the range, and any finite anomaly score', () => {
    expect(withThresholds(detector, { min_score: 0 }).thresholds).toEqual({ min_score: 0 });
    expect(withThresholds(detector, { min_score: 1 }).thresholds).toEqual({ min_score: 1 });
    expect(withThresholds(visual, { min_anomaly_score: -50 }).thresholds).toEqual({ min_anomaly_score: -50 });
  });
});

describe('thresholds that are no scores', () => {
  it('are the overlap of suppression, of layers that suppress', () => {
    const block = detectionBlock('yolov5');
    const changed = withThresholds(block, { iou_threshold: 0.7, min_score: 0.25 });
    expect(changed.nms).toEqual({ ...block.nms, iou: 0.7 });
    expect(changed.thresholds).toEqual({ min_score: 0.25 });
    expect(refusal(() => withThresholds(block, { iou_threshold: 1.5 })).code).toBe('ERR_THRESHOLD_INVALID');
    expect(refusal(() => withThresholds(detector, { iou_threshold: 0.5 })).code).toBe(
      'ERR_THRESHOLD_UNKNOWN',
    );
  });

  it('are the way in which a grid of anomaly scores becomes one', () => {
    const changed = withThresholds(visual, { anomaly_scoring_aggregation_method: 'mean' });
    expect(changed).toEqual({ ...visual, aggregation: 'mean' });
    for (const value of ['median', 3, null]) {
      const change = { anomaly_scoring_aggregation_method: value } as Record<string, number>;
      const error = refusal(() => withThresholds(visual, change));
      expect(error.code).toBe('ERR_THRESHOLD_INVALID');
      expect(error.message).toContain('max, mean');
    }
    expect(parseThreshold('9.anomaly_scoring_aggregation_method=mean')).toEqual({
      block: 9,
      key: 'anomaly_scoring_aggregation_method',
      value: 'mean',
    });
  });
});

describe('thresholdKeys()', () => {
  it.each<readonly [LearnBlock, readonly string[]]>([
    [detector, ['min_score']],
    [reader, ['min_score_pixel', 'min_score_box', 'unclip_ratio']],
    [visual, ['min_anomaly_score', 'anomaly_scoring_aggregation_method']],
    [detectionBlock('yolov5'), ['min_score', 'iou_threshold']],
    [classifier, []],
    [freeformBlock(), []],
  ])('names the thresholds of a block (%#)', (block, keys) => {
    expect(thresholdKeys(block)).toEqual(keys);
  });
});

describe('applyThresholds()', () => {
  const other = detectionBlock('yolov5', { id: 5, name: 'other' });
  const blocks = [classifier, detector, other, visual];

  it.each([
    [{ '4.min_score': 0.4 }, 'ERR_THRESHOLD_UNKNOWN', ["'4'", '3 (Object detection)', '9 (FOMO-AD)']],
    [{ '9.min_score': 0.4 }, 'ERR_THRESHOLD_UNKNOWN', ['min_anomaly_score']],
    [
      { unclip_ratio: 1 },
      'ERR_THRESHOLD_UNKNOWN',
      ['min_score, iou_threshold, min_anomaly_score, anomaly_scoring_aggregation_method'],
    ],
    [{ min_score: 7 }, 'ERR_THRESHOLD_INVALID', ['0 to 1']],
  ] as const)('refuses %o', (thresholds, code, says) => {
    const error = refusal(() => applyThresholds(blocks, thresholds as Record<string, number>));
    expect(error.code).toBe(code);
    for (const words of says) expect(error.message).toContain(words);
  });

  it('says that a classifier has none', () => {
    expect(refusal(() => applyThresholds([classifier], { min_score: 0.4 })).message).toContain(
      'Classification has no threshold',
    );
  });

  it('sets a name on every block that has it, and leaves the others as they are', () => {
    const changed = applyThresholds(blocks, { min_score: 0.25 });
    expect(changed.map((block) => ('thresholds' in block ? block.thresholds : undefined))).toEqual([
      undefined,
      { min_score: 0.25 },
      { min_score: 0.25 },
      { min_anomaly_score: 5 },
    ]);
    expect(changed[0]).toBe(classifier);
    expect(changed[3]).toBe(visual);
  });

  it.each(['5.min_score', 'other.min_score'])(
    'sets %s on one block, and that wins whatever the order',
    (name) => {
      for (const thresholds of [
        { min_score: 0.25, [name]: 0.75 },
        { [name]: 0.75, min_score: 0.25 },
      ]) {
        const [, first, second] = applyThresholds(blocks, thresholds);
        expect(first).toMatchObject({ thresholds: { min_score: 0.25 } });
        expect(second).toMatchObject({ thresholds: { min_score: 0.75 } });
      }
    },
  );

  it('changes nothing when there is nothing to change', () => {
    expect(applyThresholds(blocks, {})).toEqual(blocks);
  });
});

describe('parseThreshold()', () => {
  it.each([
    '',
    'min_score',
    'min_score=',
    '=0.4',
    'min_score=high',
    'min_score=0.4.1',
    '3.=0.4',
    'min_score=Infinity',
    'min_score= ',
  ])("refuses '%s' and shows the form", (text) => {
    const error = refusal(() => parseThreshold(text));
    expect(error.code).toBe('ERR_THRESHOLD_INVALID');
    expect(error.message).toContain('min_score=0.4');
  });

  it.each([
    ['min_score=0.4', { key: 'min_score', value: 0.4 }],
    ['3.min_score=.5', { block: 3, key: 'min_score', value: 0.5 }],
    ['text v1.2.min_score_box = 0.25', { block: 'text v1.2', key: 'min_score_box', value: 0.25 }],
    ['a=b.min_score=1e-1', { block: 'a=b', key: 'min_score', value: 0.1 }],
    ['min_anomaly_score=-2', { key: 'min_anomaly_score', value: -2 }],
  ])("reads '%s'", (text, setting) => {
    expect(parseThreshold(text)).toEqual(setting);
  });
});
