/** Entry of the thread for signal processing: computes what it is told, in order. */
import { parentPort } from 'node:worker_threads';
import { serializeError } from '../../errors.js';
import { makeComputation } from './computation.js';
import type { SignalComputation } from './signal-computation.js';
import type { FromThread, ToThread } from './thread-protocol.js';

const computations = new Map<number, SignalComputation>();

parentPort?.on('message', (message: ToThread) => {
  switch (message.type) {
    case 'make':
      computations.set(message.id, makeComputation(message.kind, message.impulse));
      return;
    case 'drop':
      computations.delete(message.id);
      return;
    case 'compute':
      compute(message.id, message.job, message.signal);
  }
});

function compute(id: number, job: number, signal: Float32Array): void {
  try {
    const features = computations.get(id)?.compute(signal);
    post({ type: 'done', job, features }, features === undefined ? [] : [features.buffer as ArrayBuffer]);
  } catch (error) {
    post({ type: 'failed', job, error: serializeError(error) });
  }
}

function post(message: FromThread, transfer: readonly ArrayBuffer[] = []): void {
  parentPort?.postMessage(message, [...transfer]);
}
