import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readModelFile } from '../../src/deployment/plain/model-file.js';
import { openDeployment } from '../../src/index.js';
import { artefactPath } from '../../src/registry/artefacts.js';
import { deleteModel } from '../../src/registry/models.js';
import type { TranscodingError } from '../../src/registry/transcode.js';
import {
  createTranscoding,
  getTranscoding,
  listTranscodings,
  type TranscodingRequest,
  targetsOfModel,
} from '../../src/registry/transcodings.js';
import { failure } from '../deployment/failure.js';
import { zipOf } from '../fixtures/deployment-writer.js';
import { tinyClassifier } from '../fixtures/models.js';
import { tinyOnnxClassifier } from '../fixtures/onnx-models.js';
import { solid } from '../runtime/support.js';
import { itUnless, missingOnnxRuntime } from '../support/not-tested.js';
import { CLASSIFIER_INFO, makeStore, register, type TestStore } from './store.js';

const SHAPES = new URL('../../examples/shapes.zip', import.meta.url);
const PICTURE = readFileSync(new URL('../../examples/shapes.jpg', import.meta.url));
const missing = await missingOnnxRuntime();

let store: TestStore;
beforeAll(async () => {
  store = await makeStore();
});
afterAll(() => store.remove());

async function made(modelId: string, request: string | TranscodingRequest): Promise<Buffer> {
  const order = typeof request === 'string' ? { targetFormat: request } : request;
  const transcoding = await createTranscoding(store, modelId, order);
  expect(getTranscoding(store, modelId, transcoding.id)).toEqual(transcoding);
  const bytes = readFileSync(artefactPath(store.folder, transcoding.sha256));
  expect(bytes.length).toBe(transcoding.bytes);
  return bytes;
}

async function answer(bytes: Uint8Array, modelInfo?: object, picture: Uint8Array = PICTURE) {
  await using deployment = await openDeployment(bytes, modelInfo === undefined ? {} : { modelInfo });
  return (await deployment.classify(picture)).response;
}

describe('a transcoding into our package', () => {
  it('of a library opens and gives the same answer', async () => {
    const { id } = await register(store, readFileSync(SHAPES), {}, 'shapes.zip');
    const bytes = await made(id, 'impulse-package');
    const found = await answer(bytes);
    expect(found.boundingBoxes?.length).toBeGreaterThan(3);
    expect(found).toEqual(await answer(readFileSync(SHAPES)));
  });

  it.each([
    ['TFLite', tinyClassifier()],
    ['TFLite with 8 bits', tinyClassifier({ dataType: 'int8' })],
    ['ONNX', tinyOnnxClassifier()],
  ])('of a plain %s model takes its modelInfo along', async (_, bytes) => {
    const { id } = await register(store, bytes, { modelInfo: CLASSIFIER_INFO });
    expect(await answer(await made(id, 'Impulse-Package'))).toEqual(await answer(bytes, CLASSIFIER_INFO));
  });

  it('takes the modelInfo that the request gives', async () => {
    const { id } = await register(store, tinyClassifier());
    const refused = await failure(() => made(id, 'impulse-package'));
    expect(refused.code).toBe('ERR_TRANSCODING_UNSUPPORTED');
    expect(refused.message).toContain('modelInfo');
    const bytes = await made(id, { targetFormat: 'impulse-package', modelInfo: CLASSIFIER_INFO });
    expect(await answer(bytes)).toEqual(await answer(tinyClassifier(), CLASSIFIER_INFO));
  });
});

describe('a transcoding into a bare model', () => {
  it('takes it out of a library', async () => {
    const { id } = await register(store, readFileSync(SHAPES), {}, 'shapes.zip');
    const [tflite, int8] = [await made(id, 'tflite'), await made(id, 'int8')];
    expect(int8).toEqual(tflite);
    expect(readModelFile(tflite, 'm').inputs).toMatchObject([{ shape: [1, 96, 96, 3], dataType: 'int8' }]);
    expect(listTranscodings(store, id)[0]).toMatchObject({ fileName: 'shapes.tflite', deleted: false });
  });

  it('takes the variant that was asked for, where a download holds both', async () => {
    const [float, quantised] = [tinyClassifier(), tinyClassifier({ dataType: 'int8' })];
    const zip = await zipOf(
      new Map([
        ['float.tflite', float],
        ['quantised.tflite', quantised],
      ]),
    );
    const model = await register(store, zip);
    expect(model.format).toBe('archive');
    expect(await targetsOfModel(store, model)).toEqual(['float32', 'int8']);
    expect(await made(model.id, 'float32')).toEqual(Buffer.from(float));
    expect(await made(model.id, 'int8')).toEqual(Buffer.from(quantised));
    const picture = solid(0, 8, 8);
    await using deployment = await openDeployment(await made(model.id, 'int8'), {
      modelInfo: CLASSIFIER_INFO,
    });
    expect((await deployment.classify(picture)).response.result?.red).toBeGreaterThan(0.99);
  });
});

describe('a transcoding into the format of ONNX Runtime', () => {
  itUnless(missing, 'into ort')('opens and gives the same answer', async () => {
    const { id } = await register(store, tinyOnnxClassifier(), {}, 'colours.onnx');
    const bytes = await made(id, 'ORT');
    expect(bytes.subarray(4, 8).toString()).toBe('ORTM');
    expect(await answer(bytes, CLASSIFIER_INFO)).toEqual(await answer(tinyOnnxClassifier(), CLASSIFIER_INFO));
    // And it is a model like any other.
    const again = await register(store, bytes, { modelInfo: CLASSIFIER_INFO }, 'colours.ort');
    expect(again.format).toBe('ort');
    expect(await answer(await made(again.id, 'impulse-package'))).toEqual(
      await answer(tinyOnnxClassifier(), CLASSIFIER_INFO),
    );
  });
});

describe('a transcoding that can not be made', () => {
  it.each([
    ['CoreML', tinyClassifier(), ['tflite', 'float32']],
    ['ort', tinyClassifier({ dataType: 'uint8' }), ['tflite', 'int8']],
    ['onnx', tinyClassifier(), ['tflite', 'float32']],
    ['../../etc/passwd', tinyClassifier(), ['tflite', 'float32']],
  ])('into %s names those that can', async (target, bytes, alternatives) => {
    const model = await register(store, bytes);
    const before = readdirSync(store.folder.artefacts);
    const refused = await createTranscoding(store, model.id, { targetFormat: target }).catch(
      (error) => error,
    );
    expect(refused).toMatchObject({ code: 'ERR_TRANSCODING_UNSUPPORTED', alternatives });
    expect((refused as TranscodingError).message).toContain(alternatives.join(', '));
    expect(await targetsOfModel(store, model)).toEqual(alternatives);
    expect(readdirSync(store.folder.artefacts)).toEqual(before);
    expect(readdirSync(store.folder.incoming)).toEqual([]);
    expect(listTranscodings(store, model.id)).toEqual([]);
  });

  it('is that of no model', async () => {
    expect((await failure(() => made('nobody', 'ort'))).code).toBe('ERR_REGISTRY_NOT_FOUND');
    expect((await failure(() => listTranscodings(store, 'nobody'))).code).toBe('ERR_REGISTRY_NOT_FOUND');
  });
});

it('transcodings go with their model, and their files too', async () => {
  const { id, sha256 } = await register(
    store,
    await zipOf(new Map([['only.tflite', tinyClassifier({ size: 13 })]])),
  );
  const transcoding = await createTranscoding(store, id, { targetFormat: 'tflite', createdBy: 'me' });
  expect(transcoding.createdBy).toBe('me');
  expect(readdirSync(store.folder.artefacts)).toEqual(expect.arrayContaining([sha256, transcoding.sha256]));
  deleteModel(store, id);
  const left = readdirSync(store.folder.artefacts);
  expect(left).not.toContain(sha256);
  expect(left).not.toContain(transcoding.sha256);
  expect((await failure(() => getTranscoding(store, id, transcoding.id))).code).toBe(
    'ERR_REGISTRY_NOT_FOUND',
  );
});
