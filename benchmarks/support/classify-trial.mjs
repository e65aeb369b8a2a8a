/** One trial of ours: `classify-trial.mjs MODEL THREADS WARMUP RUNS` prints `{ p50Ms, p99Ms }`. */
import { frame, openMobilenet } from './mobilenet.mjs';
import { quantile } from './statistics.mjs';

const [model, threads, warmup, runs] = process.argv.slice(2);
const deployment = await openMobilenet(model, Number(threads));
const picture = frame();
const times = [];
for (let i = 0; i < Number(warmup) + Number(runs); i++) {
  const started = performance.now();
  await deployment.classify(picture);
  if (i >= Number(warmup)) times.push(performance.now() - started);
}
await deployment.close();
process.stdout.write(JSON.stringify({ p50Ms: quantile(times, 0.5), p99Ms: quantile(times, 0.99) }));
