/** What the programs of this folder share: a session on the model whose path is the first argument. */
import { readFileSync } from 'node:fs';
import { isMainThread, workerData } from 'node:worker_threads';
import { tfliteEngine } from '../../../dist/runtime/engines/tflite.js';

export const modelPath = isMainThread ? process.argv[2] : workerData;

export function openSession() {
  const bytes = readFileSync(modelPath);
  return tfliteEngine.open({ format: 'tflite', name: modelPath, bytes }, { threads: 1 });
}

export function someInput({ inputs: [{ shape }] }) {
  return new Float32Array(shape.reduce((a, b) => a * b, 1));
}
