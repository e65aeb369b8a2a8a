/** What the bare C loop must be given to do the same as a deployment of ours: its library, its kernels and its input's bytes. */
import { readFileSync } from 'node:fs';
import { openDeployment } from '../../dist/index.js';
import { someInput } from '../support/inputs.mjs';
import { KERNELS, runFloor } from './floor.mjs';

/**
 * @param {import('../support/models.mjs').BenchmarkModel} model @param {object} options of `openDeployment()`
 * @returns {Promise<{ library: string, delegate: string, input: Uint8Array }>} how the engine `tflite` runs it
 */
export async function ownFacts({ source, side }, options) {
  const deployment = await openDeployment(source, { ...options, engine: 'tflite' });
  const input = someInput(deployment, side === undefined ? 'tensor' : 'frame');
  const { tensors } = await deployment.classify(input, { tensors: true });
  const { library, delegate } = deployment.info().learnBlocks[0].model.engine;
  await deployment.close();
  const { data } = tensors[0].inputs[0];
  return { library, delegate, input: new Uint8Array(data.buffer, data.byteOffset, data.byteLength) };
}

/** The bare C loop as a contender. @returns {() => { p50Ms: number }} */
export function floorTrial({ source }, { library, delegate, input }, { threads, warmup, runs }) {
  const trial = {
    library,
    model: readFileSync(source),
    input,
    threads,
    kernels: KERNELS[delegate],
    warmup,
    runs,
  };
  return () => ({ p50Ms: runFloor(trial).p50Us / 1000 });
}
