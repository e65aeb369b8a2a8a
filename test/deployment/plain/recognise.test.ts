import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { catalogue } from '../../../scripts/models/catalogue.mjs';
import type { DeploymentContents } from '../../../src/deployment/contents.js';
import { openContents } from '../../../src/deployment/open.js';
import { writeTfliteModel } from '../../../src/deployment/tflite/write.js';
import type { OpenOptions } from '../../../src/index.js';
import { openDeployment } from '../../../src/index.js';
import { zipOf } from '../../fixtures/deployment-writer.js';
import { constantModel, tinyClassifier } from '../../fixtures/models.js';
import { encodeOnnxModel } from '../../fixtures/onnx-models.js';
import { describeWithShared } from '../../support/shared.js';
import { failure } from '../failure.js';

/** A picture of 32 x 32 has 16 + 4 + 1 cells of the strides 8, 16 and 32. */
const SIDE = 32;
const CELLS = 21;
const LABELS = ['cup', 'plate'];
const NAMES = "{0: 'cup', 1: 'plate'}";
const DETECT = { names: NAMES, task: 'detect', stride: '32' };
const YOLOV5 = { names: NAMES, stride: '32' };

const values = (shape: readonly number[]): Float32Array => new Float32Array(shape.reduce((a, b) => a * b));

function onnx(
  shape: readonly number[],
  metadata: Record<string, string> = {},
  operators: readonly string[] = ['Identity'],
): Uint8Array {
  return encodeOnnxModel({
    nodes: operators.map((type) => ({ type, inputs: ['images'], outputs: ['output0'] })),
    inputs: [{ name: 'images', shape: [1, 3, SIDE, SIDE] }],
    outputs: [{ name: 'output0', shape }],
    metadata,
  });
}

/** With what Ultralytics appends to TFLite files, if anything. */
async function tflite(
  shape: readonly number[],
  metadata?: Record<string, string>,
  file = 'temp_meta.txt',
): Promise<Uint8Array> {
  const model = constantModel([1, SIDE, SIDE, 3], [{ shape, data: values(shape) }]);
  if (metadata === undefined) return model;
  const { names = '{}', stride, ...texts } = metadata;
  const literals = Object.entries(texts).map(([key, text]) => `'${key}': '${text}'`);
  const all = [...(stride === undefined ? [] : [`'stride': ${stride}`]), ...literals, `'names': ${names}`];
  return Buffer.concat([model, await zipOf(new Map([[file, `{${all.join(', ')}}`]]))]);
}

/** 8 bits in and out; the output reaches 255 x `scale`. */
function quantised(shape: readonly number[], scale: number): Uint8Array {
  const uint8 = (name: string, of: readonly number[], step: number) => ({
    name,
    shape: of,
    dataType: 'uint8' as const,
    quantization: { scale: [step], zeroPoint: [0], quantizedDimension: 0 },
  });
  return writeTfliteModel({
    tensors: [uint8('image', [1, SIDE, SIDE, 3], 1 / 255), uint8('output', shape, scale)],
    operators: [{ spec: { type: 'CUSTOM', name: 'Opaque' }, inputs: [0], outputs: [1] }],
    inputs: [0],
    outputs: [1],
  });
}

async function withLabels(
  model: Uint8Array,
  labels: readonly string[],
  options = {},
): Promise<DeploymentContents> {
  const name = model[0] === 8 ? 'm.onnx' : 'm.tflite';
  return openContents(
    await zipOf(
      new Map<string, string | Uint8Array>([
        [name, model],
        ['labels.txt', labels.join('\n')],
      ]),
    ),
    options,
  );
}

const codes = ({ warnings }: DeploymentContents): string[] => warnings.map(({ code }) => code);
const ASSUMED = ['RESIZE_MODE_ASSUMED', 'THRESHOLD_ASSUMED'];

describe('Two readings, or none, are never guessed', () => {
  it.each<[string, readonly number[], readonly string[]]>([
    ['v8 or 11, channels first', [1, 6, CELLS], ['yolov11', 'yolov11-abs']],
    ['v8 or 11, channels last', [1, CELLS, 6], ['yolov11', 'yolov11-abs', 'yolo-pro']],
    ['v5', [1, 3 * CELLS, 7], ['yolov5', 'yolov5v5-drpai']],
  ])('a head of YOLO%s: fractions and pixels are both possible', async (_, shape, lastLayers) => {
    for (const model of [await tflite(shape), onnx(shape)]) {
      const { code, message } = await failure(() => withLabels(model, LABELS));
      expect(code).toBe('ERR_METADATA_MISSING');
      for (const lastLayer of lastLayers) expect(message).toContain(`'${lastLayer}' (2 labels`);
      expect(message.match(/\(2 labels/g)).toHaveLength(lastLayers.length);
      expect(message).toContain(`name it: option lastLayer (--last-layer ${lastLayers[0]})`);
    }
  });

  it('without labels every number of them is possible, and labels.txt is asked for', async () => {
    const { code, message } = await failure(() => openContents(onnx([1, CELLS, 45])));
    expect(code).toBe('ERR_METADATA_MISSING');
    expect(message).toContain("'yolox' (40 labels) or 'yolov11' (41 labels, boxes in fractions)");
    expect(message).toContain('write the labels, one a line, into labels.txt beside the model, and name it');
  });

  it('one reading without labels asks for these alone', async () => {
    const { message } = await failure(() => openContents(quantised([1, 3 * CELLS, 7], 1.2 / 255)));
    expect(message).toContain(
      "fit the last layer 'yolov5' (2 labels, boxes in fractions). If that is right, ",
    );
    expect(message).not.toContain('option lastLayer');
  });

  it('a head that makes finished boxes is no raw YOLOX', async () => {
    for (const operator of ['Exp', 'Sub']) {
      const model = onnx([1, CELLS, 7], {}, [operator]);
      expect(await failure(() => withLabels(model, LABELS))).toMatchObject({ code: 'ERR_METADATA_MISSING' });
    }
  });

  it('TFLite of the exporter that changed from pixels to fractions on the way is not trusted', async () => {
    const model = (version: string) => tflite([1, 6, CELLS], { ...DETECT, version });
    expect((await failure(async () => openContents(await model('8.0.120')))).message).toContain(
      "'yolov11' (2 labels, boxes in fractions) or 'yolov11-abs'",
    );
    expect(codes(await openContents(await model('8.1.0')))).toContain('LAST_LAYER_RECOGNISED');
  });

  it.each(['segment', 'pose', 'obb'])('the task %s has no last layer', async (task) => {
    const { code, message } = await failure(() => openContents(onnx([1, 6, CELLS], { ...DETECT, task })));
    expect(code).toBe('ERR_METADATA_MISSING');
    expect(message).toContain(`for the task '${task}', which no last layer decodes`);
    expect(message).toContain('"modelType": "freeform"');
  });

  it.each<[string, readonly number[]]>([
    ['fewer rows than cells', [1, 20, 7]],
    ['a table of another picture', [1, 6, 8400]],
    ['columns without room for a label', [1, 4, CELLS]],
    ['finished rows of an unknown exporter', [1, 300, 6]],
  ])('%s', async (_, shape) => {
    expect(await failure(() => withLabels(onnx(shape), LABELS))).toMatchObject({
      code: 'ERR_METADATA_MISSING',
    });
  });

  it('TFLite rows that need no suppression are in fractions, which no last layer has', async () => {
    const model = await tflite([1, 300, 6], DETECT);
    expect(await failure(() => openContents(model))).toMatchObject({ code: 'ERR_METADATA_MISSING' });
  });

  it('more tables than one', async () => {
    const model = encodeOnnxModel({
      nodes: [{ type: 'Identity', inputs: ['images'], outputs: ['boxes', 'scores'] }],
      inputs: [{ name: 'images', shape: [1, 3, SIDE, SIDE] }],
      outputs: [
        { name: 'boxes', shape: [1, 6, CELLS] },
        { name: 'scores', shape: [1, 2, CELLS] },
      ],
      metadata: DETECT,
    });
    expect(await failure(() => openContents(model))).toMatchObject({ code: 'ERR_METADATA_MISSING' });
  });
});

describe('Exports of Ultralytics say enough', () => {
  it.each<[string, readonly number[], Record<string, string>, string, string]>([
    ['v8 or 11', [1, 6, CELLS], DETECT, 'yolov11-abs', 'yolov11'],
    ['v8 or 11, channels last', [1, CELLS, 6], DETECT, 'yolov11-abs', 'yolov11'],
    ['v8 or 11 with a fourth stride of 64', [1, 6, CELLS + 1], DETECT, 'yolov11-abs', 'yolov11'],
    ['v5', [1, 3 * CELLS, 7], YOLOV5, 'yolov5v5-drpai', 'yolov5'],
    ['v3-tiny', [1, 3 * 5, 7], YOLOV5, 'yolov5v5-drpai', 'yolov5'],
  ])('YOLO%s: pixels in ONNX, fractions in TFLite', async (_, shape, notes, pixels, fractions) => {
    const expected = (lastLayer: string) => [
      {
        modelType: 'object-detection',
        lastLayer,
        labels: LABELS,
        inputScaling: '0..1',
        thresholds: { min_score: 0.5 },
      },
    ];
    const inOnnx = await openContents(onnx(shape, notes));
    expect(inOnnx.impulse.learnBlocks).toMatchObject(expected(pixels));
    expect(inOnnx.impulse.input).toMatchObject({ width: SIDE, height: SIDE, resizeMode: 'squash' });
    expect(codes(inOnnx)).toEqual(['LAST_LAYER_RECOGNISED', ...ASSUMED]);
    for (const file of ['temp_meta.txt', 'meta.txt']) {
      const inTflite = await openContents(await tflite(shape, notes, file));
      expect(inTflite.impulse.learnBlocks).toMatchObject(expected(fractions));
      expect(codes(inTflite)).toEqual(['LAST_LAYER_RECOGNISED', ...ASSUMED]);
    }
  });

  it('and warnings say what it was told from, and how its own programs resize', async () => {
    const { warnings } = await openContents(onnx([1, 6, CELLS], DETECT));
    expect(warnings[0]?.message).toBe(
      "The download does not name its last layer: 'yolov11-abs' is recognised from its output output0 [1, 6, 21] float32, " +
        '2 labels and its exporter, which writes pixels to ONNX. Pass the option lastLayer to change it.',
    );
    expect(warnings[1]?.message).toContain("its exporter's own programs do 'fit-long'");
  });

  it('ONNX rows that need no suppression are the finished rows of yolox', async () => {
    const { impulse } = await openContents(onnx([1, 300, 6], DETECT));
    expect(impulse.learnBlocks).toMatchObject([{ lastLayer: 'yolox', labels: LABELS, inputScaling: '0..1' }]);
  });

  it('the raw grids that YOLOv5 gives besides are no doubt', async () => {
    const model = encodeOnnxModel({
      nodes: [{ type: 'Identity', inputs: ['images'], outputs: ['output'] }],
      inputs: [{ name: 'images', shape: [1, 3, SIDE, SIDE] }],
      outputs: [
        { name: 'output', shape: [1, 3 * CELLS, 7] },
        { name: 'grid', shape: [1, 3, 4, 4, 7] },
      ],
      metadata: YOLOV5,
    });
    expect((await openContents(model)).impulse.learnBlocks).toMatchObject([{ lastLayer: 'yolov5v5-drpai' }]);
  });

  it('classifiers take 0..1; those of YOLOv5, which do not, are asked about', async () => {
    const { impulse, warnings } = await openContents(onnx([1, 2], { ...DETECT, task: 'classify' }));
    expect(impulse.learnBlocks).toMatchObject([
      { modelType: 'classification', labels: LABELS, inputScaling: '0..1' },
    ]);
    expect(warnings.map(({ message }) => message).join()).toContain("own programs do 'fit-short'");
    expect(await failure(() => openContents(onnx([1, 2], YOLOV5)))).toMatchObject({
      code: 'ERR_METADATA_MISSING',
    });
  });
});

describe('Labels and numbers can say enough', () => {
  it.each<[string, readonly number[], number, string]>([
    ['yolov5', [1, 3 * CELLS, 7], 1.2, 'reaches 1.2'],
    ['yolov5v5-drpai', [1, 3 * CELLS, 7], 36, 'reaches 36'],
    ['yolov11', [1, 6, CELLS], 1.2, 'reaches 1.2'],
    ['yolov11-abs', [1, 6, CELLS], 36, 'reaches 36'],
    ['yolov11-abs', [1, CELLS, 6], 36, 'reaches 36'],
  ])('%s of 8 bits, %j, whose numbers reach %d', async (lastLayer, shape, greatest, from) => {
    const contents = await withLabels(quantised(shape, greatest / 255), LABELS);
    expect(contents.impulse.learnBlocks).toMatchObject([{ lastLayer, labels: LABELS, inputScaling: '0..1' }]);
    expect(contents.warnings[0]?.message).toContain(from);
  });

  it('numbers count before the exporter', async () => {
    const notes = await zipOf(new Map([['temp_meta.txt', `{'task': 'detect', 'names': ${NAMES}}`]]));
    const { impulse } = await openContents(Buffer.concat([quantised([1, 6, CELLS], 36 / 255), notes]));
    expect(impulse.learnBlocks).toMatchObject([{ lastLayer: 'yolov11-abs' }]);
  });

  it('raw YOLOX, whose usual scaling is assumed', async () => {
    const contents = await withLabels(onnx([1, CELLS, 7]), LABELS);
    expect(contents.impulse.learnBlocks).toMatchObject([
      { lastLayer: 'yolox', labels: LABELS, inputScaling: '0..255' },
    ]);
    expect(codes(contents)).toEqual(['LAST_LAYER_RECOGNISED', 'INPUT_SCALING_ASSUMED', ...ASSUMED]);
  });

  it.each<[readonly number[]]>([[[-1, 7]], [[100, 7]], [[1, 100, 7]]])(
    'YOLOv7 with its own suppression, %j, has any number of labels',
    async (shape) => {
      const model = onnx(shape, {}, ['Identity', 'NonMaxSuppression']);
      const { impulse } = await withLabels(model, ['background', 'cup']);
      expect(impulse.learnBlocks).toMatchObject([{ lastLayer: 'yolov7', labels: ['cup'] }]);
    },
  );

  it('rows of seven without a suppression are seven classes', async () => {
    const { impulse } = await withLabels(quantised([1, 7], 1 / 255), [...'abcdefg']);
    expect(impulse.learnBlocks).toMatchObject([{ modelType: 'classification' }]);
  });
});

describe('The option lastLayer', () => {
  it('needs labels, and says how many', async () => {
    const { code, message } = await failure(() => openContents(onnx([1, CELLS, 7]), { lastLayer: 'yolox' }));
    expect(code).toBe('ERR_METADATA_MISSING');
    expect(message).toMatch(
      /'yolox' needs 2 labels, and nothing names them\. Write them, one a line, into labels\.txt/,
    );
  });

  it('refuses labels that do not fit', async () => {
    expect(
      await failure(() => withLabels(onnx([1, CELLS, 7]), ['a', 'b', 'c'], { lastLayer: 'yolox' })),
    ).toMatchObject({
      code: 'ERR_DEPLOYMENT_INCONSISTENT',
      message: expect.stringContaining('take 2 labels, but 3 are known'),
    });
  });

  it('refuses a model that takes no picture', async () => {
    const model = constantModel([1, 12], [{ shape: [1, 6, CELLS], data: values([1, 6, CELLS]) }]);
    expect(await failure(() => withLabels(model, LABELS, { lastLayer: 'yolov11' }))).toMatchObject({
      code: 'ERR_DEPLOYMENT_INCONSISTENT',
    });
  });

  it('is refused for what is no detector', async () => {
    const input = { inputType: 'image', resizeMode: 'squash' };
    const modelInfo = { input, model: { modelType: 'classification', labels: ['a', 'b', 'c'] } };
    expect(
      await failure(() => openContents(tinyClassifier(), { modelInfo, lastLayer: 'yolov5' })),
    ).toMatchObject({
      code: 'ERR_OPTION_INVALID',
      message:
        "lastLayer is for object detection, but modelInfo: model.modelType: the model is 'classification': leave the option out.",
    });
  });

  it('decides between two readings', async () => {
    for (const lastLayer of ['yolov11', 'yolov11-abs'] as const) {
      const contents = await withLabels(onnx([1, 6, CELLS]), LABELS, { lastLayer });
      expect(contents.impulse.learnBlocks).toMatchObject([{ lastLayer, labels: LABELS }]);
      expect(codes(contents)).toEqual(['INPUT_SCALING_ASSUMED', ...ASSUMED]);
    }
  });

  it('counts before what is recognised', async () => {
    const { impulse } = await openContents(onnx([1, 6, CELLS], DETECT), { lastLayer: 'yolov11' });
    expect(impulse.learnBlocks).toMatchObject([{ lastLayer: 'yolov11', labels: LABELS }]);
  });

  it('takes over where the shape does not say the number of labels', async () => {
    const { impulse } = await withLabels(onnx([1, 300, 6]), LABELS, { lastLayer: 'yolox' });
    expect(impulse.learnBlocks).toMatchObject([{ lastLayer: 'yolox', labels: LABELS }]);
  });

  it('gives paddleocr-detector its own thresholds', async () => {
    const { impulse } = await withLabels(onnx([1, 1, SIDE, SIDE]), ['text'], {
      lastLayer: 'paddleocr-detector',
    });
    expect(impulse.learnBlocks).toMatchObject([
      { thresholds: { min_score_pixel: 0.3, min_score_box: 0.6, unclip_ratio: 1.5 } },
    ]);
  });

  it('counts before the last layer of a description, and may complete it', async () => {
    const input = { inputType: 'image', inputScaling: '-1..1', resizeMode: 'fit-long' };
    const model = { modelType: 'object-detection', labels: LABELS, minimumConfidence: 0.2 };
    for (const modelInfo of [
      { input, model },
      { input, model: { ...model, lastLayer: 'yolov5' } },
    ]) {
      const { impulse, warnings } = await openContents(onnx([1, 6, CELLS]), {
        modelInfo,
        lastLayer: 'yolov11-abs',
      });
      expect(impulse.learnBlocks).toMatchObject([
        { lastLayer: 'yolov11-abs', inputScaling: '-1..1', thresholds: { min_score: 0.2 } },
      ]);
      expect(warnings).toEqual([]);
    }
  });

  it('goes with the labels of deployment-metadata.json', async () => {
    const open = async (type: string) =>
      openContents(
        await zipOf(
          new Map<string, string | Uint8Array>([
            ['trained.tflite', await tflite([1, 6, CELLS])],
            [
              'deployment-metadata.json',
              JSON.stringify({
                version: 1,
                classes: LABELS,
                impulse: {
                  inputBlocks: [{ type: 'image', resizeMode: 'squash' }],
                  learnBlocks: [{ id: 5, type }],
                },
              }),
            ],
          ]),
        ),
        { lastLayer: 'yolov11' },
      );
    const { impulse } = await open('keras-object-detection');
    expect(impulse.learnBlocks).toMatchObject([{ lastLayer: 'yolov11', labels: LABELS }]);
    expect(await failure(() => open('keras'))).toMatchObject({ code: 'ERR_OPTION_INVALID' });
  });
});

describeWithShared('Real detectors without a description', (sharedDir) => {
  const models = join(sharedDir, 'models');
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'impulse-'));
  });

  afterAll(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  const coco = (): readonly string[] => {
    const entry = catalogue(models).find(({ folder: name }) => name === 'yolov5n-tflite-uint8');
    const model = entry?.modelInfo?.model;
    return model !== undefined && 'labels' in model ? model.labels : [];
  };

  async function besideLabels(...path: string[]): Promise<string> {
    const own = await mkdtemp(join(folder, 'model-'));
    await writeFile(join(own, 'labels.txt'), `${coco().join('\n')}\n`);
    const copy = join(own, path.at(-1) ?? '');
    await writeFile(copy, await readFile(join(models, ...path)));
    return copy;
  }

  async function found(path: string, options: OpenOptions = {}): Promise<[string, string[]]> {
    const deployment = await openDeployment(path, options);
    try {
      const { boundingBoxes = [] } = await deployment.classifyImage(join(models, 'photos', 'dog.jpg'));
      const [info] = deployment.info().learnBlocks;
      const lastLayer = info?.block.modelType === 'object-detection' ? info.block.lastLayer : 'none';
      return [lastLayer, boundingBoxes.map(({ label }) => label)];
    } finally {
      await deployment.close();
    }
  }

  it.each(['yolov8n_int8_224.tflite', 'yolov8n_full_integer_quant_224.tflite'])(
    '%s of Ultralytics needs nothing else, and finds the dog',
    async (file) => {
      const [lastLayer, labels] = await found(join(models, 'yolov8n-tflite-224', file));
      expect(lastLayer).toBe('yolov11');
      expect(labels).toEqual(expect.arrayContaining(['dog', 'car']));
    },
  );

  it('YOLOv5n of 8 bits needs its labels', async () => {
    const [lastLayer, labels] = await found(
      await besideLabels('yolov5n-tflite-uint8', 'yolov5n-int8.tflite'),
    );
    expect(lastLayer).toBe('yolov5');
    expect(labels).toEqual(expect.arrayContaining(['dog', 'car']));
  });

  it('YOLOX-nano needs its labels, with and without its last layer named', async () => {
    const path = await besideLabels('yolox-nano', 'yolox_nano.onnx');
    for (const options of [{}, { lastLayer: 'yolox' }] as const) {
      const [lastLayer, labels] = await found(path, options);
      expect(lastLayer).toBe('yolox');
      expect(labels).toEqual(expect.arrayContaining(['dog', 'bicycle']));
    }
  });

  it.each([
    ['yolox-nano', 'yolox_nano.onnx', "'yolox' (80 labels)"],
    ['yolov5n-tflite-uint8', 'yolov5n-int8.tflite', "'yolov5' (80 labels, boxes in fractions)"],
    ['ei-cpp-yolov5-jan-160', 'jan.lite', "'yolov5' (2 labels, boxes in fractions) or 'yolov5v5-drpai'"],
  ])('%s/%s alone is refused with what it can be', async (name, file, readings) => {
    const { code, message } = await failure(() => openContents(join(models, name, file)));
    expect(code).toBe('ERR_METADATA_MISSING');
    expect(message).toContain(readings);
  });
});
