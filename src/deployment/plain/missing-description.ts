/** The error for a model of which nobody said what its outputs mean: it shows the model, and what to write. */
import { DeploymentError } from '../../errors.js';
import { elementCount } from '../../tensor.js';
import { MODEL_KINDS } from '../contents.js';
import type { ObjectDetectionLastLayer } from '../impulse.js';
import { USUAL_SCALINGS } from './detector.js';
import type { Evidence } from './evidence.js';
import { labelsFor } from './evidence.js';
import { findImageTensor } from './image-tensor.js';
import { describeTensor } from './model-file.js';
import { DEFAULT_RESIZE_MODE, DEFAULT_SCALING } from './model-info.js';
import type { Reading } from './readings.js';
import { labelsOf, possibleReadings } from './recognise.js';
import { statedScaling } from './scaling.js';

const MAX_LABELS_SHOWN = 3;

/** @param descriptionName file name under which a description would be found */
export function missingDescription(evidence: Evidence, descriptionName: string): DeploymentError {
  const { artefact, inputs, outputs } = evidence.model;
  const list = (tensors: typeof inputs): string =>
    tensors.map((tensor) => `\n    ${describeTensor(tensor)}`).join('');
  const { template, remark } = suggestion(evidence);
  return new DeploymentError(
    'ERR_METADATA_MISSING',
    `${artefact.name} is ${MODEL_KINDS[artefact.format]}, but nothing says what it takes and gives.\n` +
      `  Inputs:${list(inputs)}\n  Outputs:${list(outputs)}\n${whatIsPossible(evidence)}` +
      `  Complete this description and save it beside the model as ${descriptionName}, or pass it as the option modelInfo` +
      `${remark === '' ? '' : ` (${remark})`}:\n${JSON.stringify(template, null, 2)}`,
  );
}

/** Which last layers the outputs can be, and what is missing to tell; or why they are none. */
function whatIsPossible(evidence: Evidence): string {
  if (isForeignTask(evidence)) {
    return `  Its exporter made it for the task '${evidence.notes?.task}', which no last layer decodes: 'freeform' gives the outputs as they are.\n`;
  }
  const readings = likelyReadings(evidence);
  const [first, ...more] = readings;
  if (first === undefined) return '';
  const labelled = readings.every((reading) => labelsOf(reading, evidence) !== undefined);
  const labels = labelled ? [] : ['write the labels, one a line, into labels.txt beside the model'];
  const layer =
    labelled || more.length > 0 ? [`name it: option lastLayer (--last-layer ${first.lastLayer})`] : [];
  return (
    `  The outputs fit the last layer ${readings.map(describeReading).join(' or ')}. ` +
    `If that is right, ${[...labels, ...layer].join(', and ')}.\n`
  );
}

function isForeignTask({ notes }: Evidence): boolean {
  return notes?.task !== undefined && notes.task !== 'detect' && notes.task !== 'classify';
}

function likelyReadings(evidence: Evidence): readonly Reading[] {
  const possible = possibleReadings(evidence);
  const certain = possible.filter(({ certainShape }) => certainShape);
  return certain.length > 0 ? certain : possible;
}

function describeReading({ lastLayer, labelCount, units }: Reading): string {
  const details = [
    ...(labelCount === undefined ? [] : [`${labelCount} labels`]),
    ...(units === undefined ? [] : [units === 'ratios' ? 'boxes in fractions' : 'boxes in pixels']),
  ];
  return details.length === 0 ? `'${lastLayer}'` : `'${lastLayer}' (${details.join(', ')})`;
}

/** A template whose guesses are marked by nothing but its being a template: the user completes it. */
function suggestion(evidence: Evidence): { template: object; remark: string } {
  const [reading, ...others] = isForeignTask(evidence) ? [] : likelyReadings(evidence);
  const { model, remark } =
    reading === undefined
      ? suggestedModel(evidence)
      : {
          model: detection(evidence, reading.lastLayer, reading.labelCount ?? 1),
          remark: others.length > 0 ? 'or with another of these last layers' : '',
        };
  return { template: { input: suggestedInput(evidence, reading), model }, remark };
}

function suggestedInput({ model, packed }: Evidence, reading: Reading | undefined): object {
  const image = findImageTensor(model.inputs);
  if (image === undefined) return { inputType: 'other' };
  const usual = reading === undefined ? undefined : USUAL_SCALINGS[reading.lastLayer];
  const inputScaling = statedScaling(packed, image.tensor) ?? usual ?? DEFAULT_SCALING;
  return { inputType: 'image', inputScaling, resizeMode: DEFAULT_RESIZE_MODE };
}

/** Of outputs that fit no last layer as they are: for another size of picture they might. */
function suggestedModel(evidence: Evidence): { model: object; remark: string } {
  const shape = evidence.model.outputs[0]?.shape ?? [];
  const [, a = 0, b = 0] = shape;
  if (shape.length <= 2) {
    const count = Math.max(1, elementCount(shape));
    return { model: { modelType: 'classification', labels: labelsToFill(evidence, count) }, remark: '' };
  }
  if (!isForeignTask(evidence) && shape.length === 3 && a > b && b > 5) {
    return { model: detection(evidence, 'yolov5', b - 5), remark: 'or another lastLayer of this shape' };
  }
  if (!isForeignTask(evidence) && shape.length === 3 && b > a && a > 4) {
    const remark = "'yolov11-abs' if its boxes are in pixels";
    return { model: detection(evidence, 'yolov11', a - 4), remark };
  }
  return { model: { modelType: 'freeform' }, remark: "'freeform' gives the outputs as they are" };
}

function detection(evidence: Evidence, lastLayer: ObjectDetectionLastLayer, count: number): object {
  const labels = labelsToFill(evidence, count);
  return { modelType: 'object-detection', lastLayer, labels, minimumConfidence: 0.5 };
}

function labelsToFill(evidence: Evidence, count: number): string[] {
  const known = labelsFor(evidence, count) ?? [];
  const labels = Array.from(
    { length: Math.max(1, count) },
    (_, i) => known[i] ?? `label ${i + 1} of ${count}`,
  );
  return labels.length <= MAX_LABELS_SHOWN + 2 ? labels : [...labels.slice(0, MAX_LABELS_SHOWN), '...'];
}
