/** The flatten block: statistics of each axis. */
import type { DspBlock } from '../../deployment/impulse.js';
import { copyAxis } from './axes.js';
import type { BlockInput, DspComputation } from './block.js';
import { checkOutputSize, flagParameter, realParameter, versionOf, wholeParameter } from './parameters.js';
import {
  kurtosis,
  maximum,
  mean,
  minimum,
  rootMeanSquare,
  skewness,
  standardDeviation,
  sum,
} from './statistics.js';

/** In the order of the features. */
const STATISTICS = {
  average: mean,
  minimum,
  maximum,
  rms: rootMeanSquare,
  stdev: standardDeviation,
  skewness,
  kurtosis,
};

/**
 * Features of the first axis, then of the second ... With a moving average the block remembers the windows before.
 *
 * @throws {DeploymentError} `ERR_METADATA_INVALID`, `ERR_DEPLOYMENT_INCONSISTENT`
 * @throws {UnsupportedError} `ERR_UNSUPPORTED_BLOCK`
 */
export function makeFlattenBlock(block: DspBlock, { samples, axes }: BlockInput): DspComputation {
  versionOf(block, 1);
  const scale = Math.fround(realParameter(block, 'scale_axes', { fallback: 1 }));
  const windows = wholeParameter(block, 'moving_avg_num_windows', { min: 0, max: 65535, fallback: 0 });
  const wanted = Object.entries(STATISTICS).flatMap(([name, statistic]) =>
    flagParameter(block, name, false) ? [statistic] : [],
  );
  const perAxis = wanted.length + (windows > 0 ? 1 : 0);
  checkOutputSize(block, perAxis * axes);
  const values = new Float32Array(samples);
  const averages = Array.from({ length: axes }, () => makeMovingAverage(windows));
  return {
    outputSize: block.outputSize,
    operations: samples * axes * (2 + 6 * wanted.length),
    compute(signal, out) {
      let at = 0;
      for (let axis = 0; axis < axes; axis++) {
        copyAxis(signal, axis, axes, scale, values);
        for (const statistic of wanted) out[at++] = statistic(values, samples);
        if (windows > 0) out[at++] = averages[axis]!(mean(values, samples));
      }
    },
  };
}

/** Mean of the last values, fewer at the start. They are summed in the order of their places in memory, as in the SDK. */
function makeMovingAverage(windows: number): (value: number) => number {
  const ring = new Float32Array(windows);
  let filled = 0;
  let next = 0;
  return (value) => {
    ring[next] = value;
    next = (next + 1) % windows;
    filled = Math.min(windows, filled + 1);
    return Math.fround(sum(ring, filled) / filled);
  };
}
