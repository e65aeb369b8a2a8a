import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DspBlock, SignalInput } from '../../../src/deployment/impulse.js';
import { DeploymentError, isImpulseError, UnsupportedError } from '../../../src/errors.js';
import { makeComputation } from '../../../src/preprocess/dsp/computation.js';
import { decimate, decimatedLength } from '../../../src/preprocess/dsp/decimate.js';
import { makeDspBlock } from '../../../src/preprocess/dsp/make-block.js';
import { refusal } from '../refusal.js';

const AUDIO: SignalInput = { inputType: 'audio', featureCount: 8000, axes: ['audio'], frequencyHz: 16000 };
const MOTION: SignalInput = {
  inputType: 'time-series',
  featureCount: 3 * 400,
  axes: ['x', 'y', 'z'],
  frequencyHz: 100,
};
const MFCC = block('mfcc', 25 * 13, {
  num_cepstral: 13,
  frame_length: 0.02,
  frame_stride: 0.02,
  num_filters: 32,
  fft_length: 256,
  win_size: 101,
  low_frequency: 0,
  high_frequency: 0,
  pre_cof: 0.98,
  pre_shift: 1,
});
const MFE = block('mfe', 49 * 40, {
  frame_length: 0.02,
  frame_stride: 0.01,
  num_filters: 40,
  fft_length: 256,
  low_frequency: 0,
  high_frequency: 0,
  win_size: 101,
  noise_floor_db: -52,
});
const SPECTROGRAM = block('spectrogram', 49 * 65, {
  frame_length: 0.02,
  frame_stride: 0.01,
  fft_length: 128,
  noise_floor_db: -52,
});
const SPECTRAL = block(
  'spectral-analysis',
  3 * 13,
  {
    scale_axes: 1,
    input_decimation_ratio: 1,
    filter_type: 'none',
    analysis_type: 'FFT',
    fft_length: 16,
    do_log: true,
    do_fft_overlap: true,
    extra_low_freq: false,
  },
  [0, 1, 2],
);
const WAVELET = block(
  'spectral-analysis',
  3 * 28,
  { filter_type: 'none', analysis_type: 'Wavelet', wavelet: 'db4', wavelet_level: 1 },
  [0, 1, 2],
);
const FLATTEN = block('flatten', 3, { scale_axes: 1, average: true }, [0, 1, 2]);

function block(
  type: string,
  outputSize: number,
  parameters: DspBlock['parameters'],
  axes: readonly number[] = [0],
): DspBlock {
  return { id: 3, type, implementationVersion: type === 'flatten' ? 1 : 4, axes, outputSize, parameters };
}

/** As a header without the parameter, or with another value. */
function changed(from: DspBlock, name: string, value: string | number | boolean | undefined): DspBlock {
  const { [name]: _, ...others } = from.parameters;
  return { ...from, parameters: value === undefined ? others : { ...others, [name]: value } };
}

function compute(of: DspBlock, input: SignalInput, signal: Float32Array): Float32Array {
  const out = new Float32Array(of.outputSize);
  makeDspBlock(of, input).compute(signal, out);
  return out;
}

const wave = (length: number): Float32Array =>
  Float32Array.from({ length }, (_, index) => Math.sin(index * index * 0.37) * 50);

it('the blocks of these tests can be made', () => {
  for (const audio of [MFCC, MFE, SPECTROGRAM])
    expect(makeDspBlock(audio, AUDIO).outputSize).toBe(audio.outputSize);
  for (const motion of [SPECTRAL, WAVELET, FLATTEN]) {
    expect(makeDspBlock(motion, MOTION).outputSize).toBe(motion.outputSize);
  }
});

describe('blocks that are not computed here are refused by name, with what to do', () => {
  it.each([
    ['hr', 'licensed'],
    ['eeg', 'licensed'],
    ['audio-syntiant', 'chip'],
    ['syntiant-imu', 'chip'],
    ['tflite', 'model of its own'],
    ['tflite-eon', 'model of its own'],
    ['my-own-block', 'Computed are'],
  ])('%s', async (type, reason) => {
    const error = await refusal(() => makeDspBlock({ ...MFCC, type }, AUDIO));
    expect(error).toBeInstanceOf(UnsupportedError);
    expect(error.code).toBe('ERR_UNSUPPORTED_BLOCK');
    expect(error.message).toContain(`'${type}' block (id 3)`);
    expect(error.message).toContain(reason);
    expect(error.message).toContain('{ tensor }');
  });

  it.each([
    [MFCC, 0],
    [MFCC, 5],
    [MFE, 5],
    [SPECTROGRAM, 5],
    [SPECTRAL, 5],
    [WAVELET, 5],
    [FLATTEN, 2],
    [block('raw', 1, {}), 2],
  ])('$type of an unknown version', async (known, implementationVersion) => {
    const input = known.axes.length === 1 ? AUDIO : MOTION;
    const error = await refusal(() => makeDspBlock({ ...known, implementationVersion }, input));
    expect(error.code).toBe('ERR_UNSUPPORTED_BLOCK');
    expect(error.message).toContain(`Version ${implementationVersion} of the '${known.type}' block`);
  });
});

describe('parameters that can not be are refused, by name and with what is expected', () => {
  it.each([
    [MFCC, 'num_filters', 31, 'an even number'],
    [MFCC, 'num_filters', undefined, 'missing'],
    [MFCC, 'num_cepstral', 33, 'from 1 to 32'],
    [MFCC, 'fft_length', 255, 'an even number'],
    [MFCC, 'fft_length', 0, 'from 2'],
    [MFCC, 'frame_length', 0, 'at least one sample'],
    [MFCC, 'frame_stride', 0, 'at least one sample'],
    [MFCC, 'frame_stride', 'often', "'often'"],
    [MFCC, 'pre_shift', 0, 'from 1 to 8000'],
    [MFCC, 'win_size', 2.5, 'a whole number'],
    [MFCC, 'high_frequency', 8001, 'at most 8000 Hz'],
    [MFCC, 'low_frequency', 8000, 'less than 8000 Hz'],
    [MFE, 'noise_floor_db', 12, 'at most 11'],
    [MFE, 'noise_floor_db', undefined, 'missing'],
    [SPECTROGRAM, 'frame_length', undefined, 'missing'],
    [SPECTRAL, 'analysis_type', 'Magic', "one of 'FFT', 'Wavelet'"],
    [SPECTRAL, 'filter_type', 'band', "one of 'none', 'low', 'high'"],
    [SPECTRAL, 'input_decimation_ratio', 7, 'one of 1, 3, 10, 30, 100, 1000'],
    [SPECTRAL, 'do_log', 'yes', 'true or false'],
    [SPECTRAL, 'scale_axes', 'two', 'a number'],
    [WAVELET, 'wavelet', 'db99', "'db10'"],
    [WAVELET, 'wavelet_level', 8, 'from 1 to 7'],
    [FLATTEN, 'average', 2, 'true or false'],
    [FLATTEN, 'moving_avg_num_windows', -1, 'from 0'],
  ])('$type', async (of, name, value, expected) => {
    const input = of.axes.length === 1 ? AUDIO : MOTION;
    const error = await refusal(() => makeDspBlock(changed(of, name, value), input));
    expect(error).toBeInstanceOf(DeploymentError);
    expect(error.code).toBe('ERR_METADATA_INVALID');
    expect(error.message).toContain(`${name} is `);
    expect(error.message).toContain(expected);
  });

  it('edges of version 1 that are no numbers', async () => {
    const old = { ...SPECTRAL, implementationVersion: 1 };
    const parameters = { ...old.parameters, spectral_peaks_count: 3, spectral_peaks_threshold: 0.1 };
    const error = await refusal(() =>
      makeDspBlock({ ...old, parameters: { ...parameters, spectral_power_edges: '0.1, many' } }, MOTION),
    );
    expect(error.message).toContain("spectral_power_edges is '0.1, many'; expected numbers");
  });

  it.each([MFCC, MFE, SPECTROGRAM])('$type of several axes, or of samples without time', async (of) => {
    expect((await refusal(() => makeDspBlock({ ...of, axes: [0, 1] }, MOTION))).message).toContain(
      'one axis',
    );
    const timeless = { ...AUDIO, frequencyHz: 0 };
    expect((await refusal(() => makeDspBlock(of, timeless))).message).toContain('needs the frequency');
  });

  it('a window too short for its wavelets', async () => {
    const deep = { ...changed(WAVELET, 'wavelet_level', 4), outputSize: 3 * 70 };
    expect((await refusal(() => makeDspBlock(deep, MOTION))).message).toContain('need 512 samples');
  });

  it('a spectrogram whose frames the reference counts in two ways', async () => {
    const input = { ...AUDIO, featureCount: 1000, frequencyHz: 62.5 };
    const slow = changed(changed(SPECTROGRAM, 'frame_length', 1.01), 'frame_stride', 1);
    const error = await refusal(() => makeDspBlock(slow, input));
    expect(error).toMatchObject({ code: 'ERR_METADATA_INVALID' });
    expect(error.message).toContain('whole frequency');
  });
});

describe('whatever headers say, a block computes or is refused', () => {
  const number = fc.oneof(
    fc.integer({ min: -2, max: 600 }),
    fc.constantFrom(0.01, 0.02, 0.5, 1e9, -52, 998, 4096, 65534, 1e300, Number.NaN),
  );
  const value = fc.oneof(
    number,
    fc.boolean(),
    fc.constantFrom('low', 'high', 'db4', 'Wavelet', '0.1, 5', ''),
  );

  it.each([MFCC, MFE, SPECTROGRAM, SPECTRAL, WAVELET, FLATTEN])('$type', (of) => {
    const names = [...Object.keys(of.parameters), 'filter_cutoff', 'filter_order', 'moving_avg_num_windows'];
    const changes = fc.dictionary(fc.constantFrom(...names), value, { maxKeys: 3 });
    const input = of.axes.length === 1 ? AUDIO : MOTION;
    fc.assert(
      fc.property(changes, fc.integer({ min: 1, max: 4 }), (parameters, implementationVersion) => {
        const changedBlock = {
          ...of,
          implementationVersion,
          parameters: { ...of.parameters, ...parameters },
        };
        try {
          const computation = makeDspBlock(changedBlock, input);
          const out = new Float32Array(computation.outputSize);
          if (computation.operations < 2e6) computation.compute(wave(input.featureCount), out);
        } catch (error) {
          expect(isImpulseError(error)).toBe(true);
        }
      }),
      { numRuns: 100 },
    );
  });

  it('also a frame of a thousand years, and a window of a million hours', async () => {
    const long = changed(SPECTROGRAM, 'frame_length', 3e10);
    expect((await refusal(() => makeDspBlock(long, AUDIO))).message).toContain(
      'at most the 8000 samples of a window',
    );
    const raw = block('raw', 10, {});
    for (const dspBlocks of [[], [raw]]) {
      const huge = { input: { ...AUDIO, featureCount: 2 ** 50 }, dspBlocks };
      expect(await refusal(() => makeComputation('window', huge))).toMatchObject({
        code: 'ERR_METADATA_INVALID',
      });
    }
  });

  it('also one that would take minutes', async () => {
    // Half of it is a large prime.
    const slow = { ...changed(SPECTROGRAM, 'fft_length', 64994), outputSize: 49 * 32498 };
    const error = await refusal(() => makeComputation('window', { input: AUDIO, dspBlocks: [slow] }));
    expect(error).toMatchObject({ code: 'ERR_METADATA_INVALID' });
    expect(error.message).toContain('operations');
  });
});

describe('promises that are not kept are refused', () => {
  it.each([MFCC, MFE, SPECTROGRAM, SPECTRAL, WAVELET, FLATTEN])('$type', async (of) => {
    const input = of.axes.length === 1 ? AUDIO : MOTION;
    const error = await refusal(() => makeDspBlock({ ...of, outputSize: of.outputSize * 2 }, input));
    expect(error).toBeInstanceOf(DeploymentError);
    expect(error.code).toBe('ERR_DEPLOYMENT_INCONSISTENT');
    expect(error.message).toContain(`${of.outputSize * 2} features`);
  });
});

describe('a block', () => {
  it.each([MFCC, MFE, SPECTROGRAM, SPECTRAL, WAVELET, FLATTEN])(
    '$type gives the same again, and does not touch its window',
    (of) => {
      const input = of.axes.length === 1 ? AUDIO : MOTION;
      const computation = makeDspBlock(of, input);
      const signal = wave(input.featureCount);
      const [first, second] = [new Float32Array(of.outputSize), new Float32Array(of.outputSize)];
      computation.compute(signal, first);
      computation.compute(wave(input.featureCount).reverse(), second);
      computation.compute(signal, second);
      expect(second).toEqual(first);
      expect(signal).toEqual(wave(input.featureCount));
      expect(first.every(Number.isFinite)).toBe(true);
    },
  );

  it.each([MFCC, MFE, SPECTROGRAM])('$type of silence is finite', (of) => {
    expect(compute(of, AUDIO, new Float32Array(8000)).every(Number.isFinite)).toBe(true);
  });

  it.each([SPECTRAL, WAVELET, FLATTEN])('$type of a constant is finite', (of) => {
    expect(compute(of, MOTION, new Float32Array(1200).fill(9.8)).every(Number.isFinite)).toBe(true);
  });

  it.each([MFCC, MFE, SPECTROGRAM, SPECTRAL, FLATTEN])(
    '$type of numbers too large for float32 is not finite, never some number',
    (of) => {
      const input = of.axes.length === 1 ? AUDIO : MOTION;
      const features = compute(
        {
          ...of,
          parameters: { ...of.parameters, rms: true },
          outputSize: of === FLATTEN ? 6 : of.outputSize,
        },
        input,
        wave(input.featureCount).map((value) => value * 1e36),
      );
      expect(features.every(Number.isFinite)).toBe(false);
    },
  );

  it('sees only its axes, in its order', () => {
    const two = { ...SPECTRAL, axes: [2, 0], outputSize: 26 };
    const all = compute(SPECTRAL, MOTION, wave(1200));
    const picked = compute(two, MOTION, wave(1200));
    expect(picked).toEqual(Float32Array.of(...all.subarray(26, 39), ...all.subarray(0, 13)));
  });

  it('of version 3 scales a frame of 16-bit numbers, and leaves one of -1..1', () => {
    const third = { ...SPECTROGRAM, implementationVersion: 3 };
    const loud = wave(8000).map((value) => value * 300);
    const quiet = loud.map((value) => value / 32768);
    expect(compute(third, AUDIO, loud)).toEqual(compute(third, AUDIO, quiet));
  });

  it('selects bins also with a filter of order 0', () => {
    const low = {
      ...changed(changed(SPECTRAL, 'filter_type', 'low'), 'filter_cutoff', 12.5),
      outputSize: 3 * 7,
    };
    const kept = compute(changed(low, 'filter_order', 0), MOTION, wave(1200));
    const all = compute(SPECTRAL, MOTION, wave(1200));
    expect(kept.subarray(0, 7)).toEqual(all.subarray(0, 7));
  });
});

describe('a decimation in stages', () => {
  // The reference runs every stage over the whole row; only its beginning holds what the stage before gave.
  it.each([
    [30, [3, 10]],
    [100, [10, 10]],
    [1000, [10, 10, 10]],
  ] as const)('by %d gives as many samples as its last stage', (ratio, stages) => {
    const one: SignalInput = { ...MOTION, featureCount: 400, axes: ['x'] };
    const row = wave(400);
    for (const stage of stages) decimate(row, stage, row, new Float32Array(400));
    const left = row.slice(0, decimatedLength(400, 10));
    const after: SignalInput = { ...one, featureCount: left.length, frequencyHz: 100 / ratio };
    const plain = { ...SPECTRAL, axes: [0], outputSize: 13 };
    expect(compute(changed(plain, 'input_decimation_ratio', ratio), one, wave(400))).toEqual(
      compute(plain, after, left),
    );
  });
});

describe('a moving average', () => {
  const averaging = {
    ...block('flatten', 1, { scale_axes: 1, average: false, moving_avg_num_windows: 3 }),
  };
  const tiny: SignalInput = { inputType: 'other', featureCount: 2, axes: ['x'], frequencyHz: 0 };

  it('is of the last windows, fewer at the start', () => {
    const computation = makeDspBlock(averaging, tiny);
    const out = new Float32Array(1);
    const averages = [3, 6, 9, 0, 0, 0].map((value) => {
      computation.compute(Float32Array.of(value, value), out);
      return out[0];
    });
    expect(averages).toEqual([3, 4.5, 6, 5, 3, 0]);
  });
});
