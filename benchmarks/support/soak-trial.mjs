/**
 * Opens and closes a deployment, or classifies, many times, and watches resident memory. Prints `{ firstMiB, lastMiB, slope,
 * error2 }`: memory at the beginning and end of the fit, and the slope with two standard errors in KiB per 1000 times.
 * `{ source, options, input, what: 'open' | 'classify', count }`
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { openDeployment } from '../../dist/index.js';
import { someInput } from './inputs.mjs';
import { printFigures } from './measure.mjs';
import { linearFit } from './statistics.mjs';

const SAMPLES = 200;

const { source, options, input, what, count } = JSON.parse(process.argv[2]);
setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc');

printFigures(await (what === 'open' ? watchOpening() : watchClassifying()));

function watchOpening() {
  return watch(async () => {
    const deployment = await openDeployment(source, options);
    await deployment.close();
  });
}

async function watchClassifying() {
  const deployment = await openDeployment(source, options);
  const given = someInput(deployment, input);
  const figures = await watch(() => deployment.classify(given));
  await deployment.close();
  return figures;
}

/** `count` times; the first half fills caches and the allocator's pools and is not part of the fit. */
async function watch(action) {
  const xs = [];
  const ys = [];
  const every = Math.max(1, Math.floor(count / SAMPLES));
  for (let i = 0; i < count; i++) {
    await action();
    if (i < count / 2 || i % every !== 0) continue;
    collectGarbage();
    xs.push(i / 1000);
    ys.push(process.memoryUsage.rss() / 1024);
  }
  const { slope, error } = linearFit(xs, ys);
  return { firstMiB: ys[0] / 1024, lastMiB: ys.at(-1) / 1024, slope, error2: 2 * error };
}
