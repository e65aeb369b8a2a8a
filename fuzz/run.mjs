/**
 * `npm run fuzz [-- TARGET...] [--seconds N] [--seed S] [--repro FILE] [--case INDEX]`: see `docs/fuzzing.md`. Exit code
 * 1: something was found.
 */
import { parseArgs } from 'node:util';
import { readCase } from './case-file.mjs';
import { makeCorpus } from './corpus.mjs';
import { hunt, replay } from './hunt.mjs';
import { TARGETS } from './targets.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seconds: { type: 'string', default: '60' },
    seed: { type: 'string', default: '1' },
    repro: { type: 'string' },
    case: { type: 'string' },
  },
});
const seconds = Number(values.seconds);
const unknown = positionals.find((name) => !(name in TARGETS));
if (unknown !== undefined || !(seconds > 0)) {
  const list = Object.entries(TARGETS).map(([name, { about }]) => `  ${name.padEnd(20)} ${about}`);
  process.stderr.write(
    `${unknown === undefined ? '--seconds takes a number above 0' : `There is no target '${unknown}'`}. There are:\n${list.join('\n')}\n`,
  );
  process.exit(2);
}

await makeCorpus();
process.exitCode = (values.repro === undefined ? await huntAll() : await reproduce(values.repro)) ? 1 : 0;

/** @returns {Promise<boolean>} whether something was found */
async function reproduce(file) {
  const { target, found } = readCase(file);
  const again = await replay(target, file);
  process.stdout.write(
    again === undefined ? `${target}: as it should be. It was: ${found}\n` : `${target}: ${again.found}\n`,
  );
  return again !== undefined;
}

async function huntAll() {
  const names = positionals.length > 0 ? positionals : Object.keys(TARGETS);
  const shares = names.reduce((sum, name) => sum + TARGETS[name].share, 0);
  let any = false;
  for (const name of names) {
    const limits =
      values.case === undefined
        ? { millis: (seconds * 1000 * TARGETS[name].share) / shares }
        : { from: Number(values.case), count: 1 };
    const hunted = await hunt(name, values.seed, {
      ...limits,
      onProgress: (sofar) => showProgress(name, sofar),
    });
    process.stdout.write(`${erase()}${summary(name, hunted)}\n`);
    for (const note of hunted.notes) process.stdout.write(`  note: ${note}\n`);
    for (const finding of hunted.findings) show(finding);
    any ||= hunted.findings.length > 0;
  }
  return any;
}

function show({ target, index, found, file }) {
  const again = file === undefined ? `${target} --seed ${values.seed} --case ${index}` : `--repro ${file}`;
  process.stdout.write(`  FOUND: ${found}\n    npm run fuzz -- ${again}\n`);
}

function showProgress(name, sofar) {
  if (process.stdout.isTTY) process.stdout.write(`${erase()}${summary(name, sofar)}`);
}

function erase() {
  return process.stdout.isTTY ? '\r\x1b[K' : '';
}

function summary(name, { cases, accepted, refused, slowestMs, slowest, findings }) {
  const share = (count) => `${Math.round((100 * count) / Math.max(1, accepted + refused))} %`;
  return (
    `${name.padEnd(20)} ${String(cases).padStart(8)} cases, ${share(accepted).padStart(5)} accepted, ${share(refused).padStart(5)} refused, ` +
    `slowest ${slowestMs} ms (case ${slowest}), findings: ${findings.length}`
  );
}
