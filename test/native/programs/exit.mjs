/** Leaves in the middle of a run, in the way that the second argument names. */
import { once } from 'node:events';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { modelPath, openSession, someInput } from './session.mjs';

const how = process.argv[3];

if (!isMainThread) {
  const session = await openSession();
  const input = someInput(session);
  await session.run([input]);
  for (let i = 0; i < 20; i++) session.run([input]).catch(() => {});
  parentPort.postMessage('running');
  if (how === 'exit-in-worker') setTimeout(() => process.exit(5), 20);
} else if (how === 'terminate' || how === 'exit-in-worker') {
  const worker = new Worker(new URL(import.meta.url), { workerData: modelPath, argv: [modelPath, how] });
  const exited = once(worker, 'exit');
  await once(worker, 'message');
  if (how === 'terminate') await worker.terminate();
  await exited;
  process.exitCode = 5;
} else if (how === 'exit-with-worker') {
  const worker = new Worker(new URL(import.meta.url), { workerData: modelPath, argv: [modelPath, how] });
  await once(worker, 'message');
  process.exit(5);
} else if (how === 'open') {
  void openSession();
  setImmediate(() => process.exit(5));
} else {
  const session = await openSession();
  const input = someInput(session);
  await session.run([input]);
  for (let i = 0; i < 20; i++) session.run([input]).catch(() => {});
  setTimeout(() => {
    if (how === 'exit') process.exit(5);
    if (how === 'throw') throw new Error('on purpose');
    if (how === 'close') void session.close().then(() => process.exit(5));
  }, 20);
}
