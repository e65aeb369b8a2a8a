/**
 * Time and memory of signal processing alone, on windows of usual sizes: `npm run build && node benchmarks/dsp.mjs`.
 * The block alone, on one thread, warm; then `makeSignalProcessor()`, which also checks and copies the samples and computes
 * the larger windows on a thread of its own: from call to features, and what of it holds the caller's thread.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { makeDspBlock } from '../dist/preprocess/dsp/make-block.js';
import { makeContinuousDsp, makeSignalProcessor } from '../dist/preprocess/index.js';
import { report } from './support/report.mjs';
import { median, quantile } from './support/statistics.mjs';
import { number } from './support/table.mjs';

if (globalThis.gc === undefined) {
  const { status } = spawnSync(process.execPath, ['--expose-gc', fileURLToPath(import.meta.url)], {
    stdio: 'inherit',
  });
  process.exit(status ?? 1);
}

const CALLS = 300;
const audio = {
  inputType: 'audio',
  featureCount: 16_000,
  axes: ['audio'],
  frequencyHz: 16_000,
  sliceSize: 4000,
};
const motion = { inputType: 'time-series', featureCount: 375, axes: ['x', 'y', 'z'], frequencyHz: 62.5 };
const frames = { frame_length: 0.02, frame_stride: 0.02, low_frequency: 0, high_frequency: 0, win_size: 101 };
const mfcc = block('mfcc', 50 * 13, [0], {
  ...frames,
  num_cepstral: 13,
  num_filters: 32,
  fft_length: 256,
  pre_cof: 0.98,
  pre_shift: 1,
});
const mfe = block('mfe', 99 * 40, [0], {
  ...frames,
  frame_stride: 0.01,
  num_filters: 40,
  fft_length: 512,
  noise_floor_db: -52,
});
const spectrogram = block('spectrogram', 99 * 129, [0], {
  ...frames,
  frame_stride: 0.01,
  fft_length: 256,
  noise_floor_db: -52,
});
const spectral = {
  do_log: true,
  do_fft_overlap: true,
  analysis_type: 'FFT',
  fft_length: 16,
  filter_type: 'none',
};
const wavelet = { analysis_type: 'Wavelet', wavelet: 'db4', wavelet_level: 1, filter_type: 'none' };
const allStatistics = Object.fromEntries(
  ['average', 'minimum', 'maximum', 'rms', 'stdev', 'skewness', 'kurtosis'].map((name) => [name, true]),
);

const cases = [
  ['MFCC, 1 s of 16 kHz, 13 coefficients', mfcc, audio],
  ['MFE, 1 s of 16 kHz, 40 filters, FFT 512', mfe, audio],
  ['spectrogram, 1 s of 16 kHz, FFT 256', spectrogram, audio],
  ['spectral analysis, 3 axes x 125, FFT 16', block('spectral-analysis', 39, [0, 1, 2], spectral), motion],
  ['wavelets db4, 3 axes x 125', block('spectral-analysis', 84, [0, 1, 2], wavelet), motion],
  ['flatten, 3 axes x 125', block('flatten', 21, [0, 1, 2], allStatistics), motion],
];

const rows = [];
for (const [name, of, input] of cases) rows.push(await measure(name, of, input));
rows.push(await measureContinuous('MFCC slice by slice, 250 ms of 16 kHz', mfcc, audio));
report({
  title: 'Signal processing of one window',
  columns: [
    'window',
    number('block, ms', 4),
    number('p95, ms', 4),
    number('KiB a call', 1),
    number('`features()`, ms', 4),
    number("of it on the caller's thread, ms", 4),
  ],
  rows,
  notes: [
    'Block: the computation alone, on one thread, warm. `features()`: from call to features, on a thread of its own where that pays.',
  ],
});

async function measure(name, of, input) {
  const signal = noise(input.featureCount);
  const computation = makeDspBlock(of, input);
  const out = new Float32Array(of.outputSize);
  const compute = () => computation.compute(signal, out);
  const times = timesOf(compute);
  const processor = makeSignalProcessor({ input, dspBlocks: [of] });
  const whole = await timesOfCalls(() => processor.features(signal));
  processor.close();
  return [
    name,
    median(times),
    quantile(times, 0.95),
    allocated(compute) / 1024,
    median(whole.total),
    median(whole.here),
  ];
}

async function measureContinuous(name, of, input) {
  const continuous = makeContinuousDsp({ input, dspBlocks: [of] });
  const slice = noise(continuous.sliceLength);
  const whole = await timesOfCalls(() => continuous.push(slice));
  continuous.close();
  return [name, null, null, null, median(whole.total), median(whole.here)];
}

/** Milliseconds of each call, warm. */
function timesOf(call) {
  const repeat = 10;
  for (let index = 0; index < CALLS; index++) call();
  return Array.from({ length: CALLS }, () => {
    const started = performance.now();
    for (let turn = 0; turn < repeat; turn++) call();
    return (performance.now() - started) / repeat;
  });
}

async function timesOfCalls(call) {
  for (let index = 0; index < CALLS; index++) await call();
  const total = [];
  const here = [];
  for (let index = 0; index < CALLS; index++) {
    const started = performance.now();
    const result = call();
    here.push(performance.now() - started);
    await result;
    total.push(performance.now() - started);
  }
  return { total, here };
}

/** Bytes that a call leaves behind. */
function allocated(call) {
  const size = () => process.memoryUsage().heapUsed + process.memoryUsage().arrayBuffers;
  const grown = (what) => {
    globalThis.gc();
    const before = size();
    for (let turn = 0; turn < 100; turn++) what();
    return (size() - before) / 100;
  };
  const samples = Array.from({ length: 9 }, () => grown(call) - grown(() => {}));
  return Math.max(0, median(samples));
}

function block(type, outputSize, axes, parameters) {
  return { id: 1, type, implementationVersion: type === 'flatten' ? 1 : 4, axes, outputSize, parameters };
}

function noise(length) {
  return Float32Array.from({ length }, (_, index) => Math.sin(index * index * 0.37) * 3000);
}
