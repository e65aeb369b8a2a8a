import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CalibrationConfig, ResultStream } from '../../../src/postprocess/stateful/calibration.js';
import { calibratePerformance } from '../../../src/postprocess/stateful/calibration.js';
import { withLabels } from './golden.js';
import { refusal } from './refusal.js';

const LABELS = ['noise', 'yes', 'no'];
/** A result each 250 ms. */
const STREAM: ResultStream = { labels: LABELS, sliceSize: 4000, intervalMs: 0.0625 };
/** No averaging, no suppression. */
const CONFIG: CalibrationConfig = {
  is_configured: true,
  average_window_duration_ms: 0,
  detection_threshold: 0.6,
  suppression_ms: 0,
  suppression_flags: 0,
};
/** Averages in place of events. */
const AVERAGING: CalibrationConfig = { ...CONFIG, is_configured: false };
const YES = [0.1, 0.9, 0];
const NO = [0.1, 0.1, 0.8];
const UNSURE = [0.4, 0.3, 0.3];

function scores(values: readonly number[]) {
  return withLabels(values, LABELS);
}

function events(config: CalibrationConfig, readings: readonly (readonly number[])[]) {
  const block = calibratePerformance(config, STREAM);
  return readings.map((reading) => block.push(scores(reading)).detected);
}

describe('calibratePerformance()', () => {
  it.each<readonly [Record<string, unknown>, string, string]>([
    [{ is_configured: 1 }, 'ERR_OPTION_INVALID', 'is_configured'],
    [{ average_window_duration_ms: -1 }, 'ERR_OPTION_INVALID', 'average_window_duration_ms'],
    [{ suppression_ms: 1.5 }, 'ERR_OPTION_INVALID', 'suppression_ms'],
    [{ suppression_flags: 2 ** 32 }, 'ERR_OPTION_INVALID', 'suppression_flags'],
    [{ detection_threshold: 2 }, 'ERR_THRESHOLD_INVALID', "'detection_threshold'"],
    [{ detection_treshold: 0.5 }, 'ERR_OPTION_UNKNOWN', "'detection_threshold'"],
  ])('refuses %o', (change, code, says) => {
    const error = refusal(() => calibratePerformance({ ...CONFIG, ...change } as CalibrationConfig, STREAM));
    expect(error.code).toBe(code);
    expect(error.message).toContain(says);
  });

  it.each<Partial<Record<keyof ResultStream, unknown>>>([
    { labels: [] },
    { labels: 'yes' },
    { sliceSize: 0 },
    { sliceSize: 1.5 },
    { intervalMs: 0 },
    { intervalMs: Number.NaN },
  ])('refuses a stream with %o', (change) => {
    const error = refusal(() => calibratePerformance(CONFIG, { ...STREAM, ...change } as ResultStream));
    expect(error.code).toBe('ERR_OPTION_INVALID');
  });

  it.each<readonly [unknown, string]>([
    [{ suppression_ms: 100 }, 'ERR_THRESHOLD_UNKNOWN'],
    [{ min_score: 0.5 }, 'ERR_THRESHOLD_UNKNOWN'],
    [{ detection_threshold: 1.5 }, 'ERR_THRESHOLD_INVALID'],
    [0.5, 'ERR_THRESHOLD_INVALID'],
  ])('refuses the thresholds %o', (thresholds, code) => {
    const error = refusal(() => calibratePerformance(CONFIG, STREAM).setThresholds(thresholds as never));
    expect(error.code).toBe(code);
    expect(error.message).toContain('detection_threshold');
  });

  it.each<readonly [string, readonly { label: string; value: number }[], string]>([
    ['too few scores', withLabels([0.5, 0.5], LABELS), 'ERR_INPUT_LENGTH'],
    ['another label', withLabels(YES, ['noise', 'no', 'yes']), 'ERR_INPUT_TYPE'],
    ['NaN', scores([0.5, Number.NaN, 0.5]), 'ERR_INPUT_NOT_FINITE'],
  ])('refuses %s, which then does not count', (_, values, code) => {
    const block = calibratePerformance({ ...AVERAGING, average_window_duration_ms: 500 }, STREAM);
    block.push(scores(YES));
    expect(refusal(() => block.push(values)).code).toBe(code);
    expect(block.push(scores(YES)).values.map(({ value }) => value)).toEqual(YES.map(Math.fround));
  });

  it('averages the last results, at first those there are', () => {
    const window = fc.integer({ min: 1, max: 6 });
    const reading = fc.array(fc.float({ min: 0, max: 1, noNaN: true }), { minLength: 3, maxLength: 3 });
    fc.assert(
      fc.property(window, fc.array(reading, { maxLength: 20 }), (count, readings) => {
        const block = calibratePerformance(
          { ...AVERAGING, average_window_duration_ms: 250 * count + 100 },
          STREAM,
        );
        for (const [index, values] of readings.entries()) {
          const recent = readings.slice(Math.max(0, index + 1 - count), index + 1);
          const result = block.push(scores(values)).values;
          for (const [label, { value }] of result.entries()) {
            const sum = recent.reduce((total, scored) => total + (scored[label] ?? 0), 0);
            expect(value).toBeCloseTo(sum / recent.length, 5);
          }
        }
      }),
    );
  });

  it('reports the label whose average reaches the threshold, by an equal score too', () => {
    expect(events({ ...CONFIG, detection_threshold: 0.8 }, [YES, NO, UNSURE])).toEqual([
      'yes',
      'no',
      undefined,
    ]);
  });

  it('replaces the scores by the event if it is configured, and reports none otherwise', () => {
    const block = calibratePerformance(CONFIG, STREAM);
    expect(calibratePerformance(AVERAGING, STREAM).push(scores(YES))).toEqual({
      detected: undefined,
      values: scores(YES.map(Math.fround)),
    });
    expect(block.push(scores(YES))).toEqual({ detected: 'yes', values: scores([0, 1, 0]) });
    expect(block.push(scores(UNSURE))).toEqual({ detected: undefined, values: scores([0, 0, 0]) });
  });

  it('lets only labels compete whose bit is set, and pauses after each of their events', () => {
    const config = { ...CONFIG, suppression_ms: 500, suppression_flags: 0b010 };
    expect(events(config, [NO, YES, YES, YES, YES])).toEqual([undefined, 'yes', undefined, undefined, 'yes']);
  });

  it('neither averages nor pauses for a time that is a fraction short of a slice', () => {
    // 250 ms of slices that take 250.5.
    const stream = { ...STREAM, sliceSize: 4008 };
    const config = {
      ...CONFIG,
      suppression_ms: 250,
      suppression_flags: 0b110,
      average_window_duration_ms: 250,
    };
    const block = calibratePerformance(config, stream);
    expect([YES, NO, YES].map((values) => block.push(scores(values)).detected)).toEqual(['yes', 'no', 'yes']);
  });

  it('does not pause when no bit is set, nor for less than a slice', () => {
    expect(events({ ...CONFIG, suppression_ms: 500 }, [YES, YES])).toEqual(['yes', 'yes']);
    const short = { ...CONFIG, suppression_ms: 249, suppression_flags: 2 };
    expect(events(short, [YES, YES])).toEqual(['yes', 'yes']);
  });

  it('takes another threshold from the next result on', () => {
    const block = calibratePerformance(CONFIG, STREAM);
    expect(block.push(scores(YES)).detected).toBe('yes');
    block.setThresholds({ detection_threshold: 0.95 });
    expect(block.push(scores(YES)).detected).toBeUndefined();
    block.setThresholds({});
    expect(block.push(scores(YES)).detected).toBeUndefined();
  });

  it('does nothing if its threshold is one that chance reaches, whatever comes later', () => {
    const config = { ...AVERAGING, average_window_duration_ms: 1000, detection_threshold: 1 / 3 };
    const block = calibratePerformance(config, STREAM);
    block.push(scores(NO));
    block.setThresholds({ detection_threshold: 0.5 });
    expect(block.push(scores(YES))).toEqual({ detected: undefined, values: scores(YES.map(Math.fround)) });
    expect(calibratePerformance({ ...config, is_configured: true }, STREAM).push(scores(YES)).values).toEqual(
      scores([0, 0, 0]),
    );
  });

  it('is as good as new after reset()', () => {
    const config = {
      ...CONFIG,
      average_window_duration_ms: 750,
      suppression_ms: 1000,
      suppression_flags: 0b110,
    };
    const reading = fc.array(fc.float({ min: 0, max: 1, noNaN: true }), { minLength: 3, maxLength: 3 });
    const readings = fc.array(reading, { maxLength: 10 });
    fc.assert(
      fc.property(readings, readings, (earlier, later) => {
        const used = calibratePerformance(config, STREAM);
        for (const values of earlier) used.push(scores(values));
        used.reset();
        const fresh = calibratePerformance(config, STREAM);
        for (const values of later) expect(used.push(scores(values))).toEqual(fresh.push(scores(values)));
      }),
    );
  });
});
