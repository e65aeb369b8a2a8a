/** Pictures to results beside edge-impulse-linux, the Node.js SDK of `.eim` runners: `node benchmarks/peers/edge-impulse-linux.mjs` */
import { KERNELS } from '../floor/floor.mjs';
import { ownFacts } from '../floor/own-facts.mjs';
import { benchmarkModels } from '../support/models.mjs';
import { withMadePhoto } from '../support/photo-file.mjs';
import { compareWithPeer } from './compare.mjs';

const TRIAL = new URL('./edge-impulse-linux-trial.mjs', import.meta.url);
const THREADS = 1;
const COUNTS = {
  'MobileNetV2 224 int8': { warmup: 5, runs: 40 },
  'MobileNetV2 0.35 96 int8': { warmup: 20, runs: 200 },
};

const models = [];
for (const model of await benchmarkModels(Object.keys(COUNTS))) {
  const { library, delegate } = await ownFacts(model, { threads: THREADS, modelInfo: model.modelInfo });
  models.push({ ...model, library, kernels: KERNELS[delegate] });
}
await withMadePhoto(640, 480, ({ file, about }) => {
  const inputs = [['a ready frame'], [about, file]];
  compareWithPeer({
    title: 'A picture to the result, one thread',
    peer: 'edge-impulse-linux',
    rows: models.flatMap((model) =>
      inputs.flatMap(([what, path]) =>
        [true, false].map((sharedMemory) => row(model, what, path, sharedMemory)),
      ),
    ),
    notes: [
      'Theirs is its own code up to the runner: `ImageClassifier.resizeImage()` or `rgbBufferToFeatures()`, and `LinuxImpulseRunner.classify()` with features in shared memory (as newer `.eim` files offer) or as JSON. The runner is a bare C program that speaks the protocol around the same library, kernels and threads as ours, so a real one can only take longer.',
    ],
  });
});

function row({ name, source, side, modelInfo, library, kernels }, what, file, sharedMemory) {
  return {
    name: `${name}, ${what}, ${sharedMemory ? 'shared memory' : 'JSON'}`,
    theirs: { script: TRIAL, spec: { source, file, side, library, kernels, threads: THREADS, sharedMemory } },
    ours: {
      source,
      options: { threads: THREADS, modelInfo },
      input: file === undefined ? 'frame' : { file },
    },
    counts: COUNTS[name],
  };
}
