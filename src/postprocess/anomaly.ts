/** Anomaly scores of a feature vector: K-means, and the input of a density model. */
import type { AnomalyBlock } from '../deployment/impulse.js';
import { DeploymentError, InputError } from '../errors.js';

const f = Math.fround;

/** The score where no cluster is nearer, and where there are none. */
const FARTHEST = 1000;

/**
 * The features that an anomaly block looks at, in its own order: all of them for K-means, the model's input
 * for GMM.
 *
 * @param features outputs of the block's DSP blocks, concatenated in the order of `block.inputs`
 * @throws {InputError} `ERR_INPUT_LENGTH` there are fewer than the block's axes need,
 *   `ERR_INPUT_NOT_FINITE` one of those it looks at is NaN or infinite
 */
export function anomalyFeatures(block: AnomalyBlock, features: ArrayLike<number>): Float32Array {
  return Float32Array.from(block.axes, (axis) => {
    const value = features[axis];
    if (value === undefined) {
      throw new InputError(
        'ERR_INPUT_LENGTH',
        `Learn block ${block.id} (${block.name}) looks at feature ${axis}, but there are ${features.length}.`,
      );
    }
    if (Number.isFinite(value)) return value;
    throw new InputError(
      'ERR_INPUT_NOT_FINITE',
      `Feature ${axis} of learn block ${block.id} (${block.name}) is ${value}.`,
    );
  });
}

/**
 * Distance to the nearest cluster of the training data, less that cluster's radius, in standardised units.
 * Negative inside a cluster, at most 1000. Float32, but squares are double, as in the SDK.
 *
 * @param features as for {@link anomalyFeatures}
 * @throws {DeploymentError} `ERR_METADATA_MISSING` the block has no clusters, means or scales
 * @throws {InputError} as {@link anomalyFeatures}
 */
export function kmeansScore(block: AnomalyBlock, features: ArrayLike<number>): number {
  const { kmeans } = block;
  if (kmeans === undefined) {
    throw new DeploymentError(
      'ERR_METADATA_MISSING',
      `Learn block ${block.id} (${block.name}) has no K-means data.`,
    );
  }
  const standardised = anomalyFeatures(block, features).map((value, index) =>
    f(f(value - f(kmeans.mean[index] ?? 0)) / f(kmeans.scale[index] ?? 1)),
  );
  let score = FARTHEST;
  for (const { centroid, maxError } of kmeans.clusters) {
    const distance = f(f(Math.sqrt(squaredDistance(standardised, centroid))) - f(maxError));
    score = Math.min(score, distance);
  }
  return score;
}

function squaredDistance(values: Float32Array, centroid: readonly number[]): number {
  return values.reduce((sum, value, index) => f(sum + f(value - f(centroid[index] ?? 0)) ** 2), 0);
}
