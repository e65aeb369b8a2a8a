import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { makeDct } from '../../../src/preprocess/dsp/dct.js';
import { decimate, decimatedLength } from '../../../src/preprocess/dsp/decimate.js';
import { makeRealFft } from '../../../src/preprocess/dsp/fft.js';
import { planFrames } from '../../../src/preprocess/dsp/frames.js';
import { fastLn, fastLog10 } from '../../../src/preprocess/dsp/logarithms.js';
import { localNormalisation } from '../../../src/preprocess/dsp/normalisation.js';
import { preEmphasis } from '../../../src/preprocess/dsp/pre-emphasis.js';
import { kurtosis, skewness, standardDeviation } from '../../../src/preprocess/dsp/statistics.js';

const noise = (length: number, seed = 1): Float32Array =>
  Float32Array.from({ length }, (_, index) => Math.sin((index + 1) * (index + seed) * 12.9898) * 100);

/** By the definition, in double precision. */
function dft(signal: Float32Array, length: number): Float64Array {
  const spectrum = new Float64Array(length + 2);
  for (let bin = 0; bin <= length / 2; bin++) {
    for (let index = 0; index < length; index++) {
      const angle = (-2 * Math.PI * ((bin * index) % length)) / length;
      spectrum[2 * bin] = spectrum[2 * bin]! + (signal[index] ?? 0) * Math.cos(angle);
      spectrum[2 * bin + 1] = spectrum[2 * bin + 1]! + (signal[index] ?? 0) * Math.sin(angle);
    }
  }
  return spectrum;
}

function expectNear(got: Float32Array, want: ArrayLike<number>, relative: number): void {
  const size = Math.hypot(...Array.from(want)) / Math.sqrt(want.length) + 1e-30;
  for (let index = 0; index < want.length; index++) {
    expect(Math.abs(got[index]! - want[index]!) / size).toBeLessThan(relative);
  }
}

describe('the Fourier transform', () => {
  // 2 to 512, with factors 2, 3, 4, 5, and 7, 11, 13, 17, 61.
  const lengths = [2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 26, 30, 34, 40, 42, 50, 64, 80, 98, 100, 122];
  it.each([...lengths, 128, 250, 256, 360, 500, 512])('of %d samples is that of the definition', (length) => {
    const fft = makeRealFft(length);
    const spectrum = new Float32Array(2 * fft.bins);
    const signal = noise(length);
    fft.transform(signal, 0, length, spectrum);
    expect(fft.bins).toBe(length / 2 + 1);
    expectNear(spectrum, dft(signal, length), 2e-5);
  });

  it('takes no more samples than it is given, nor than there are', () => {
    const fft = makeRealFft(16);
    const [some, padded] = [new Float32Array(18), new Float32Array(18)];
    const signal = noise(40);
    fft.transform(signal, 3, 9, some);
    const short = new Float32Array(16);
    short.set(signal.subarray(3, 12));
    fft.transform(short, 0, 16, padded);
    expect(some).toEqual(padded);
    fft.transform(signal, 35, 16, some);
    short.fill(0).set(signal.subarray(35));
    fft.transform(short, 0, 16, padded);
    expect(some).toEqual(padded);
  });

  it.each([0, 1, 7, 2.5])('has no length of %d', (length) => {
    expect(() => makeRealFft(length)).toThrow(RangeError);
  });
});

it.each([2, 4, 20, 26, 32, 40])('the DCT of %d values is orthonormal', (length) => {
  const values = noise(length);
  const want = Array.from({ length }, (_, k) => {
    const sum = values.reduce((s, x, i) => s + x * Math.cos((Math.PI * k * (2 * i + 1)) / (2 * length)), 0);
    return sum * Math.sqrt((k === 0 ? 1 : 2) / length);
  });
  makeDct(length).transform(values);
  expectNear(values, want, 2e-5);
});

describe('the logarithms', () => {
  const positive = fc.float({ min: Math.fround(1e-30), noNaN: true, noDefaultInfinity: true });

  it('are near the true ones', () => {
    fc.assert(
      fc.property(positive, (value) => {
        // The polynomial is at its worst near 0.842: 1.273e-5.
        expect(Math.abs(fastLn(value) - Math.log(value))).toBeLessThan(
          1.3e-5 * (1 + Math.abs(Math.log(value))),
        );
        expect(Math.abs(fastLog10(value) - Math.log10(value))).toBeLessThan(1.1e-3);
      }),
    );
  });

  it('know the numbers below the normal ones', () => {
    expect(fastLog10(1e-42)).toBeCloseTo(Math.log10(Math.fround(1e-42)), 2);
  });

  it('are the polynomials of the reference, with their errors', () => {
    expect(fastLog10(1)).not.toBe(0);
    expect(fastLn(1)).toBe(0);
  });
});

describe('frames', () => {
  it('of version 1 lose the last whole one', () => {
    expect(planFrames(1, 16000, 0.02, 0.02).count(8000)).toBe(24);
    expect(planFrames(2, 16000, 0.02, 0.02).count(8000)).toBe(25);
    expect(planFrames(4, 16000, 0.02, 0.01).count(4000)).toBe(24);
  });

  it('are rounded up, unless float32 is to blame', () => {
    expect(planFrames(4, 1000, 0.018, 0.018)).toMatchObject({ length: 18, stride: 18 });
    expect(planFrames(4, 1000, 0.0181, 0.018)).toMatchObject({ length: 19, stride: 18 });
    expect(planFrames(1, 1000, 0.0181, 0.018)).toMatchObject({ length: 18, stride: 18 });
  });

  it('are none where the signal is too short', () => {
    expect(planFrames(1, 1000, 0.5, 0.1).count(400)).toBe(0);
    expect(planFrames(4, 1000, 0.5, 0.1).count(300)).toBe(0);
  });
});

it('pre-emphasis begins with the signal’s own end', () => {
  const out = new Float32Array(4);
  preEmphasis(Float32Array.of(1, 2, 3, 4), 1, 0.5, 1, out);
  expect([...out]).toEqual([-1, 1.5, 2, 2.5]);
  preEmphasis(Float32Array.of(1, 2, 3, 4), 2, 0.5, 1, out);
  expect([...out]).toEqual([-0.5, 0, 2.5, 3]);
});

describe('statistics', () => {
  it('do not change with the place of the origin, but for rounding', () => {
    const values = fc.array(fc.integer({ min: -1000, max: 1000 }), { minLength: 3, maxLength: 50 });
    fc.assert(
      fc.property(values, (numbers) => {
        fc.pre(new Set(numbers).size > 2);
        const here = Float32Array.from(numbers);
        const there = here.map((value) => value + 512);
        for (const statistic of [standardDeviation, skewness, kurtosis]) {
          expect(statistic(there, there.length)).toBeCloseTo(statistic(here, here.length), 2);
        }
      }),
    );
  });

  it('of what does not vary are 0 and -3', () => {
    const same = new Float32Array(5).fill(2.5);
    expect([standardDeviation(same, 5), skewness(same, 5), kurtosis(same, 5)]).toEqual([0, 0, -3]);
  });
});

describe('local normalisation', () => {
  it('reflects the matrix at its ends as often as the window needs', () => {
    const matrix = Float32Array.of(1, 4);
    // Rows around row 0: .. 1 | 1 4 | 4 ..: windows of 5 are 4 1 1 4 4 and 1 1 4 4 1.
    localNormalisation(2, 1, 5, false)(matrix);
    expect(matrix[0]).toBeCloseTo(1 - 14 / 5, 6);
    expect(matrix[1]).toBeCloseTo(4 - 11 / 5, 6);
  });

  it('of an even window goes one row further, without leaving the matrix', () => {
    const matrix = noise(30);
    localNormalisation(10, 3, 4, true)(matrix);
    expect(matrix.every(Number.isFinite)).toBe(true);
  });

  it('gives columns without variance as zeros', () => {
    const matrix = new Float32Array(20).fill(7);
    localNormalisation(10, 2, 101, true)(matrix);
    expect(matrix).toEqual(new Float32Array(20));
  });
});

describe('decimation', () => {
  it.each([3, 10] as const)(
    'by %d keeps a constant but for the ripple of its filter, from the first sample on',
    (ratio) => {
      const out = new Float32Array(decimatedLength(100, ratio));
      decimate(new Float32Array(100).fill(3), ratio, out, new Float32Array(100));
      expect(out).toHaveLength(Math.ceil(100 / ratio));
      for (const value of out) expect(value).toBeCloseTo(3 * 10 ** (-0.05 / 20), 4);
    },
  );

  it('removes what the fewer samples can not show', () => {
    const fast = Float32Array.from({ length: 1000 }, (_, index) => Math.cos(Math.PI * index * 0.5));
    const out = new Float32Array(decimatedLength(1000, 10));
    decimate(fast, 10, out, new Float32Array(1000));
    for (const value of out.subarray(60)) expect(Math.abs(value)).toBeLessThan(1e-4);
  });
});
