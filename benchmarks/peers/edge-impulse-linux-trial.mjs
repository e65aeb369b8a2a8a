/**
 * One trial of edge-impulse-linux: its own resizing, packing and protocol, with a runner that it starts as it starts an `.eim`
 * (`floor/eim.c`: the same library, kernels and threads as ours).
 *
 * `{ source, file?, side, facts: { library, kernels }, threads, sharedMemory, warmup, runs, lateMs }`; without a `file` a ready
 * frame is classified
 */
import { readFileSync } from 'node:fs';
import eiLinux from 'edge-impulse-linux';
import { buildProgram } from '../floor/floor.mjs';
import { someFrame } from '../support/inputs.mjs';
import { latenessOf, printFigures, timesOf } from '../support/measure.mjs';

const { ImageClassifier, LinuxImpulseRunner } = eiLinux;
const { source, file, side, library, kernels, threads, sharedMemory, lateMs, ...counts } = JSON.parse(
  process.argv[2],
);
Object.assign(process.env, {
  FLOOR_LIBRARY: library,
  FLOOR_MODEL: source,
  FLOOR_THREADS: String(threads),
  FLOOR_KERNELS: String(kernels),
  ...(sharedMemory && { FLOOR_SHARED_MEMORY: `/impulse-floor-${process.pid}` }),
});
const runner = new LinuxImpulseRunner(buildProgram('eim'), {
  shmBehavior: sharedMemory ? 'always' : 'never',
});
const model = await runner.init();
const picture = file === undefined ? Buffer.from(someFrame(side, side).data) : readFileSync(file);

async function classify() {
  if (file === undefined) return runner.classify(ImageClassifier.rgbBufferToFeatures(picture));
  const { features } = await ImageClassifier.resizeImage(model, picture);
  return runner.classify(features);
}

printFigures({ ...(await timesOf(classify, counts)), ...(await latenessOf(classify, lateMs)) });
await runner.stop();
// Each request leaves a timer of a minute behind.
process.exit();
