import { describe, expect, it } from 'vitest';
import type { DspBlock, SignalInput } from '../../src/deployment/impulse.js';
import { ClosedError, DeploymentError, InputError, UnsupportedError } from '../../src/errors.js';
import { makeComputation } from '../../src/preprocess/dsp/computation.js';
import { makeRemoteComputation } from '../../src/preprocess/dsp/thread.js';
import { makeContinuousDsp, makeSignalProcessor, signalFeatures } from '../../src/preprocess/signal.js';
import type { ContinuousCase, DspCase } from './dsp/cases.js';
import { blockOf, casesOf, samplesOf } from './dsp/cases.js';
import { refusal } from './refusal.js';

const INPUT: SignalInput = {
  inputType: 'time-series',
  featureCount: 6,
  axes: ['x', 'y', 'z'],
  frequencyHz: 50,
};
const RAW: DspBlock = {
  id: 3,
  type: 'raw',
  implementationVersion: 1,
  axes: [0, 1, 2],
  outputSize: 6,
  parameters: { scale_axes: 2 },
};
const VALUES = [1, 2, 3, 4, 5, 6];
const features = (values: ArrayLike<number>, ...dspBlocks: DspBlock[]) =>
  signalFeatures(values, { input: INPUT, dspBlocks });

describe('what can not be computed is refused', () => {
  it('another number of values', async () => {
    const error = await refusal(() => features([1, 2], RAW));
    expect(error).toBeInstanceOf(InputError);
    expect(error.code).toBe('ERR_INPUT_LENGTH');
    expect(error.message).toContain('Expected 6 numbers');
    expect(error.message).toContain('x, y, z');
  });

  it.each([Number.NaN, Infinity, 1e300])('the value %d', async (value) => {
    const error = await refusal(() => features([1, 2, 3, 4, 5, value], RAW));
    expect(error.code).toBe('ERR_INPUT_NOT_FINITE');
    expect(error.message).toContain('value 5 of 6');
  });

  it('a value that is infinite once it is scaled', async () => {
    const error = await refusal(() => features([3e38, 0, 0, 0, 0, 0], RAW));
    expect(error.code).toBe('ERR_INPUT_NOT_FINITE');
    expect(error.message).toContain('Feature 0 of 6 is Infinity');
  });

  it('a block that is not known', async () => {
    const error = await refusal(() => features(VALUES, { ...RAW, type: 'custom' }));
    expect(error).toBeInstanceOf(UnsupportedError);
    expect(error.code).toBe('ERR_UNSUPPORTED_BLOCK');
    expect(error.message).toContain('{ tensor }');
  });

  it.each([
    ['more features than a window gives', { outputSize: 7 }, 'ERR_DEPLOYMENT_INCONSISTENT'],
    ['an axis that the input does not have', { axes: [3] }, 'ERR_DEPLOYMENT_INCONSISTENT'],
    ['a scale that is no number', { parameters: { scale_axes: 'two' } }, 'ERR_METADATA_INVALID'],
    [
      'other means than features',
      { standardScaler: { mean: [1], scale: [1] } },
      'ERR_DEPLOYMENT_INCONSISTENT',
    ],
  ])('a block that promises or wants %s', async (_, change, code) => {
    const error = await refusal(() => features(VALUES, { ...RAW, ...change }));
    expect(error).toBeInstanceOf(DeploymentError);
    expect(error.code).toBe(code);
  });

  it('pictures', async () => {
    const input = {
      inputType: 'image',
      width: 3,
      height: 2,
      channels: 'RGB',
      resizeMode: 'squash',
      cropAnchor: 'middle-center',
    } as const;
    expect((await refusal(() => signalFeatures(VALUES, { input, dspBlocks: [] }))).code).toBe(
      'ERR_INPUT_TYPE',
    );
  });
});

describe('the raw block', () => {
  it('scales, in float32', async () => {
    expect(await features(VALUES, RAW)).toEqual(Float32Array.of(2, 4, 6, 8, 10, 12));
    const tenth = { ...RAW, parameters: { scale_axes: 0.1 } };
    expect((await features(VALUES, tenth))[2]).toBe(Math.fround(Math.fround(0.1) * 3));
  });

  it('has scale 1 where none is stated', async () => {
    expect([...(await features(VALUES, { ...RAW, parameters: {} }))]).toEqual(VALUES);
  });

  it('takes only its axes, in its order', async () => {
    expect([...(await features(VALUES, { ...RAW, axes: [2, 0], outputSize: 4 }))]).toEqual([6, 2, 12, 8]);
    expect([...(await features(VALUES, { ...RAW, axes: [2, 1, 0] }))]).toEqual([6, 4, 2, 12, 10, 8]);
  });

  it('gives no more than it promises, where the window is longer', async () => {
    expect([...(await features(VALUES, { ...RAW, outputSize: 4 }))]).toEqual([2, 4, 6, 8]);
  });
});

it('several blocks give their features one after the other, each with its own data normalisation', async () => {
  const standardScaler = { mean: [4, 8], scale: [10, 0.5] };
  const first = { ...RAW, axes: [1], outputSize: 2, standardScaler };
  const second = { ...RAW, id: 4, axes: [0], outputSize: 2, parameters: { scale_axes: 1 } };
  expect([...(await features(VALUES, first, second))]).toEqual([0, 1, 1, 4]);
});

it('an impulse without DSP blocks gets its values unchanged', async () => {
  expect(await features(VALUES)).toEqual(Float32Array.from(VALUES));
});

it('the values may be changed as soon as the call has returned', async () => {
  const values = [...VALUES];
  const promise = features(values, RAW);
  values.fill(0);
  expect([...(await promise)]).toEqual([2, 4, 6, 8, 10, 12]);
});

describe('a processor', () => {
  const averaging: DspBlock = {
    ...RAW,
    type: 'flatten',
    axes: [0],
    outputSize: 1,
    parameters: { moving_avg_num_windows: 2 },
  };

  it('remembers windows; signalFeatures() does not', async () => {
    const processor = makeSignalProcessor({ input: INPUT, dspBlocks: [averaging] });
    const window = (value: number) => new Array<number>(6).fill(value);
    const averages = await Promise.all(
      [2, 4, 8].map(async (value) => (await processor.features(window(value)))[0]),
    );
    expect(averages).toEqual([2, 3, 6]);
    expect(await features(window(4), averaging)).toEqual(Float32Array.of(4));
    processor.close();
  });
});

describe('the thread for signal processing', () => {
  const [golden] = casesOf<DspCase>('mfe').filter(({ name }) => name === 'mfe v4');
  if (golden === undefined || 'error' in golden.expected) throw new TypeError('The case is missing.');
  const want = samplesOf(golden.expected);
  const { block, input } = blockOf(golden, want.length);
  const impulse = { input, dspBlocks: [block] };
  const samples = samplesOf(golden.input);

  it('gives the same as this one, whatever is asked of it at once', async () => {
    const remote = [1, 2, 3].map(() => makeRemoteComputation('window', impulse));
    const results = await Promise.all([...remote, ...remote].map((one) => one.compute(samples.slice())));
    for (const result of results) expect(result).toEqual(want);
    for (const one of remote) one.close();
  });

  it('takes what is too much for the event loop, and keeps its turn', async () => {
    expect(makeComputation('window', impulse).operations).toBeGreaterThan(300_000);
    const processor = makeSignalProcessor(impulse);
    const all = await Promise.all([processor.features(samples), processor.features(samples.slice().fill(0))]);
    expect(all[0]).toEqual(want);
    expect(all[1]).toEqual(new Float32Array(want.length));
    processor.close();
    expect(await refusal(() => processor.features(samples))).toBeInstanceOf(ClosedError);
  });

  it('answers those who wait when it is closed', async () => {
    const processor = makeSignalProcessor(impulse);
    const waiting = processor.features(samples);
    processor.close();
    expect(await waiting).toEqual(want);
  });

  it('tells what is wrong with a window by the same errors', async () => {
    const processor = makeSignalProcessor(impulse);
    const error = await refusal(() => processor.features(new Float32Array(samples.length).fill(3e38)));
    expect(error).toBeInstanceOf(InputError);
    expect(error.code).toBe('ERR_INPUT_NOT_FINITE');
    expect(await processor.features(samples)).toEqual(want);
    processor.close();
  });
});

describe('a signal that comes slice by slice', () => {
  const cases = casesOf<ContinuousCase>('continuous');

  it.each(cases)('gives features once a window is full: $name', async (golden) => {
    const { block, input } = blockOf(golden, golden.outputLength);
    const continuous = makeContinuousDsp({ input, dspBlocks: [block] });
    expect(continuous.sliceLength).toBe(golden.parameters.slice_size);
    const samples = samplesOf(golden.input);
    let written = 0;
    for (const [index, { rowsWritten, cols, data }] of golden.expected.slices.entries()) {
      const from = index * continuous.sliceLength;
      const got = await continuous.push(samples.subarray(from, from + continuous.sliceLength));
      written += rowsWritten * cols;
      const want = samplesOf({ dtype: 'float32', length: 0, data });
      if (written < golden.outputLength) expect(got).toBeUndefined();
      else for (const [at, value] of want.entries()) expect(got?.[at]).toBeCloseTo(value, 5);
    }
    expect(written).toBeGreaterThanOrEqual(golden.outputLength);
    continuous.close();
  });

  const [mfcc] = cases;
  if (mfcc === undefined) throw new TypeError('The case is missing.');
  const { block, input } = blockOf(mfcc, mfcc.outputLength);
  const impulse = (change: Partial<DspBlock>, of: Partial<SignalInput> = {}) => ({
    input: { ...input, ...of },
    dspBlocks: [{ ...block, ...change }],
  });

  it.each([
    ['a block that needs whole windows', { type: 'flatten' }, {}, 'ERR_UNSUPPORTED_BLOCK', 'slice by slice'],
    ['a block that is not known', { type: 'mine' }, {}, 'ERR_UNSUPPORTED_BLOCK', 'not computed here'],
    [
      'the first MFE',
      { type: 'mfe', implementationVersion: 1 },
      {},
      'ERR_UNSUPPORTED_BLOCK',
      'whole windows',
    ],
    ['slices of no size', {}, { sliceSize: 0 }, 'ERR_METADATA_MISSING', 'EI_CLASSIFIER_SLICE_SIZE'],
    [
      'slices shorter than a frame',
      {},
      { sliceSize: 100 },
      'ERR_METADATA_INVALID',
      'at most the 100 samples of a slice',
    ],
    [
      'frames shorter than their distance',
      { parameters: { ...block.parameters, frame_length: 0.01 } },
      {},
      'ERR_METADATA_INVALID',
      'at least the frame_stride',
    ],
    [
      'slices longer than a window',
      {},
      { sliceSize: 20_000 },
      'ERR_DEPLOYMENT_INCONSISTENT',
      'more features',
    ],
    [
      'rows that are no whole number',
      { outputSize: 638 },
      {},
      'ERR_DEPLOYMENT_INCONSISTENT',
      'no rows of 13',
    ],
  ])('%s is refused', async (_, change, of, code, message) => {
    const error = await refusal(() => makeContinuousDsp(impulse(change, of)));
    expect(error.code).toBe(code);
    expect(error.message).toContain(message);
  });

  it('an impulse without blocks is refused', async () => {
    const error = await refusal(() => makeContinuousDsp({ input, dspBlocks: [] }));
    expect(error.code).toBe('ERR_UNSUPPORTED_BLOCK');
  });

  it('another number of samples is refused, and the stream goes on', async () => {
    const continuous = makeContinuousDsp(impulse({}));
    const error = await refusal(() => continuous.push([1, 2]));
    expect(error.code).toBe('ERR_INPUT_LENGTH');
    expect(error.message).toContain('one slice');
    expect(await continuous.push(new Float32Array(continuous.sliceLength))).toBeUndefined();
    continuous.close();
  });
});
