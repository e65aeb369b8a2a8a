/**
 * `classify()` beside the bare C loop on the same library, model, input, threads and kernels. Each trial in a process of its
 * own, in turns; medians of medians. `node benchmarks/classify.mjs [--threads N] [--rounds N]`
 */
import { parseArgs } from 'node:util';
import { floorTrial, ownFacts } from './floor/own-facts.mjs';
import { benchmarkModels } from './support/models.mjs';
import { progress, report } from './support/report.mjs';
import { number } from './support/table.mjs';
import { interleave, ownTrial, required } from './support/trials.mjs';

const LARGE = { warmup: 150, runs: 150 };
const TINY = { warmup: 200, runs: 2000 };

const { values } = parseArgs({
  options: { threads: { type: 'string', default: '1' }, rounds: { type: 'string', default: '7' } },
});
const [threads, rounds] = [values.threads, values.rounds].map(Number);

await compare({
  title: 'Models of milliseconds',
  names: ['MobileNetV2 224 int8', 'MobileNetV2 224 float32'],
  counts: LARGE,
  unit: [number('ours / floor', 3)],
  difference: (floor, ours) => ours / floor,
});
await compare({
  title: 'Models of microseconds, where the way to another thread and back is what counts',
  names: [
    'keyword spotting int8',
    'keyword spotting float32',
    'MobileNetV2 0.35 96 int8',
    'MobileNetV2 0.35 96 float32',
    'MobileNetV1 96 int8',
  ],
  counts: TINY,
  unit: [number('more, us', 0)],
  difference: (floor, ours) => (ours - floor) * 1000,
});

async function compare({ title, names, counts, unit, difference }) {
  const rows = [];
  for (const model of await benchmarkModels(names)) {
    progress(model.name);
    const { name, source, modelInfo, side } = model;
    const options = { engine: 'tflite', threads, modelInfo };
    const facts = await ownFacts(model, options);
    const trial = { source, options, input: side === undefined ? 'tensor' : 'frame', ...counts };
    const results = interleave(
      {
        floor: floorTrial(model, facts, { threads, ...counts }),
        ours: ownTrial(trial),
        awake: ownTrial({ ...trial, awake: true }),
      },
      rounds,
    );
    const [floor, ours, awake] = ['floor', 'ours', 'awake'].map((who) => required(results[who]));
    rows.push([
      name,
      facts.delegate,
      floor.p50Ms,
      ours.p50Ms,
      difference(floor.p50Ms, ours.p50Ms),
      awake.p50Ms,
      difference(floor.p50Ms, awake.p50Ms),
      ours.p99Ms,
    ]);
  }
  report({
    title: `${title}, ${threads === 1 ? 'one thread' : `${threads} threads`}`,
    columns: [
      'model',
      'kernels',
      number('floor, ms', 3),
      number('ours, ms', 3),
      ...unit,
      number('awake, ms', 3),
      ...unit,
      number('ours p99, ms', 3),
    ],
    rows,
    notes: [
      `Pictures are given as ready frames, keyword spotting as a tensor. Awake: the event loop never sleeps, as in a program that does other things meanwhile; the difference is what it costs this machine to wake a core. Medians of ${rounds} rounds of ${counts.runs} calls each.`,
    ],
  });
}
