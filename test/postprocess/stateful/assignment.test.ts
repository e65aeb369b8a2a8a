import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assign } from '../../../src/postprocess/stateful/assignment.js';

type Costs = readonly (readonly number[])[];

/** Made with `scipy.optimize.linear_sum_assignment` of SciPy 1.17.1; nearly all have several best solutions. */
const SCIPY: readonly { readonly costs: Costs; readonly columns: readonly number[] }[] = JSON.parse(
  readFileSync(new URL('scipy-assignments.json', import.meta.url), 'utf8'),
);

function assignmentOf(costs: Costs): number[] {
  return [...assign(Float64Array.from(costs.flat()), costs.length, costs[0]?.length ?? 0)];
}

function costOf(costs: Costs, columns: readonly number[]): number {
  return columns.reduce(
    (sum, column, row) => sum + (column < 0 ? 0 : (costs[row]?.[column] ?? Number.NaN)),
    0,
  );
}

/** Least cost of all ways to give `rest` rows a column each, trying every one. */
function leastCost(costs: Costs): number {
  const [first = [], ...rest] = costs;
  if (costs.length > first.length)
    return leastCost(first.map((_, column) => costs.map((row) => row[column] ?? 0)));
  if (rest.length === 0) return Math.min(...first);
  return Math.min(
    ...first.map(
      (cost, column) => cost + leastCost(rest.map((row) => row.filter((_, other) => other !== column))),
    ),
  );
}

function matrices(cost: fc.Arbitrary<number>, maximum: number): fc.Arbitrary<Costs> {
  const size = fc.integer({ min: 1, max: maximum });
  return fc.tuple(size, size).chain(([rows, columns]) => {
    const row = fc.array(cost, { minLength: columns, maxLength: columns });
    return fc.array(row, { minLength: rows, maxLength: rows });
  });
}

describe('assign()', () => {
  it('takes the pairs that SciPy takes, also where others cost the same', () => {
    expect(SCIPY.length).toBeGreaterThan(50);
    for (const { costs, columns } of SCIPY) expect(assignmentOf(costs)).toEqual(columns);
  });

  it('finds the least total cost, as trying everything does', () => {
    const cost = fc.oneof(fc.integer({ min: 0, max: 3 }), fc.integer({ min: -50, max: 1000 }));
    fc.assert(
      fc.property(matrices(cost, 5), (costs) => {
        expect(costOf(costs, assignmentOf(costs))).toBe(leastCost(costs));
      }),
    );
  });

  it('gives as many rows as it can a column of their own', () => {
    const cost = fc.double({ min: 0, max: 1e9, noNaN: true });
    fc.assert(
      fc.property(matrices(cost, 12), (costs) => {
        const columns = assignmentOf(costs);
        const count = Math.min(costs.length, costs[0]?.length ?? 0);
        const taken = columns.filter((column) => column >= 0);
        expect(columns).toHaveLength(costs.length);
        expect(taken).toHaveLength(count);
        expect(new Set(taken).size).toBe(count);
        expect(Math.max(...taken)).toBeLessThan(costs[0]?.length ?? 0);
      }),
    );
  });
});
