/** One trial: `isolation-trial.mjs MODEL ISOLATION WARMUP RUNS` prints `{ openMs, p50Ms }`. */
import { openDeployment } from '../../dist/index.js';
import { isolationDeployments } from './isolation-deployments.mjs';
import { quantile } from './statistics.mjs';

const [name, isolation, warmup, runs] = process.argv.slice(2);
const { source, options, size } = (await isolationDeployments()).find((entry) => entry.name === name);
const opening = performance.now();
const deployment = await openDeployment(source, { ...options, isolation });
const openMs = performance.now() - opening;
const data = new Uint8Array(size * size * 3);
for (let i = 0; i < data.length; i++) data[i] = ((i >> 4) + (i % 3) * 80 + ((i * 37) % 29)) & 255;
const frame = { data, width: size, height: size, channels: 3 };
const times = [];
for (let i = 0; i < Number(warmup) + Number(runs); i++) {
  const started = performance.now();
  await deployment.classify(frame);
  if (i >= Number(warmup)) times.push(performance.now() - started);
}
await deployment.close();
process.stdout.write(JSON.stringify({ openMs, p50Ms: quantile(times, 0.5) }));
