import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Axis, fittingAxis, linearAxis } from '../../src/bench/plot/axis.js';

const positive = fc.double({ min: 1e-6, max: 1e7, noNaN: true });

function expectSound(axis: Axis, max: number): void {
  const places = axis.ticks.map((tick) => axis.place(tick));
  expect(places).toEqual([...places].sort((a, b) => a - b));
  expect(new Set(axis.ticks).size).toBe(axis.ticks.length);
  for (const place of places) {
    expect(place).toBeGreaterThanOrEqual(0);
    expect(place).toBeLessThanOrEqual(1);
  }
  expect(axis.place(max)).toBeCloseTo(1, 9);
  expect(axis.ticks.length).toBeLessThanOrEqual(7);
}

describe('an axis', () => {
  it('has round ticks in order, and ends with the largest value', () => {
    fc.assert(
      fc.property(positive, (max) => {
        const axis = linearAxis(max);
        expectSound(axis, max);
        expect(axis.ticks[0]).toBe(0);
        expect(axis.ticks.length).toBeGreaterThanOrEqual(2);
        for (const tick of axis.ticks) expect(tick).toBe(Number(tick.toPrecision(2)));
      }),
    );
  });

  it('is logarithmic only where the values lie far apart', () => {
    expect(fittingAxis(1, 15)).toMatchObject({ logarithmic: false });
    expect(fittingAxis(0, 15)).toMatchObject({ logarithmic: false });
    expect(fittingAxis(0.1, 150)).toMatchObject({ logarithmic: true, ticks: [0.1, 1, 10, 100] });
    fc.assert(
      fc.property(positive, positive, (a, b) =>
        expectSound(fittingAxis(Math.min(a, b), Math.max(a, b)), Math.max(a, b)),
      ),
    );
  });

  it('puts what lies beyond its ends on them', () => {
    const axis = linearAxis(10);
    expect([axis.place(-1), axis.place(11)]).toEqual([0, 1]);
  });

  it('is one even where nothing took any time', () => {
    expectSound(linearAxis(0), 1);
  });
});
