/** Weights of libvips' Lanczos 3, for shrinking: 65 rows, for positions between two samples that are 64ths apart. */
import { roundHalfEven } from './weighted.js';

const { PI, abs, floor, sin, trunc } = Math;

export const PHASES = 65;

/**
 * @param factor source samples for one target sample, at least 1
 * @returns rows of `2 * round(3 * factor) + 1` weights, each with sum 1
 */
export function lanczosWeights(factor: number): Float64Array {
  const taps = 2 * roundHalfEven(3 * factor) + 1;
  const weights = new Float64Array(PHASES * taps);
  for (let phase = 0; phase < PHASES; phase++) {
    const row = weights.subarray(phase * taps, (phase + 1) * taps);
    const centre = phase / 64 + taps / 2 - 1;
    let sum = 0;
    for (let tap = 0; tap < taps; tap++) sum += row[tap] = lanczos((tap - centre) / factor);
    for (let tap = 0; tap < taps; tap++) row[tap] = row[tap]! / sum;
  }
  return weights;
}

function lanczos(x: number): number {
  return abs(x) <= 3 ? sinc(x) * sinc(x / 3) : 0;
}

function sinc(x: number): number {
  return x === 0 ? 1 : sin(PI * x) / (PI * x);
}

/** As 4096ths. */
export function toTwelveBits(weights: Float64Array): Int16Array {
  return Int16Array.from(weights, (weight) => trunc(weight * 4096));
}

/** As 64ths, with the sum kept in each row. */
export function toSixBits(weights: Float64Array): Int16Array {
  const taps = weights.length / PHASES;
  const rounded = new Int16Array(weights.length);
  for (let start = 0; start < weights.length; start += taps) {
    rounded.set(rowToSixBits(weights.subarray(start, start + taps)), start);
  }
  return rounded;
}

/** Looks for the multiplier that gives the right sum; where there is none, the rest is spread from the first weight on. */
function rowToSixBits(row: Float64Array): Int16Array {
  const wanted = roundSigned(64 * row.reduce((sum, weight) => sum + weight, 0));
  const reach = floor((row.length + 1) / 2);
  let low = 64 - reach;
  let high = 64 + reach;
  let missing: number;
  let weights: Int16Array;
  do {
    const multiplier = (high + low) / 2;
    weights = Int16Array.from(row, (weight) => roundSigned(weight * multiplier));
    missing = wanted - weights.reduce((sum, weight) => sum + weight, 0);
    if (missing > 0) low = multiplier;
    else high = multiplier;
  } while (missing !== 0 && high - low > 0.01);
  return spread(weights, missing);
}

function spread(weights: Int16Array, missing: number): Int16Array {
  if (missing === 0) return weights;
  const each = trunc(missing / weights.length);
  const rest = missing % weights.length;
  const step = rest > 0 ? 1 : -1;
  return weights.map((weight, index) => weight + each + (index < abs(rest) ? step : 0));
}

function roundSigned(value: number): number {
  return value < 0 ? -roundHalfEven(-value) : roundHalfEven(value);
}
