/**
 * How late a 5 ms timer on the main thread fires while a slow model runs in a loop, on every engine; beside it, how
 * late it is when nothing runs and, in the first row, while a thread merely counts: what the machine itself does. `node benchmarks/event-loop.mjs [--seconds N]`
 */
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { openDeployment } from '../dist/index.js';
import { slowDeployments } from './support/slow-models.mjs';
import { median, quantile } from './support/statistics.mjs';

const PERIOD_MS = 5;
const { values } = parseArgs({ options: { seconds: { type: 'string', default: '5' } } });

process.stdout.write('lateness of a 5 ms timer while a model runs in a loop (ms)\n');
process.stdout.write('engine               model p50     late p50     p99     max    idle max\n');
await busyThread();
for (const { name, source, options } of await slowDeployments()) {
  const idle = await lateness(Number(values.seconds) / 2);
  const deployment = await openDeployment(source, options);
  const input = someFrame(deployment);
  // Compiling and the first collections of garbage are not what is measured.
  for (let i = 0; i < 20; i++) await deployment.classify(input);
  const runs = [];
  let running = true;
  const loop = (async () => {
    while (running) runs.push((await deployment.classify(input)).timing.inferenceMs);
  })();
  const late = await lateness(Number(values.seconds));
  running = false;
  await loop;
  await deployment.close();
  printRow(name, median(runs), late, idle);
}

/** A thread that computes, and nothing of ours. */
async function busyThread() {
  const idle = await lateness(Number(values.seconds) / 2);
  const worker = new Worker('for (let i = 0; ; i++);', { eval: true });
  const late = await lateness(Number(values.seconds));
  await worker.terminate();
  printRow('(a thread counts)', 0, late, idle);
}

function printRow(name, modelMs, late, idle) {
  const cell = (value, width) => value.toFixed(2).padStart(width);
  process.stdout.write(
    `${name.padEnd(20)} ${cell(modelMs, 9)} ${cell(median(late), 12)} ${cell(quantile(late, 0.99), 7)} ` +
      `${cell(Math.max(...late), 7)} ${cell(Math.max(...idle), 11)}\n`,
  );
}

/** A picture as raw frame: what a camera gives. */
function someFrame(deployment) {
  const { width, height } = deployment.info().input;
  const data = new Uint8Array(width * height * 3).map((_, i) => (i * 37) % 256);
  return { data, width, height, channels: 3 };
}

/** Milliseconds by which each tick of an interval came late. */
async function lateness(seconds) {
  const late = [];
  let previous = performance.now();
  const timer = setInterval(() => {
    const now = performance.now();
    late.push(Math.max(0, now - previous - PERIOD_MS));
    previous = now;
  }, PERIOD_MS);
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  clearInterval(timer);
  return late;
}
