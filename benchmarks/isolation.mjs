/**
 * What `isolation: 'process'` costs: opening a deployment, and `classify()` on a ready frame, beside the same in the
 * process itself. Each trial in a process of its own, in turns; medians of medians.
 * `node benchmarks/isolation.mjs [--rounds N] [--runs N]`
 */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { isolationDeployments } from './support/isolation-deployments.mjs';
import { median } from './support/statistics.mjs';

const TRIAL = fileURLToPath(new URL('./support/isolation-trial.mjs', import.meta.url));
const WARMUP = 20;

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '7' }, runs: { type: 'string', default: '100' } },
});

process.stdout.write(
  'classify() on a ready frame, one thread (ms, medians)            opening\n' +
    'model                    none   process   more          none   process\n',
);
for (const { name } of await isolationDeployments()) {
  const trials = { none: [], process: [] };
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const [isolation, results] of Object.entries(trials)) results.push(trial(name, isolation));
  }
  const column = (isolation, what) => median(trials[isolation].map((result) => result[what]));
  const [none, apart] = [column('none', 'p50Ms'), column('process', 'p50Ms')];
  const ms = (value) => value.toFixed(3).padStart(8);
  process.stdout.write(
    `${name.padEnd(23)} ${ms(none)} ${ms(apart)} ${ms(apart - none)}  ` +
      `${column('none', 'openMs').toFixed(0).padStart(8)} ${column('process', 'openMs').toFixed(0).padStart(8)}\n`,
  );
}

function trial(name, isolation) {
  const args = [TRIAL, name, isolation, WARMUP, values.runs].map(String);
  return JSON.parse(
    execFileSync(process.execPath, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }),
  );
}
