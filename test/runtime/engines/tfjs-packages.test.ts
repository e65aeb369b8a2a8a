import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { ENGINES } from '../../../src/runtime/engines/index.js';
import { tfjsEngine } from '../../../src/runtime/engines/tfjs.js';
import { openDeployment } from '../../../src/runtime/open.js';
import { failure } from '../../deployment/failure.js';
import { zipOf } from '../../fixtures/deployment-writer.js';
import { graphModel, savedModelFiles } from '../../fixtures/tensorflow-models.js';

/** Versions of the packages that are installed. */
const installed = vi.hoisted(() => new Map<string, { folder: string; version: string; entry: string }>());
vi.mock('../../../src/runtime/engines/packages.js', async (original) => ({
  ...(await original<typeof import('../../../src/runtime/engines/packages.js')>()),
  findPeer: (name: string) => installed.get(name),
}));

const NODE = '@tensorflow/tfjs-node';
const SCRIPT = '@tensorflow/tfjs';
const options = { modelInfo: { input: { inputType: 'image' }, model: { modelType: 'freeform' } } } as const;

const folder = mkdtempSync(join(tmpdir(), 'impulse-tfjs-'));
mkdirSync(join(folder, 'lib/napi-v8'), { recursive: true });
writeFileSync(join(folder, 'lib/napi-v8/tfjs_binding.node'), '');
afterAll(() => rmSync(folder, { recursive: true }));
beforeEach(() => installed.clear());

const refusal = async (files: ReturnType<typeof graphModel>, engine: 'auto' | 'tfjs' = 'tfjs') =>
  failure(async () => openDeployment(await zipOf(files), { ...options, engine }));

describe('Where neither package is installed', () => {
  it('the engine says so, and what to install', async () => {
    expect(await tfjsEngine.probe()).toEqual({
      available: false,
      reason: 'the package @tensorflow/tfjs-node is not installed.',
      remedy:
        'Install it: npm install @tensorflow/tfjs-node (for TensorFlow.js models @tensorflow/tfjs will do).',
    });
  });

  it.each([
    ['a SavedModel', savedModelFiles(), 'saved_model.pb'],
    ['a TensorFlow.js model', graphModel(), 'model.json'],
  ])('%s is read, and then refused with that', async (_, files, name) => {
    expect(await refusal(files)).toEqual({
      name: 'EngineError',
      code: 'ERR_ENGINE_UNAVAILABLE',
      message:
        `Engine 'tfjs' can't run ${name}: the package @tensorflow/tfjs-node is not installed. ` +
        'Install it: npm install @tensorflow/tfjs-node (for TensorFlow.js models @tensorflow/tfjs will do).',
    });
    const auto = await refusal(files, 'auto');
    expect(auto.code).toBe('ERR_UNSUPPORTED_ENGINE');
    expect(auto.message).toContain(
      'tfjs: the package @tensorflow/tfjs-node is not installed. Install it: npm install',
    );
  });
});

describe('What is installed', () => {
  it('@tensorflow/tfjs alone runs TensorFlow.js models, and no SavedModels', async () => {
    installed.set(SCRIPT, { folder, version: '4.22.0', entry: join(folder, 'missing.js') });
    expect(await tfjsEngine.probe()).toEqual({
      available: true,
      version: '4.22.0',
      details: 'TensorFlow.js models only, in JavaScript',
    });
    const refused = await refusal(savedModelFiles());
    expect(refused.code).toBe('ERR_ENGINE_UNAVAILABLE');
    expect(refused.message).toContain(
      'not installed. @tensorflow/tfjs, which is, runs no SavedModels. Install it:',
    );
  });

  it('@tensorflow/tfjs-node is taken with its library', async () => {
    installed.set(NODE, { folder, version: '4.22.0', entry: join(folder, 'index.js') });
    expect(await tfjsEngine.probe()).toEqual({
      available: true,
      version: '4.22.0',
      details: '@tensorflow/tfjs-node',
      library: join(folder, 'lib/napi-v8/tfjs_binding.node'),
    });
  });

  it.each([
    [
      'whose installation was not finished',
      '4.22.0',
      join(folder, 'lib'),
      /has no native library.*npm rebuild/,
    ],
    [
      'of a version with one state for all threads',
      '4.21.0',
      folder,
      /4\.21\.0 can't be used by several threads.*\^4\.22/,
    ],
  ])('@tensorflow/tfjs-node %s is not', async (_, version, where, message) => {
    installed.set(NODE, { folder: where, version, entry: join(where, 'index.js') });
    const status = await tfjsEngine.probe();
    expect(status.available ? '' : `${status.reason} ${status.remedy}`).toMatch(message);
  });

  it('a package that fails to load is an error of the library', async () => {
    const entry = join(folder, 'broken.cjs');
    writeFileSync(entry, "throw new Error('libtensorflow.so.2: cannot open shared object file');");
    installed.set(NODE, { folder, version: '4.22.0', entry });
    const refused = await refusal(graphModel());
    expect(refused.code).toBe('ERR_ENGINE_LIBRARY');
    expect(refused.message).toContain('@tensorflow/tfjs-node 4.22.0 could not be loaded');
    expect(refused.message).toContain('libtensorflow.so.2: cannot open shared object file');
  });
});

describe('A SavedModel goes to TensorFlow as a folder', () => {
  /** In place of the package, which needs a library from outside: it sums its input and notes what it was given. */
  const PACKAGE = `
    const { readdirSync } = require('node:fs');
    const tensor = (data, shape, dtype) => ({ data: async () => data, shape, dtype, dispose() {} });
    exports.enableProdMode = () => {};
    exports.tensor = tensor;
    exports.node = {
      loadSavedModel: async (path, tags, signature) => {
        const files = readdirSync(path, { recursive: true }).sort().join(' ');
        const given = 'saved_model.pb variables variables/variables.data-00000-of-00001 variables/variables.index';
        if (files !== given || tags.join() !== 'serve' || signature !== 'serving_default') throw new Error(files);
        return {
          predict: ({ image }) => {
            const sum = image.held.reduce((a, b) => a + b);
            if (sum < 0) throw new Error('negative\\nat some place');
            return { classes: tensor(Float32Array.of(sum, 1, 2), [1, 3], 'float32') };
          },
          dispose() {},
        };
      },
    };
    exports.tensor = (held, shape, dtype) => ({ ...tensor(held, shape, dtype), held });
  `;
  const entry = join(folder, 'fake.cjs');
  writeFileSync(entry, PACKAGE);

  it('with its signature, and its results come back by their names', async () => {
    installed.set(NODE, { folder, version: '4.22.0', entry });
    await using deployment = await openDeployment(await zipOf(savedModelFiles()), {
      modelInfo: { input: { inputType: 'other' }, model: { modelType: 'freeform' } },
    });
    const { response } = await deployment.classify({ features: new Array(192).fill(0.5) });
    expect(response.freeformResult?.outputTensors).toEqual([
      { shape: [1, 3], dataType: 'float32', data: [96, 1, 2] },
    ]);
    const failed = await failure(() => deployment.classify({ features: new Array(192).fill(-1) }));
    expect(failed).toMatchObject({
      code: 'ERR_ENGINE_RUN',
      message: '@tensorflow/tfjs-node 4.22.0 failed to run saved_model.pb: negative',
    });
  });
});

it('no other engine takes such a model, and this one takes no other', () => {
  const artefact = { name: 'm', bytes: new Uint8Array(1) } as const;
  for (const format of ['saved-model', 'tfjs'] as const) {
    const takers = ENGINES.filter(
      (engine) => engine.refusal({ ...artefact, format, files: [] }) === undefined,
    );
    expect(takers).toEqual([tfjsEngine]);
  }
  expect(tfjsEngine.refusal({ ...artefact, format: 'tflite' })).toBe(
    'it runs SavedModels and TensorFlow.js models, and this is a TFLite model.',
  );
});
