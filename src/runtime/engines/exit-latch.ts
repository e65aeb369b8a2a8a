/**
 * Keeps `process.exit()` from cutting off a native call in a worker thread. ONNX Runtime's binding aborts
 * the whole process when its thread is stopped in the middle of a call, so the exiting thread waits until
 * the call returns, and lets no other begin.
 */
import type { Worker } from 'node:worker_threads';

const IDLE = 0;
const BUSY = 1;
const STOPPED = 2;

/** A call that takes longer is cut off after all: exiting must not hang. */
const LIMIT_MS = 10_000;

const latches = new Set<Int32Array>();

/** A latch for one worker, busy from the start: loading the engine is such a call too. */
export function makeExitLatch(): SharedArrayBuffer {
  const latch = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
  Atomics.store(new Int32Array(latch), 0, BUSY);
  return latch;
}

/** From now until the worker has ended, exiting waits for its calls. */
export function guardExit(worker: Worker, latch: SharedArrayBuffer): void {
  const cell = new Int32Array(latch);
  if (latches.size === 0) process.on('exit', waitForAll);
  latches.add(cell);
  worker.once('exit', () => {
    latches.delete(cell);
    if (latches.size === 0) process.off('exit', waitForAll);
  });
}

function waitForAll(): void {
  const deadline = performance.now() + LIMIT_MS;
  for (const cell of latches) {
    while (Atomics.compareExchange(cell, 0, IDLE, STOPPED) === BUSY) {
      const left = deadline - performance.now();
      if (left <= 0) return;
      Atomics.wait(cell, 0, BUSY, left);
    }
  }
}

/** In the worker, around each native call. Never settles once the process exits. */
export async function holdLatch<T>(latch: SharedArrayBuffer | undefined, call: () => Promise<T>): Promise<T> {
  if (latch === undefined) return call();
  const cell = new Int32Array(latch);
  if (Atomics.compareExchange(cell, 0, IDLE, BUSY) === STOPPED) return new Promise(() => {});
  try {
    return await call();
  } finally {
    Atomics.store(cell, 0, IDLE);
    Atomics.notify(cell, 0);
  }
}
