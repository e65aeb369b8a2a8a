/**
 * Resident memory over a long life, for every engine: a deployment is opened and closed many times and, in another process,
 * classifies many times. `node benchmarks/soak.mjs [--full]`
 */
import { parseArgs } from 'node:util';
import { benchmarkModels } from './support/models.mjs';
import { progress, report } from './support/report.mjs';
import { number } from './support/table.mjs';
import { nodeTrial } from './support/trials.mjs';

const TRIAL = new URL('./support/soak-trial.mjs', import.meta.url);
const COUNTS = { open: 300, classify: 10_000 };
/** At least; more where it takes long until the allocator has all that it ever needs. */
const FULL_COUNTS = { open: 1000, classify: 100_000 };

const { values } = parseArgs({ options: { full: { type: 'boolean', default: false } } });

const [keywords] = await benchmarkModels(['keyword spotting int8']);
const [shapes] = await benchmarkModels(['FOMO 96 int8']);
const [digits] = await benchmarkModels(['MNIST 28 ONNX']);
const small = keywords ?? shapes;
const ways = [
  ['tflite, xnnpack', small, { engine: 'tflite' }, { open: 4000, classify: 400_000 }],
  ['tflite, own kernels', small, { engine: 'tflite', xnnpack: false }, { open: 4000 }],
  ['litert-wasm', small, { engine: 'litert-wasm' }],
  ['onnx', digits, { engine: 'onnx' }, { classify: 400_000 }],
];

const rows = ways.flatMap(([name, model, engine, more]) =>
  model === undefined ? [] : soak(name, model, engine, values.full ? { ...FULL_COUNTS, ...more } : COUNTS),
);
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
    ...(values.full
      ? []
      : ['Counts are small: for slopes that mean something, `npm run bench -- --full soak`.']),
    'Least squares over the second half, a sample in every 200th part, after a garbage collection; +-: two standard errors of the slope, as if samples did not depend on each other.',
  ],
});

function soak(name, { name: model, source, modelInfo, side }, engine, counts) {
  progress(name);
  const options = { ...engine, threads: 1, modelInfo };
  const input = side === undefined ? 'tensor' : 'frame';
  return Object.entries(counts).map(([what, count]) => {
    const { firstMiB, lastMiB, slope, error2 } = nodeTrial(TRIAL, { source, options, input, what, count })();
    return [name, model, what === 'open' ? 'open, close' : what, count, firstMiB, lastMiB, slope, error2];
  });
}
