/**
 * What `isolation: 'process'` costs: opening a deployment, and `classify()` on a ready frame, beside the same in the
 * process itself. Each trial in a process of its own, in turns; medians of medians.
 * `node benchmarks/isolation.mjs [--rounds N] [--runs N]`
 */
import { parseArgs } from 'node:util';
import { benchmarkModels } from './support/models.mjs';
import { progress, report } from './support/report.mjs';
import { number } from './support/table.mjs';
import { interleave, ownTrial, required } from './support/trials.mjs';

const WARMUP = 20;

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '7' }, runs: { type: 'string', default: '100' } },
});
const [rounds, runs] = [values.rounds, values.runs].map(Number);

const rows = [];
for (const { name, source, modelInfo } of await benchmarkModels([
  'FOMO 96 int8',
  'MobileNetV2 224 int8',
  'MobileNetV2 224 float32',
  'YOLOX nano 416 ONNX',
])) {
  progress(name);
  const trial = (isolation) => {
    const options = { isolation, threads: 1, modelInfo };
    return ownTrial({ source, options, input: 'frame', warmup: WARMUP, runs });
  };
  const results = interleave({ none: trial('none'), process: trial('process') }, rounds);
  const [none, apart] = [required(results.none), required(results.process)];
  rows.push([name, none.p50Ms, apart.p50Ms, apart.p50Ms - none.p50Ms, none.openMs, apart.openMs]);
}
report({
  title: '`classify()` on a ready frame, and opening, one thread',
  columns: [
    'model',
    number('none, ms', 3),
    number('process, ms', 3),
    number('more, ms', 3),
    number('open: none, ms', 0),
    number('process, ms', 0),
  ],
  rows,
  notes: [`Medians of ${rounds} rounds of ${runs} calls each.`],
});
