/** The description of a plain model, in the API's own words (`DeployPretrainedModelInput*`, `...Model*`). */
import { InputError, UnsupportedError } from '../../errors.js';
import { suggest } from '../../options.js';
import type { DeploymentWarning } from '../contents.js';
import type {
  ImageInputResizeMode,
  ImageInputScaling,
  ObjectDetectionLastLayer,
  Thresholds,
} from '../impulse.js';
import {
  IMAGE_INPUT_RESIZE_MODES,
  IMAGE_INPUT_SCALINGS,
  INPUT_TYPES,
  MODEL_TYPES,
  OBJECT_DETECTION_LAST_LAYERS,
} from '../impulse.js';
import type { Json } from './info-reader.js';
import { InfoReader } from './info-reader.js';

export type InputInfo =
  | {
      readonly inputType: 'image';
      readonly inputScaling: ImageInputScaling;
      readonly resizeMode: ImageInputResizeMode;
    }
  | { readonly inputType: 'time-series'; readonly frequencyHz: number; readonly windowLengthMs: number }
  | { readonly inputType: 'audio'; readonly frequencyHz: number }
  | { readonly inputType: 'other' };

export type OutputInfo =
  | { readonly modelType: 'classification'; readonly labels: readonly string[] }
  | { readonly modelType: 'regression' | 'freeform' | 'anomaly' }
  | {
      readonly modelType: 'object-detection';
      readonly labels: readonly string[];
      readonly lastLayer: ObjectDetectionLastLayer;
      readonly thresholds: Thresholds;
    }
  | { readonly modelType: 'visual-anomaly'; readonly thresholds: Thresholds };

/** A checked description with every default filled in. */
export interface ModelInfo {
  readonly input: InputInfo;
  readonly model: OutputInfo;
}

/** What `inputScaling` is where a description does not say: the API's own default. */
export const DEFAULT_SCALING: ImageInputScaling = '0..1';
/** What `resizeMode` is where a description does not say. The API states none: this is our assumption. */
export const DEFAULT_RESIZE_MODE: ImageInputResizeMode = 'squash';

const PADDLEOCR_THRESHOLDS = ['min_score_pixel', 'min_score_box', 'unclip_ratio'];
/** In the API, but without a decoder anywhere in its own list. */
const API_ONLY_LAST_LAYER = 'qc-yolox';

/**
 * Checks a description: `{ input, model }`, or a whole `GetPretrainedModelResponse` or other object with those
 * under `modelInfo`.
 *
 * @param where its name, for messages
 * @param warn takes what is ignored or assumed
 * @param lastLayer counts in place of the description's own, which may then be missing
 * @throws {DeploymentError} `ERR_METADATA_INVALID`: with the path of the field, what was expected and found
 * @throws {InputError} `ERR_OPTION_INVALID`: a last layer is given, but this is no detector
 * @throws {UnsupportedError} `ERR_UNSUPPORTED_LAST_LAYER`
 */
export function parseModelInfo(
  value: unknown,
  where: string,
  warn: (warning: DeploymentWarning) => void,
  lastLayer?: ObjectDetectionLastLayer,
): ModelInfo {
  const reader = new InfoReader(where, warn);
  const root = reader.object(value, '');
  const inside = 'modelInfo' in root ? reader.object(root.modelInfo, 'modelInfo') : root;
  const path = inside === root ? '' : 'modelInfo.';
  if (inside !== root) reader.onlyKnown(inside, ['input', 'model'], path);
  const input = readInput(reader, reader.object(inside.input, `${path}input`), `${path}input.`);
  const stated = reader.object(inside.model, `${path}model`);
  if (lastLayer !== undefined && stated.modelType !== 'object-detection') {
    const found = reader.oneOf(stated.modelType, MODEL_TYPES, `${path}model.modelType`);
    throw notADetector(`${reader.at(`${path}model.modelType`)}the model is '${found}'`);
  }
  const named = lastLayer === undefined ? stated : { ...stated, lastLayer };
  return { input, model: readModel(reader, named, `${path}model.`) };
}

/** @param why what says that it is none */
export function notADetector(why: string): InputError {
  return new InputError(
    'ERR_OPTION_INVALID',
    `lastLayer is for object detection, but ${why}: leave the option out.`,
  );
}

function readInput(reader: InfoReader, input: Json, path: string): InputInfo {
  const inputType = reader.oneOf(input.inputType, INPUT_TYPES, `${path}inputType`);
  switch (inputType) {
    case 'image':
      reader.onlyKnown(input, ['inputType', 'inputScaling', 'resizeMode'], path);
      return {
        inputType,
        inputScaling:
          input.inputScaling === undefined
            ? DEFAULT_SCALING
            : reader.oneOf(input.inputScaling, IMAGE_INPUT_SCALINGS, `${path}inputScaling`),
        resizeMode: readResizeMode(reader, input.resizeMode, `${path}resizeMode`),
      };
    case 'time-series': {
      reader.onlyKnown(input, ['inputType', 'frequencyHz', 'windowLengthMs'], path);
      const frequencyHz = reader.positive(input.frequencyHz, `${path}frequencyHz`);
      return {
        inputType,
        frequencyHz,
        windowLengthMs: reader.positive(input.windowLengthMs, `${path}windowLengthMs`),
      };
    }
    case 'audio':
      reader.onlyKnown(input, ['inputType', 'frequencyHz'], path);
      return { inputType, frequencyHz: reader.positive(input.frequencyHz, `${path}frequencyHz`) };
    case 'other':
      reader.onlyKnown(input, ['inputType'], path);
      return { inputType };
  }
}

function readResizeMode(reader: InfoReader, value: unknown, path: string): ImageInputResizeMode {
  if (value !== undefined) return reader.oneOf(value, IMAGE_INPUT_RESIZE_MODES, path);
  reader.warn('RESIZE_MODE_ASSUMED', `${path} is not stated: '${DEFAULT_RESIZE_MODE}' is assumed.`);
  return DEFAULT_RESIZE_MODE;
}

function readModel(reader: InfoReader, model: Json, path: string): OutputInfo {
  const modelType = reader.oneOf(model.modelType, MODEL_TYPES, `${path}modelType`);
  switch (modelType) {
    case 'classification':
      reader.onlyKnown(model, ['modelType', 'labels'], path);
      return { modelType, labels: reader.labels(model.labels, `${path}labels`) };
    case 'object-detection':
      reader.onlyKnown(
        model,
        ['modelType', 'labels', 'lastLayer', 'minimumConfidence', 'thresholdValues'],
        path,
      );
      return readDetection(reader, model, path);
    case 'visual-anomaly':
      reader.onlyKnown(model, ['modelType', 'thresholdValues'], path);
      return {
        modelType,
        thresholds: readVisualThresholds(reader, model.thresholdValues, `${path}thresholdValues`),
      };
    default:
      reader.onlyKnown(model, ['modelType'], path);
      return { modelType };
  }
}

function readDetection(reader: InfoReader, model: Json, path: string): OutputInfo {
  if (model.lastLayer === API_ONLY_LAST_LAYER) {
    throw new UnsupportedError(
      'ERR_UNSUPPORTED_LAST_LAYER',
      `${reader.at(`${path}lastLayer`)}'${API_ONLY_LAST_LAYER}' has no decoder in this version.`,
    );
  }
  const lastLayer = reader.oneOf(model.lastLayer, OBJECT_DETECTION_LAST_LAYERS, `${path}lastLayer`);
  const labels = reader.labels(model.labels, `${path}labels`);
  const names = lastLayer === 'paddleocr-detector' ? PADDLEOCR_THRESHOLDS : ['min_score'];
  const stated = readThresholds(reader, model.thresholdValues, names, `${path}thresholdValues`);
  // The API calls minimumConfidence deprecated; where both stand, thresholdValues counts.
  const thresholds =
    lastLayer === 'paddleocr-detector' || stated.min_score !== undefined
      ? stated
      : { min_score: reader.confidence(model.minimumConfidence, `${path}minimumConfidence`) };
  for (const name of names) {
    if (thresholds[name] === undefined) reader.fail(`${path}thresholdValues.${name}`, 'a number', undefined);
  }
  return { modelType: 'object-detection', labels, lastLayer, thresholds };
}

function readThresholds(
  reader: InfoReader,
  value: unknown,
  names: readonly string[],
  path: string,
): Record<string, number> {
  const thresholds: Record<string, number> = {};
  for (const [name, threshold] of Object.entries(value === undefined ? {} : reader.object(value, path))) {
    if (!names.includes(name)) {
      throw reader.error(`${path}.${name}`, `this model has no such threshold. ${suggest(name, names)}`);
    }
    thresholds[name] = reader.number(threshold, `${path}.${name}`);
  }
  return thresholds;
}

/** `anomaly_scoring_aggregation_method` is a word: which of two numbers the Studio shows. Both are always given. */
function readVisualThresholds(reader: InfoReader, value: unknown, path: string): Thresholds {
  if (value === undefined) return {};
  const { anomaly_scoring_aggregation_method: _, ...numbers } = reader.object(value, path);
  return readThresholds(reader, numbers, ['min_anomaly_score'], path);
}
