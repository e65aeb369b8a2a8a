/**
 * The process of a conversion. ONNX Runtime blocks its thread, so it has one for itself; the other hears when the parent has
 * gone, and ends the process then, whatever the runtime does.
 */
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { serializeError } from '../../errors.js';
import { readBytes } from './isolated/memory.js';
import { loadError } from './onnx-errors.js';
import type { ConversionAnswer, ConversionOrder } from './onnx-to-ort.js';

/** Where the parent puts the memory among the descriptors: after stdio and the channel. */
const MEMORY = 4;
const LOG_FATAL = 4;

if (isMainThread) attend();
else void convert(workerData as ConversionOrder).then((answer) => parentPort?.postMessage(answer));

function attend(): void {
  process.on('disconnect', die);
  process.once('message', (order: ConversionOrder) => {
    const worker = new Worker(new URL(import.meta.url), { workerData: order });
    worker.once('message', (answer: ConversionAnswer) => process.send?.(answer));
    worker.once('error', (error) => process.send?.({ type: 'failed', error: serializeError(error) }));
  });
  if (!process.connected) die();
}

function die(): void {
  process.kill(process.pid, 'SIGKILL');
}

async function convert({ name, bytes: length, out, version }: ConversionOrder): Promise<ConversionAnswer> {
  try {
    const bytes = new Uint8Array(length);
    readBytes(MEMORY, bytes, 0);
    const { InferenceSession } = await import('onnxruntime-node');
    const session = await InferenceSession.create(bytes, {
      executionProviders: ['cpu'],
      intraOpNumThreads: 1,
      // 'all' would lay weights out for this processor; the file is for any.
      graphOptimizationLevel: 'extended',
      optimizedModelFilePath: out,
      logSeverityLevel: LOG_FATAL,
      extra: { session: { save_model_format: 'ORT' } },
    }).catch((error: unknown) => {
      throw loadError(error, name, version);
    });
    await session.release();
    return { type: 'converted' };
  } catch (error) {
    return { type: 'failed', error: serializeError(error) };
  }
}
