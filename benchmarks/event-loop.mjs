/**
 * How late a 5 ms timer on the main thread fires while a slow model runs in a loop, on every engine.
 * `node benchmarks/event-loop.mjs [--seconds N]`
 */
import { parseArgs } from 'node:util';
import { openDeployment } from '../dist/index.js';
import { slowDeployments } from './support/slow-models.mjs';
import { median, quantile } from './support/statistics.mjs';

const PERIOD_MS = 5;
const { values } = parseArgs({ options: { seconds: { type: 'string', default: '5' } } });

process.stdout.write('engine        model ms   timer late: p50    p99    max   (ms)   idle max\n');
for (const { engine, source, modelInfo } of await slowDeployments()) {
  const idle = await lateness(Number(values.seconds) / 5);
  const deployment = await openDeployment(source, { engine, modelInfo, threads: 1 });
  const [{ shape }] = deployment.info().learnBlocks[0].model.inputs;
  const tensor = new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(0.5);
  await deployment.classify({ tensor });
  const runs = [];
  let running = true;
  const loop = (async () => {
    while (running) runs.push((await deployment.classify({ tensor })).timing.inferenceMs);
  })();
  const late = await lateness(Number(values.seconds));
  running = false;
  await loop;
  await deployment.close();
  const cell = (value) => value.toFixed(2).padStart(6);
  process.stdout.write(
    `${engine.padEnd(12)} ${cell(median(runs))}             ${cell(median(late))} ${cell(quantile(late, 0.99))} ` +
      `${cell(Math.max(...late))}          ${cell(Math.max(...idle))}\n`,
  );
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
