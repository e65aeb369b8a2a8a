/** Model outputs -> what they mean, by the kind of learn block. */
import type { LearnBlock } from '../deployment/impulse.js';
import { DeploymentError, EngineError, UnsupportedError } from '../errors.js';
import type { Tensor, TensorInfo } from '../tensor.js';
import { elementCount } from '../tensor.js';
import { detectionDecoder } from './decoders/index.js';
import { anomalyScoreMismatch, decodeAnomalyScore, decodeScores, scoresMismatch } from './decoders/scores.js';
import { decodeVisualAnomaly, visualAnomalyMismatch } from './decoders/visual-anomaly.js';
import type { DecodedOutputs, InputSize, PixelBox } from './results.js';
import { describeTensors } from './shapes.js';
import { checkThresholds } from './thresholds.js';

/**
 * What the outputs of a learn block's model mean: class scores, boxes in whole pixels of the model input,
 * anomaly scores, or the tensors as they are. Same integers, scores and order as the reference SDK.
 *
 * @param block how to read them: kind, labels, last layer, thresholds, NMS limits
 * @param outputs all outputs of one run, in the model's order; batch size 1; any element type, with the
 *   tensor's own quantisation
 * @param input size of the model input in pixels; plays no part for classification, regression and freeform
 * @throws {EngineError} `ERR_ENGINE_OUTPUT` they do not fit the block, or name a class without a label
 * @throws {UnsupportedError} `ERR_UNSUPPORTED_LAST_LAYER`, `ERR_UNSUPPORTED_BLOCK`
 * @throws {DeploymentError} `ERR_METADATA_MISSING` the block lacks a threshold
 */
export function decodeOutputs(
  block: LearnBlock,
  outputs: readonly Tensor[],
  input: InputSize,
): DecodedOutputs {
  const shaped = outputs.map(withShape);
  const problem = lengthMismatch(shaped) ?? mismatch(block, shaped, input);
  if (problem !== undefined) {
    throw new EngineError(
      'ERR_ENGINE_OUTPUT',
      `The outputs of learn block ${block.id} (${block.name}) can't be decoded: ${problem}.`,
    );
  }
  const chosen = chooseOutputs(block, shaped);
  switch (block.modelType) {
    case 'classification':
    case 'regression':
      return { modelType: block.modelType, values: decodeScores(chosen, block) };
    case 'freeform':
      return { modelType: 'freeform', tensors: chooseOutputs(block, outputs) };
    case 'object-detection': {
      const boxes = detectionDecoder(block.lastLayer).decode(chosen, block, input);
      return { modelType: 'object-detection', boxes: boxes.every(scores) ? boxes : boxes.filter(scores) };
    }
    case 'anomaly':
      return { modelType: 'anomaly', score: decodeAnomalyScore(chosen, block) };
    case 'visual-anomaly':
      return { modelType: 'visual-anomaly', ...decodeVisualAnomaly(chosen, block, input) };
  }
}

/**
 * Refuses, before the first run, a model whose outputs do not fit the declared block: too few tensors, a
 * rank or number of columns that does not belong to its last layer and labels. Shapes that are not known
 * yet (a dimension of -1, or none at all) are let through; `decodeOutputs` looks again.
 *
 * @throws {DeploymentError} `ERR_DEPLOYMENT_INCONSISTENT`, with what was expected and found;
 *   `ERR_METADATA_MISSING` the block lacks a threshold
 * @throws {UnsupportedError} `ERR_UNSUPPORTED_LAST_LAYER`, `ERR_UNSUPPORTED_BLOCK`
 */
export function checkOutputs(block: LearnBlock, outputs: readonly TensorInfo[], input: InputSize): void {
  const problem = mismatch(block, outputs, input);
  if (problem !== undefined) {
    throw new DeploymentError(
      'ERR_DEPLOYMENT_INCONSISTENT',
      `The model of learn block ${block.id} (${block.name}) does not fit its description: ${problem}.`,
    );
  }
  checkThresholds(block);
}

/** What does not fit, in words. */
function mismatch(block: LearnBlock, outputs: readonly TensorInfo[], input: InputSize): string | undefined {
  const missing = block.outputTensors?.find((index) => outputs[index] === undefined);
  if (missing !== undefined) {
    return `it lists output ${missing}, but the model has ${outputs.length} (${describeTensors(outputs)})`;
  }
  const chosen = chooseOutputs(block, outputs);
  switch (block.modelType) {
    case 'classification':
    case 'regression':
      return tooFew(chosen, 1) ?? scoresMismatch(chosen, block);
    case 'freeform':
      return tooFew(chosen, 1);
    case 'object-detection': {
      const decoder = detectionDecoder(block.lastLayer);
      if (block.labels.length === 0) return `${block.lastLayer} needs labels, but there are none`;
      const problem = tooFew(chosen, decoder.tensorCount) ?? decoder.mismatch(chosen, block, input);
      return problem === undefined ? undefined : `${block.lastLayer}: ${problem}`;
    }
    case 'anomaly':
      if (block.algorithm === 'kmeans') throw withoutModel(block);
      return tooFew(chosen, 1) ?? anomalyScoreMismatch(chosen);
    case 'visual-anomaly':
      return tooFew(chosen, 1) ?? visualAnomalyMismatch(chosen, block);
  }
}

function scores({ value }: PixelBox): boolean {
  return value !== 0;
}

/** After a run, a shape without dimensions is no longer an unknown one, but a single number. */
function withShape(tensor: Tensor): Tensor {
  return tensor.shape.length === 0 ? { ...tensor, shape: [1] } : tensor;
}

function tooFew(outputs: readonly TensorInfo[], count: number): string | undefined {
  if (outputs.length >= count) return undefined;
  return `expected ${count} output tensor${count === 1 ? '' : 's'} but found ${outputs.length} (${describeTensors(outputs)})`;
}

function lengthMismatch(outputs: readonly Tensor[]): string | undefined {
  const wrong = outputs.find(({ shape, data }) => elementCount(shape) !== data.length);
  return wrong && `'${wrong.name}' has shape [${wrong.shape.join(', ')}] but ${wrong.data.length} elements`;
}

/** The deployment's own choice and order, else the model's. */
function chooseOutputs<T extends TensorInfo>(
  { outputTensors }: LearnBlock,
  outputs: readonly T[],
): readonly T[] {
  return outputTensors === undefined ? outputs : outputTensors.map((index) => outputs[index] as T);
}

function withoutModel({ id, name }: LearnBlock): UnsupportedError {
  return new UnsupportedError(
    'ERR_UNSUPPORTED_BLOCK',
    `Learn block ${id} (${name}) is K-means, which has no model and so no outputs: use kmeansScore() on the features.`,
  );
}
