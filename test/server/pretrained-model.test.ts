/** The hosted API's operations on pretrained models, asked by its own unmodified client. */
import { readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import * as v from 'valibot';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pretrainedResponse } from '../../src/server/schemas.js';
import { zipOf } from '../fixtures/deployment-writer.js';
import { COLOURS, constantModel, customOperatorModel, tinyClassifier, tinyFomo } from '../fixtures/models.js';
import { encodeOnnxModel, tinyOnnxClassifier } from '../fixtures/onnx-models.js';
import { savedModelFiles } from '../fixtures/tensorflow-models.js';
import { DETECTION, wasmFiles } from '../fixtures/wasm/deployment.js';
import { zipEntries } from '../fixtures/zip-patches.js';
import { describeWithShared } from '../support/shared.js';
import { fileOf, serve, type TestServer } from './served.js';

const example = (name: string) => fileURLToPath(new URL(`../../examples/${name}`, import.meta.url));

const COLOUR_INFO = {
  input: { inputType: 'image', inputScaling: '0..1', resizeMode: 'squash' },
  model: { modelType: 'classification', labels: [...COLOURS] },
} as const;

const RED = Array(64).fill(0xff0000);

let server: TestServer;
let project = 100;

beforeAll(async () => {
  server = await serve({ deployments: [example('shapes.zip')] });
});

afterAll(() => server.close());

type FileType = 'tflite' | 'onnx' | 'saved_model';

function upload(projectId: number, model: Uint8Array, type: FileType, more: object = {}) {
  const params = { modelFile: fileOf(model), modelFileName: `model.${type}`, modelFileType: type, ...more };
  return server.api.learn.uploadPretrainedModel(projectId, params);
}

async function finished(projectId: number, jobId: number): Promise<void> {
  for (;;) {
    const { job } = await server.api.jobs.getJobStatus(projectId, jobId);
    if (job?.finished !== undefined) return expect(job.finishedSuccessful).toBe(true);
    await delay(50);
  }
}

/** As a client sees it: until the job has ended. */
async function settled(projectId: number) {
  for (;;) {
    const info = await server.api.learn.getPretrainedModelInfo(projectId);
    if (info.model === undefined || info.model.profileJobId === undefined || info.model.profileJobFailed) {
      return info;
    }
    expect(info.model.profileInfo).toBeUndefined();
    await delay(50);
  }
}

interface Answer {
  readonly error?: string;
  readonly code?: string;
  readonly model?: object;
  readonly modelInfo?: object;
}

/** Status and body of a request that is not the client's to make. */
async function ask(path: string, init: RequestInit = {}) {
  const response = await fetch(`${server.url}/v1/api/${path}`, init);
  return { status: response.status, body: (await response.json()) as Answer };
}

function postJson(path: string, body: unknown) {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return ask(path, { method: 'POST', body: text, headers: { 'content-type': 'application/json' } });
}

function postForm(path: string, fields: Record<string, string | Blob>) {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  return ask(path, { method: 'POST', body: form });
}

function postModel(model: Uint8Array, type: string, more: Record<string, string | Blob> = {}) {
  const modelFile = new Blob([Buffer.from(model)]);
  return postForm(`${++project}/pretrained-model/upload`, {
    modelFile,
    modelFileName: 'cups.bin',
    modelFileType: type,
    ...more,
  });
}

describe.each([
  ['TFLite', 'tflite', () => tinyClassifier({ dataType: 'int8' }), 'int8', 'tflite_int8'],
  ['ONNX', 'onnx', () => tinyOnnxClassifier(), 'float32', 'onnx'],
] as const)('a pretrained %s model', (_name, type, make, variant, downloadType) => {
  const projectId = ++project;
  const model = make();

  it('is uploaded, and a job begins', async () => {
    expect(await server.api.learn.getPretrainedModelInfo(projectId)).toEqual({
      success: true,
      specificDeviceSelected: false,
      availableModelTypes: [],
    });
    const { success, id } = await upload(projectId, model, type);
    expect(success).toBe(true);
    expect(id).toBeTypeOf('number');
    const info = await server.api.learn.getPretrainedModelInfo(projectId);
    expect(info.model).toMatchObject({ fileName: `model.${type}`, supportsTFLite: type === 'tflite' });
  });

  it('has every field that the API requires, with figures of this device, once the job has ended', async () => {
    const { model: begun } = await server.api.learn.getPretrainedModelInfo(projectId);
    if (begun?.profileJobId !== undefined) await finished(projectId, begun.profileJobId);
    const info = await settled(projectId);
    expect(() => v.parse(v.strictObject(pretrainedResponse.entries), info)).not.toThrow();
    expect(info.availableModelTypes).toEqual([variant]);
    const profile = info.model?.profileInfo?.[variant];
    expect(profile).toMatchObject({
      variant,
      tfliteFileSizeBytes: model.length,
      isSupportedOnMcu: false,
      mcuSupportError: expect.stringContaining('Not measured'),
      customMetrics: [],
      hasPerformance: true,
    });
    expect(profile?.timePerInferenceMs).toBeGreaterThanOrEqual(0);
    expect(info.model?.profileInfo?.table).toMatchObject({
      variant,
      lowEndMcu: { supported: false },
      highEndMcu: { supported: false },
      highEndMcuPlusAccelerator: { supported: false },
      mpu: { description: profile?.device, timePerInferenceMs: profile?.timePerInferenceMs, supported: true },
      gpuOrMpuAccelerator: { supported: false },
    });
    expect(info.model?.inputs).toHaveLength(1);
    expect(info.modelInfo).toBeUndefined();
  });

  it('is tested with settings before they are saved', async () => {
    const request = { features: RED, modelInfo: COLOUR_INFO };
    const { success, result } = await server.api.learn.testPretrainedModel(projectId, request as never);
    expect(success).toBe(true);
    expect(result?.red).toBeGreaterThan(0.9);
  });

  it('takes the numbers of its input as well as pixels', async () => {
    const isNhwc = type === 'tflite';
    const green = Array.from({ length: 192 }, (_, i) => Number((isNhwc ? i % 3 : Math.floor(i / 64)) === 1));
    const request = { features: green, modelInfo: COLOUR_INFO };
    const { result } = await server.api.learn.testPretrainedModel(projectId, request as never);
    expect(result?.green).toBeGreaterThan(0.9);
  });

  it('is tested with a picture', async () => {
    const { success, result } = await server.api.learn.testPretrainedModelImages(projectId, {
      imageFileBase64: readFileSync(example('shapes.jpg')).toString('base64'),
      input: { resizeMode: 'squash', inputScaling: '0..1' },
      model: COLOUR_INFO.model as never,
    });
    expect(success).toBe(true);
    expect(Object.keys(result ?? {}).sort()).toEqual(['blue', 'green', 'red']);
  });

  it('answers as the impulse once its settings are saved', async () => {
    const image = fileOf(await readFile(example('shapes.jpg')));
    await expect(server.api.classify.classifyImage(projectId, { image })).rejects.toThrow(
      /uploaded and saved/,
    );
    expect(await server.api.learn.savePretrainedModelParameters(projectId, COLOUR_INFO as never)).toEqual({
      success: true,
    });
    const { result } = await server.api.classify.classifyImage(projectId, { image });
    expect(Object.keys(result ?? {}).sort()).toEqual(['blue', 'green', 'red']);
    const { modelInfo } = await settled(projectId);
    expect(modelInfo).toEqual(COLOUR_INFO);
    const models = (await (await fetch(`${server.url}/v1/models`)).json()) as { models: { id: string }[] };
    expect(models.models.map(({ id }) => id)).toContain(`pretrained-${projectId}-1`);
  });

  it('is downloaded as the file that it is', async () => {
    const file = await server.api.learn.downloadPretrainedModel(projectId, downloadType);
    expect(Buffer.compare(file as unknown as Buffer, Buffer.from(model))).toBe(0);
    const { status, body } = await ask(`${projectId}/pretrained-model/download/saved_model`);
    expect([status, body.code]).toEqual([404, 'ERR_REGISTRY_NOT_FOUND']);
    expect(body.error).toContain(`It is there as ${downloadType}.`);
  });

  it('is measured again when that is asked for', async () => {
    const { id } = await server.api.learn.profilePretrainedModel(projectId);
    expect((await server.api.learn.getPretrainedModelInfo(projectId)).model?.profileJobId).toBe(id);
    expect((await settled(projectId)).model?.profileInfo).toBeDefined();
  });
});

describe('an impulse', () => {
  it('keeps one model: another takes its place, and its settings go', async () => {
    const projectId = ++project;
    await upload(projectId, tinyClassifier(), 'tflite');
    await server.api.learn.savePretrainedModelParameters(projectId, COLOUR_INFO as never);
    await upload(projectId, tinyOnnxClassifier(), 'onnx');
    const info = await server.api.learn.getPretrainedModelInfo(projectId);
    expect(info.model?.fileName).toBe('model.onnx');
    expect(info.modelInfo).toBeUndefined();
  });

  it('is one of several in its project', async () => {
    const projectId = ++project;
    const params = {
      modelFile: fileOf(tinyFomo()),
      modelFileName: 'fomo.tflite',
      modelFileType: 'tflite' as const,
    };
    await upload(projectId, tinyClassifier(), 'tflite');
    await server.api.learn.uploadPretrainedModel(projectId, params, { impulseId: 2 });
    const names = await Promise.all(
      [{}, { impulseId: 1 }, { impulseId: 2 }].map(async (query) => {
        const { model } = await server.api.learn.getPretrainedModelInfo(projectId, query);
        return model?.fileName;
      }),
    );
    expect(names).toEqual(['model.tflite', 'model.tflite', 'fomo.tflite']);
  });
});

describe('a deployment that is served', () => {
  it('gives its own tensors and settings at once, and figures later', async () => {
    const first = await server.api.learn.getPretrainedModelInfo(1);
    expect(first.model?.inputs).toEqual([
      {
        dataType: 'int8',
        name: 'image',
        shape: [1, 96, 96, 3],
        quantizationScale: expect.closeTo(1 / 255, 8),
        quantizationZeroPoint: -128,
      },
    ]);
    expect(first.modelInfo?.model).toMatchObject({
      modelType: 'object-detection',
      lastLayer: 'fomo',
      labels: ['circle', 'square', 'triangle'],
      minimumConfidence: 0.5,
    });
    const later = await settled(1);
    expect(later.model?.profileInfo?.int8?.hasPerformance).toBe(true);
  });

  it('is tested with its own settings, and with no others', async () => {
    const { modelInfo } = await settled(1);
    if (modelInfo === undefined) throw new TypeError('no modelInfo');
    const features = Array(96 * 96).fill(0x808080);
    const { boundingBoxes } = await server.api.learn.testPretrainedModel(1, { features, modelInfo });
    expect(boundingBoxes).toEqual([]);
    const { status, body } = await postJson('1/pretrained-model/test', { features, modelInfo: COLOUR_INFO });
    expect([status, body.code]).toEqual([409, 'ERR_REGISTRY_CONFLICT']);
  });

  it('is downloaded', async () => {
    const file = await server.api.learn.downloadPretrainedModel(1, 'tflite_int8');
    expect(Buffer.from(file as unknown as Buffer).toString('latin1', 4, 8)).toBe('TFL3');
  });

  it('has no place for an upload or other settings', async () => {
    await expect(upload(1, tinyClassifier(), 'tflite')).rejects.toThrow(/impulseId=/);
    const { status, body } = await postJson('1/pretrained-model/save', COLOUR_INFO);
    expect([status, body.code]).toEqual([409, 'ERR_REGISTRY_CONFLICT']);
  });
});

describe('a program that is served', () => {
  it('has settings, but no model of its own', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'impulse-program-'));
    const { glue, binary } = wasmFiles(DETECTION);
    const files = new Map<string, string | Uint8Array>([
      ['edge-impulse-standalone.js', glue],
      ['edge-impulse-standalone.wasm', binary],
    ]);
    await writeFile(join(folder, 'program.zip'), await zipOf(files));
    const other = await serve({ deployments: [join(folder, 'program.zip')] });
    try {
      const { models } = (await (await fetch(`${other.url}/v1/models`)).json()) as { models: object[] };
      expect(models).toHaveLength(1);
      const { projectId } = other;
      const info = await other.api.learn.getPretrainedModelInfo(projectId);
      expect(info.availableModelTypes).toEqual([]);
      expect(info.model).toBeUndefined();
      expect(info.modelInfo?.model.modelType).toBe('object-detection');
      await expect(other.api.learn.profilePretrainedModel(projectId)).rejects.toThrow(/runs as a whole/);
    } finally {
      await other.close();
      await rm(folder, { recursive: true });
    }
  });
});

describe('what was measured', () => {
  it('is remembered by the model and the machine: a new server does not measure it again', async () => {
    const data = await mkdtemp(join(tmpdir(), 'impulse-profiles-'));
    const profileOf = async ({ api }: TestServer) =>
      (await api.learn.getPretrainedModelInfo(3)).model?.profileInfo;
    const params = { modelFile: fileOf(tinyClassifier()), modelFileName: 'm.tflite' };
    try {
      const first = await serve({ data });
      await first.api.learn.uploadPretrainedModel(3, { ...params, modelFileType: 'tflite' });
      let profile = await profileOf(first);
      for (; profile === undefined; profile = await profileOf(first)) await delay(50);
      await first.close();
      const second = await serve({ data });
      expect(await profileOf(second)).toEqual(profile);
      await second.close();
    } finally {
      await rm(data, { recursive: true, force: true });
    }
  });

  it('is nothing where no engine runs the model: the job has failed, and says why in its log', async () => {
    const projectId = ++project;
    await upload(projectId, customOperatorModel(), 'tflite');
    const { model } = await settled(projectId);
    expect(model).toMatchObject({ profileJobFailed: true, profileJobId: expect.any(Number) });
    expect(model?.inputs).toHaveLength(1);
  });

  it('has no memory figures where the format has none', async () => {
    const projectId = ++project;
    await upload(projectId, tinyOnnxClassifier(), 'onnx');
    const { model } = await settled(projectId);
    expect(model?.profileInfo?.float32?.hasPerformance).toBe(true);
    expect(model?.profileInfo?.float32?.memory).toBeUndefined();
  });
});

describe('refused', () => {
  const lfs = Buffer.from('version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n');
  const eim = Buffer.from('\x7fELF ... Edge Impulse Linux impulse runner ... classify_continuous', 'latin1');
  const { glue, binary } = wasmFiles(DETECTION);
  const cases: readonly [string, string, () => Uint8Array | Promise<Uint8Array>, number, string][] = [
    ['an ONNX model as tflite', 'tflite', tinyOnnxClassifier, 422, 'ERR_DEPLOYMENT_INCONSISTENT'],
    ['a TFLite model as saved_model', 'saved_model', tinyClassifier, 422, 'ERR_DEPLOYMENT_INCONSISTENT'],
    ['a truncated model', 'tflite', () => tinyClassifier().subarray(0, 700), 422, 'ERR_DEPLOYMENT_TRUNCATED'],
    ['a Git LFS pointer', 'tflite', () => lfs, 422, 'ERR_DEPLOYMENT_UNRECOGNISED'],
    ['nothing', 'onnx', () => new Uint8Array(), 422, 'ERR_DEPLOYMENT_UNRECOGNISED'],
    ['a program', 'tflite', () => eim, 422, 'ERR_UNSUPPORTED_FORMAT'],
    ['WebAssembly', 'onnx', () => binary, 422, 'ERR_UNSUPPORTED_FORMAT'],
    [
      'a SavedModel with a program beside it',
      'saved_model',
      () =>
        zipOf(
          new Map<string, string | Uint8Array>([
            ...savedModelFiles(),
            ['edge-impulse-standalone.js', glue],
            ['edge-impulse-standalone.wasm', binary],
          ]),
        ),
      422,
      'ERR_DEPLOYMENT_UNRECOGNISED',
    ],
    [
      'a zip without a model',
      'saved_model',
      () => zipOf(new Map([['a.txt', 'a']])),
      422,
      'ERR_DEPLOYMENT_UNRECOGNISED',
    ],
    [
      'a zip bomb',
      'saved_model',
      () => zipEntries([{ name: 'saved_model.pb', content: new Uint8Array(17 * 2 ** 20) }]),
      413,
      'ERR_ARCHIVE_LIMIT',
    ],
  ];

  it.each(cases)('%s', async (_name, type, make, status, code) => {
    const refusal = await postModel(await make(), type);
    expect(refusal).toEqual({ status, body: { success: false, error: expect.any(String), code } });
    expect((await ask(`${project}/pretrained-model`)).body.model).toBeUndefined();
  });

  it('an unknown type', async () => {
    const { status, body } = await postModel(tinyClassifier(), 'pickle');
    expect([status, body.code]).toEqual([400, 'ERR_REQUEST_INVALID']);
    expect(body.error).toContain('form.modelFileType');
  });

  it.each([
    ['a device', { device: 'cortex-m4f-80mhz' }],
    ['representative features', { representativeFeatures: new Blob(['numpy']) }],
  ])('%s: this device can measure no other, and changes no model', async (_name, more) => {
    const { status, body } = await postModel(tinyOnnxClassifier(), 'onnx', more);
    expect([status, body.code]).toEqual([422, 'ERR_REQUEST_UNSUPPORTED']);
    expect(body.error).toContain(Object.keys(more)[0]);
  });

  it('an input shape for what states its own', async () => {
    const overrideInputShape = '1,3,16,16';
    const onnx = await postModel(tinyOnnxClassifier(), 'onnx', { overrideInputShape });
    expect([onnx.status, onnx.body.code]).toEqual([422, 'ERR_UNSUPPORTED_FORMAT']);
    const tflite = await postModel(tinyClassifier(), 'tflite', { overrideInputShape });
    expect([tflite.status, tflite.body.code]).toEqual([422, 'ERR_REQUEST_UNSUPPORTED']);
    const nonsense = await postModel(tinyOnnxClassifier(), 'onnx', { overrideInputShape: 'large' });
    expect([nonsense.status, nonsense.body.code]).toEqual([400, 'ERR_REQUEST_INVALID']);
  });

  it('a URL', async () => {
    const { status, body } = await postForm('5/pretrained-model/upload-by-url', {
      modelFileUrl: 'https://example.org/model.tflite',
    });
    expect([status, body.code]).toEqual([422, 'ERR_REQUEST_UNSUPPORTED']);
  });

  it.each(['save', 'profile', 'test', 'test-image'])('%s, where nothing was uploaded', async (operation) => {
    const { status, body } = await postJson(`999/pretrained-model/${operation}`, {
      ...COLOUR_INFO,
      input: { ...COLOUR_INFO.input },
      features: [1],
      modelInfo: COLOUR_INFO,
      imageFileBase64: 'AAAA',
    });
    expect([status, body.code]).toEqual([404, 'ERR_REGISTRY_NOT_FOUND']);
  });

  it('what makes no sense here: there is no such operation', async () => {
    expect((await postJson('5/jobs/deploy-pretrained-model', {})).status).toBe(404);
  });
});

describe('settings', () => {
  const projectId = ++project;
  const wrong: readonly [string, object, string][] = [
    [
      'a wrong number of labels',
      { model: { modelType: 'classification', labels: ['one'] } },
      'ERR_DEPLOYMENT_INCONSISTENT',
    ],
    ['an unknown model type', { model: { modelType: 'oracle' } }, 'ERR_METADATA_INVALID'],
    ['an unknown scaling', { input: { ...COLOUR_INFO.input, inputScaling: '0..2' } }, 'ERR_METADATA_INVALID'],
    [
      'a last layer without a decoder',
      {
        model: {
          modelType: 'object-detection',
          labels: ['a'],
          lastLayer: 'qc-yolox',
          minimumConfidence: 0.5,
        },
      },
      'ERR_UNSUPPORTED_LAST_LAYER',
    ],
  ];

  beforeAll(() => upload(projectId, tinyClassifier(), 'tflite'));

  it.each(wrong)('with %s are not saved, nor used', async (_name, change, code) => {
    const modelInfo = { ...COLOUR_INFO, ...change };
    const saved = await postJson(`${projectId}/pretrained-model/save`, modelInfo);
    expect([saved.status, saved.body.code]).toEqual([422, code]);
    const tested = await postJson(`${projectId}/pretrained-model/test`, { features: RED, modelInfo });
    expect([tested.status, tested.body.code]).toEqual([422, code]);
    expect((await ask(`${projectId}/pretrained-model`)).body.modelInfo).toBeUndefined();
  });

  it.each([
    ['NaN, which JSON does not have', '{"features":[NaN]}', 'ERR_REQUEST_INVALID'],
    [
      'null in its place',
      JSON.stringify({ features: [null], modelInfo: COLOUR_INFO }),
      'ERR_REQUEST_INVALID',
    ],
    ['too few', JSON.stringify({ features: [1, 2], modelInfo: COLOUR_INFO }), 'ERR_INPUT_LENGTH'],
  ])('are of no help to features that are %s', async (_name, body, code) => {
    const answer = await postJson(`${projectId}/pretrained-model/test`, body);
    expect([answer.status, answer.body.code]).toEqual([400, code]);
  });

  it('are of no help to a picture that is none', async () => {
    const { input, model } = COLOUR_INFO;
    const imageFileBase64 = Buffer.from('no picture').toString('base64');
    const text = await postJson(`${projectId}/pretrained-model/test-image`, {
      imageFileBase64,
      input,
      model,
    });
    expect([text.status, text.body.code]).toEqual([400, 'ERR_INPUT_IMAGE']);
    const broken = { imageFileBase64: '%%%', input, model };
    const refused = await postJson(`${projectId}/pretrained-model/test-image`, broken);
    expect([refused.status, refused.body.code]).toEqual([400, 'ERR_REQUEST_INVALID']);
  });
});

describe('tensors', () => {
  it('of types that the API does not know stand under their own names, and an open batch as one', async () => {
    const projectId = ++project;
    const model = encodeOnnxModel({
      inputs: [{ name: 'ids', shape: ['batch', 4], elementType: 7 }],
      outputs: [{ name: 'same', shape: ['batch', 4], elementType: 7 }],
      nodes: [{ type: 'Identity', inputs: ['ids'], outputs: ['same'] }],
    });
    await upload(projectId, model, 'onnx', { overrideInputShape: [1, 4] });
    const { model: info } = await settled(projectId);
    expect(info?.inputs).toEqual([{ dataType: 'int64', name: 'ids', shape: [1, 4] }]);
  });

  it('whose sizes are left open are chosen with the upload', async () => {
    const projectId = ++project;
    const relu = { type: 'Relu', inputs: ['image'], outputs: ['same'] };
    const value = (name: string) => ({ name, shape: ['batch', 3, 'height', 'width'] });
    const model = encodeOnnxModel({ inputs: [value('image')], outputs: [value('same')], nodes: [relu] });
    await upload(projectId, model, 'onnx', { overrideInputShape: [1, 3, 8, 4] });
    const info = await settled(projectId);
    expect(info.model?.inputs[0]?.shape).toEqual([1, 3, 8, 4]);
    expect(info.model?.profileInfo?.float32?.hasPerformance).toBe(true);
  });

  it('of a freeform model come back as they are', async () => {
    const projectId = ++project;
    const data = Float32Array.of(1, 2, 3);
    await upload(projectId, constantModel([1, 4], [{ shape: [1, 3], data }]), 'tflite');
    const modelInfo = { input: { inputType: 'other' }, model: { modelType: 'freeform' } };
    const { freeformResult } = await server.api.learn.testPretrainedModel(projectId, {
      features: [1, 2, 3, 4],
      modelInfo: modelInfo as never,
    });
    expect(freeformResult?.outputTensors).toEqual([{ shape: [1, 3], dataType: 'float32', data: [1, 2, 3] }]);
  });
});

describeWithShared('real pretrained models', (sharedDir) => {
  const models = join(sharedDir, 'models');
  const image = { inputType: 'image', inputScaling: '0..1', resizeMode: 'squash' };
  const numbered = (count: number) => Array.from({ length: count }, (_, index) => `class ${index}`);
  const real = [
    {
      file: 'ei-arduino-mask-classification/tflite_learn_5.tflite',
      type: 'tflite',
      modelInfo: { input: image, model: { modelType: 'classification', labels: ['0', '1'] } },
      picture: 'cat.bmp',
      gives: 'result',
    },
    {
      file: 'ei-cpp-yolov5-jan-160/jan.lite',
      type: 'tflite',
      modelInfo: {
        input: image,
        model: {
          modelType: 'object-detection',
          labels: ['jan', 'other'],
          lastLayer: 'yolov5',
          minimumConfidence: 0.2,
        },
      },
      picture: 'grace_hopper.bmp',
      gives: 'boundingBoxes',
    },
    {
      file: 'plant-disease-mobilenetv2-onnx-int8/mobilenetv2_int8.onnx',
      type: 'onnx',
      modelInfo: {
        input: { ...image, inputScaling: 'torch' },
        model: { modelType: 'classification', labels: numbered(38) },
      },
      picture: 'sunflower.bmp',
      gives: 'result',
    },
  ] as const;

  it.each(real)('$file: from the upload to an answer', async ({ file, type, modelInfo, picture, gives }) => {
    const projectId = ++project;
    await upload(projectId, await readFile(join(models, file)), type);
    const { model } = await settled(projectId);
    expect(model?.profileJobFailed).toBeUndefined();
    const bytes = await readFile(join(models, 'photos', picture));
    const { resizeMode, inputScaling } = modelInfo.input;
    const tested = await server.api.learn.testPretrainedModelImages(projectId, {
      imageFileBase64: bytes.toString('base64'),
      input: { resizeMode: resizeMode as 'squash', inputScaling: inputScaling as '0..1' },
      model: modelInfo.model as never,
    });
    await server.api.learn.savePretrainedModelParameters(projectId, modelInfo as never);
    const classified = await server.api.classify.classifyImage(projectId, { image: fileOf(bytes) });
    expect(classified).toEqual(tested);
    expect(classified[gives]).toBeDefined();
  });
});
