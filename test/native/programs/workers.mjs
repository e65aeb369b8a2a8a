/**
 * Ten worker threads and the main thread, each with a session of its own, all computing at once; every
 * second worker is terminated in the middle of a run. Prints how each ended.
 */
import { once } from 'node:events';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { modelPath, openSession, someInput } from './session.mjs';

const WORKERS = 10;
const RUNS = 6;

async function answerOf(session) {
  const { outputs } = await session.run([someInput(session)]);
  return [...outputs[0].data].join(' ');
}

async function compute(onFirst = () => {}) {
  const session = await openSession();
  const answers = new Set();
  for (let i = 0; i < RUNS; i++) {
    answers.add(await answerOf(session));
    if (i === 0) onFirst();
  }
  await session.close();
  return [...answers];
}

async function startWorker(index) {
  const worker = new Worker(new URL(import.meta.url), { workerData: modelPath });
  const exited = once(worker, 'exit');
  const messages = [];
  worker.on('message', (message) => messages.push(message));
  await once(worker, 'message');
  if (index % 2 === 0) {
    await worker.terminate();
    return 'terminated';
  }
  await exited;
  return messages[1];
}

if (isMainThread) {
  const ends = await Promise.all([compute(), ...Array.from({ length: WORKERS }, (_, i) => startWorker(i))]);
  console.log(JSON.stringify(ends));
} else {
  parentPort.postMessage(await compute(() => parentPort.postMessage('begun')));
}
