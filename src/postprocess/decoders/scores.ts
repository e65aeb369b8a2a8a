/** Classification, regression and anomaly scores: numbers as the model gives them. */
import type { AnomalyBlock, ClassificationBlock, RegressionBlock } from '../../deployment/impulse.js';
import { EngineError } from '../../errors.js';
import type { Tensor, TensorInfo } from '../../tensor.js';
import { elementCount } from '../../tensor.js';
import { dequantise } from '../dequantise.js';
import type { LabelledValue } from '../results.js';
import { describeShape, isDynamic } from '../shapes.js';

/** Name of a regression's number where the deployment gives none. */
const REGRESSION_KEY = 'value';

/** Why the first output does not hold one number for each label. */
export function scoresMismatch(
  [tensor]: readonly TensorInfo[],
  block: ClassificationBlock | RegressionBlock,
): string | undefined {
  if (tensor === undefined || isDynamic(tensor)) return undefined;
  const labels = valueLabels(block);
  if (isVector(tensor.shape, labels.length)) return undefined;
  return `expected an output of ${labels.length} numbers (one for each label) but found '${tensor.name}' ${describeShape(tensor)}`;
}

/**
 * Values in label order: dequantised, otherwise unchanged; no softmax, sorting or threshold.
 *
 * @throws {EngineError} `ERR_ENGINE_OUTPUT` a value is NaN or infinite
 */
export function decodeScores(
  [tensor]: readonly Tensor[],
  block: ClassificationBlock | RegressionBlock,
): LabelledValue[] {
  if (tensor === undefined) throw new TypeError('A decoder was called without output tensors.');
  const values = dequantise(tensor);
  const labels = valueLabels(block);
  const labelled = new Array<LabelledValue>(labels.length);
  for (let index = 0; index < labels.length; index++) {
    const label = labels[index] as string;
    const value = values[index] as number;
    if (!Number.isFinite(value)) throw notFinite(tensor, block, value, ` for '${label}'`);
    labelled[index] = { label, value };
  }
  return labelled;
}

/** Why the first output holds no score. */
export function anomalyScoreMismatch([tensor]: readonly TensorInfo[]): string | undefined {
  if (tensor === undefined || isDynamic(tensor) || elementCount(tensor.shape) > 0) return undefined;
  return `expected an output with the score but found '${tensor.name}' ${describeShape(tensor)}`;
}

/**
 * The score of a density model (GMM): the first number of its output.
 *
 * @throws {EngineError} `ERR_ENGINE_OUTPUT` it is NaN or infinite
 */
export function decodeAnomalyScore([tensor]: readonly Tensor[], block: AnomalyBlock): number {
  if (tensor === undefined) throw new TypeError('A decoder was called without output tensors.');
  const [score = Number.NaN] = dequantise(tensor);
  if (!Number.isFinite(score)) throw notFinite(tensor, block, score, '');
  return score;
}

function notFinite(
  tensor: TensorInfo,
  { id, name }: { readonly id: number; readonly name: string },
  value: number,
  where: string,
): EngineError {
  return new EngineError(
    'ERR_ENGINE_OUTPUT',
    `Output '${tensor.name}' of learn block ${id} (${name}) is ${value}${where}: the model does not work on this input or engine.`,
  );
}

/** `[1, count]`, with any number of dimensions of size 1. */
function isVector(shape: readonly number[], count: number): boolean {
  return elementCount(shape) === count && shape.every((dimension) => dimension === 1 || dimension === count);
}

function valueLabels({ modelType, labels }: ClassificationBlock | RegressionBlock): readonly string[] {
  return modelType === 'regression' && labels.length === 0 ? [REGRESSION_KEY] : labels;
}
