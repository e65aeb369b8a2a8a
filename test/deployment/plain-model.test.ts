import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DeploymentContents } from '../../src/deployment/contents.js';
import { openContents } from '../../src/deployment/open.js';
import type { GraphTensor } from '../../src/deployment/tflite/write.js';
import { writeTfliteModel } from '../../src/deployment/tflite/write.js';
import type { Files } from '../fixtures/deployment-writer.js';
import { writeFiles, zipOf } from '../fixtures/deployment-writer.js';
import { constantModel, tinyClassifier, tinyFomo, tinyRegression } from '../fixtures/models.js';
import { encodeOnnxModel, tinyOnnxClassifier } from '../fixtures/onnx-models.js';
import { failure } from './failure.js';

const CLASSIFIER = { modelType: 'classification', labels: ['red', 'green', 'blue'] };
const INFO = {
  input: { inputType: 'image', inputScaling: '0..1', resizeMode: 'fit-short' },
  model: CLASSIFIER,
};

let outer: string;

beforeAll(async () => {
  outer = await mkdtemp(join(tmpdir(), 'impulse-'));
});

afterAll(async () => {
  await rm(outer, { recursive: true, force: true });
});

/** Opens one of the files, as they lie in a folder. */
async function openBeside(files: Files, name: string, options = {}): Promise<DeploymentContents> {
  const folder = await mkdtemp(join(outer, 'model-'));
  await writeFiles(files, folder);
  return openContents(join(folder, name), options);
}

const opened = async (model: Uint8Array, modelInfo: object): Promise<DeploymentContents> =>
  openContents(model, { modelInfo });

/** A model of these inputs and outputs, all of one operator that does not matter. */
function modelOf(
  inputs: readonly GraphTensor[],
  outputs: readonly GraphTensor[],
  operator = 'Opaque',
): Uint8Array {
  return writeTfliteModel({
    tensors: [...inputs, ...outputs],
    operators: [
      {
        spec: { type: 'CUSTOM', name: operator },
        inputs: inputs.map((_, i) => i),
        outputs: outputs.map((_, i) => inputs.length + i),
      },
    ],
    inputs: inputs.map((_, i) => i),
    outputs: outputs.map((_, i) => inputs.length + i),
  });
}

const quantized = (scale: number, zeroPoint: number): NonNullable<GraphTensor['quantization']> => ({
  scale: [scale],
  zeroPoint: [zeroPoint],
  quantizedDimension: 0,
});

const tensor = (name: string, shape: readonly number[], more: Partial<GraphTensor> = {}): GraphTensor => ({
  name,
  shape,
  dataType: 'float32',
  ...more,
});

describe('A model of which nobody says what its outputs mean', () => {
  it('is refused with its tensors and a description to complete', async () => {
    const folder = await mkdtemp(join(outer, 'model-'));
    await writeFile(join(folder, 'cups.v2.lite'), tinyClassifier({ dataType: 'int8' }));
    const { code, message } = await failure(() => openContents(join(folder, 'cups.v2.lite')));
    expect(code).toBe('ERR_METADATA_MISSING');
    expect(message).toMatch(/^cups\.v2\.lite is a TFLite model, but nothing says what it takes and gives\./);
    expect(message).toMatch(/Inputs:\n {4}image \[1, 8, 8, 3\] int8, scale 0\.0039\d*, zero point -128\n/);
    expect(message).toMatch(/save it beside the model as cups\.v2\.json/);
    const template: unknown = JSON.parse(message.slice(message.indexOf('{')));
    expect(template).toEqual({
      input: { inputType: 'image', inputScaling: '0..1', resizeMode: 'squash' },
      model: { modelType: 'classification', labels: ['label 1 of 3', 'label 2 of 3', 'label 3 of 3'] },
    });
    await writeFile(join(folder, 'cups.v2.json'), JSON.stringify(template));
    expect((await openContents(join(folder, 'cups.v2.lite'))).impulse.learnBlocks).toHaveLength(1);
  });

  it.each<[string, number[], string]>([
    ['YOLOv5', [1, 63, 7], 'yolov5'],
    ['YOLOX', [1, 21, 7], 'yolox'],
    ['YOLOv8 or 11', [1, 6, 84], 'yolov11'],
  ])('with outputs like those of %s gets a template that names it', async (_, shape, lastLayer) => {
    const model = constantModel(
      [1, 32, 32, 3],
      [{ shape, data: new Float32Array(shape.reduce((a, b) => a * b)) }],
    );
    const { message } = await failure(() => openContents(model));
    expect(message).toContain(`"lastLayer": "${lastLayer}"`);
    expect(message).toContain('"label 2 of 2"');
  });

  it('gets a template with the class names that an ONNX exporter noted', async () => {
    const model = encodeOnnxModel({
      nodes: [{ type: 'Identity', inputs: ['images'], outputs: ['output0'] }],
      inputs: [{ name: 'images', shape: [1, 3, 32, 32] }],
      outputs: [{ name: 'output0', shape: [1, 6, 21] }],
      metadata: { names: `{0: 'cup', 1: "child's plate"}` },
    });
    const { message } = await failure(() => openContents(model));
    expect(message).toContain('is an ONNX model');
    expect(message).toContain('"cup",\n      "child\'s plate"');
  });
});

describe('Descriptions are found', () => {
  const model = tinyClassifier();
  const text = JSON.stringify(INFO);

  it.each<[string, Files, string]>([
    [
      'beside the model, by its name',
      new Map<string, string | Uint8Array>([
        ['a/cups.lite', model],
        ['a/cups.json', text],
      ]),
      'a/cups.lite',
    ],
    [
      'beside the model, by the common name',
      new Map<string, string | Uint8Array>([
        ['cups.lite', model],
        ['model-info.json', text],
      ]),
      'cups.lite',
    ],
    [
      'in the folder that is opened',
      new Map<string, string | Uint8Array>([
        ['f/cups.lite', model],
        ['f/cups.json', text],
      ]),
      'f',
    ],
  ])('%s', async (_, files, name) => {
    const { format, impulse, artefacts, warnings } = await openBeside(files, name);
    expect(format).toBe('plain-model');
    expect(impulse).toEqual({
      project: {},
      input: {
        inputType: 'image',
        width: 8,
        height: 8,
        channels: 'RGB',
        resizeMode: 'fit-short',
        cropAnchor: 'middle-center',
      },
      dspBlocks: [],
      learnBlocks: [
        {
          id: 1,
          name: 'classification 1',
          artefact: 'model',
          inputs: [],
          inputScaling: '0..1',
          ...CLASSIFIER,
        },
      ],
    });
    expect(Buffer.compare(artefacts.get('model')?.bytes ?? Buffer.alloc(0), model)).toBe(0);
    expect(warnings).toEqual([]);
  });

  it.each([['cups.json'], ['model-info.json'], ['any-name.json']])(
    'in a zip with the model: %s',
    async (name) => {
      const zip = await zipOf(
        new Map<string, string | Uint8Array>([
          ['x/cups.onnx', tinyOnnxClassifier()],
          [`x/${name}`, text],
        ]),
      );
      const { impulse, artefacts } = await openContents(zip);
      expect(impulse.learnBlocks).toMatchObject([CLASSIFIER]);
      expect(artefacts.get('model')).toMatchObject({ format: 'onnx', name: 'x/cups.onnx' });
    },
  );

  it('in the options, as an object or a path, before any file', async () => {
    const files: Files = new Map<string, string | Uint8Array>([
      ['cups.lite', model],
      ['cups.json', '{ wrong'],
      ['other.json', text],
    ]);
    const folder = await mkdtemp(join(outer, 'model-'));
    await writeFiles(files, folder);
    const path = join(folder, 'cups.lite');
    for (const modelInfo of [INFO, join(folder, 'other.json')]) {
      expect((await openContents(path, { modelInfo })).impulse.learnBlocks).toMatchObject([CLASSIFIER]);
    }
    expect(await failure(() => openContents(path, { modelInfo: join(folder, 'none.json') }))).toMatchObject({
      code: 'ERR_METADATA_MISSING',
    });
    expect(await failure(() => openContents(path))).toMatchObject({
      code: 'ERR_METADATA_INVALID',
      message: 'cups.json is not JSON in UTF-8.',
    });
  });

  it('in the JSON that custom deployment blocks get, whose API key goes nowhere', async () => {
    const metadata = {
      version: 1,
      classes: CLASSIFIER.labels,
      deployCounter: 4,
      frequency: 1000,
      impulse: {
        inputBlocks: [
          { id: 1, type: 'image', imageWidth: 8, resizeMode: 'crop', cropAnchor: 'bottom-right' },
        ],
        learnBlocks: [
          { id: 9, type: 'anomaly' },
          { id: 5, type: 'keras-transfer-image', name: 'Transfer' },
        ],
      },
      project: { id: 3, owner: 'o', name: 'Cups', apiKey: 'ei_0123456789abcdef' },
    };
    const files: Files = new Map<string, string | Uint8Array>([
      ['trained.tflite', tinyClassifier({ dataType: 'int8' })],
      ['deployment-metadata.json', JSON.stringify(metadata)],
    ]);
    const contents = await openBeside(files, 'trained.tflite');
    expect(contents.impulse).toMatchObject({
      project: { id: 3, owner: 'o', name: 'Cups', deployVersion: 4 },
      input: { inputType: 'image', resizeMode: 'crop', cropAnchor: 'bottom-right' },
      learnBlocks: [CLASSIFIER],
    });
    expect(JSON.stringify(contents)).not.toContain('ei_0123456789abcdef');
    const broken = new Map(files).set('deployment-metadata.json', '{ "apiKey": "ei_0123456789abcdef", ');
    const refused = await failure(() => openBeside(broken, 'trained.tflite'));
    expect(refused.code).toBe('ERR_METADATA_INVALID');
    expect(refused.message).not.toContain('ei_');
  });

  it('there for a detector too, where the model leaves no doubt how it is decoded', async () => {
    const metadata = (type: string): string =>
      JSON.stringify({
        version: 1,
        classes: ['red', 'green', 'blue'],
        impulse: { inputBlocks: [{ type: 'image', resizeMode: 'squash' }], learnBlocks: [{ id: 5, type }] },
      });
    const zip = (model: Uint8Array, type: string): Promise<Uint8Array> =>
      zipOf(
        new Map<string, string | Uint8Array>([
          ['trained.tflite', model],
          ['deployment-metadata.json', metadata(type)],
        ]),
      );
    const { impulse, warnings } = await openContents(
      await zip(tinyFomo({ dataType: 'int8' }), 'keras-object-detection'),
    );
    expect(impulse.learnBlocks).toMatchObject([{ lastLayer: 'fomo', labels: ['red', 'green', 'blue'] }]);
    expect(warnings.map(({ code }) => code)).toEqual(['LAST_LAYER_RECOGNISED', 'THRESHOLD_ASSUMED']);
    const other = constantModel([1, 32, 32, 3], [{ shape: [1, 63, 8], data: new Float32Array(504) }]);
    const refused = await failure(async () => openContents(await zip(other, 'keras-object-detection')));
    expect(refused.code).toBe('ERR_METADATA_MISSING');
    expect(refused.message).toContain('"red"');
    const regression = await openContents(await zip(tinyRegression(), 'keras-regression'));
    expect(regression.impulse.learnBlocks).toMatchObject([{ modelType: 'regression', labels: ['value'] }]);
  });
});

describe('Several models in one place', () => {
  const files: Files = new Map<string, string | Uint8Array>([
    ['f/float32.lite', tinyClassifier()],
    ['f/int8.lite', tinyClassifier({ dataType: 'int8' })],
    ['f/model-info.json', JSON.stringify(INFO)],
  ]);

  it('are listed, and chosen by name', async () => {
    expect(await failure(() => openBeside(files, 'f'))).toMatchObject({
      code: 'ERR_DEPLOYMENT_AMBIGUOUS',
      message:
        'f holds 2 models: float32.lite, int8.lite. Open one of them, or choose it with the option impulse.',
    });
    const { artefacts } = await openBeside(files, 'f', { impulse: 'int8.lite' });
    expect(artefacts.get('model')?.name).toBe('int8.lite');
    expect((await failure(() => openBeside(files, 'f', { impulse: 'x' }))).message).toMatch(
      /holds no model 'x'/,
    );
  });
});

describe('What is certain from the file needs no description', () => {
  const withLabels = (model: Uint8Array, labels: string): Promise<Uint8Array> =>
    zipOf(
      new Map<string, string | Uint8Array>([
        ['trained.tflite', model],
        ['labels.txt', labels],
      ]),
    );

  it('a FOMO grid with labels.txt, as OpenMV exports it', async () => {
    const { impulse, warnings } = await openContents(
      await withLabels(tinyFomo({ dataType: 'int8' }), 'background\r\nred\ngreen\nblue\n'),
    );
    expect(impulse.input).toMatchObject({ width: 32, height: 32, channels: 'RGB', resizeMode: 'fit-short' });
    expect(impulse.learnBlocks).toMatchObject([
      {
        modelType: 'object-detection',
        lastLayer: 'fomo',
        labels: ['red', 'green', 'blue'],
        inputScaling: '0..1',
        thresholds: { min_score: 0.5 },
      },
    ]);
    expect(warnings.map(({ code }) => code)).toEqual([
      'LAST_LAYER_RECOGNISED',
      'RESIZE_MODE_ASSUMED',
      'THRESHOLD_ASSUMED',
    ]);
  });

  it.each([
    ['one label too few', 'background\nred\ngreen\n'],
    ['no background among four', 'red\ngreen\nblue\nwhite\n'],
  ])('but not one with %s', async (_, labels) => {
    const zip = await withLabels(tinyFomo({ dataType: 'int8' }), labels);
    expect(await failure(() => openContents(zip))).toMatchObject({ code: 'ERR_METADATA_MISSING' });
  });

  it.each([
    ['int8', 1 / 255, -128, '0..1'],
    ['uint8', 1 / 128, 128, '-1..1'],
    ['uint8', 1, 0, '0..255'],
    ['int8', 1, 0, '-128..127'],
  ] as const)(
    'a quantised classifier (%s, scale %d, zero point %i) with its labels',
    async (dataType, scale, zeroPoint, scaling) => {
      const model = modelOf(
        [
          tensor('image', [1, 8, 8, 3], {
            dataType,
            quantization: quantized(scale, zeroPoint),
          }),
        ],
        [tensor('scores', [1, 2])],
      );
      const { impulse } = await openContents(await withLabels(model, 'no\nyes\n'));
      expect(impulse.learnBlocks).toMatchObject([
        { modelType: 'classification', labels: ['no', 'yes'], inputScaling: scaling },
      ]);
    },
  );

  it.each([
    ['a range that is none of the known ones', { dataType: 'int8', quantization: quantized(0.003291, -128) }],
    ['float pixels of unknown range', {}],
  ] as const)('but not one with %s', async (_, more) => {
    const model = modelOf(
      [tensor('image', [1, 8, 8, 3], more as Partial<GraphTensor>)],
      [tensor('scores', [1, 2])],
    );
    const zip = await withLabels(model, 'no\nyes\n');
    expect(await failure(() => openContents(zip))).toMatchObject({ code: 'ERR_METADATA_MISSING' });
  });

  it('a classifier of numbers that are no picture', async () => {
    const { impulse } = await openContents(
      await withLabels(modelOf([tensor('x', [1, 5])], [tensor('y', [1, 2])]), 'no\nyes'),
    );
    expect(impulse.input).toEqual({ inputType: 'other', featureCount: 5, axes: ['axis0'], frequencyHz: 0 });
  });

  it('a detection operator with labels: the background is not among its classes', async () => {
    const model = modelOf(
      [
        tensor('image', [1, 8, 8, 3], {
          dataType: 'uint8',
          quantization: quantized(1 / 128, 128),
        }),
      ],
      [
        tensor('boxes', [1, 10, 4]),
        tensor('classes', [1, 10]),
        tensor('scores', [1, 10]),
        tensor('count', [1]),
      ],
      'TFLite_Detection_PostProcess',
    );
    const { impulse } = await openContents(await withLabels(model, '???\nperson\n???\ncar\n'));
    expect(impulse.learnBlocks).toMatchObject([
      {
        lastLayer: 'mobilenet-ssd',
        labels: ['person', '???', 'car'],
        inputScaling: '-1..1',
        objectDetectionCount: 10,
      },
    ]);
    expect(await failure(() => openContents(model))).toMatchObject({ code: 'ERR_METADATA_MISSING' });
  });
});

describe('The size of the picture comes from the model', () => {
  it.each([
    [[1, 24, 32, 3], 32, 24, 'RGB'],
    [[1, 3, 24, 32], 32, 24, 'RGB'],
    [[1, 24, 32, 1], 32, 24, 'Grayscale'],
    [[1, 1, 28, 28], 28, 28, 'Grayscale'],
  ] as const)('%j', async (shape, width, height, channels) => {
    const { impulse } = await opened(modelOf([tensor('x', shape)], [tensor('y', [1, 3])]), INFO);
    expect(impulse.input).toMatchObject({ width, height, channels });
  });

  it('taken from the input that can hold one, beside others', async () => {
    const model = modelOf([tensor('state', [1, 128]), tensor('image', [1, 8, 16, 3])], [tensor('y', [1, 3])]);
    expect((await opened(model, INFO)).impulse.input).toMatchObject({ width: 16, height: 8 });
  });

  it.each<[string, readonly number[], RegExp]>([
    ['fits two layouts', [1, 3, 20, 3], /can be read as height x width x channels and as channels/],
    ['has two dimensions', [1, 192], /a picture needs \[1, height, width, channels\]/],
    ['has other channels', [1, 8, 8, 4], /with 1 or 3 channels/],
    ['takes several pictures at once', [8, 8, 8, 3], /a picture needs/],
  ])('is refused where it %s', async (_, shape, why) => {
    const { code, message } = await failure(() =>
      opened(modelOf([tensor('x', shape)], [tensor('y', [1, 3])]), INFO),
    );
    expect(code).toBe('ERR_DEPLOYMENT_INCONSISTENT');
    expect(message).toMatch(why);
  });

  it('is refused where it is left open', async () => {
    const model = encodeOnnxModel({
      nodes: [{ type: 'Identity', inputs: ['x'], outputs: ['y'] }],
      inputs: [{ name: 'x', shape: [1, 3, 'height', 'width'] }],
      outputs: [{ name: 'y', shape: [1, 3] }],
    });
    expect((await failure(() => opened(model, INFO))).message).toMatch(
      /width or height is left open \(-1\)\. Export the model with a fixed size/,
    );
  });
});

describe('Other inputs and outputs', () => {
  const model = tinyRegression({ features: 375 });
  const FREEFORM = { modelType: 'freeform' };

  it('a window of samples gives its axes', async () => {
    const input = { inputType: 'time-series', frequencyHz: 62.5, windowLengthMs: 2000 };
    expect((await opened(model, { input, model: FREEFORM })).impulse.input).toEqual({
      inputType: 'time-series',
      featureCount: 375,
      axes: ['axis0', 'axis1', 'axis2'],
      frequencyHz: 62.5,
    });
  });

  it('a window that does not divide the input is refused', async () => {
    const input = { inputType: 'time-series', frequencyHz: 100, windowLengthMs: 2000 };
    expect(await failure(() => opened(model, { input, model: FREEFORM }))).toMatchObject({
      code: 'ERR_DEPLOYMENT_INCONSISTENT',
      message: expect.stringMatching(
        /takes 375 numbers, which 200 samples \(2000 ms at 100 Hz\) do not divide/,
      ),
    });
  });

  it('audio, regression, anomaly', async () => {
    const input = { inputType: 'audio', frequencyHz: 16000 };
    const regression = await opened(model, { input, model: { modelType: 'regression' } });
    expect(regression.impulse.input).toEqual({
      inputType: 'audio',
      featureCount: 375,
      axes: ['audio'],
      frequencyHz: 16000,
    });
    expect(regression.impulse.learnBlocks).toMatchObject([{ modelType: 'regression', labels: ['value'] }]);
    const anomaly = await opened(tinyRegression(), {
      input: { inputType: 'other' },
      model: { modelType: 'anomaly' },
    });
    expect(anomaly.impulse.learnBlocks).toMatchObject([{ algorithm: 'gmm', axes: [0, 1, 2, 3] }]);
  });

  it.each<[readonly number[], number, number]>([
    [[1, 5, 7, 1], 7, 5],
    [[1, 5, 7], 7, 5],
    [[1, 25], 5, 5],
  ])('visual anomaly takes its grid from %j', async (shape, gridWidth, gridHeight) => {
    const grid = modelOf([tensor('x', [1, 8, 8, 3])], [tensor('y', shape)]);
    const { impulse } = await opened(grid, {
      ...INFO,
      model: { modelType: 'visual-anomaly', thresholdValues: { min_anomaly_score: 3 } },
    });
    expect(impulse.learnBlocks).toMatchObject([
      { gridWidth, gridHeight, thresholds: { min_anomaly_score: 3 } },
    ]);
  });

  it('visual anomaly without a grid is refused', async () => {
    const noGrid = modelOf([tensor('x', [1, 8, 8, 3])], [tensor('y', [1, 7])]);
    expect(
      await failure(() => opened(noGrid, { ...INFO, model: { modelType: 'visual-anomaly' } })),
    ).toMatchObject({
      code: 'ERR_DEPLOYMENT_INCONSISTENT',
    });
  });
});
