/** What a model file says about itself beyond doubt. Anything less certain is asked for, not guessed. */
import type { DeploymentWarning } from '../contents.js';
import { assumedResizeMode, recognisedDetector } from './detector.js';
import type { Evidence } from './evidence.js';
import { labelsFor } from './evidence.js';
import { findImageTensor } from './image-tensor.js';
import type { InputInfo, ModelInfo } from './model-info.js';
import { DEFAULT_RESIZE_MODE } from './model-info.js';
import { statedScaling } from './scaling.js';

type Warn = (warning: DeploymentWarning) => void;

/** A description, or undefined where the file leaves a doubt. */
export function certainInfo(evidence: Evidence, warn: Warn): ModelInfo | undefined {
  return recognisedDetector(evidence, warn) ?? classifierInfo(evidence, warn);
}

function classifierInfo(evidence: Evidence, warn: Warn): ModelInfo | undefined {
  const { outputs, inputs } = evidence.model;
  const [batch, count, ...more] = outputs[0]?.shape ?? [];
  if (outputs.length !== 1 || Math.abs(batch ?? 0) !== 1 || count === undefined || more.length > 0)
    return undefined;
  const labels = labelsFor(evidence, count);
  if (labels === undefined) return undefined;
  const isImage = inputs.some(({ shape }) => shape.length === 4);
  const input = isImage ? imageInput(evidence, warn) : ({ inputType: 'other' } as const);
  return input && { input, model: { modelType: 'classification', labels } };
}

function imageInput(evidence: Evidence, warn: Warn): InputInfo | undefined {
  const { model, packed, notes } = evidence;
  const image = findImageTensor(model.inputs);
  if (image === undefined) return undefined;
  // What Ultralytics exports for this task takes 0..1; its older YOLOv5, which notes no task, does not.
  const inputScaling =
    statedScaling(packed, image.tensor) ?? (notes?.task === 'classify' ? '0..1' : undefined);
  if (inputScaling === undefined) return undefined;
  return {
    inputType: 'image',
    inputScaling,
    resizeMode: assumedResizeMode(evidence, DEFAULT_RESIZE_MODE, warn),
  };
}
