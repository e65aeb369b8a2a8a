/**
 * Memory over a long life: opens and closes a deployment many times, then classifies many times, and prints
 * the slope of resident memory in each. `node benchmarks/soak.mjs [--engine NAME] [--opens N] [--runs N]`
 */
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { openDeployment } from '../dist/index.js';
import { linearFit } from './support/statistics.mjs';

const { values } = parseArgs({
  options: {
    engine: { type: 'string', default: 'auto' },
    deployment: {
      type: 'string',
      default: fileURLToPath(new URL('../examples/shapes.zip', import.meta.url)),
    },
    opens: { type: 'string', default: '1000' },
    runs: { type: 'string', default: '20000' },
  },
});
const options = { engine: values.engine, threads: 1 };

await watch('open + close', Number(values.opens), async () => {
  const deployment = await openDeployment(values.deployment, options);
  await deployment.close();
});

const deployment = await openDeployment(values.deployment, options);
const { input, learnBlocks } = deployment.info();
const frame = pictureOrFeatures(input, learnBlocks);
await watch(`classify (${learnBlocks[0].model?.engine.engine})`, Number(values.runs), () =>
  deployment.classify(frame),
);
await deployment.close();

/** Runs `action` `count` times; the first half fills caches and the allocator's pools and is not part of the fit. */
async function watch(name, count, action) {
  const xs = [];
  const ys = [];
  for (let i = 0; i < count; i++) {
    await action();
    if (i < count / 2 || i % Math.max(1, Math.floor(count / 200)) !== 0) continue;
    globalThis.gc?.();
    xs.push(i / 1000);
    ys.push(process.memoryUsage.rss() / 1024);
  }
  const { slope, error } = linearFit(xs, ys);
  process.stdout.write(
    `${name}: ${count} times, resident ${(ys[0] / 1024).toFixed(1)} -> ${(ys.at(-1) / 1024).toFixed(1)} MiB, ` +
      `slope ${slope.toFixed(1)} +- ${(2 * error).toFixed(1)} KiB per 1000 (2 sigma)\n`,
  );
}

function pictureOrFeatures(input, [{ model }]) {
  if (input.inputType !== 'image') {
    return { tensor: new Float32Array(model.inputs[0].shape.reduce((a, b) => a * b, 1)) };
  }
  const { width, height } = input;
  return {
    data: new Uint8Array(width * height * 3).map((_, i) => (i * 37) % 256),
    width,
    height,
    channels: 3,
  };
}
