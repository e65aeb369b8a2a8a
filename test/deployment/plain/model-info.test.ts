import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DeploymentWarning } from '../../../src/deployment/contents.js';
import type { ModelInfo } from '../../../src/deployment/plain/model-info.js';
import { parseModelInfo } from '../../../src/deployment/plain/model-info.js';
import { failure } from '../failure.js';

const IMAGE = { inputType: 'image', inputScaling: '-1..1', resizeMode: 'fit-long' };
const CLASSIFIER = { modelType: 'classification', labels: ['a', 'b'] };
const DETECTOR = {
  modelType: 'object-detection',
  labels: ['cup'],
  lastLayer: 'yolov5',
  minimumConfidence: 0.3,
};

function parse(value: unknown): { info: ModelInfo; warnings: DeploymentWarning[] } {
  const warnings: DeploymentWarning[] = [];
  return { info: parseModelInfo(value, 'cups.json', (warning) => warnings.push(warning)), warnings };
}

const message = async (value: unknown): Promise<string> => {
  const { code, message: text } = await failure(() => parse(value));
  return code === 'ERR_METADATA_INVALID' ? text : `${code}: ${text}`;
};

describe('A description that is wrong names the field, what was expected and what came', () => {
  it.each<[unknown, string]>([
    [null, 'cups.json: expected an object but received null.'],
    [[], 'cups.json: expected an object but received an array of 0.'],
    ['{}', "cups.json: expected an object but received '{}'."],
    [{}, 'cups.json: input: expected an object but received undefined.'],
    [{ input: IMAGE }, 'cups.json: model: expected an object but received undefined.'],
    [{ modelInfo: { input: 3 } }, 'cups.json: modelInfo.input: expected an object but received 3.'],
    [{ modelInfo: null }, 'cups.json: modelInfo: expected an object but received null.'],
    [
      { input: { inputType: 'picture' }, model: CLASSIFIER },
      "cups.json: input.inputType: expected one of time-series, audio, image, other but received 'picture'. Valid are: time-series, audio, image, other.",
    ],
    [
      { input: { ...IMAGE, inputScaling: '0-1' }, model: CLASSIFIER },
      "cups.json: input.inputScaling: expected one of 0..1, -1..1, -128..127, 0..255, torch, bgr-subtract-imagenet-mean but received '0-1'. Did you mean '0..1'?",
    ],
    [
      { input: { ...IMAGE, resizeMode: 'fit-shortest' }, model: CLASSIFIER },
      "cups.json: input.resizeMode: expected one of squash, fit-short, fit-long, crop but received 'fit-shortest'. Did you mean 'fit-short'?",
    ],
    [
      { input: { inputType: 'audio' }, model: CLASSIFIER },
      'cups.json: input.frequencyHz: expected a number but received undefined.',
    ],
    [
      { input: { inputType: 'audio', frequencyHz: 0 }, model: CLASSIFIER },
      'cups.json: input.frequencyHz: expected a number above 0 but received 0.',
    ],
    [
      { input: { inputType: 'time-series', frequencyHz: 10, windowLengthMs: '100' }, model: CLASSIFIER },
      "cups.json: input.windowLengthMs: expected a number but received '100'.",
    ],
    [
      { input: IMAGE, model: { modelType: 'classification' } },
      'cups.json: model.labels: expected an array of at least one string but received undefined.',
    ],
    [
      { input: IMAGE, model: { modelType: 'classification', labels: [] } },
      'cups.json: model.labels: expected an array of at least one string but received an array of 0.',
    ],
    [
      { input: IMAGE, model: { modelType: 'classification', labels: ['a', 3] } },
      'cups.json: model.labels[1]: expected a string but received 3.',
    ],
    [
      { input: IMAGE, model: { ...DETECTOR, lastLayer: 'yolo5' } },
      "cups.json: model.lastLayer: expected one of mobilenet-ssd, fomo, yolov2-akida, yolov5, yolov5v5-drpai, yolox, yolov7, yolo-pro, tao-retinanet, tao-ssd, tao-yolov3, tao-yolov4, yolov11, yolov11-abs, paddleocr-detector, qc-face-det-lite but received 'yolo5'. Did you mean 'yolov5'?",
    ],
    [
      { input: IMAGE, model: { ...DETECTOR, minimumConfidence: 30 } },
      'cups.json: model.minimumConfidence: expected a number from 0 to 1 but received 30.',
    ],
    [
      { input: IMAGE, model: { ...DETECTOR, minimumConfidence: undefined } },
      'cups.json: model.minimumConfidence: expected a number but received undefined.',
    ],
    [
      { input: IMAGE, model: { ...DETECTOR, thresholdValues: { min_scor: 0.3 } } },
      "cups.json: model.thresholdValues.min_scor: this model has no such threshold. Did you mean 'min_score'?",
    ],
    [
      { input: IMAGE, model: { ...DETECTOR, thresholdValues: { min_score: '0.3' } } },
      "cups.json: model.thresholdValues.min_score: expected a number but received '0.3'.",
    ],
    [
      {
        input: IMAGE,
        model: {
          ...DETECTOR,
          lastLayer: 'paddleocr-detector',
          thresholdValues: { min_score_pixel: 0.3, min_score_box: 0.6 },
        },
      },
      'cups.json: model.thresholdValues.unclip_ratio: expected a number but received undefined.',
    ],
    [
      { input: IMAGE, model: { modelType: 'visual-anomaly', thresholdValues: { min_score: 3 } } },
      'cups.json: model.thresholdValues.min_score: this model has no such threshold. Valid are: min_anomaly_score.',
    ],
  ])('%j', async (value, expected) => {
    expect(await message(value)).toBe(expected);
  });

  it('and says which last layer of the API has no decoder', async () => {
    expect(await message({ input: IMAGE, model: { ...DETECTOR, lastLayer: 'qc-yolox' } })).toBe(
      "ERR_UNSUPPORTED_LAST_LAYER: cups.json: model.lastLayer: 'qc-yolox' has no decoder in this version.",
    );
  });
});

describe('A description', () => {
  it('may be the bare pair, an object that holds it, or a whole response of the API', () => {
    const pair = { input: IMAGE, model: CLASSIFIER };
    const response = {
      success: true,
      specificDeviceSelected: true,
      availableModelTypes: ['int8'],
      model: { fileName: 'cups.tflite', inputs: [], outputs: [] },
      modelInfo: pair,
    };
    expect(parse({ modelInfo: pair })).toEqual(parse(pair));
    expect(parse(response)).toEqual(parse(pair));
    expect(parse(pair)).toEqual({ info: pair, warnings: [] });
  });

  it('gets the defaults of the API, and says where it gets ours', () => {
    expect(parse({ input: { inputType: 'image' }, model: CLASSIFIER })).toEqual({
      info: { input: { inputType: 'image', inputScaling: '0..1', resizeMode: 'squash' }, model: CLASSIFIER },
      warnings: [
        {
          code: 'RESIZE_MODE_ASSUMED',
          message: "cups.json: input.resizeMode is not stated: 'squash' is assumed.",
        },
      ],
    });
  });

  it('may hold more than is read, with a word about what may be a slip', () => {
    const { warnings } = parse({
      input: { ...IMAGE, inputscaling: '0..1' },
      model: { ...CLASSIFIER, title: 'Cups' },
    });
    expect(warnings).toEqual([
      {
        code: 'UNKNOWN_FIELD',
        message: "cups.json: input.inputscaling is ignored. Did you mean 'inputScaling'?",
      },
      { code: 'UNKNOWN_FIELD', message: 'cups.json: model.title is ignored. Valid are: modelType, labels.' },
    ]);
  });

  it.each<[object, object]>([
    [
      { inputType: 'audio', frequencyHz: 16000 },
      { inputType: 'audio', frequencyHz: 16000 },
    ],
    [
      { inputType: 'time-series', frequencyHz: 62.5, windowLengthMs: 2000 },
      { inputType: 'time-series', frequencyHz: 62.5, windowLengthMs: 2000 },
    ],
    [{ inputType: 'other' }, { inputType: 'other' }],
  ])('of the input %j', (input, expected) => {
    expect(parse({ input, model: { modelType: 'freeform' } }).info.input).toEqual(expected);
  });

  it.each<[object, object]>([
    [{ modelType: 'regression' }, { modelType: 'regression' }],
    [{ modelType: 'anomaly' }, { modelType: 'anomaly' }],
    [
      DETECTOR,
      { modelType: 'object-detection', labels: ['cup'], lastLayer: 'yolov5', thresholds: { min_score: 0.3 } },
    ],
    [
      { ...DETECTOR, thresholdValues: { min_score: 0.7 } },
      { modelType: 'object-detection', labels: ['cup'], lastLayer: 'yolov5', thresholds: { min_score: 0.7 } },
    ],
    [
      {
        ...DETECTOR,
        lastLayer: 'paddleocr-detector',
        thresholdValues: { min_score_pixel: 0.3, min_score_box: 0.6, unclip_ratio: 1.5 },
      },
      {
        modelType: 'object-detection',
        labels: ['cup'],
        lastLayer: 'paddleocr-detector',
        thresholds: { min_score_pixel: 0.3, min_score_box: 0.6, unclip_ratio: 1.5 },
      },
    ],
    [
      {
        modelType: 'visual-anomaly',
        thresholdValues: { min_anomaly_score: 5.5, anomaly_scoring_aggregation_method: 'max' },
      },
      { modelType: 'visual-anomaly', thresholds: { min_anomaly_score: 5.5 } },
    ],
    [{ modelType: 'visual-anomaly' }, { modelType: 'visual-anomaly', thresholds: {} }],
  ])('of the model %j', (model, expected) => {
    expect(parse({ input: IMAGE, model }).info.model).toEqual(expected);
  });

  it('of any form gives a checked one or a typed error', async () => {
    const words = fc.constantFrom(
      'image',
      'classification',
      'object-detection',
      'fomo',
      '0..1',
      'squash',
      'x',
    );
    const value = fc.oneof(words, fc.jsonValue());
    const keys = fc.constantFrom(
      'inputType',
      'inputScaling',
      'modelType',
      'labels',
      'lastLayer',
      'thresholdValues',
    );
    const object = fc.dictionary(keys, value);
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(fc.jsonValue(), fc.record({ input: object, model: object })),
        async (given) => {
          await failure(() => parse(given));
        },
      ),
    );
  });
});
