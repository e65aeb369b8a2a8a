/** A worker without an engine, which fails in the way that it is told to. */
import { parentPort, workerData } from 'node:worker_threads';

const info = { name: 'x', shape: [2], dataType: 'float32' };
const details = { engine: 'onnx', version: '0', threads: 1, delegate: 'none', notes: [] };
const { init } = workerData;

switch (init.loading) {
  case 'ends':
    process.exit(3);
    break;
  case 'throws':
    throw new Error('no such engine');
  case 'refuses':
    parentPort.postMessage({
      type: 'refused',
      error: { name: 'UnsupportedError', code: 'ERR_UNSUPPORTED_OPERATOR', message: 'no Wobble' },
    });
    break;
  case 'refuses unforeseen':
    parentPort.postMessage({ type: 'refused', error: { name: 'TypeError', message: 'x is not a function' } });
    break;
  default:
    parentPort.on('message', answer);
    parentPort.postMessage({ type: 'ready', model: { inputs: [info], outputs: [info], details } });
}

function answer(message) {
  if (message.type === 'close') parentPort.close();
  else if (init.running === 'ends') process.exit(7);
  else if (init.running === 'throws') throw new RangeError('out of room');
  else if (init.running === 'breaks') {
    parentPort.postMessage({ type: 'broken', error: { name: 'RuntimeError', message: 'unreachable' } });
  } else {
    const data = new Float32Array(new Float32Array(message.inputs[0].slot, 0, 2));
    parentPort.postMessage({ type: 'done', outputs: [{ ...info, data }], fillMs: 0, inferenceMs: 0 });
  }
}
