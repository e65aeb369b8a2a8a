import { describe, expect, it } from 'vitest';
import { chooseSetting } from '../../../src/runtime/tuning/choose.js';
import { threadCounts } from '../../../src/runtime/tuning/settings.js';
import type { MeasuredTrial, Setting } from '../../../src/runtime/tuning/tuning.js';

const setting = (threads: number, engine: Setting['engine'] = 'tflite'): Setting => ({ engine, threads });

function trial(medianMs: number, of: Setting, rest: Partial<MeasuredTrial> = {}): MeasuredTrial {
  return { setting: of, delegate: 'none', medianMs, minMs: medianMs, runs: 9, difference: 0, ...rest };
}

describe('of the measured settings', () => {
  it('the fastest is chosen', () => {
    const trials = [
      trial(2, setting(1, 'onnx')),
      trial(3, setting(1)),
      { setting: setting(4), reason: 'broken' },
    ];
    expect(chooseSetting(trials)).toEqual(setting(1, 'onnx'));
  });

  it('one with fewer threads is chosen where it is as good', () => {
    const trials = [trial(2, setting(4)), trial(2.03, setting(1)), trial(2.05, setting(2))];
    expect(chooseSetting(trials)).toEqual(setting(1));
  });

  it('one whose answer is another is never chosen', () => {
    const trials = [trial(1, setting(4), { difference: 0.6, disagrees: true }), trial(9, setting(1))];
    expect(chooseSetting(trials)).toEqual(setting(1));
  });
});

describe('numbers of threads', () => {
  it.each([
    [1, [1]],
    [2, [1, 2]],
    [4, [1, 2, 4]],
    [6, [1, 2, 4, 6]],
  ])('for %i processors', (processors, expected) => {
    expect(threadCounts(processors)).toEqual(expected);
  });
});
