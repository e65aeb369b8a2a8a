/** Plain models (TFLite, ONNX, TensorFlow) with the description that the API calls `modelInfo`. */
import { DeploymentError } from '../errors.js';
import type { TensorInfo } from '../tensor.js';
import { elementCount } from '../tensor.js';
import type { DeploymentContents, DeploymentWarning } from './contents.js';
import type { FileTree } from './file-tree.js';
import { baseName } from './file-tree.js';
import type { ImageInputScaling, ImpulseInput, LearnBlock, SignalInput } from './impulse.js';
import { DEFAULT_NMS } from './impulse.js';
import type { Description, GivenInfo } from './plain/description.js';
import { findDescription } from './plain/description.js';
import { imageTensor } from './plain/image-tensor.js';
import type { ModelFile } from './plain/model-file.js';
import { describeTensor, readModelFile } from './plain/model-file.js';
import type { InputInfo, OutputInfo } from './plain/model-info.js';
import { DEFAULT_SCALING } from './plain/model-info.js';
import type { SideFiles } from './plain/side-files.js';

const MODEL_NAME = /\.(tflite|lite|onnx|ort)$/i;
const MODEL_KEY = 'model';
const BLOCK_ID = 1;
/** Regression has one output, which the API calls so. */
const REGRESSION_LABELS = ['value'];

/** Files of a zip or folder that are models by their name. */
export function modelNames(tree: FileTree): string[] {
  return tree.names.filter((name) => MODEL_NAME.test(name));
}

/**
 * The one model that is meant.
 *
 * @param names from {@link modelNames}; at least one
 * @param wanted its name or path, where there are several
 * @throws {DeploymentError} `ERR_DEPLOYMENT_AMBIGUOUS`
 */
export function chooseModel(tree: FileTree, names: readonly string[], wanted: string | undefined): string {
  const fitting =
    wanted === undefined ? names : names.filter((name) => name === wanted || baseName(name) === wanted);
  const [only] = fitting;
  if (only !== undefined && fitting.length === 1) return only;
  const list = names.slice(0, 20).join(', ');
  throw new DeploymentError(
    'ERR_DEPLOYMENT_AMBIGUOUS',
    wanted === undefined
      ? `${tree.source} holds ${names.length} models: ${list}. Open one of them, or choose it with the option impulse.`
      : `${tree.source} holds no model '${wanted}', or several. It holds: ${list}.`,
  );
}

/**
 * Reads a model and finds out what it takes and gives.
 *
 * @param name of the model file, for messages and for finding its description
 * @param given what the caller says about it
 * @throws {DeploymentError} the model is damaged, or its description is missing or wrong
 * @throws {InputError} `ERR_OPTION_INVALID`: a last layer is named for what is no detector
 * @throws {UnsupportedError} it is something else than a TFLite or ONNX model
 */
export async function readPlainModel(
  bytes: Uint8Array,
  name: string,
  sideFiles: SideFiles,
  given: GivenInfo,
): Promise<DeploymentContents> {
  return describePlainModel(readModelFile(bytes, name), sideFiles, given);
}

/**
 * As {@link readPlainModel}, of a model whose own description was read already.
 *
 * @throws {DeploymentError} its description is missing or wrong
 * @throws {InputError} `ERR_OPTION_INVALID`: a last layer is named for what is no detector
 */
export async function describePlainModel(
  model: ModelFile,
  sideFiles: SideFiles,
  given: GivenInfo,
): Promise<DeploymentContents> {
  const warnings: DeploymentWarning[] = [];
  const description = await findDescription(model, sideFiles, given, (warning) => warnings.push(warning));
  const { input, project } = description;
  const inputScaling = input.inputType === 'image' ? input.inputScaling : DEFAULT_SCALING;
  return {
    format: 'plain-model',
    impulse: {
      project,
      input: impulseInput(description, model),
      dspBlocks: [],
      learnBlocks: [learnBlock(description.model, inputScaling, model)],
    },
    artefacts: new Map([[MODEL_KEY, model.artefact]]),
    warnings,
  };
}

function impulseInput({ input, cropAnchor = 'middle-center' }: Description, model: ModelFile): ImpulseInput {
  if (input.inputType !== 'image') return signalInput(input, model);
  const { width, height, channels } = imageTensor(model.inputs, model.artefact.name);
  return { inputType: 'image', width, height, channels, resizeMode: input.resizeMode, cropAnchor };
}

function signalInput(input: Exclude<InputInfo, { inputType: 'image' }>, model: ModelFile): SignalInput {
  const featureCount = featuresOf(model);
  const frequencyHz = input.inputType === 'other' ? 0 : input.frequencyHz;
  const axisCount = input.inputType === 'time-series' ? axesOf(input, featureCount, model) : 1;
  const axes = Array.from({ length: axisCount }, (_, index) =>
    input.inputType === 'audio' ? 'audio' : `axis${index}`,
  );
  return { inputType: input.inputType, featureCount, axes, frequencyHz };
}

/** The model's first input takes the features as they are. */
function featuresOf({ inputs, artefact }: ModelFile): number {
  const [tensor] = inputs;
  const count = tensor === undefined ? 0 : elementCount(withoutOpenBatch(tensor));
  if (count > 0) return count;
  throw new DeploymentError(
    'ERR_DEPLOYMENT_INCONSISTENT',
    `${artefact.name}: the size of its input is left open (${tensor ? describeTensor(tensor) : 'it has none'}). ` +
      'Export the model with a fixed size.',
  );
}

function axesOf(
  { frequencyHz, windowLengthMs }: Extract<InputInfo, { inputType: 'time-series' }>,
  featureCount: number,
  { artefact }: ModelFile,
): number {
  const samples = Math.round((frequencyHz * windowLengthMs) / 1000);
  if (samples > 0 && featureCount % samples === 0) return featureCount / samples;
  throw new DeploymentError(
    'ERR_DEPLOYMENT_INCONSISTENT',
    `${artefact.name} takes ${featureCount} numbers, which ${samples} samples (${windowLengthMs} ms at ${frequencyHz} Hz) ` +
      'do not divide into axes. Correct frequencyHz or windowLengthMs.',
  );
}

function learnBlock(output: OutputInfo, inputScaling: ImageInputScaling, model: ModelFile): LearnBlock {
  const base = {
    id: BLOCK_ID,
    name: `${output.modelType} ${BLOCK_ID}`,
    artefact: MODEL_KEY,
    inputScaling,
    inputs: [],
  };
  switch (output.modelType) {
    case 'classification':
      return { ...base, modelType: output.modelType, labels: output.labels };
    case 'regression':
      return { ...base, modelType: output.modelType, labels: REGRESSION_LABELS };
    case 'freeform':
      return { ...base, modelType: output.modelType };
    case 'anomaly':
      // A model trained elsewhere gets every feature, and gives the score itself, as a GMM does.
      return {
        ...base,
        modelType: output.modelType,
        algorithm: 'gmm',
        axes: [...Array(featuresOf(model)).keys()],
      };
    case 'visual-anomaly':
      return {
        ...base,
        modelType: output.modelType,
        algorithm: 'gmm',
        ...gridOf(model),
        thresholds: output.thresholds,
      };
    case 'object-detection':
      return { ...base, ...output, nms: DEFAULT_NMS, ...detectionRows(output.lastLayer, model) };
  }
}

/** SSD reads as many rows as its tensors have; where the file leaves that open, as many as a run gives. */
function detectionRows(lastLayer: string, { outputs }: ModelFile): { objectDetectionCount?: number } {
  const boxes = outputs.find(({ shape }) => shape.length === 3 && shape[2] === 4);
  const rows = lastLayer === 'mobilenet-ssd' ? boxes?.shape[1] : undefined;
  return rows !== undefined && rows > 0 ? { objectDetectionCount: rows } : {};
}

/** The grid of scores: [1, height, width], with or without a last 1; or its number of cells, which is a square. */
function gridOf({ outputs, artefact }: ModelFile): { gridWidth: number; gridHeight: number } {
  const shape = outputs[0]?.shape ?? [];
  const [, gridHeight, gridWidth, last = 1] = shape;
  if (gridHeight !== undefined && gridWidth !== undefined && gridHeight > 0 && gridWidth > 0 && last === 1) {
    return { gridWidth, gridHeight };
  }
  const side = Math.sqrt(elementCount(shape));
  if (Number.isInteger(side)) return { gridWidth: side, gridHeight: side };
  throw new DeploymentError(
    'ERR_DEPLOYMENT_INCONSISTENT',
    `${artefact.name}: visual anomaly detection needs a grid of scores, but the output is [${shape.join(', ')}].`,
  );
}

function withoutOpenBatch({ shape }: TensorInfo): readonly number[] {
  return shape[0] === -1 ? [1, ...shape.slice(1)] : shape;
}
