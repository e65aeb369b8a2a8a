/** Spectral analysis, versions 2 to 4: level, shape of the distribution, and the loudest spectrum of the window. */
import type { DspBlock } from '../../deployment/impulse.js';
import { DeploymentError } from '../../errors.js';
import { copyAxis } from './axes.js';
import type { BlockInput, DspComputation } from './block.js';
import { DECIMATION_STAGES, decimate, decimatedLength } from './decimate.js';
import { fftOperations } from './fft.js';
import { fastLog10 } from './logarithms.js';
import {
  checkOutputSize,
  fftLengthParameter,
  flagParameter,
  invalid,
  realParameter,
  wholeParameter,
} from './parameters.js';
import { makePowerSpectrum } from './power-spectrum.js';
import type { BinRange } from './spectral-filter.js';
import { keptBins, makeFilter, readFilter } from './spectral-filter.js';
import { kurtosis, rootMeanSquare, skewness, subtractMean } from './statistics.js';

const { fround } = Math;

/** Of the extra features for low frequencies. */
const LOW_RATIO = 10;

/**
 * Features of the first axis, then of the second ...; with `extra_low_freq` those of all axes' low frequencies follow.
 *
 * @throws {DeploymentError} `ERR_METADATA_INVALID`, `ERR_DEPLOYMENT_INCONSISTENT`
 */
export function makeSpectralFeatures(
  block: DspBlock,
  { samples, axes, frequencyHz }: BlockInput,
  version: number,
): DspComputation {
  const scale = fround(realParameter(block, 'scale_axes', { fallback: 1 }));
  const filter = readFilter(block);
  const fftLength = fftLengthParameter(block);
  const ratio = version < 4 ? 1 : wholeParameter(block, 'input_decimation_ratio', { min: 1, fallback: 1 });
  const extraLow = version < 4 ? false : flagParameter(block, 'extra_low_freq', false);
  const shrink = makeShrink(block, samples, ratio);
  const frequency = fround(fround(frequencyHz) / ratio);
  const lowFrequency = fround(frequency / LOW_RATIO);
  const options = {
    fftLength,
    overlap: flagParameter(block, 'do_fft_overlap'),
    log: flagParameter(block, 'do_log'),
    ofSpectrum: version >= 4,
  };
  const main = makeAxisFeatures(keptBins(block, filter, fftLength, frequency), options);
  const low = extraLow
    ? makeAxisFeatures(keptBins(block, filter, fftLength, lowFrequency), options)
    : undefined;
  checkOutputSize(block, axes * (main.count + (low?.count ?? 0)));
  if (shrink.length === 0) throw noSamples(block);

  const pass = makeFilter(block, filter, frequency);
  const row = new Float32Array(samples);
  const values = row.subarray(0, shrink.length);
  const lowValues = new Float32Array(low === undefined ? 0 : decimatedLength(shrink.length, LOW_RATIO));
  const scratch = new Float32Array(shrink.length);
  const steps = samples / (options.overlap ? fftLength / 2 : fftLength) + 1;
  return {
    outputSize: block.outputSize,
    operations:
      axes * (samples * (25 + 10 * filter.order) + steps * (fftOperations(fftLength) + 5 * fftLength)),
    compute(signal, out) {
      for (let axis = 0; axis < axes; axis++) {
        copyAxis(signal, axis, axes, scale, row);
        shrink.apply(row);
        pass(values);
        if (low !== undefined) {
          decimate(values, LOW_RATIO, lowValues, scratch);
          low.compute(lowValues, out, axes * main.count + axis * low.count);
        }
        main.compute(values, out, axis * main.count);
      }
    },
  };
}

interface Shrink {
  /** Samples that remain. */
  readonly length: number;
  /** In place. */
  apply(row: Float32Array): void;
}

/**
 * Fewer samples. Of a ratio in several stages every stage runs over the whole row, of which only the beginning has been
 * replaced by the stage before, and what the last one leaves is its own ratio's: so the reference does it, and so models
 * were trained with features of devices.
 *
 * @throws {DeploymentError} `ERR_METADATA_INVALID`: no ratio that there is
 */
function makeShrink(block: DspBlock, samples: number, ratio: number): Shrink {
  const stages = DECIMATION_STAGES.get(ratio);
  if (stages === undefined) {
    throw invalid(block, 'input_decimation_ratio', `one of ${[...DECIMATION_STAGES.keys()].join(', ')}`);
  }
  const last = stages.at(-1);
  const scratch = new Float32Array(last === undefined ? 0 : samples);
  return {
    length: last === undefined ? samples : decimatedLength(samples, last),
    apply(row) {
      for (let index = 0; index < stages.length; index++) decimate(row, stages[index]!, row, scratch);
    },
  };
}

interface AxisOptions {
  readonly fftLength: number;
  readonly overlap: boolean;
  readonly log: boolean;
  /** Shape of the distribution of the spectrum, too. */
  readonly ofSpectrum: boolean;
}

interface AxisFeatures {
  readonly count: number;
  /** `values` lose their mean. */
  compute(values: Float32Array, out: Float32Array, at: number): void;
}

function makeAxisFeatures({ start, stop }: BinRange, options: AxisOptions): AxisFeatures {
  const { fftLength, overlap, log, ofSpectrum } = options;
  const spectrum = makePowerSpectrum(fftLength);
  const power = new Float32Array(spectrum.bins);
  const loudest = new Float32Array(spectrum.bins);
  const step = overlap ? fftLength / 2 : fftLength;
  const before = ofSpectrum ? 5 : 3;

  function findLoudest(values: Float32Array): void {
    loudest.fill(0);
    for (let from = 0; from < values.length; from += step) {
      spectrum.compute(values, from, fftLength, power, 0);
      for (let bin = 0; bin < power.length; bin++) {
        if (power[bin]! > loudest[bin]!) loudest[bin] = power[bin]!;
      }
    }
  }

  return {
    count: before + Math.max(0, stop - start),
    compute(values, out, at) {
      subtractMean(values, values.length);
      const level = rootMeanSquare(values, values.length);
      out[at] = level;
      shape(values, level === 0 ? fround(1e-10) : level, out, at + 1);
      findLoudest(values);
      if (ofSpectrum) {
        out[at + 3] = skewness(loudest, loudest.length);
        out[at + 4] = kurtosis(loudest, loudest.length);
      }
      for (let bin = start, to = at + before; bin < stop; bin++, to++) {
        const value = loudest[bin]!;
        out[to] = log ? fastLog10(value === 0 ? 1e-10 : value) : value;
      }
    },
  };
}

/** Skewness and kurtosis of values without mean, by their deviation. */
function shape(values: Float32Array, deviation: number, out: Float32Array, at: number): void {
  let cubes = 0;
  let fourths = 0;
  for (let index = 0; index < values.length; index++) {
    const value = values[index]!;
    const cube = fround(fround(value * value) * value);
    cubes = fround(cubes + cube);
    fourths = fround(fourths + fround(cube * value));
  }
  const cubed = fround(fround(deviation * deviation) * deviation);
  out[at] = fround(cubes / values.length) / cubed;
  out[at + 1] = fround(fround(fourths / values.length) / fround(cubed * deviation)) - 3;
}

function noSamples({ id }: DspBlock): DeploymentError {
  return new DeploymentError(
    'ERR_DEPLOYMENT_INCONSISTENT',
    `The spectral-analysis block ${id}: a window holds no samples of an axis. Download the deployment again.`,
  );
}
