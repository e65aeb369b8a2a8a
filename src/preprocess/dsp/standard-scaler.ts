/** The data normalisation of a block: features less their mean in the training set, times a factor. */
import type { DspBlock } from '../../deployment/impulse.js';
import { DeploymentError } from '../../errors.js';

const { fround } = Math;

/**
 * In place. Nothing where the block has none.
 *
 * @throws {DeploymentError} `ERR_DEPLOYMENT_INCONSISTENT`: other numbers of means or factors than features
 */
export function makeStandardScaler({
  id,
  type,
  outputSize,
  standardScaler,
}: DspBlock): ((features: Float32Array) => void) | undefined {
  if (standardScaler === undefined) return undefined;
  const mean = Float32Array.from(standardScaler.mean);
  const scale = Float32Array.from(standardScaler.scale);
  if (mean.length !== outputSize || scale.length !== outputSize) {
    throw new DeploymentError(
      'ERR_DEPLOYMENT_INCONSISTENT',
      `The data normalisation of the ${type} block ${id} holds ${mean.length} means and ${scale.length} factors, ` +
        `but the block gives ${outputSize} features. Download the deployment again.`,
    );
  }
  return (features) => {
    for (let index = 0; index < features.length; index++) {
      features[index] = fround(features[index]! - mean[index]!) * scale[index]!;
    }
  };
}
