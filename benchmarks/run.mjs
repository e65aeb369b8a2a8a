/**
 * `npm run bench`: all benchmarks, one after the other, each in a process of its own. `npm run bench -- NAME...` runs
 * some of them.
 */
import { spawnSync } from 'node:child_process';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';

const BENCHMARKS = {
  classify: 'classify() beside the bare C loop over the same library',
  open: 'from a package to the first answer',
  preprocess: 'pictures to tensors beside sharp and the way of edge-impulse-linux',
  decoders: 'decoding of large outputs',
  dsp: 'signal processing of sound and motion, and where it is done',
  'event-loop': 'how late a timer fires while a model runs',
  isolation: 'what a process for each model costs',
  soak: 'resident memory over 1,000 openings and 20,000 classifications',
};

const wanted = process.argv.slice(2);
const unknown = wanted.find((name) => !(name in BENCHMARKS));
if (unknown !== undefined) {
  const list = Object.entries(BENCHMARKS).map(([name, what]) => `  ${name.padEnd(12)} ${what}`);
  process.stderr.write(`There is no benchmark '${unknown}'. There are:\n${list.join('\n')}\n`);
  process.exit(2);
}
process.stdout.write(`${cpus()[0]?.model}, ${cpus().length} processors, Node.js ${process.versions.node}\n`);
for (const name of Object.keys(BENCHMARKS)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  process.stdout.write(`\n## ${name}: ${BENCHMARKS[name]}\n\n`);
  const file = fileURLToPath(new URL(`./${name}.mjs`, import.meta.url));
  const { status } = spawnSync(process.execPath, ['--expose-gc', file], { stdio: 'inherit' });
  if (status !== 0) process.exitCode = 1;
}
