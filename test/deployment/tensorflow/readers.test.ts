import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openContents } from '../../../src/deployment/open.js';
import { readSavedModel } from '../../../src/deployment/tensorflow/saved-model.js';
import { readTfjsModel } from '../../../src/deployment/tensorflow/tfjs-model.js';
import { isImpulseError } from '../../../src/errors.js';
import { graphModel, layersModel, savedModelDescription } from '../../fixtures/tensorflow-models.js';
import { describeWithShared } from '../../support/shared.js';
import { failure } from '../failure.js';

const STRING = 7;
const jsonOf = (files: ReadonlyMap<string, string | Uint8Array>): Buffer =>
  Buffer.from(files.get('model.json') ?? '');
const refusal = (read: () => unknown) => failure(async () => read());

describe('saved_model.pb says what the model takes and gives', () => {
  it('by its serving signature, in alphabetical order, with the operators of its functions', () => {
    const model = readSavedModel(
      savedModelDescription({
        signatures: {
          __saved_model_init_op: [[], [['op', 1, []]]],
          train: [[['x', 1, [1]]], [['loss', 1, []]]],
          serving_default: [
            [
              ['b', 4, [1, 224, 224, 3]],
              ['a', 10, []],
            ],
            [
              ['scores', 1, [-1, 10]],
              ['boxes', 9, [1, 4]],
            ],
          ],
        },
      }),
      'saved_model.pb',
    );
    expect(model).toEqual({
      tags: ['serve'],
      signature: 'serving_default',
      inputs: [
        { name: 'a', dataType: 'bool', shape: [] },
        { name: 'b', dataType: 'uint8', shape: [1, 224, 224, 3] },
      ],
      outputs: [
        { name: 'boxes', dataType: 'int64', shape: [1, 4] },
        { name: 'scores', dataType: 'float32', shape: [-1, 10] },
      ],
      operators: new Set(['VarHandleOp', 'MatMul']),
    });
  });

  it('by its only signature, whatever its name', () => {
    const signatures = { predict: [[['x', 1, [1, 2]]], [['y', 1, [1, 2]]]] } as const;
    const model = readSavedModel(savedModelDescription({ signatures: signatures as never }), 'm');
    expect(model.signature).toBe('predict');
  });

  it.each<[string, Parameters<typeof savedModelDescription>[0], string, RegExp]>([
    ['none', { signatures: {} }, 'ERR_UNSUPPORTED_FORMAT', /needs the signature 'serving_default'.*has none/],
    [
      'two, and neither is the default',
      { signatures: { a: [[['x', 1, [1]]], [['y', 1, [1]]]], b: [[['x', 1, [1]]], [['y', 1, [1]]]] } },
      'ERR_UNSUPPORTED_FORMAT',
      /has 'a', 'b'/,
    ],
    [
      'one that takes text',
      { signatures: { serving_default: [[['examples', STRING, [-1]]], [['y', 1, [1]]]] } },
      'ERR_UNSUPPORTED_DATA_TYPE',
      /'examples' has the type STRING/,
    ],
  ])('or is refused: %s', async (_, text, code, message) => {
    const refused = await refusal(() => readSavedModel(savedModelDescription(text), 'm'));
    expect(refused.code).toBe(code);
    expect(refused.message).toMatch(message);
  });

  it('whatever is damaged, the error is typed', () => {
    const intact = savedModelDescription();
    fc.assert(
      fc.property(
        fc.nat(intact.length - 1),
        fc.integer({ min: 0, max: 255 }),
        fc.boolean(),
        (at, byte, cut) => {
          const bytes = cut ? intact.slice(0, at) : Uint8Array.from(intact).fill(byte, at, at + 1);
          typedOrFine(() => readSavedModel(bytes, 'm'));
        },
      ),
    );
  });
});

describeWithShared('A SavedModel of the Studio', (sharedDir) => {
  it('says what it takes, and is taken whole', async () => {
    const path = join(sharedDir, 'models/ei-dashboard-emotion-float-and-int8/trained.savedmodel.zip');
    const { impulse, artefacts } = await openContents(path, {
      modelInfo: { input: { inputType: 'image' }, model: { modelType: 'freeform' } },
    });
    expect(impulse.input).toMatchObject({ width: 96, height: 96, channels: 'Grayscale' });
    expect(artefacts.get('model')).toMatchObject({
      format: 'saved-model',
      files: [
        { name: 'saved_model.pb' },
        { name: 'variables/variables.index' },
        { name: 'variables/variables.data-00000-of-00001' },
      ],
    });
  });
});

describe('model.json says what the model takes and gives', () => {
  it('by the signature of a graph', () => {
    expect(readTfjsModel(jsonOf(graphModel('DT_UINT8')), 'm')).toMatchObject({
      kind: 'graph-model',
      inputs: [{ name: 'picture', dataType: 'uint8', shape: [-1, 8, 8, 3] }],
      outputs: [{ name: 'scores', dataType: 'float32', shape: [-1, 3] }],
      groups: [{ paths: ['group1-shard1of1.bin'], bytes: 12 }],
    });
  });

  it('by the placeholders of a graph without a signature', () => {
    const {
      signature: _,
      format: __,
      ...json
    } = JSON.parse(jsonOf(graphModel()).toString()) as Record<string, unknown>;
    const model = readTfjsModel(Buffer.from(JSON.stringify(json)), 'm');
    expect(model.kind).toBe('graph-model');
    expect(model.inputs).toEqual([{ name: 'picture', dataType: 'float32', shape: [-1, 8, 8, 3] }]);
  });

  it('by its first layer, also where that is a model within', () => {
    const plain = readTfjsModel(jsonOf(layersModel()), 'm');
    expect(plain.inputs).toEqual([{ name: 'mean', dataType: 'float32', shape: [-1, 8, 8, 3] }]);
    expect(plain.outputs).toEqual([{ name: 'scores', dataType: 'float32', shape: [-1] }]);
    const json = JSON.parse(jsonOf(layersModel()).toString()) as { modelTopology: { config: object } };
    const { config } = json.modelTopology;
    const nested = { name: 'outer', layers: [{ class_name: 'Sequential', config }] };
    json.modelTopology.config = nested;
    const model = readTfjsModel(Buffer.from(JSON.stringify(json)), 'm');
    expect(model.inputs).toEqual([{ name: 'classifier', dataType: 'float32', shape: [-1, 8, 8, 3] }]);
  });

  it('by the layers that a functional model names as its ends', () => {
    const layer = (name: string, config: object = {}) => ({
      class_name: 'InputLayer',
      name,
      config: { name, ...config },
    });
    const json = {
      format: 'layers-model',
      modelTopology: {
        model_config: {
          class_name: 'Functional',
          config: {
            layers: [
              layer('b', { batch_input_shape: [null, 4], dtype: 'int32' }),
              layer('a', { batch_shape: [1, 2] }),
              layer('c'),
            ],
            input_layers: [
              ['a', 0, 0],
              ['b', 0, 0],
            ],
            output_layers: ['c', 0, 0],
          },
        },
      },
      weightsManifest: [],
    };
    expect(readTfjsModel(Buffer.from(JSON.stringify(json)), 'm')).toMatchObject({
      inputs: [
        { name: 'a', shape: [1, 2], dataType: 'float32' },
        { name: 'b', shape: [-1, 4], dataType: 'int32' },
      ],
      outputs: [{ name: 'c' }],
    });
  });

  it('counts quantised weights as they are stored', () => {
    const json = JSON.parse(jsonOf(graphModel()).toString()) as { weightsManifest: { weights: object[] }[] };
    const [group] = json.weightsManifest;
    group?.weights.push({
      name: 'q',
      shape: [10],
      dtype: 'float32',
      quantization: { dtype: 'uint8', min: 0, scale: 1 },
    });
    expect(readTfjsModel(Buffer.from(JSON.stringify(json)), 'm').groups[0]?.bytes).toBe(22);
  });

  it.each<[string, (json: string) => string, string, RegExp]>([
    ['cut off', (json) => json.slice(0, -5), 'ERR_MODEL_INVALID', /not JSON.*cut off/],
    [
      'of another format',
      (json) => json.replace('graph-model', 'tf-lite'),
      'ERR_MODEL_INVALID',
      /neither graph-model nor/,
    ],
    [
      'without weights',
      (json) => json.replace('weightsManifest', 'w'),
      'ERR_MODEL_INVALID',
      /weightsManifest is no list/,
    ],
    [
      'with a weight of no size',
      (json) => json.replace('"shape":[2]', '"shape":[-2]'),
      'ERR_MODEL_INVALID',
      /without a size/,
    ],
    [
      'with text',
      (json) => json.replace(/("picture:0","dtype":)"DT_FLOAT"/, '$1"DT_STRING"'),
      'ERR_UNSUPPORTED_DATA_TYPE',
      /STRING/,
    ],
  ])('or is refused: %s', async (_, change, code, message) => {
    const bytes = Buffer.from(change(jsonOf(graphModel()).toString()));
    const refused = await refusal(() => readTfjsModel(bytes, 'm'));
    expect(refused.code).toBe(code);
    expect(refused.message).toMatch(message);
  });

  it('whatever stands in its places, the error is typed', () => {
    fc.assert(
      fc.property(
        fc.json(),
        fc.json(),
        fc.constantFrom('graph-model', 'layers-model'),
        (topology, manifest, format) => {
          const json = `{"format":"${format}","modelTopology":{"node":${topology},"model_config":${topology}},"weightsManifest":${manifest}}`;
          typedOrFine(() => readTfjsModel(Buffer.from(json), 'm'));
        },
      ),
    );
  });
});

function typedOrFine(read: () => unknown): void {
  try {
    read();
  } catch (error) {
    if (!isImpulseError(error)) throw error;
  }
}
