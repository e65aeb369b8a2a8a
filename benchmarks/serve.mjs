/**
 * The local server under load: many clients that keep their connection post JPEGs as fast as they are answered, beside
 * `classifyMany()` in a process without a server. `node benchmarks/serve.mjs [--rounds N] [--seconds N] [--clients N]`
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { benchmarkModels } from './support/models.mjs';
import { withMadePhoto } from './support/photo-file.mjs';
import { progress, report } from './support/report.mjs';
import { number, verdict } from './support/table.mjs';
import { interleave, nodeTrial, required } from './support/trials.mjs';

const SERVE = new URL('./support/serve-trial.mjs', import.meta.url);
const MANY = new URL('./support/many-trial.mjs', import.meta.url);
const WANTED = 0.85;

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '60' },
    clients: { type: 'string', default: '64' },
  },
});
const [seconds, clients] = [Number(values.seconds), Number(values.clients)];
const SESSIONS = 2;

const models = await benchmarkModels(['FOMO 96 int8', 'MobileNetV2 224 int8']);
await withMadePhoto(640, 480, ({ file, about }) => {
  report({
    title: `${clients} clients post a ${about}, for ${seconds} s; ${SESSIONS} sessions of one thread`,
    columns: [
      'model',
      'how',
      number('a second', 1),
      number('of classifyMany', 2),
      'wanted',
      number('p50, ms', 1),
      number('p99, ms', 1),
      number('longest, ms', 1),
      number('refused', 0),
      number('wrong', 0),
      number('memory from, MiB', 0),
      number('to, MiB', 0),
      number('slope, MiB/min', 1),
      number('+-', 1),
    ],
    rows: models.flatMap((model) => measure(model, file)),
    notes: [
      'The clients run on the same processors as the server, and take their share of them. Refused: 429 and 503; wrong: any other answer, and broken connections. Slope: least squares over the second half, a sample a second; +-: two standard errors.',
    ],
  });
});

function measure({ name, source, modelInfo }, file) {
  progress(name);
  const options = { engine: 'tflite', threads: 1, sessions: SESSIONS, modelInfo };
  const args = [source, '--engine', 'tflite', '--threads', '1', '--sessions', String(SESSIONS)];
  if (modelInfo !== undefined) {
    const description = join(file, '..', 'model-info.json');
    writeFileSync(description, JSON.stringify(modelInfo));
    args.push('--model-info', description);
  }
  const contenders = {
    many: nodeTrial(MANY, { source, options, file, seconds: Math.min(10, seconds) }),
    serve: nodeTrial(SERVE, { args, file, clients, seconds }),
  };
  const { many, serve } = interleave(contenders, Number(values.rounds));
  const alone = required(many).perSecond;
  const { perSecond, p50, p99, longest, refused, wrong, firstMiB, lastMiB, slope, error2 } = required(serve);
  const share = perSecond / alone;
  return [
    [name, 'classifyMany()', alone, ...Array.from({ length: 11 }, () => null)],
    [
      name,
      'impulse serve',
      perSecond,
      share,
      verdict(share, { least: WANTED }),
      p50,
      p99,
      longest,
      refused,
      wrong,
      firstMiB,
      lastMiB,
      slope,
      error2,
    ],
  ];
}
