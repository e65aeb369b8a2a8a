/** The error for a model of which nobody said what its outputs mean: it shows the model, and what to write. */
import { DeploymentError } from '../../errors.js';
import { elementCount } from '../../tensor.js';
import type { Evidence } from './certain-info.js';
import { labelsFor, scalingOfTensor } from './certain-info.js';
import { findImageTensor } from './image-tensor.js';
import { describeTensor } from './model-file.js';

const MAX_LABELS_SHOWN = 3;

/** @param descriptionName file name under which a description would be found */
export function missingDescription(evidence: Evidence, descriptionName: string): DeploymentError {
  const { artefact, inputs, outputs } = evidence.model;
  const list = (tensors: typeof inputs): string =>
    tensors.map((tensor) => `\n    ${describeTensor(tensor)}`).join('');
  const { template, remark } = suggestion(evidence);
  return new DeploymentError(
    'ERR_METADATA_MISSING',
    `${artefact.name} is ${artefact.format === 'onnx' ? 'an ONNX' : 'a TFLite'} model, but nothing says what it takes and gives.\n` +
      `  Inputs:${list(inputs)}\n  Outputs:${list(outputs)}\n` +
      `  Complete this description and save it beside the model as ${descriptionName}, or pass it as the option modelInfo` +
      `${remark === '' ? '' : ` (${remark})`}:\n${JSON.stringify(template, null, 2)}`,
  );
}

/** A template whose guesses are marked by nothing but its being a template: the user completes it. */
function suggestion(evidence: Evidence): { template: object; remark: string } {
  const image = findImageTensor(evidence.model.inputs);
  const input =
    image === undefined
      ? { inputType: 'other' }
      : { inputType: 'image', inputScaling: scalingOfTensor(image.tensor) ?? '0..1', resizeMode: 'squash' };
  const { model, remark } = suggestedModel(evidence);
  return { template: { input, model }, remark };
}

function suggestedModel(evidence: Evidence): { model: object; remark: string } {
  const shape = evidence.model.outputs[0]?.shape ?? [];
  const [, a = 0, b = 0, c = 0] = shape;
  const detection = (lastLayer: string, count: number): object => ({
    modelType: 'object-detection',
    lastLayer,
    labels: labelsToFill(evidence, count),
    minimumConfidence: 0.5,
  });
  if (shape.length <= 2) {
    const count = Math.max(1, elementCount(shape));
    return { model: { modelType: 'classification', labels: labelsToFill(evidence, count) }, remark: '' };
  }
  if (shape.length === 3 && a > b && b > 5) {
    const layer = a === yoloxCells(evidence) ? 'yolox' : 'yolov5';
    return { model: detection(layer, b - 5), remark: 'or another lastLayer of this shape' };
  }
  if (shape.length === 3 && b > a && a > 4) {
    return { model: detection('yolov11', a - 4), remark: "'yolov11-abs' if its boxes are in pixels" };
  }
  if (shape.length === 4 && evidence.model.endsInSoftmax) {
    return { model: detection('fomo', c - 1), remark: 'labels without the background' };
  }
  return { model: { modelType: 'freeform' }, remark: "'freeform' gives the outputs as they are" };
}

/** Rows of a YOLOX head: one for each cell of the three grids. */
function yoloxCells({ model }: Evidence): number {
  const { width, height } = findImageTensor(model.inputs) ?? { width: 0, height: 0 };
  return [8, 16, 32].reduce(
    (sum, stride) => sum + Math.floor(width / stride) * Math.floor(height / stride),
    0,
  );
}

function labelsToFill(evidence: Evidence, count: number): string[] {
  const known = labelsFor(evidence, count) ?? [];
  const labels = Array.from(
    { length: Math.max(1, count) },
    (_, i) => known[i] ?? `label ${i + 1} of ${count}`,
  );
  return labels.length <= MAX_LABELS_SHOWN + 2 ? labels : [...labels.slice(0, MAX_LABELS_SHOWN), '...'];
}
