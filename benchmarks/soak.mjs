/**
 * Resident memory over a long life, for every engine, each in a process of its own: a deployment is opened and closed many
 * times, then classifies many times. `node benchmarks/soak.mjs [--full]`
 */
import { parseArgs } from 'node:util';
import { benchmarkModels } from './support/models.mjs';
import { progress, report } from './support/report.mjs';
import { number } from './support/table.mjs';
import { nodeTrial } from './support/trials.mjs';

const TRIAL = new URL('./support/soak-trial.mjs', import.meta.url);
const COUNTS = { opens: 100, runs: 10_000 };
const FULL_COUNTS = { opens: 1000, runs: 100_000 };

const { values } = parseArgs({ options: { full: { type: 'boolean', default: false } } });
const counts = values.full ? FULL_COUNTS : COUNTS;

const [keywords] = await benchmarkModels(['keyword spotting int8']);
const [shapes] = await benchmarkModels(['FOMO 96 int8']);
const [digits] = await benchmarkModels(['MNIST 28 ONNX']);
const small = keywords ?? shapes;
const ways = [
  ['tflite, xnnpack', small, { engine: 'tflite' }],
  ['tflite, own kernels', small, { engine: 'tflite', xnnpack: false }],
  ['litert-wasm', small, { engine: 'litert-wasm' }],
  ['onnx', digits, { engine: 'onnx' }],
];

const rows = ways.flatMap(([name, model, engine]) => (model === undefined ? [] : soak(name, model, engine)));
report({
  title: 'Resident memory',
  columns: [
    'engine',
    'model',
    'what',
    number('times', 0),
    number('from, MiB', 1),
    number('to, MiB', 1),
    number('slope, KiB per 1000', 1),
    number('+-', 1),
  ],
  rows,
  notes: [
    'Least squares over the second half, a sample in every 200th part, after a garbage collection; +-: two standard errors of the slope.',
  ],
});

function soak(name, { name: model, source, modelInfo, side }, engine) {
  progress(name);
  const options = { ...engine, threads: 1, modelInfo };
  const input = side === undefined ? 'tensor' : 'frame';
  const { opening, classifying } = nodeTrial(TRIAL, { source, options, input, ...counts })();
  const row = (what, { count, firstMiB, lastMiB, slope, error2 }) => {
    return [name, model, what, count, firstMiB, lastMiB, slope, error2];
  };
  return [row('open, close', opening), row('classify', classifying)];
}
