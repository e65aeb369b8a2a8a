/** The statistics that reports print. Quantiles are nearest-rank: always a value that was measured. */
import { median } from '../runtime/median.js';

/** Milliseconds, or whatever the values are. */
export interface Distribution {
  readonly count: number;
  readonly mean: number;
  readonly min: number;
  readonly p10: number;
  readonly p25: number;
  readonly p50: number;
  readonly p75: number;
  readonly p90: number;
  readonly p99: number;
  readonly max: number;
}

/**
 * Nearest rank: the smallest value that at least `share` (0..1) of all do not exceed; NaN where there are none.
 *
 * @param sorted in ascending order
 */
export function quantile(sorted: ArrayLike<number>, share: number): number {
  const rank = Math.max(1, Math.ceil(share * sorted.length));
  return sorted[rank - 1] ?? Number.NaN;
}

export function distribution(values: Iterable<number>): Distribution {
  const sorted = Float64Array.from(values).sort();
  const at = (share: number): number => quantile(sorted, share);
  return {
    count: sorted.length,
    mean: mean(sorted),
    min: at(0),
    p10: at(0.1),
    p25: at(0.25),
    p50: at(0.5),
    p75: at(0.75),
    p90: at(0.9),
    p99: at(0.99),
    max: at(1),
  };
}

/** Rounds as one: the median of each figure, but the lowest minimum, the highest maximum and the count of all. */
export function medianDistribution(rounds: readonly Distribution[]): Distribution {
  const each = (figure: keyof Distribution): number[] => rounds.map((round) => round[figure]);
  return {
    count: each('count').reduce((sum, count) => sum + count, 0),
    mean: median(each('mean')),
    min: Math.min(...each('min')),
    p10: median(each('p10')),
    p25: median(each('p25')),
    p50: median(each('p50')),
    p75: median(each('p75')),
    p90: median(each('p90')),
    p99: median(each('p99')),
    max: Math.max(...each('max')),
  };
}

/** The same as `sum / count`, but for rounding, which could put it outside the values where all are the same. */
function mean(sorted: Float64Array): number {
  const sum = sorted.reduce((total, value) => total + value, 0);
  return Math.min(Math.max(sum / sorted.length, quantile(sorted, 0)), quantile(sorted, 1));
}
