/** One window at a time: the outputs of all blocks, one after the other. */
import { InputError } from '../../errors.js';
import { makeDspBlock } from './make-block.js';
import type { SignalComputation, SignalImpulse } from './signal-computation.js';
import { makeStandardScaler } from './standard-scaler.js';

/** @throws {UnsupportedError} {DeploymentError} as `makeDspBlock` */
export function makeWindowComputation({ input, dspBlocks }: SignalImpulse): SignalComputation {
  const { featureCount } = input;
  if (dspBlocks.length === 0) {
    return { inputSize: featureCount, operations: 0, compute: (signal) => signal.slice() };
  }
  const blocks = dspBlocks.map((block) => ({
    ...makeDspBlock(block, input),
    scale: makeStandardScaler(block),
    id: block.id,
  }));
  const outputSize = blocks.reduce((total, block) => total + block.outputSize, 0);
  return {
    inputSize: featureCount,
    operations: blocks.reduce((total, { operations }) => total + operations, outputSize),
    compute(signal) {
      const features = new Float32Array(outputSize);
      let offset = 0;
      for (const block of blocks) {
        const out = features.subarray(offset, offset + block.outputSize);
        block.compute(signal, out);
        block.scale?.(out);
        offset += block.outputSize;
      }
      checkFeatures(features);
      return features;
    },
  };
}

/** @throws {InputError} `ERR_INPUT_NOT_FINITE`: numbers so large that float32 can't hold what is made of them */
export function checkFeatures(features: Float32Array): void {
  for (let index = 0; index < features.length; index++) {
    if (Number.isFinite(features[index])) continue;
    throw new InputError(
      'ERR_INPUT_NOT_FINITE',
      `Feature ${index} of ${features.length} is ${features[index]}: the samples are too large for float32. ` +
        'Pass them in the units that the impulse was trained with.',
    );
  }
}
