/** The same .tflite files with @litertjs/core by itself: `node benchmarks/peers/litertjs.mjs` */
import { benchmarkModels } from '../support/models.mjs';
import { compareWithPeer } from './compare.mjs';

const TRIAL = new URL('./litertjs-trial.mjs', import.meta.url);
const LARGE = { warmup: 15, runs: 50 };
const COUNTS = {
  'MobileNetV2 224 int8': LARGE,
  'MobileNetV2 224 float32': LARGE,
  'MobileNetV2 224 uint8 (2018)': LARGE,
  'MobileNetV2 0.35 96 float32': { warmup: 200, runs: 1000 },
};

const models = await benchmarkModels(Object.keys(COUNTS));
compareWithPeer({
  title: 'A ready tensor to scores, one thread',
  peer: '@litertjs/core',
  rows: models.flatMap((model) => ['auto', 'litert-wasm'].map((engine) => row(model, engine))),
  notes: [
    'Theirs through its public API, WebAssembly with XNNPACK, on the thread that calls it; ours with the engine that it chooses by itself, and with the same WebAssembly in a thread of its own.',
  ],
});

function row({ name, source, modelInfo }, engine) {
  return {
    name: `${name}, our engine ${engine}`,
    theirs: { script: TRIAL, spec: { source } },
    ours: { source, options: { engine, threads: 1, modelInfo }, input: 'tensor' },
    counts: COUNTS[name],
  };
}
