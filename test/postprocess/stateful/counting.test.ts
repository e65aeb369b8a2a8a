import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countCrossings } from '../../../src/postprocess/stateful/counting.js';
import type { Segment } from '../../../src/postprocess/stateful/trace.js';
import { refusal } from './refusal.js';

const UPRIGHT: Segment = [10, 0, 10, 20];
const LEVEL: Segment = [0, 10, 20, 10];

function moves(...segments: Segment[]) {
  return segments.map((lastCentroidSegment) => ({ lastCentroidSegment }));
}

describe('countCrossings()', () => {
  it.each([[undefined], [[[1, 2, 3]]], [[[1, 2, 3, Number.NaN]]], [[UPRIGHT, '1,2,3,4']]])(
    'refuses %o in place of lines',
    (segments) => {
      const error = refusal(() => countCrossings(segments as never));
      expect(error.code).toBe('ERR_OPTION_INVALID');
      expect(error.message).toContain('[x1, y1, x2, y2]');
    },
  );

  it('counts each line, each object, in both directions, and never forgets', () => {
    const counter = countCrossings([UPRIGHT, LEVEL]);
    expect(counter.push([])).toEqual([0, 0]);
    expect(counter.push(moves([5, 5, 15, 5]))).toEqual([1, 0]);
    expect(counter.push(moves([15, 5, 5, 5], [5, 5, 15, 15]))).toEqual([3, 1]);
    expect(counter.push(moves([5, 5, 9, 9], [5, 30, 15, 30]))).toEqual([3, 1]);
  });

  it('does not count new objects, nor those that stand still', () => {
    const counter = countCrossings([[-5, -5, 5, 5], UPRIGHT]);
    expect(counter.push(moves([0, 0, 0, 0], [10, 5, 10, 5]))).toEqual([0, 0]);
  });

  it('counts an object once that stops on the line', () => {
    for (const path of [
      [8, 10, 12],
      [12, 10, 8],
    ]) {
      const counter = countCrossings([UPRIGHT]);
      counter.push(moves([path[0] ?? 0, 5, path[1] ?? 0, 5]));
      expect(counter.push(moves([path[1] ?? 0, 5, path[2] ?? 0, 5]))).toEqual([1]);
    }
  });

  it('begins at 0 again after reset(), and earlier counts stay as they were given', () => {
    const counter = countCrossings([UPRIGHT]);
    const before = counter.push(moves([5, 5, 15, 5]));
    counter.reset();
    expect(counter.push(moves([5, 5, 15, 5], [15, 5, 5, 5]))).toEqual([2]);
    expect(before).toEqual([1]);
  });

  it('does not count what stays on one side of a line', () => {
    const left = fc.integer({ min: 0, max: 9 });
    const anywhere = fc.integer({ min: -50, max: 50 });
    fc.assert(
      fc.property(left, anywhere, left, anywhere, (x1, y1, x2, y2) => {
        expect(countCrossings([UPRIGHT]).push(moves([x1, y1, x2, y2]))).toEqual([0]);
      }),
    );
  });
});
