/** From the interleaved samples of all axes to those a block looks at. */
import type { DspBlock, SignalInput } from '../../deployment/impulse.js';
import { DeploymentError } from '../../errors.js';

export interface AxisPick {
  readonly axes: number;
  /** Only the block's columns, in its order; the signal itself where these are all. The result lives until the next call. */
  pick(signal: Float32Array): Float32Array;
}

/** @throws {DeploymentError} `ERR_DEPLOYMENT_INCONSISTENT` an axis that the input does not have */
export function pickAxes({ id, axes }: DspBlock, input: SignalInput): AxisPick {
  const columns = input.axes.length;
  const all = axes.length === columns && axes.every((axis, place) => axis === place);
  if (columns < 2 || axes.length === 0 || all) {
    return { axes: Math.max(1, columns), pick: (signal) => signal };
  }
  if (axes.some((axis) => axis >= columns)) {
    throw new DeploymentError(
      'ERR_DEPLOYMENT_INCONSISTENT',
      `DSP block ${id} reads axis ${Math.max(...axes)}, but the input has only ${columns} (counted from 0).`,
    );
  }
  let picked = new Float32Array(0);
  return {
    axes: axes.length,
    pick(signal) {
      const rows = Math.floor(signal.length / columns);
      if (picked.length !== rows * axes.length) picked = new Float32Array(rows * axes.length);
      for (let target = 0, row = 0; target < picked.length; row += columns) {
        for (let place = 0; place < axes.length; place++) picked[target++] = signal[row + axes[place]!]!;
      }
      return picked;
    },
  };
}

/** One axis of interleaved samples, scaled. */
export function copyAxis(
  signal: Float32Array,
  axis: number,
  axes: number,
  scale: number,
  out: Float32Array,
): void {
  for (let index = 0, at = axis; index < out.length; index++, at += axes) out[index] = signal[at]! * scale;
}
