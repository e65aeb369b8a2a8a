/** Spectral analysis by wavelets: statistics of each band of a decomposition. */
import type { DspBlock } from '../../deployment/impulse.js';
import { DeploymentError } from '../../errors.js';
import { copyAxis } from './axes.js';
import type { BlockInput, DspComputation } from './block.js';
import { checkOutputSize, choiceParameter, realParameter, wholeParameter } from './parameters.js';
import { makeFilter, readFilter } from './spectral-filter.js';
import {
  kurtosis,
  maximum,
  mean,
  minimum,
  rootMeanSquare,
  sampleVariance,
  skewness,
  standardDeviation,
  subtractMean,
} from './statistics.js';
import { WAVELET_FILTERS } from './wavelet-filters.js';

const { abs, floor, fround, log, min, trunc } = Math;

const FEATURES_OF_BAND = 14;
const HISTOGRAM_BINS = 100;
const PERCENTILES = [0.05, 0.25, 0.75, 0.95, 0.5].map(fround);
const SHORTEST = 32;
const UNDERFLOW = fround(1e-7);

/**
 * Features of the first axis, then of the second ...; of each the approximation first, then details from coarse to fine.
 *
 * @throws {DeploymentError} `ERR_METADATA_INVALID`, `ERR_DEPLOYMENT_INCONSISTENT`
 */
export function makeWaveletFeatures(
  block: DspBlock,
  { samples, axes, frequencyHz }: BlockInput,
): DspComputation {
  const scale = fround(realParameter(block, 'scale_axes', { fallback: 1 }));
  const filter = readFilter(block);
  const pass = makeFilter(block, filter, frequencyHz);
  const name = choiceParameter(block, 'wavelet', Object.keys(WAVELET_FILTERS));
  const levels = wholeParameter(block, 'wavelet_level', { min: 1, max: 7 });
  if (samples < SHORTEST * 2 ** levels) throw tooShort(block, samples, levels);
  const perAxis = (levels + 1) * FEATURES_OF_BAND;
  checkOutputSize(block, perAxis * axes);
  const values = new Float32Array(samples);
  const decompose = makeDecomposition(name, samples, levels);
  const describeBand = makeBandFeatures(samples);
  const taps = WAVELET_FILTERS[name]?.length ?? 0;
  return {
    outputSize: block.outputSize,
    operations: axes * samples * (80 + 8 * taps + 10 * filter.order),
    compute(signal, out) {
      for (let axis = 0; axis < axes; axis++) {
        copyAxis(signal, axis, axes, scale, values);
        pass(values);
        subtractMean(values, samples);
        const bands = decompose(values);
        for (let band = 0; band <= levels; band++) {
          describeBand(bands[band]!, out, axis * perAxis + band * FEATURES_OF_BAND);
        }
      }
    },
  };
}

/** Approximation of the last level, then the details from the last level to the first; memory of its own. */
function makeDecomposition(
  name: string,
  samples: number,
  levels: number,
): (values: Float32Array) => readonly Float32Array[] {
  const { low, high } = filtersOf(name);
  const taps = low.length;
  const stages: { approximation: Float32Array; detail: Float32Array; padded: Float32Array }[] = [];
  for (let level = 0, length = samples; level < levels; level++) {
    const padded = new Float32Array(length + 2 * taps - 2);
    length = floor((length + taps - 1) / 2);
    stages.push({ approximation: new Float32Array(length), detail: new Float32Array(length), padded });
  }
  const bands = [stages.at(-1)!.approximation, ...stages.map(({ detail }) => detail).reverse()];
  return (values) => {
    let source = values;
    for (let level = 0; level < levels; level++) {
      const { approximation, detail, padded } = stages[level]!;
      mirror(source, taps, padded);
      convolve(padded, low, approximation);
      convolve(padded, high, detail);
      source = approximation;
    }
    return bands;
  };
}

/** Both reversed, ready to be moved along the signal. */
function filtersOf(name: string): { low: Float32Array; high: Float32Array } {
  const partner = name.startsWith('bior') ? name.replace('bior', 'rbio') : name.replace('rbio', 'bior');
  const low = WAVELET_FILTERS[name] ?? [];
  const opposite = WAVELET_FILTERS[partner] ?? [];
  const last = low.length - 1;
  return {
    low: Float32Array.from(low, (_, index) => low[last - index]!),
    high: Float32Array.from(opposite, (value, index) => ((last - index) % 2 === 0 ? -value : value)),
  };
}

/** With taps - 2 mirrored samples before, and taps behind. */
function mirror(values: Float32Array, taps: number, padded: Float32Array): void {
  const before = taps - 2;
  for (let index = 0; index < before; index++) padded[index] = values[before - 1 - index]!;
  padded.set(values, before);
  const last = values.length - 1;
  for (let index = 0; index < taps; index++) padded[before + values.length + index] = values[last - index]!;
}

/** Every second place; what is as good as 0 becomes 0. */
function convolve(padded: Float32Array, filter: Float32Array, out: Float32Array): void {
  for (let index = 0; index < out.length; index++) {
    let total = 0;
    for (let tap = 0; tap < filter.length; tap++) {
      total = fround(total + fround(padded[2 * index + tap]! * filter[tap]!));
    }
    out[index] = abs(total) < UNDERFLOW ? 0 : total;
  }
}

/** @param longest of all bands that will be described */
function makeBandFeatures(longest: number): (band: Float32Array, out: Float32Array, at: number) => void {
  const memory = new Float32Array(longest + SHORTEST);
  const histogram = new Float32Array(HISTOGRAM_BINS);
  return (band, out, at) => {
    const { length } = band;
    const middle = mean(band, length);
    out[at] = entropy(band, histogram);
    out[at + 1] = crossings(band, 0);
    out[at + 2] = crossings(band, middle);
    const sorted = memory.subarray(0, length);
    sorted.set(band);
    sorted.sort();
    for (let index = 0; index < PERCENTILES.length; index++) {
      out[at + 3 + index] = sorted[trunc(fround(PERCENTILES[index]! * (length - 1)) + 0.5)]!;
    }
    out[at + 8] = middle;
    out[at + 9] = standardDeviation(band, length);
    out[at + 10] = sampleVariance(band, length);
    out[at + 11] = rootMeanSquare(band, length);
    out[at + 12] = skewness(band, length);
    out[at + 13] = kurtosis(band, length);
  };
}

/** Of a histogram between the least and the largest value; natural logarithm. */
function entropy(band: Float32Array, histogram: Float32Array): number {
  const least = minimum(band, band.length);
  const width = fround(fround(maximum(band, band.length) - least) / HISTOGRAM_BINS);
  histogram.fill(0);
  for (let index = 0; index < band.length; index++) {
    // Where all values are one, they count as the last bin.
    const bin = width === 0 ? HISTOGRAM_BINS : trunc(fround(fround(band[index]! - least) / width));
    histogram[min(bin, HISTOGRAM_BINS - 1)]! += 1;
  }
  let total = 0;
  for (let bin = 0; bin < HISTOGRAM_BINS; bin++) {
    const share = fround(histogram[bin]! / band.length);
    if (share > 0) total = fround(total - fround(share * fround(log(share))));
  }
  return total;
}

/** How often neighbours lie on both sides of a level, in proportion to the length. */
function crossings(band: Float32Array, level: number): number {
  let count = 0;
  for (let index = 1; index < band.length; index++) {
    const before = fround(band[index - 1]! - level);
    const after = fround(band[index]! - level);
    if (fround(after * before) < 0) count++;
  }
  return fround(count / band.length);
}

function tooShort({ id }: DspBlock, samples: number, levels: number): DeploymentError {
  return new DeploymentError(
    'ERR_METADATA_INVALID',
    `The spectral-analysis block ${id}: ${levels} levels of wavelets need ${SHORTEST * 2 ** levels} samples of each ` +
      `axis, but a window holds ${samples}. Make the window longer, or take fewer levels.`,
  );
}
