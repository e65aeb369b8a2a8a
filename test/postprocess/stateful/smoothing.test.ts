import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Reading, SmoothingConfig } from '../../../src/postprocess/stateful/smoothing.js';
import { smoothResults } from '../../../src/postprocess/stateful/smoothing.js';
import { withLabels } from './golden.js';
import { refusal } from './refusal.js';

const LABELS = ['walk', 'run'];
const CONFIG: SmoothingConfig = { n_readings: 3, min_readings_same: 2 };

function reading(walk: number, run: number, anomaly?: number): Reading {
  return { values: withLabels([walk, run], LABELS), ...(anomaly !== undefined && { anomaly }) };
}

function answers(config: SmoothingConfig, readings: readonly Reading[]): string[] {
  const block = smoothResults(config, LABELS);
  return readings.map((each) => block.push(each));
}

describe('smoothResults()', () => {
  it.each<readonly [Record<string, unknown>, string, string]>([
    [{ n_readings: 0 }, 'ERR_OPTION_INVALID', 'n_readings'],
    [{ min_readings_same: 4 }, 'ERR_OPTION_INVALID', 'min_readings_same: expected an integer from 0 to 3'],
    [{ classifier_confidence: Number.NaN }, 'ERR_OPTION_INVALID', 'classifier_confidence'],
    [{ anomaly_confidence: '0.3' }, 'ERR_OPTION_INVALID', 'anomaly_confidence'],
    [{ readings: 3 }, 'ERR_OPTION_UNKNOWN', 'n_readings'],
  ])('refuses %o', (change, code, says) => {
    const error = refusal(() => smoothResults({ ...CONFIG, ...change } as SmoothingConfig, LABELS));
    expect(error.code).toBe(code);
    expect(error.message).toContain(says);
  });

  it('refuses to work without labels', () => {
    expect(refusal(() => smoothResults(CONFIG, [])).code).toBe('ERR_OPTION_INVALID');
  });

  it.each<readonly [string, Reading, string]>([
    ['too many scores', { values: withLabels([1, 0, 0], [...LABELS, 'sit']) }, 'ERR_INPUT_LENGTH'],
    ['another label', { values: withLabels([1, 0], ['run', 'walk']) }, 'ERR_INPUT_TYPE'],
    ['an infinite score', reading(Number.POSITIVE_INFINITY, 0), 'ERR_INPUT_NOT_FINITE'],
    ['an anomaly score that is NaN', reading(1, 0, Number.NaN), 'ERR_INPUT_NOT_FINITE'],
  ])('refuses %s, which then does not count', (_, wrong, code) => {
    const block = smoothResults(CONFIG, LABELS);
    block.push(reading(1, 0));
    expect(refusal(() => block.push(wrong)).code).toBe(code);
    expect(block.push(reading(1, 0))).toBe('walk');
  });

  it('is uncertain until enough of the last readings agree, and again when they no longer do', () => {
    const sure = reading(0.9, 0.1);
    const unsure = reading(0.5, 0.5);
    expect(answers(CONFIG, [sure, sure, sure, unsure, unsure])).toEqual([
      'uncertain',
      'walk',
      'walk',
      'walk',
      'uncertain',
    ]);
  });

  it('takes the last label that is confident, by an equal score too', () => {
    const config = { n_readings: 1, min_readings_same: 1, classifier_confidence: 0.4 };
    expect(answers(config, [reading(0.6, 0.4), reading(0.6, 0.39)])).toEqual(['run', 'walk']);
  });

  it('puts an anomaly before any label, from 0.3 on unless set', () => {
    const config = { n_readings: 1, min_readings_same: 1 };
    expect(answers(config, [reading(1, 0, 0.3), reading(1, 0, 0.29), reading(1, 0)])).toEqual([
      'anomaly',
      'walk',
      'walk',
    ]);
  });

  it('prefers the first label among equals', () => {
    const config = { n_readings: 4, min_readings_same: 2 };
    const [walk, run] = [reading(1, 0), reading(0, 1)];
    expect(answers(config, [run, run, walk, walk]).at(-1)).toBe('walk');
  });

  it('answers with a label, anomaly or uncertain, and is as good as new after reset()', () => {
    const score = fc.float({ min: 0, max: 1, noNaN: true });
    const readings = fc.array(
      fc.tuple(score, score, score).map(([walk, run, anomaly]) => reading(walk, run, anomaly)),
      { maxLength: 12 },
    );
    fc.assert(
      fc.property(readings, readings, (earlier, later) => {
        const used = smoothResults({ ...CONFIG, anomaly_confidence: 0.7 }, LABELS);
        for (const each of earlier) expect([...LABELS, 'anomaly', 'uncertain']).toContain(used.push(each));
        used.reset();
        const fresh = smoothResults({ ...CONFIG, anomaly_confidence: 0.7 }, LABELS);
        for (const each of later) expect(used.push(each)).toBe(fresh.push(each));
      }),
    );
  });
});
