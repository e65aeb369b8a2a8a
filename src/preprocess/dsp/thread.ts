/**
 * One thread for the signal processing of all deployments, started when it is first needed. It does not keep the process
 * alive, and it serves in the order of the calls.
 */
import { createRequire } from 'node:module';
import { Worker } from 'node:worker_threads';
import { ClosedError, deserializeError, EngineError } from '../../errors.js';
import type { ComputationKind, SignalImpulse } from './signal-computation.js';
import type { FromThread, ToThread } from './thread-protocol.js';

const { resolve } = createRequire(import.meta.url);

export interface RemoteComputation {
  /** @param signal memory of its own: it is handed over */
  compute(signal: Float32Array): Promise<Float32Array | undefined>;
  /** Calls that wait still get their answer; later ones throw `ERR_CLOSED`. */
  close(): void;
}

/** The same as `makeComputation`, on the thread. What it would refuse must have been refused before. */
export function makeRemoteComputation(kind: ComputationKind, impulse: SignalImpulse): RemoteComputation {
  const id = nextId++;
  // After a failure of the thread the computation begins anew on the next one.
  let madeOn: SignalThread | undefined;
  let closed = false;
  return {
    async compute(signal) {
      if (closed) throw new ClosedError('ERR_CLOSED', 'This signal processing was closed.');
      const thread = runningThread();
      if (madeOn !== thread) {
        thread.send({ type: 'make', id, kind, impulse });
        madeOn = thread;
      }
      return thread.compute(id, signal);
    },
    close() {
      if (!closed && madeOn !== undefined && madeOn === current) madeOn.send({ type: 'drop', id });
      closed = true;
    },
  };
}

let nextId = 0;
let current: SignalThread | undefined;

function runningThread(): SignalThread {
  current ??= startThread(() => {
    current = undefined;
  });
  return current;
}

interface SignalThread {
  send(message: ToThread): void;
  compute(id: number, signal: Float32Array): Promise<Float32Array | undefined>;
}

interface Job {
  readonly fulfil: (features: Float32Array | undefined) => void;
  readonly reject: (error: unknown) => void;
}

function startThread(whenEnded: () => void): SignalThread {
  const worker = new Worker(resolve('#dsp-worker'), {
    name: 'impulse signal processing',
    // Inherited, this flag says that the worker's file is no file, and nothing is loaded.
    ...(process.execArgv.some((flag) => flag.startsWith('--input-type')) && { execArgv: [] }),
  });
  const jobs = new Map<number, Job>();
  let nextJob = 0;
  worker.unref();
  worker.on('message', (message: FromThread) => {
    const job = jobs.get(message.job);
    jobs.delete(message.job);
    if (jobs.size === 0) worker.unref();
    if (message.type === 'done') job?.fulfil(message.features);
    else job?.reject(deserializeError(message.error));
  });
  worker.on('error', (cause) => end(cause));
  worker.on('exit', (code) => end(new Error(`it ended with code ${code}`)));

  function end(cause: Error): void {
    whenEnded();
    const message = `The thread for signal processing failed: ${cause.message}. Pass the window again.`;
    for (const { reject } of jobs.values()) reject(new EngineError('ERR_ENGINE_RUN', message, { cause }));
    jobs.clear();
  }

  return {
    send: (message) => worker.postMessage(message),
    compute: (id, signal) =>
      new Promise((fulfil, reject) => {
        const job = nextJob++;
        jobs.set(job, { fulfil, reject });
        worker.ref();
        const message: ToThread = { type: 'compute', id, job, signal };
        worker.postMessage(message, [signal.buffer as ArrayBuffer]);
      }),
  };
}
