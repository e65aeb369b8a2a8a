/** Whether two engines give the same answer. */
import type { LearnBlock } from '../../deployment/impulse.js';
import { findRoles } from '../../postprocess/decoders/ssd-roles.js';
import { dequantise } from '../../postprocess/dequantise.js';
import type { Tensor } from '../../tensor.js';

/**
 * A tenth of an output's range, by default. Between kernels, 8-bit outputs differ by a few steps of 256, and a softmax
 * behind 8-bit layers makes more of them; what is wrong is wrong by far more than that.
 */
export const TOLERANCE = 0.1;

/** The real values of the outputs that are compared, and how far each of them may reach. */
export interface Answer {
  readonly outputs: readonly { readonly values: Float32Array; readonly range: number }[];
}

export function answerOf(block: LearnBlock, outputs: readonly Tensor[]): Answer {
  return {
    outputs: comparable(block, outputs).map((tensor) => {
      const values = dequantise(tensor).slice();
      return { values, range: rangeOf(tensor, values) };
    }),
  };
}

/**
 * The largest difference of a value, as a share of its output's range: 0 is the very same answer, 1 has nothing to do with it
 * (also where outputs have other sizes, or a value is not a number on one side only).
 */
export function differenceOf(reference: Answer, other: Answer): number {
  if (reference.outputs.length !== other.outputs.length) return 1;
  return reference.outputs.reduce((worst, { values, range }, index) => {
    const found = other.outputs[index]?.values ?? new Float32Array(0);
    return Math.min(1, Math.max(worst, largestDifference(values, found) / range));
  }, 0);
}

/**
 * Finished detections are compared by their scores: of boxes that score alike, one may come before the other, and pull
 * rows of the other tensors along.
 */
function comparable(block: LearnBlock, outputs: readonly Tensor[]): readonly Tensor[] {
  const { outputTensors } = block;
  const chosen = outputTensors?.flatMap((index) => outputs[index] ?? []) ?? outputs;
  if (block.modelType !== 'object-detection' || block.lastLayer !== 'mobilenet-ssd') return chosen;
  const roles = findRoles(chosen, outputTensors !== undefined);
  const scores = typeof roles === 'object' ? chosen[roles.scores] : undefined;
  return scores === undefined ? chosen : [scores];
}

/** What the 256 values of an 8-bit tensor span; of others, how large its values are. */
function rangeOf({ dataType, quantization }: Tensor, values: Float32Array): number {
  if (quantization !== undefined && (dataType === 'int8' || dataType === 'uint8'))
    return 255 * quantization.scale;
  const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return largest > 0 && Number.isFinite(largest) ? largest : 1;
}

function largestDifference(a: Float32Array, b: Float32Array): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  let worst = 0;
  for (let i = 0; i < a.length; i++) {
    const [x, y] = [a[i] as number, b[i] as number];
    if (Object.is(x, y)) continue;
    const difference = Math.abs(x - y);
    if (Number.isNaN(difference)) return Number.POSITIVE_INFINITY;
    if (difference > worst) worst = difference;
  }
  return worst;
}
