/** Triangular filters on the mel scale, which sum the power spectrum to energies of bands. */
import { fastLn } from './logarithms.js';

const { exp, floor, fround } = Math;

export interface MelFilters {
  /** Filter `i` sums the entries from `starts[i]` to `starts[i + 1]`, in their order. */
  readonly starts: Int32Array;
  readonly bins: Int32Array;
  readonly weights: Float32Array;
}

export interface MelSpec {
  readonly filters: number;
  readonly fftLength: number;
  /** Hz */
  readonly frequency: number;
  readonly low: number;
  readonly high: number;
  /**
   * Bins of the whole transform take part in finding a frequency's bin from version 4 on; before, an old mistake puts
   * filters at about half their frequency.
   */
  readonly version: number;
}

/** Those of MFCC, and of MFE from version 3 on: the middle of a filter always counts fully. */
export function melFilters(spec: MelSpec): MelFilters {
  return assemble(melBins(spec), (left, middle, right, add) => {
    add(middle, 1);
    for (let bin = left + 1; bin < right; bin++) {
      if (bin < middle) add(bin, fround((bin - left) / (middle - left)));
      if (bin > middle) add(bin, fround((right - bin) / (right - middle)));
    }
  });
}

/** Those of MFE 1 and 2: weights are taken from a table of fractions, and a filter of one bin is empty. */
export function coarseMelFilters(spec: MelSpec): MelFilters {
  return assemble(melBins(spec), (left, middle, right, add) => {
    for (let bin = left; bin <= right; bin++) {
      let weight = 0;
      if (bin > left && bin <= middle) weight = fround((bin - left) / (middle - left));
      if (bin < right && bin >= middle) weight = fround((right - bin) / (right - middle));
      const coarse = nearestFraction(weight);
      if (coarse > 0) add(bin, coarse);
    }
  });
}

/** @param out filled with one energy for each filter; never 0, as logarithms follow */
export function applyFilters(filters: MelFilters, power: Float32Array, out: Float32Array, at: number): void {
  const { starts, bins, weights } = filters;
  for (let filter = 0; filter + 1 < starts.length; filter++) {
    let energy = 0;
    for (let entry = starts[filter]!; entry < starts[filter + 1]!; entry++) {
      energy = fround(energy + fround(power[bins[entry]!]! * weights[entry]!));
    }
    out[at + filter] = energy === 0 ? 1e-10 : energy;
  }
}

type Add = (bin: number, weight: number) => void;

function assemble(
  edges: readonly number[],
  fill: (left: number, middle: number, right: number, add: Add) => void,
): MelFilters {
  const starts = [0];
  const bins: number[] = [];
  const weights: number[] = [];
  for (let filter = 0; filter + 2 < edges.length; filter++) {
    fill(edges[filter]!, edges[filter + 1]!, edges[filter + 2]!, (bin, weight) => {
      bins.push(bin);
      weights.push(weight);
    });
    starts.push(bins.length);
  }
  return {
    starts: Int32Array.from(starts),
    bins: Int32Array.from(bins),
    weights: Float32Array.from(weights),
  };
}

/** The bins where filters begin, peak and end. */
function melBins({ filters, fftLength, frequency, low, high, version }: MelSpec): number[] {
  const from = hertzToMel(low);
  const to = hertzToMel(high);
  const step = fround(fround(to - from) / (filters + 1));
  const last = filters + 1;
  const resolution = version >= 4 ? fftLength : fftLength / 2 + 1;
  return Array.from({ length: filters + 2 }, (_, index) => {
    const mel = index === last ? to : fround(from + fround(index * step));
    let hertz = melToHertz(mel);
    if (hertz < low && index < last) hertz = low;
    if (hertz > high) hertz = high;
    // The reference's own correction, so that the last filter ends in the bin before.
    if (index === last) hertz = fround(hertz - 0.001);
    return floor(fround(fround((resolution + 1) * hertz) / frequency));
  });
}

function hertzToMel(hertz: number): number {
  return fround(1127 * fastLn(fround(1 + fround(hertz / 700))));
}

function melToHertz(mel: number): number {
  return fround(700 * fround(fround(exp(fround(mel / 1127))) - 1));
}

/** Hundredths, and fractions of up to 22 parts; ascending, as float32. */
const FRACTIONS = fractions();

function fractions(): number[] {
  const values = new Set<number>();
  for (let part = 0; part <= 100; part++) values.add(fround(part / 100));
  for (let parts = 1; parts <= 22; parts++) {
    for (let part = 0; part <= parts; part++) values.add(fround(part / parts));
  }
  return [...values].sort((a, b) => a - b);
}

/** The lower of two that are equally near. */
function nearestFraction(weight: number): number {
  const above = FRACTIONS.findIndex((fraction) => fraction >= weight);
  const upper = FRACTIONS[above] ?? 1;
  const lower = FRACTIONS[Math.max(0, above - 1)] ?? 0;
  if (upper === weight) return upper;
  return fround(upper - weight) < fround(weight - lower) ? upper : lower;
}
