import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { openContents } from '../../../src/deployment/open.js';
import { writePackage } from '../../../src/deployment/package/write.js';
import type { Files } from '../../fixtures/deployment-writer.js';
import { under, writeFiles, zipOf } from '../../fixtures/deployment-writer.js';
import { tinyClassifier } from '../../fixtures/models.js';
import {
  graphModel,
  layersModel,
  savedModelDescription,
  savedModelFiles,
} from '../../fixtures/tensorflow-models.js';
import { failure } from '../failure.js';

const modelInfo = {
  input: { inputType: 'image', inputScaling: '0..1' },
  model: { modelType: 'classification', labels: ['red', 'green', 'blue'] },
};
const folder = mkdtempSync(join(tmpdir(), 'impulse-tensorflow-'));
afterAll(() => rmSync(folder, { recursive: true }));

const open = async (files: Files, options: object = { modelInfo }) =>
  openContents(await zipOf(files), options);
const refusal = (files: Files, options?: object) => failure(() => open(files, options));

function changed(files: Files, name: string, change?: (text: string) => string): Files {
  const copy = new Map(files);
  const value = copy.get(name);
  copy.delete(name);
  if (change !== undefined && value !== undefined)
    copy.set(name, change(Buffer.from(value).toString('latin1')));
  return copy;
}

const FORMATS: [string, 'saved-model' | 'tfjs', Files, string][] = [
  ['a SavedModel', 'saved-model', savedModelFiles(), 'saved_model.pb'],
  ['a layers model', 'tfjs', layersModel(), 'model.json'],
  ['a graph model', 'tfjs', graphModel(), 'model.json'],
];

describe.each(FORMATS)('%s', (_, format, files, first) => {
  it.each([
    ['at the top of a zip', ''],
    ['in a folder of a zip', 'saved_model/'],
  ])('is recognised %s, and opens as a plain model', async (_where, prefix) => {
    const contents = await open(under(files, prefix));
    expect(contents).toMatchObject({
      format: 'plain-model',
      impulse: {
        input: { inputType: 'image', width: 8, height: 8, channels: 'RGB' },
        learnBlocks: [{ modelType: 'classification', labels: ['red', 'green', 'blue'] }],
      },
    });
    expect(contents.artefacts.get('model')).toMatchObject({ format, name: `${prefix}${first}` });
  });

  it('is taken from a folder with its own files only, one after the other', async () => {
    const path = join(folder, `${format}-${files.size}`);
    await writeFiles(new Map([...files, ['README.md', 'no part of it']]), path);
    const artefact = (await openContents(path, { modelInfo })).artefacts.get('model');
    if (artefact === undefined || !('files' in artefact)) throw new Error('no artefact of several files');
    let at = 0;
    for (const { name, bytes } of artefact.files) {
      expect(Buffer.from(artefact.bytes.subarray(at, at + bytes))).toEqual(
        Buffer.from(files.get(name) ?? []),
      );
      at += bytes;
    }
    expect(at).toBe(artefact.bytes.length);
    expect(artefact.files[0]?.name).toBe(first);
    expect(artefact.files.map(({ name }) => name)).not.toContain('README.md');
  });

  it('is described by model-info.json beside it, and asks for that', async () => {
    const described = new Map([...files, ['model-info.json', JSON.stringify(modelInfo)]]);
    expect((await open(described, {})).impulse.learnBlocks).toMatchObject([{ labels: { length: 3 } }]);
    const refused = await refusal(files, {});
    expect(refused.code).toBe('ERR_METADATA_MISSING');
    expect(refused.message).toMatch(/8, 8, 3\] float32.*save it beside the model as model-info\.json/s);
  });

  it('is not what counts beside a model that is one file, unless it is asked for', async () => {
    const both = new Map([...under(files, 'folder/'), ['model.tflite', tinyClassifier()]]);
    expect((await open(both)).artefacts.get('model')?.format).toBe('tflite');
    const wanted = await open(both, { modelInfo, impulse: `folder/${first}` });
    expect(wanted.artefacts.get('model')?.format).toBe(format);
  });

  it('is one of two, and then it must be said which', async () => {
    const both = new Map([...under(files, 'a/'), ...under(files, 'b/')]);
    expect(await refusal(both)).toMatchObject({ code: 'ERR_DEPLOYMENT_AMBIGUOUS' });
    const { artefacts } = await open(both, { modelInfo, impulse: `b/${first}` });
    expect(artefacts.get('model')?.name).toBe(`b/${first}`);
  });

  it('is not put into a package', async () => {
    const contents = await open(files);
    const refused = await failure(() => writePackage(contents));
    expect(refused).toMatchObject({ name: 'UnsupportedError', code: 'ERR_UNSUPPORTED_FORMAT' });
    expect(refused.message).toContain('a package holds TFLite and ONNX models only');
  });

  it('is refused as half of a model when its one file is opened', async () => {
    const path = join(folder, `${format}-${files.size}-one`);
    await writeFiles(files, path);
    const refused = await failure(() => openContents(join(path, first), { modelInfo }));
    expect(refused.code).toBe('ERR_DEPLOYMENT_UNRECOGNISED');
    expect(refused.message).toMatch(/open the folder/);
  });
});

it('a TensorFlow.js model may have any name, and several may lie in one folder', async () => {
  const named = (name: string): Files =>
    new Map([...graphModel()].map(([file, bytes]) => [file === 'model.json' ? name : file, bytes]));
  const { artefacts } = await open(named('pose.json'));
  expect(artefacts.get('model')).toMatchObject({ format: 'tfjs', name: 'pose.json' });
  const two = new Map([...named('pose.json'), ...named('face.json')]);
  expect((await refusal(two)).message).toMatch(/holds 2 models: face\.json, pose\.json/);
  expect((await open(two, { modelInfo, impulse: 'face.json' })).artefacts.get('model')?.name).toBe(
    'face.json',
  );
});

describe('Half a model is refused', () => {
  it.each<[string, Files, string, RegExp]>([
    [
      'a SavedModel without its weights',
      changed(savedModelFiles(), 'variables/variables.data-00000-of-00001'),
      'ERR_MODEL_MISSING',
      /keeps its weights in 'variables\/variables\.data-00000-of-00001'.*Copy the whole folder/,
    ],
    [
      'a SavedModel without the index of its weights',
      changed(savedModelFiles(), 'variables/variables.index'),
      'ERR_MODEL_MISSING',
      /'variables\/variables\.index'/,
    ],
    [
      'saved_model.pb alone, whose graph has variables',
      new Map([['saved_model.pb', savedModelDescription()]]),
      'ERR_MODEL_MISSING',
      /'variables\/variables\.index' and 1 more of its 2 files/,
    ],
    [
      'one of three files of weights',
      new Map<string, string | Uint8Array>([
        ['saved_model.pb', savedModelDescription()],
        ['variables/variables.index', 'x'],
        ['variables/variables.data-00001-of-00003', 'x'],
      ]),
      'ERR_MODEL_MISSING',
      /'variables\/variables\.data-00000-of-00003' and 1 more of its 4 files/,
    ],
    [
      'a shard that is missing',
      changed(layersModel(), 'group1-shard2of2.bin'),
      'ERR_MODEL_MISSING',
      /model\.json keeps its weights in 'group1-shard2of2\.bin'/,
    ],
    [
      'a shard that is cut off',
      changed(layersModel(), 'group1-shard2of2.bin', (bytes) => bytes.slice(0, 10)),
      'ERR_DEPLOYMENT_TRUNCATED',
      /states weights of 36 bytes, but group1-shard1of2\.bin, group1-shard2of2\.bin hold 28/,
    ],
    [
      'a shard of another conversion',
      changed(graphModel(), 'group1-shard1of1.bin', (bytes) => `${bytes}more`),
      'ERR_MODEL_INVALID',
      /states weights of 12 bytes, but group1-shard1of1\.bin holds 16/,
    ],
    [
      'a shard that is a Git LFS pointer',
      changed(graphModel(), 'group1-shard1of1.bin', () => 'version https://git-lfs.github.com/spec/v1\n'),
      'ERR_DEPLOYMENT_UNRECOGNISED',
      /git lfs pull/,
    ],
    [
      'a shard outside of the folder',
      changed(graphModel(), 'model.json', (json) => json.replace('group1-', '../group1-')),
      'ERR_MODEL_MISSING',
      /'\.\.\/group1-shard1of1\.bin'/,
    ],
  ])('%s', async (_, files, code, message) => {
    const refused = await refusal(files);
    expect(refused.code).toBe(code);
    expect(refused.message).toMatch(message);
  });

  it('but a SavedModel of constants has no variables', async () => {
    const frozen = new Map([['saved_model.pb', savedModelDescription({ operators: ['Const'] })]]);
    expect((await open(frozen)).artefacts.get('model')?.format).toBe('saved-model');
  });

  it('and model.json that is a description is no model', async () => {
    const files = new Map([['model.json', JSON.stringify(modelInfo)]]);
    expect(await refusal(files)).toMatchObject({ code: 'ERR_DEPLOYMENT_UNRECOGNISED' });
  });
});
