/**
 * One trial of throughput: `classifyMany()` over one JPEG again and again. Prints `{ perSecond }`.
 * `{ source, options, file, concurrency?, seconds }`
 */
import { readFileSync } from 'node:fs';
import { openDeployment } from '../../dist/index.js';
import { printFigures } from './measure.mjs';

const { source, options, file, concurrency, seconds } = JSON.parse(process.argv[2]);
const WARMUP_SECONDS = 0.5;

const deployment = await openDeployment(source, options);
const bytes = new Uint8Array(readFileSync(file));
const many = { ...(concurrency !== undefined && { concurrency }) };
await count(WARMUP_SECONDS);
printFigures({ perSecond: await count(seconds) });
await deployment.close();

/** Results in a second. */
async function count(duration) {
  const started = performance.now();
  const end = started + duration * 1000;
  let results = 0;
  for await (const _ of deployment.classifyMany(picturesUntil(end), many)) results++;
  return results / ((performance.now() - started) / 1000);
}

function* picturesUntil(end) {
  while (performance.now() < end) yield bytes;
}
