/**
 * How many pictures a second: one after the other with one session on one core, beside `classifyMany()` with as many sessions
 * as there are cores, and fewer. `node benchmarks/scaling.mjs [--rounds N] [--seconds N]`
 */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { benchmarkModels } from './support/models.mjs';
import { withMadePhoto } from './support/photo-file.mjs';
import { progress, report } from './support/report.mjs';
import { number, verdict } from './support/table.mjs';
import { interleave, nodeTrial, required } from './support/trials.mjs';

const TRIAL = new URL('./support/many-trial.mjs', import.meta.url);
/** Of two cores. */
const WANTED_OF_TWO = 1.8;
const MOST_SESSIONS = 8;
const ONE_CORE = 'one at a time, one core';

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '3' }, seconds: { type: 'string', default: '2' } },
});
const cores = availableParallelism();
const models = await benchmarkModels(['MobileNetV2 224 int8', 'MobileNetV2 224 float32']);
await withMadePhoto(640, 480, ({ file, about }) => {
  const sessions = Array.from({ length: Math.min(cores, MOST_SESSIONS) }, (_, i) => i + 1);
  report({
    title: `Pictures a second (${about}), models on one thread a session, ${cores} cores`,
    columns: ['model', 'how', number('a second', 1), number('times one core', 2), 'wanted'],
    rows: models.flatMap((model) => measure(model, file, sessions)),
    notes: [
      'One core: the whole process is confined to it (`taskset`), one session, one picture after the other. The others: `classifyMany()` on all cores, with its own default of how many pictures are in work.',
    ],
  });
});

function measure({ name, source, modelInfo }, file, sessions) {
  progress(name);
  const trial = (count, more, pinned) => {
    const options = { engine: 'tflite', threads: 1, sessions: count, modelInfo };
    return nodeTrial(TRIAL, { source, options, file, seconds: Number(values.seconds), ...more }, pinned);
  };
  const contenders = {
    [ONE_CORE]: trial(1, { concurrency: 1 }, ['taskset', '-c', '0']),
    'one at a time': trial(1, { concurrency: 1 }),
    ...Object.fromEntries(
      sessions.map((count) => [`${count} ${count === 1 ? 'session' : 'sessions'}`, trial(count)]),
    ),
  };
  const { [ONE_CORE]: oneCore, ...all } = interleave(contenders, Number(values.rounds));
  const row = (how, { perSecond }, wanted = null) => {
    const times = 'failed' in oneCore ? null : perSecond / oneCore.perSecond;
    return [name, how, perSecond, times, wanted && verdict(times, { least: wanted })];
  };
  const first =
    'failed' in oneCore ? [name, `${ONE_CORE}: ${oneCore.failed}`, null, null, null] : row(ONE_CORE, oneCore);
  const last = Object.keys(all).at(-1);
  const others = Object.entries(all).map(([how, result]) =>
    row(how, required(result), how === last && cores === 2 ? WANTED_OF_TWO : null),
  );
  return [first, ...others];
}
