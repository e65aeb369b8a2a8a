import { describe, expect, it } from 'vitest';
import { figuresOf, ranked } from '../../src/bench/results.js';
import { result, round } from './reports.js';

describe('figuresOf', () => {
  it('takes medians, so that one disturbed round does not count', () => {
    const figures = figuresOf([round(2), round(400), round(3)]);
    expect(figures.latencyMs.p50).toBe(3);
    expect(figures.stagesMs.total).toBe(3);
    expect(figures.throughput).toMatchObject({ perSecond: 500, count: 18, concurrency: 3 });
  });

  it('leaves out rounds that were too short to watch the event loop', () => {
    const watched = { ...round(1), eventLoopDelayMs: { idle: null, busy: { p50: 1, p99: 2, max: 3 } } };
    expect(figuresOf([round(1), watched, round(1)]).eventLoopDelayMs).toEqual({
      idle: { p50: 0, p99: 0.1, max: 0.5 },
      busy: { p50: 1, p99: 2, max: 3 },
    });
    expect(figuresOf([round(1)]).eventLoopDelayMs.busy).toBeNull();
  });
});

describe('ranked', () => {
  it('puts the fastest first, and tells how many times longer the others take', () => {
    const found = ranked([result('slow', 6), result('fast', 2), result('middle', 3)]);
    expect(found.map(({ name }) => name)).toEqual(['fast', 'middle', 'slow']);
    expect(found.map(({ ratio }) => Number(ratio.toFixed(3)))).toEqual([1, 1.5, 3]);
  });
});
