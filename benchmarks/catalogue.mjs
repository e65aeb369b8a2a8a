/**
 * The benchmarks: what each measures, and what `docs/performance.md` says above its tables.
 *
 * @typedef {{ file: string, about: string, peers?: boolean, full?: boolean, text?: string }} Benchmark `peers`: needs what
 *   `benchmarks/package.json` names; `full`: takes `--full`
 * @type {Readonly<Record<string, Benchmark>>}
 */
export const BENCHMARKS = {
  classify: {
    file: 'classify.mjs',
    about: '`classify()` beside the bare C loop over the same library',
    text: 'The floor is a C program that does nothing but copy the input in, invoke and copy the output out (`benchmarks/floor`), with the same library, model, input, threads and kernels.',
  },
  pictures: {
    file: 'pictures.mjs',
    about: 'the bytes of a JPEG to the response, beside sharp and the bare C loop',
  },
  'tfjs-tflite-node': {
    file: 'peers/tfjs-tflite-node.mjs',
    about: 'beside tfjs-tflite-node with TensorFlow.js',
    peers: true,
  },
  'onnxruntime-node': {
    file: 'peers/onnxruntime-node.mjs',
    about: 'beside onnxruntime-node by itself',
    peers: true,
  },
  litertjs: {
    file: 'peers/litertjs.mjs',
    about: 'beside @litertjs/core by itself',
    peers: true,
  },
  'edge-impulse-linux': {
    file: 'peers/edge-impulse-linux.mjs',
    about: 'beside edge-impulse-linux and a runner',
    peers: true,
  },
  scaling: {
    file: 'scaling.mjs',
    about: 'pictures a second, with more sessions on more cores',
  },
  serve: { file: 'serve.mjs', about: 'the local server under 64 clients, beside `classifyMany()`' },
  open: { file: 'open.mjs', about: 'from a package to the first answer' },
  preprocess: {
    file: 'preprocess.mjs',
    about: 'pictures to tensors, beside sharp and the way of edge-impulse-linux',
  },
  decoders: { file: 'decoders.mjs', about: 'decoding of large outputs' },
  dsp: { file: 'dsp.mjs', about: 'signal processing of sound and motion, and where it is done' },
  'event-loop': {
    file: 'event-loop.mjs',
    about: 'how late timers fire while models run',
  },
  idle: { file: 'idle.mjs', about: 'processor time of deployments that nobody asks for anything' },
  isolation: {
    file: 'isolation.mjs',
    about: 'what a process for each model costs',
    text: "`isolation: 'process'` beside the same in the process itself.",
  },
  soak: {
    file: 'soak.mjs',
    about: 'resident memory over many openings and classifications',
    full: true,
  },
};
