import { describe, expect, it } from 'vitest';
import type { DspBlock, SignalInput } from '../../src/deployment/impulse.js';
import { DeploymentError, InputError, UnsupportedError } from '../../src/errors.js';
import { signalFeatures } from '../../src/preprocess/signal.js';
import { arrayOf, goldenCases, type RawCase } from './golden.js';
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
    expect((await refusal(() => features([3e38, 0, 0, 0, 0, 0], RAW))).code).toBe('ERR_INPUT_NOT_FINITE');
  });

  it.each(['mfcc', 'mfe', 'spectrogram', 'spectral-analysis', 'flatten', 'custom'])(
    'the block %s',
    async (type) => {
      const error = await refusal(() => features(VALUES, { ...RAW, type }));
      expect(error).toBeInstanceOf(UnsupportedError);
      expect(error.code).toBe('ERR_UNSUPPORTED_BLOCK');
      expect(error.message).toContain(`'${type}'`);
      expect(error.message).toContain('{ tensor }');
    },
  );

  it.each([
    ['more features than a window gives', { outputSize: 7 }, 'ERR_DEPLOYMENT_INCONSISTENT'],
    ['an axis that the input does not have', { axes: [3] }, 'ERR_DEPLOYMENT_INCONSISTENT'],
    ['a scale that is no number', { parameters: { scale_axes: 'two' } }, 'ERR_METADATA_INVALID'],
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

describe('the raw block equals the reference (cpp-sdk)', () => {
  it.each(goldenCases<RawCase>('raw'))('$name', ({ parameters, input, expected }) => {
    const values = arrayOf(input);
    const axes = Array.from({ length: parameters.axes }, (_, index) => index);
    const block = {
      ...RAW,
      axes,
      outputSize: values.length,
      parameters: { scale_axes: parameters.scale_axes },
    };
    const signal = { ...INPUT, axes: axes.map(String), featureCount: values.length };
    expect(signalFeatures(values, { input: signal, dspBlocks: [block] })).toEqual(arrayOf(expected));
  });
});

describe('the raw block', () => {
  it('scales, in float32', () => {
    expect(features(VALUES, RAW)).toEqual(Float32Array.of(2, 4, 6, 8, 10, 12));
    const tenth = { ...RAW, parameters: { scale_axes: 0.1 } };
    expect(features(VALUES, tenth)[2]).toBe(Math.fround(Math.fround(0.1) * 3));
  });

  it('has scale 1 where none is stated', () => {
    expect([...features(VALUES, { ...RAW, parameters: {} })]).toEqual(VALUES);
  });

  it('takes only its axes, in its order', () => {
    expect([...features(VALUES, { ...RAW, axes: [2, 0], outputSize: 4 })]).toEqual([6, 2, 12, 8]);
    expect([...features(VALUES, { ...RAW, axes: [2, 1, 0] })]).toEqual([6, 4, 2, 12, 10, 8]);
  });

  it('gives no more than it promises, where the window is longer', () => {
    expect([...features(VALUES, { ...RAW, outputSize: 4 })]).toEqual([2, 4, 6, 8]);
  });
});

it('several blocks give their features one after the other', () => {
  const first = { ...RAW, axes: [1], outputSize: 2 };
  const second = { ...RAW, id: 4, axes: [0], outputSize: 2, parameters: { scale_axes: 1 } };
  expect([...features(VALUES, first, second)]).toEqual([4, 10, 1, 4]);
});

it('an impulse without DSP blocks gets its values unchanged', () => {
  expect(features(VALUES)).toEqual(Float32Array.from(VALUES));
});
