import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { artefactPath } from '../../src/registry/artefacts.js';
import { deleteModel, findModel, getModel, listModels, updateModel } from '../../src/registry/models.js';
import { checkProperties } from '../../src/registry/properties.js';
import { failure } from '../deployment/failure.js';
import { tinyClassifier } from '../fixtures/models.js';
import { tinyOnnxClassifier } from '../fixtures/onnx-models.js';
import { CLASSIFIER_INFO, makeStore, register, type TestStore } from './store.js';

const SHAPES = readFileSync(new URL('../../examples/shapes.zip', import.meta.url));

let store: TestStore;
beforeAll(async () => {
  store = await makeStore();
});
afterAll(() => store.remove());
beforeEach(() => {
  for (const { id } of listModels(store).models) deleteModel(store, id);
  store.database.exec('DELETE FROM transcoding; DELETE FROM model');
});

const files = () => ({
  artefacts: readdirSync(store.folder.artefacts).length,
  incoming: readdirSync(store.folder.incoming).length,
});

describe('registering', () => {
  it.each([
    ['a library', SHAPES, {}, 'cpp-library'],
    ['a TFLite model with its description', tinyClassifier(), { modelInfo: CLASSIFIER_INFO }, 'tflite'],
    ['a plain model of which nobody says what it means', tinyClassifier(), {}, 'tflite'],
    ['an ONNX model', tinyOnnxClassifier(), {}, 'onnx'],
  ])('takes %s', async (_, bytes, properties, format) => {
    const model = await register(store, bytes, { ...properties, originType: 'offline' });
    expect(model).toMatchObject({ name: 'Cups', format, bytes: bytes.length, deprecated: false });
    expect(model.properties).toEqual({ ...properties, originType: 'offline' });
    expect(model.created).toBe(model.updated);
    expect(readFileSync(artefactPath(store.folder, model.sha256))).toEqual(Buffer.from(bytes));
    expect(getModel(store, model.id)).toEqual(model);
    expect(files()).toEqual({ artefacts: 1, incoming: 0 });
  });

  it.each([
    ['nothing', '', 'ERR_DEPLOYMENT_UNRECOGNISED'],
    ['a web page', '<!doctype html><html></html>', 'ERR_DEPLOYMENT_UNRECOGNISED'],
    ['a Git LFS pointer', 'version https://git-lfs.github.com/spec/v1\n', 'ERR_DEPLOYMENT_UNRECOGNISED'],
    ['garbage', '\u0001\u0002\u0003\u0004', 'ERR_DEPLOYMENT_UNRECOGNISED'],
    ['a WebAssembly module', '\0asm\u0001\0\0\0', 'ERR_UNSUPPORTED_FORMAT'],
    ['a runner (.eim)', '\u007fELF.... Edge Impulse Linux impulse runner', 'ERR_UNSUPPORTED_FORMAT'],
    ['a damaged zip', 'PK\u0003\u0004 not a zip', 'ERR_ARCHIVE_INVALID'],
    ['half a model', Buffer.from(tinyClassifier()).subarray(0, 500).toString('latin1'), undefined],
    ['half a model in the runtime format', '\u0010\0\0\0ORTM\0\0\0\0', undefined],
  ])('refuses %s, and keeps nothing of it', async (_, text, code) => {
    const refused = await failure(() => register(store, Buffer.from(text, 'latin1')));
    if (code === undefined) expect(refused.code).toMatch(/ERR_DEPLOYMENT_TRUNCATED|ERR_MODEL_INVALID/);
    else expect(refused.code).toBe(code);
    expect(refused.message).not.toContain(store.path);
    expect(files()).toEqual({ artefacts: 0, incoming: 0 });
    expect(listModels(store).totalCount).toBe(0);
  });

  it('refuses a description that does not fit the model', async () => {
    const modelInfo = {
      input: { inputType: 'time-series', frequencyHz: 7, windowLengthMs: 1000 },
      model: { modelType: 'classification', labels: ['a'] },
    };
    const plain = await failure(() => register(store, tinyClassifier(), { modelInfo }));
    expect(plain.code).toBe('ERR_DEPLOYMENT_INCONSISTENT');
    const described = await failure(() => register(store, SHAPES, { modelInfo: CLASSIFIER_INFO }));
    expect(described.code).toBe('ERR_OPTION_INVALID');
    expect(files()).toEqual({ artefacts: 0, incoming: 0 });
  });
});

describe('a list', () => {
  it('has the oldest first, and 25 at most', async () => {
    for (let i = 0; i < 27; i++) await register(store, tinyClassifier(), { name: `m${i}` });
    const first = listModels(store);
    expect(first.models.map(({ name }) => name)).toEqual(Array.from({ length: 25 }, (_, i) => `m${i}`));
    expect(first).toMatchObject({ property: 'deleted==false', totalCount: 27 });
    const rest = listModels(store, { start: 25, limit: 10 });
    expect(rest.models.map(({ name }) => name)).toEqual(['m25', 'm26']);
    expect(listModels(store, { limit: 0 }).models).toEqual([]);
  });

  it('says which filter was applied, and leaves deleted ones out unless it speaks of them', async () => {
    const { id } = await register(store, tinyClassifier(), { name: 'a', experimentRunId: '33408593' });
    await register(store, tinyClassifier(), { name: 'b' });
    deleteModel(store, id);
    const of = (...property: string[]) => {
      const page = listModels(store, { property });
      return { property: page.property, names: page.models.map(({ name }) => name) };
    };
    expect(of()).toEqual({ property: 'deleted==false', names: ['b'] });
    expect(of('experimentRunID==33408593')).toEqual({
      property: 'experimentRunID==33408593,deleted==false',
      names: [],
    });
    expect(of('deleted==true')).toEqual({ property: 'deleted==true', names: ['a'] });
    expect(of('deleted==true', 'name==b')).toEqual({ property: 'deleted==true,name==b', names: [] });
  });
});

describe('a model that is there', () => {
  it('is found by its id, else as the newest of its name', async () => {
    const old = await register(store, tinyClassifier());
    const young = await register(store, tinyOnnxClassifier());
    expect(findModel(store, 'Cups')?.id).toBe(young.id);
    expect(findModel(store, old.id)?.id).toBe(old.id);
    // A name that is another's id takes nothing away from that one.
    await register(store, tinyClassifier(), { name: old.id });
    expect(findModel(store, old.id)?.id).toBe(old.id);
    deleteModel(store, young.id);
    expect(findModel(store, 'Cups')?.id).toBe(old.id);
    expect(findModel(store, 'cups')).toBeUndefined();
  });

  it('gets other properties, and keeps its id, creation and artefact', async () => {
    const before = await register(store, tinyClassifier(), { originType: 'offline' });
    const after = await updateModel(
      store,
      before.id,
      checkProperties({ ...before, name: 'Mugs', deprecated: true, modelInfo: CLASSIFIER_INFO, note: 1 }),
    );
    const { id, created, sha256 } = before;
    expect(after).toMatchObject({ id, created, sha256, name: 'Mugs', deprecated: true });
    expect(after.properties).toMatchObject({ note: 1 });
    expect(after.properties).not.toHaveProperty('originType');
    expect(after.updated >= before.updated).toBe(true);
  });

  it('leaves its row when it is deleted, and its file to those that share it', async () => {
    const [one, two] = [await register(store, tinyClassifier()), await register(store, tinyClassifier())];
    const path = artefactPath(store.folder, one.sha256);
    deleteModel(store, one.id);
    expect(existsSync(path)).toBe(true);
    deleteModel(store, two.id);
    expect(existsSync(path)).toBe(false);
    for (const id of [one.id, 'nobody']) {
      const codes = [
        await failure(() => getModel(store, id)),
        await failure(() => deleteModel(store, id)),
        await failure(() => updateModel(store, id, checkProperties({ name: 'a' }))),
      ].map(({ code }) => code);
      expect(codes).toEqual(Array(3).fill('ERR_REGISTRY_NOT_FOUND'));
    }
    expect(listModels(store, { property: ['deleted==true'] }).totalCount).toBe(2);
  });
});
