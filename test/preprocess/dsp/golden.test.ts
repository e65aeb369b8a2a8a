import { describe, expect, it } from 'vitest';
import { makeSlicedBlock } from '../../../src/preprocess/dsp/continuous.js';
import { makeDspBlock } from '../../../src/preprocess/dsp/make-block.js';
import { makeStandardScaler } from '../../../src/preprocess/dsp/standard-scaler.js';
import type { ContinuousCase, DspCase, ScalerCase } from './cases.js';
import { blockOf, casesOf, differing, floatsOf, samplesOf } from './cases.js';

/**
 * The DCT of the reference takes sines from the C library in float32, which are not correctly rounded: one unit in the
 * last place of two columns, made larger by the normalisation. All else is equal to the last bit.
 */
const MFCC_TOLERANCE = 2e-6;

function features({ parameters, ...rest }: DspCase): Float32Array {
  const golden = { parameters, ...rest };
  if ('error' in golden.expected) throw new TypeError('This case has no features.');
  const { windows = 1, expected } = golden;
  const { block, input } = blockOf(golden, expected.length / windows);
  const computation = makeDspBlock(block, input);
  const samples = samplesOf(golden.input);
  const all = new Float32Array(expected.length);
  for (let window = 0; window < windows; window++) {
    const from = window * input.featureCount;
    const out = all.subarray(window * block.outputSize, (window + 1) * block.outputSize);
    computation.compute(samples.subarray(from, from + input.featureCount), out);
  }
  return all;
}

const succeeding = (file: string) => casesOf<DspCase>(file).filter(({ expected }) => !('error' in expected));

describe.each(['raw', 'flatten', 'mfe', 'spectrogram', 'spectral-analysis'])(
  '%s equals the reference to the last bit',
  (file) => {
    it.each(succeeding(file))('$name', (golden) => {
      if ('error' in golden.expected) throw new TypeError('unreachable');
      expect(differing(features(golden), samplesOf(golden.expected))).toBe(0);
    });
  },
);

describe('mfcc equals the reference', () => {
  it.each(succeeding('mfcc'))('$name', (golden) => {
    if ('error' in golden.expected) throw new TypeError('unreachable');
    const want = samplesOf(golden.expected);
    const got = features(golden);
    const largest = want.reduce((most, value, index) => Math.max(most, Math.abs(value - got[index]!)), 0);
    expect(got).toHaveLength(want.length);
    expect(largest).toBeLessThan(MFCC_TOLERANCE);
    expect(differing(got, want)).toBeLessThan(want.length / 8);
  });

  it.each(casesOf<DspCase>('mfcc').filter(({ expected }) => 'error' in expected))('$name', (golden) => {
    const { block, input } = blockOf(golden, 5 * 13);
    expect(() => makeDspBlock(block, input)).toThrow(/num_filters is 31; expected an even number/);
  });
});

describe('slice by slice equals the reference', () => {
  it.each(casesOf<ContinuousCase>('continuous'))('$name', (golden) => {
    const { block, input } = blockOf(golden, golden.outputLength);
    const length = golden.parameters.slice_size ?? 0;
    const sliced = makeSlicedBlock(block, input, length);
    const samples = samplesOf(golden.input);
    const tolerance = block.type === 'mfcc' ? MFCC_TOLERANCE : 0;
    for (const [index, { rowsWritten, cols, data }] of golden.expected.slices.entries()) {
      const written = sliced.push(samples.subarray(index * length, (index + 1) * length));
      expect(written).toBe(rowsWritten * cols);
      const matrix = sliced.matrix.slice();
      sliced.normalise(matrix);
      const want = floatsOf(data);
      const largest = want.reduce((most, value, at) => Math.max(most, Math.abs(value - matrix[at]!)), 0);
      expect(largest).toBeLessThanOrEqual(tolerance);
    }
  });
});

describe('data normalisation equals the reference to the last bit', () => {
  it.each(casesOf<ScalerCase>('normalization'))('$name', ({ input, mean, scale, expected }) => {
    const values = samplesOf(input);
    const standardScaler = { mean: [...floatsOf(mean)], scale: [...floatsOf(scale)] };
    makeStandardScaler({
      id: 1,
      type: 'raw',
      implementationVersion: 1,
      axes: [0],
      outputSize: values.length,
      parameters: {},
      standardScaler,
    })?.(values);
    expect(differing(values, samplesOf(expected))).toBe(0);
  });
});
