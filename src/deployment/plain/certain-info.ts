/** What a model file says about itself beyond doubt. Anything less certain is asked for, not guessed. */
import type { Quantization, TensorInfo } from '../../tensor.js';
import type { DeploymentWarning } from '../contents.js';
import type { ImageInputScaling } from '../impulse.js';
import type { PackedMetadata } from '../tflite-metadata.js';
import { readUltralyticsNames } from '../ultralytics.js';
import { findImageTensor } from './image-tensor.js';
import type { ModelFile } from './model-file.js';
import type { InputInfo, ModelInfo } from './model-info.js';

/** What stands beside or inside the model. */
export interface Evidence {
  readonly model: ModelFile;
  readonly packed: PackedMetadata;
  /** Lines of `labels.txt`. */
  readonly labelLines?: readonly string[];
}

type Warn = (warning: DeploymentWarning) => void;

const DETECTION_OPERATOR = 'TFLite_Detection_PostProcess';
/** First line of label files that count the background as a class. */
const BACKGROUND_LINES = ['background', '???'];
/** Cells of a FOMO grid are this many pixels apart. */
const FOMO_CELL = 8;
/** What the Studio gives new detectors; a file does not say it. */
const ASSUMED_CONFIDENCE = 0.5;
const RANGE_TOLERANCE = 0.02;

/** A description, or undefined where the file leaves a doubt. */
export function certainInfo(evidence: Evidence, warn: Warn): ModelInfo | undefined {
  const { operators } = evidence.model;
  if (operators.has(DETECTION_OPERATOR)) return ssdInfo(evidence, warn);
  return fomoInfo(evidence, warn) ?? classifierInfo(evidence, warn);
}

/** Labels known for a model of `count` outputs, from `labels.txt`, packed inside, or noted by the exporter. */
export function labelsFor(
  { labelLines, packed, model }: Evidence,
  count: number,
): readonly string[] | undefined {
  return [labelLines, packed.labels, notedNames(model)].find((labels) => labels?.length === count);
}

function notedNames({ notes }: ModelFile): readonly string[] | undefined {
  const names = notes.get('names');
  return names === undefined ? undefined : readUltralyticsNames(names);
}

function ssdInfo(evidence: Evidence, warn: Warn): ModelInfo | undefined {
  const lines = evidence.labelLines ?? evidence.packed.labels;
  const input = imageInput(evidence, 'squash', warn);
  if (lines === undefined || input === undefined) return undefined;
  const thresholds = assumedConfidence(evidence, warn);
  return {
    input,
    // The operator numbers classes from 0 without the background.
    model: {
      modelType: 'object-detection',
      lastLayer: 'mobilenet-ssd',
      labels: withoutBackground(lines),
      thresholds,
    },
  };
}

/** As OpenMV exports it: a grid of softmaxes, and the background as the first line of `labels.txt`. */
function fomoInfo(evidence: Evidence, warn: Warn): ModelInfo | undefined {
  const { model, labelLines } = evidence;
  const image = findImageTensor(model.inputs);
  const [, rows, columns, channels, ...more] = model.outputs[0]?.shape ?? [];
  if (image === undefined || channels === undefined || more.length > 0 || !model.endsInSoftmax) {
    return undefined;
  }
  if (rows !== Math.floor(image.height / FOMO_CELL) || columns !== Math.floor(image.width / FOMO_CELL)) {
    return undefined;
  }
  const labels = labelLines === undefined ? undefined : withoutBackground(labelLines);
  if (labels?.length !== channels - 1) return undefined;
  const input = imageInput(evidence, 'fit-short', warn, '0..1');
  if (input === undefined) return undefined;
  const thresholds = assumedConfidence(evidence, warn);
  return { input, model: { modelType: 'object-detection', lastLayer: 'fomo', labels, thresholds } };
}

function classifierInfo(evidence: Evidence, warn: Warn): ModelInfo | undefined {
  const { outputs, inputs } = evidence.model;
  const [batch, count, ...more] = outputs[0]?.shape ?? [];
  if (outputs.length !== 1 || Math.abs(batch ?? 0) !== 1 || count === undefined || more.length > 0)
    return undefined;
  const labels = labelsFor(evidence, count);
  if (labels === undefined) return undefined;
  const isImage = inputs.some(({ shape }) => shape.length === 4);
  const input = isImage ? imageInput(evidence, 'squash', warn) : ({ inputType: 'other' } as const);
  return input && { input, model: { modelType: 'classification', labels } };
}

function imageInput(
  { model, packed }: Evidence,
  resizeMode: 'squash' | 'fit-short',
  warn: Warn,
  otherwise?: ImageInputScaling,
): InputInfo | undefined {
  const image = findImageTensor(model.inputs);
  if (image === undefined) return undefined;
  const inputScaling =
    scalingOfNormalization(packed.normalization) ?? scalingOfTensor(image.tensor) ?? otherwise;
  if (inputScaling === undefined) return undefined;
  warn({
    code: 'RESIZE_MODE_ASSUMED',
    message: `${model.artefact.name} does not say how pictures are resized: '${resizeMode}' is assumed. Pass the option resizeMode to change it.`,
  });
  return { inputType: 'image', inputScaling, resizeMode };
}

function assumedConfidence({ model }: Evidence, warn: Warn): { min_score: number } {
  warn({
    code: 'THRESHOLD_ASSUMED',
    message: `${model.artefact.name} states no minimum confidence: ${ASSUMED_CONFIDENCE} is assumed. Set min_score to change it.`,
  });
  return { min_score: ASSUMED_CONFIDENCE };
}

/** (value - mean) / std for values of 0..255. */
function scalingOfNormalization(
  normalization: PackedMetadata['normalization'],
): ImageInputScaling | undefined {
  if (normalization === undefined) return undefined;
  const [mean] = normalization.mean;
  const [std] = normalization.std;
  const same =
    [...normalization.mean].every((m) => m === mean) && [...normalization.std].every((s) => s === std);
  if (!same || mean === undefined || std === undefined || std === 0) return undefined;
  return scalingOfRange(-mean / std, (255 - mean) / std);
}

/** The reals that an integer tensor can hold; calibration makes it cover what training gave. */
export function scalingOfTensor({ dataType, quantization }: TensorInfo): ImageInputScaling | undefined {
  if (quantization === undefined || (dataType !== 'int8' && dataType !== 'uint8')) return undefined;
  const [low, high] = dataType === 'int8' ? [-128, 127] : [0, 255];
  return scalingOfRange(realOf(low, quantization), realOf(high, quantization));
}

function realOf(q: number, { scale, zeroPoint }: Quantization): number {
  return (q - zeroPoint) * scale;
}

function scalingOfRange(low: number, high: number): ImageInputScaling | undefined {
  const ranges: readonly [ImageInputScaling, number, number][] = [
    ['0..1', 0, 1],
    ['-1..1', -1, 1],
    ['0..255', 0, 255],
    ['-128..127', -128, 127],
  ];
  const near = (a: number, b: number, width: number): boolean => Math.abs(a - b) <= RANGE_TOLERANCE * width;
  return ranges.find(([, min, max]) => near(low, min, max - min) && near(high, max, max - min))?.[0];
}

function withoutBackground(lines: readonly string[]): readonly string[] {
  return BACKGROUND_LINES.includes(lines[0]?.toLowerCase() ?? '') ? lines.slice(1) : lines;
}
