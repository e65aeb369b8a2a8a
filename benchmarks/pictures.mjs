/**
 * The bytes of a JPEG to the response, beside the least that it could take: sharp decoding and resizing, and the bare C loop.
 * Each trial in a process of its own, in turns; medians of medians. `node benchmarks/pictures.mjs [--rounds N]`
 */
import { parseArgs } from 'node:util';
import { floorTrial, ownFacts } from './floor/own-facts.mjs';
import { benchmarkModels } from './support/models.mjs';
import { withMadePhoto } from './support/photo-file.mjs';
import { progress, report } from './support/report.mjs';
import { number } from './support/table.mjs';
import { interleave, nodeTrial, ownTrial, required } from './support/trials.mjs';

const SHARP_TRIAL = new URL('./support/sharp-trial.mjs', import.meta.url);
const THREADS = 1;
const COUNTS = { warmup: 10, runs: 60 };

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '5' } } });
const rounds = Number(values.rounds);
const models = await benchmarkModels([
  'MobileNetV2 224 int8',
  'MobileNetV2 224 float32',
  'MobileNetV2 0.35 96 int8',
  'MobileNetV2 0.35 96 float32',
]);
await withMadePhoto(640, 480, async ({ file, about }) => {
  const rows = [];
  for (const model of models) rows.push(await measure(model, file));
  report({
    title: `A picture (${about}) to the response, one thread for the model`,
    columns: [
      'model',
      number('sharp, ms', 3),
      number('floor, ms', 3),
      number('sum, ms', 3),
      number('ours, ms', 3),
      number('ours / sum', 3),
    ],
    rows,
    notes: [
      `sharp decodes and resizes to raw pixels with its own threads, as for ours; the floor is the bare C loop on a ready tensor. The sum is of their medians, each measured alone. Medians of ${rounds} rounds of ${COUNTS.runs} calls each.`,
    ],
  });
});

async function measure(model, file) {
  const { name, source, side, modelInfo } = model;
  progress(name);
  const options = { engine: 'tflite', threads: THREADS, modelInfo };
  const facts = await ownFacts(model, options);
  const results = interleave(
    {
      sharp: nodeTrial(SHARP_TRIAL, { file, side, ...COUNTS }),
      floor: floorTrial(model, facts, { threads: THREADS, ...COUNTS }),
      ours: ownTrial({ source, options, input: { file }, ...COUNTS }),
    },
    rounds,
  );
  const [sharp, floor, ours] = ['sharp', 'floor', 'ours'].map((who) => required(results[who]).p50Ms);
  return [name, sharp, floor, sharp + floor, ours, ours / (sharp + floor)];
}
