/** The raw block: samples times a factor. */
import type { DspBlock } from '../../deployment/impulse.js';
import type { BlockInput, DspComputation } from './block.js';
import { checkOutputSize, realParameter, versionOf } from './parameters.js';

/**
 * The window may give more samples than the block promises features: re-sampling may have rounded up.
 *
 * @throws {DeploymentError} `ERR_METADATA_INVALID`, `ERR_DEPLOYMENT_INCONSISTENT`
 * @throws {UnsupportedError} `ERR_UNSUPPORTED_BLOCK`
 */
export function makeRawBlock(block: DspBlock, { samples, axes }: BlockInput): DspComputation {
  versionOf(block, 1);
  const { outputSize } = block;
  const scale = Math.fround(realParameter(block, 'scale_axes', { fallback: 1 }));
  if (samples * axes < outputSize) checkOutputSize(block, samples * axes);
  return {
    outputSize,
    operations: outputSize,
    compute(signal, out) {
      for (let index = 0; index < outputSize; index++) out[index] = signal[index]! * scale;
    },
  };
}
