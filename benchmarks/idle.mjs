/**
 * Processor time that an open deployment takes while nobody asks it for anything: threads that wait for work by spinning would
 * show here. `node benchmarks/idle.mjs`
 */
import { availableParallelism } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { openDeployment } from '../dist/index.js';
import { someInput } from './support/inputs.mjs';
import { progress, report } from './support/report.mjs';
import { slowDeployments } from './support/slow-models.mjs';
import { number } from './support/table.mjs';

const SOON_MS = 20;
const WATCHED_MS = 1000;
const threads = Math.max(2, availableParallelism());

const rows = [['(nothing is open)', null, await idleMs()]];
for (const { name, source, options } of await slowDeployments()) {
  progress(name);
  const deployment = await openDeployment(source, { ...options, threads });
  const input = someInput(deployment, 'frame');
  for (let i = 0; i < 10; i++) await deployment.classify(input);
  rows.push([name, deployment.info().learnBlocks[0].model.engine.threads, await idleMs()]);
  await deployment.close();
}
report({
  title: 'Processor time of an idle deployment',
  columns: ['engine', number('threads', 0), number('ms a second', 1)],
  rows,
  notes: [`Of the whole process, beginning ${SOON_MS} ms after the last of ten classifications.`],
});

async function idleMs() {
  await sleep(SOON_MS);
  const before = process.cpuUsage();
  await sleep(WATCHED_MS);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / WATCHED_MS;
}
