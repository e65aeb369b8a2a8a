import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { distribution, medianDistribution, quantile } from '../../src/bench/statistics.js';
import { median } from '../../src/runtime/median.js';

const values = fc.array(fc.double({ min: 0, max: 1e9, noNaN: true }), { minLength: 1, maxLength: 200 });
const ORDER = ['min', 'p10', 'p25', 'p50', 'p75', 'p90', 'p99', 'max'] as const;

function ascending(numbers: readonly number[]): boolean {
  return numbers.every((value, index) => index === 0 || (numbers[index - 1] ?? Number.NaN) <= value);
}

describe('quantile', () => {
  it('is by nearest rank', () => {
    const sorted = Array.from({ length: 100 }, (_, index) => index + 1);
    expect([0, 0.5, 0.95, 1].map((share) => quantile(sorted, share))).toEqual([1, 50, 95, 100]);
  });

  it('of nothing is not a number', () => {
    expect(quantile([], 0.5)).toBeNaN();
  });

  it('is one of the values, and the share of all does not exceed it, but does exceed every lower one', () => {
    fc.assert(
      fc.property(values, fc.double({ min: 0.001, max: 1, noNaN: true }), (numbers, share) => {
        const sorted = Float64Array.from(numbers).sort();
        const found = quantile(sorted, share);
        const upTo = sorted.filter((value) => value <= found).length;
        const below = sorted.filter((value) => value < found).length;
        expect(numbers).toContain(found);
        expect(upTo).toBeGreaterThanOrEqual(share * sorted.length);
        expect(below).toBeLessThan(share * sorted.length);
      }),
    );
  });
});

describe('median', () => {
  it('does not depend on the order', () => {
    fc.assert(fc.property(values, (numbers) => median(numbers) === median([...numbers].reverse())));
  });

  it('is the quantile of one half', () => {
    fc.assert(
      fc.property(values, (numbers) => median(numbers) === quantile(Float64Array.from(numbers).sort(), 0.5)),
    );
    expect(median([])).toBeNaN();
  });

  it('of an even number of values is the lower of the two in the middle', () => {
    expect(median([4, 1, 3, 2])).toBe(2);
  });
});

describe('distribution', () => {
  it('has its quantiles in order, between minimum and maximum, and the mean there, too', () => {
    fc.assert(
      fc.property(values, (numbers) => {
        const found = distribution(numbers);
        expect(ascending(ORDER.map((name) => found[name]))).toBe(true);
        expect(found.count).toBe(numbers.length);
        expect(found.min).toBe(Math.min(...numbers));
        expect(found.max).toBe(Math.max(...numbers));
        expect(found.mean).toBeGreaterThanOrEqual(found.min);
        expect(found.mean).toBeLessThanOrEqual(found.max);
      }),
    );
  });

  it('of several rounds is the same as of one, where all rounds are the same', () => {
    fc.assert(
      fc.property(values, fc.integer({ min: 1, max: 7 }), (numbers, rounds) => {
        const one = distribution(numbers);
        const all = medianDistribution(Array.from({ length: rounds }, () => one));
        expect(all).toEqual({ ...one, count: rounds * one.count });
      }),
    );
  });

  it('of several rounds has its quantiles in order', () => {
    fc.assert(
      fc.property(fc.array(values, { minLength: 1, maxLength: 6 }), (rounds) => {
        const all = medianDistribution(rounds.map((numbers) => distribution(numbers)));
        expect(ascending(ORDER.map((name) => all[name]))).toBe(true);
      }),
    );
  });

  it('of several rounds passes over one that was disturbed, but keeps its maximum', () => {
    const rounds = [
      [1, 1, 1],
      [900, 900, 900],
      [1, 1, 1],
    ].map((numbers) => distribution(numbers));
    expect(medianDistribution(rounds)).toMatchObject({ p50: 1, p99: 1, max: 900, count: 9 });
  });
});
