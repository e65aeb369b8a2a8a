/** Resizes on the addon's pool, and ends in the middle of it in the way that the argument names. */
import { once } from 'node:events';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { loadAddon } from '../../../dist/native/addon.js';
import { planResize } from '../../../dist/preprocess/resample/index.js';

const how = isMainThread ? process.argv[2] : workerData;
const [width, height] = [3840, 2160];

/** More than the pool has threads, so that some have begun and some have not. */
function resizeMany() {
  const { addon } = loadAddon();
  const size = { sourceWidth: width, sourceHeight: height, width: 1000, height: 1000 };
  const plan = planResize({ ...size, resizeMode: 'squash', cropAnchor: 'middle-center', resampler: 'vips' });
  const frame = { format: 'RGB', width, height, stride: width * 3, data: new Uint8Array(width * height * 3) };
  for (let i = 0; i < 12; i++) void addon.resizeFrameAsync(frame, plan, new Uint8Array(1000 * 1000 * 3));
}

async function startWorker() {
  const worker = new Worker(new URL(import.meta.url), { workerData: how });
  const exited = once(worker, 'exit');
  await once(worker, 'message');
  return { worker, exited };
}

if (!isMainThread) {
  resizeMany();
  parentPort.postMessage('running');
  if (how === 'exit-in-worker') setTimeout(() => process.exit(5), 5);
} else if (how === 'exit') {
  resizeMany();
  setTimeout(() => process.exit(5), 5);
} else if (how === 'stay') {
  resizeMany();
  process.exitCode = 5;
} else {
  const { worker, exited } = await startWorker();
  if (how === 'exit-with-worker') process.exit(5);
  if (how === 'terminate') await worker.terminate();
  await exited;
  process.exitCode = 5;
}
