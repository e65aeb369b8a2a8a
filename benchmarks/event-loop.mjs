/**
 * How late timers fire on the main thread while every engine is saturated: several `classify()` calls of a slow model are always
 * in flight. A timer of 1 ms, as `monitorEventLoopDelay()` has it, and one of 5 ms; in the first row a thread merely counts:
 * what the machine itself does. `node benchmarks/event-loop.mjs [--seconds N]`
 */
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { openDeployment } from '../dist/index.js';
import { someInput } from './support/inputs.mjs';
import { watchLateness } from './support/measure.mjs';
import { progress, report } from './support/report.mjs';
import { slowDeployments } from './support/slow-models.mjs';
import { median, quantile } from './support/statistics.mjs';
import { number, verdict } from './support/table.mjs';

const PERIOD_MS = 5;
const IN_FLIGHT = 4;
const MOST_LATE_P99_MS = 2;
const { values } = parseArgs({ options: { seconds: { type: 'string', default: '5' } } });
const seconds = Number(values.seconds);

const rows = [await busyThread()];
for (const { name, source, options } of await slowDeployments()) {
  progress(name);
  const idle = await lateness(seconds / 2);
  const deployment = await openDeployment(source, options);
  const input = someInput(deployment, 'frame');
  // Compiling and the first collections of garbage are not what is measured.
  for (let i = 0; i < 20; i++) await deployment.classify(input);
  const runs = [];
  let running = true;
  const loop = async () => {
    while (running) runs.push((await deployment.classify(input)).timing.inferenceMs);
  };
  const loops = Array.from({ length: IN_FLIGHT }, loop);
  const busy = await lateness(seconds);
  running = false;
  await Promise.all(loops);
  await deployment.close();
  rows.push(row(name, median(runs), busy, idle, verdict(busy.lateP99Ms, { most: MOST_LATE_P99_MS })));
}
report({
  title: `Lateness of timers while ${IN_FLIGHT} calls are always in flight`,
  columns: [
    'engine',
    number('model, ms', 2),
    number('1 ms timer late: p50, ms', 2),
    number('p99, ms', 2),
    number('max, ms', 2),
    number('idle p99, ms', 2),
    number('5 ms timer late: p99, ms', 2),
    'wanted p99 of 1 ms timer',
  ],
  rows,
  notes: [
    `One thread for the model; ${seconds} s a row. "large": outputs of one or two megabytes, whose memory the collector must free. Idle: before the model is opened.`,
  ],
});

/** A thread that computes, and nothing of ours. */
async function busyThread() {
  const idle = await lateness(seconds / 2);
  const worker = new Worker('for (let i = 0; ; i++);', { eval: true });
  const busy = await lateness(seconds);
  await worker.terminate();
  return row('(a thread counts)', null, busy, idle, null);
}

function row(name, modelMs, busy, idle, wanted) {
  const { lateP50Ms, lateP99Ms, lateMaxMs, periodP99Ms } = busy;
  return [name, modelMs, lateP50Ms, lateP99Ms, lateMaxMs, idle.lateP99Ms, periodP99Ms, wanted];
}

/** Milliseconds by which both timers came late. */
async function lateness(duration) {
  const late = [];
  let previous = performance.now();
  const timer = setInterval(() => {
    const now = performance.now();
    late.push(Math.max(0, now - previous - PERIOD_MS));
    previous = now;
  }, PERIOD_MS);
  const watched = await watchLateness(() => new Promise((resolve) => setTimeout(resolve, duration * 1000)));
  clearInterval(timer);
  return { ...watched, periodP99Ms: quantile(late, 0.99) };
}
