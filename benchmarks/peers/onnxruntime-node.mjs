/** The same .onnx files with onnxruntime-node by itself: `node benchmarks/peers/onnxruntime-node.mjs` */
import { benchmarkModels } from '../support/models.mjs';
import { compareWithPeer } from './compare.mjs';

const TRIAL = new URL('./onnxruntime-node-trial.mjs', import.meta.url);
/** Runs in less time than a thread takes to be woken: nothing that computes elsewhere can be as fast. */
const TINY = 'MNIST 28 ONNX';
const LEAST = 1 / 1.05;
const COUNTS = {
  'plant disease 224 ONNX int8': { warmup: 5, runs: 30 },
  'YOLOX nano 416 ONNX': { warmup: 5, runs: 60 },
  [TINY]: { warmup: 500, runs: 5000 },
};

const models = await benchmarkModels(Object.keys(COUNTS));
compareWithPeer({
  title: 'A ready tensor to the output tensors',
  peer: 'onnxruntime-node',
  rows: [1, 2].flatMap((threads) => models.map((model) => row(model, threads))),
  notes: [
    'Theirs is `session.run()` alone, with its default options and as many threads; ours is `classify()` less the decoding of the outputs, which theirs has not. MNIST takes less time than waking a thread does.',
  ],
});

function row({ name, source, modelInfo }, threads) {
  return {
    name: `${name}, ${threads === 1 ? '1 thread' : `${threads} threads`}`,
    theirs: { script: TRIAL, spec: { source, threads } },
    ours: { source, options: { threads, modelInfo }, input: 'tensor', undecoded: true },
    counts: COUNTS[name],
    wanted: name === TINY ? null : LEAST,
  };
}
