/** A photo to its scores, beside tfjs-tflite-node and TensorFlow.js: `node benchmarks/peers/tfjs-tflite-node.mjs` */
import { benchmarkModels } from '../support/models.mjs';
import { withPhoto } from '../support/photo-file.mjs';
import { compareWithPeer } from './compare.mjs';

const TRIAL = new URL('./tfjs-tflite-node-trial.mjs', import.meta.url);
const WANTED = { 'MobileNetV2 224 int8': 15, 'MobileNetV2 0.35 96 float32': 4 };

const models = await benchmarkModels(Object.keys(WANTED));
await withPhoto(({ file, about }) => {
  compareWithPeer({
    title: `A photo (${about}) to scores`,
    peer: 'tfjs-tflite-node',
    rows: [1, undefined].flatMap((threads) =>
      [true, false].flatMap((decoded) => models.map((model) => row(model, file, decoded, threads))),
    ),
    notes: [
      'Theirs as its README has it: TensorFlow.js (CPU backend) resizes and scales, then `predict()` and `dataSync()`; sharp decodes, here and there. It opens the same TFLite library as ours, without the XNNPACK delegate.',
    ],
  });
});

function row({ name, source, side, modelInfo }, file, decoded, threads) {
  const dataType = name.split(' ').at(-1);
  return {
    name: `${name}, ${decoded ? 'from its pixels' : 'from its bytes'}, ${threads === 1 ? 'one thread' : 'default options'}`,
    theirs: { script: TRIAL, spec: { source, file, decoded, side, dataType, threads } },
    ours: {
      source,
      options: { modelInfo, ...(threads !== undefined && { threads }) },
      input: decoded ? { pixelsOf: file } : { file },
    },
    counts: { warmup: 5, runs: 30 },
    wanted: decoded && threads === undefined ? WANTED[name] : null,
  };
}
