import { describe, expect, it } from 'vitest';
import type { SignalInput } from '../../src/web/api-types.js';
import {
  countInWords,
  freedom,
  isSound,
  type Signal,
  windowAt,
  windowInWords,
} from '../../src/web/signal.js';

const motion: SignalInput = { inputType: 'time-series', featureCount: 6, axes: ['x', 'y'], frequencyHz: 10 };
const signal = (count: number): Signal => ({
  kind: 'signal',
  name: 'test',
  values: Array.from({ length: count }, (_, index) => index),
  notes: [],
});

describe('a window of a signal', () => {
  it.each([
    [5, undefined],
    [6, 0],
    [7, 0],
    [8, 1],
    [20, 7],
  ])('of 6 numbers and 2 axes in %i can be moved by %s samples', (count, expected) => {
    expect(freedom(signal(count), motion)).toBe(expected);
  });

  it('begins with the first axis of its first sample', () => {
    expect(windowAt(signal(20), 3, motion)).toEqual([6, 7, 8, 9, 10, 11]);
  });

  it('is told in seconds, or in samples where there is no time', () => {
    expect(windowInWords(5, motion)).toBe('0.50 to 0.80 s');
    expect(windowInWords(5, { ...motion, frequencyHz: 0 })).toBe('6 to 8');
  });

  it.each([
    [0, '6 numbers make a window'],
    [4, '4 of 6 numbers: 2 are missing'],
    [6, '6 of 6 numbers'],
    [9, '9 of 6 numbers: the window can be moved'],
  ])('of %i numbers: %s', (count, words) => {
    expect(countInWords(count, motion)).toBe(words);
  });

  it('is sound also where an old deployment calls it a time series', () => {
    expect(isSound(motion)).toBe(false);
    expect(isSound({ ...motion, axes: ['audio'], frequencyHz: 16000 })).toBe(true);
    expect(isSound({ ...motion, inputType: 'audio', axes: [], frequencyHz: 16000 })).toBe(true);
  });
});
