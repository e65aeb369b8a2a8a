import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rebuildEonModel } from '../../../src/deployment/eon.js';
import { openContents } from '../../../src/deployment/open.js';
import type { OperatorSpec } from '../../../src/deployment/tflite/options.js';
import type { GraphTensor } from '../../../src/deployment/tflite/write.js';
import { writeTfliteModel } from '../../../src/deployment/tflite/write.js';
import type { DataType } from '../../../src/tensor.js';
import { bytesPerElement, tensorData } from '../../../src/tensor.js';
import { libraryFiles, zipOf } from '../../fixtures/deployment-writer.js';
import type { EonOptions } from '../../fixtures/eon-writer.js';
import { eonCode, GRAMMARS } from '../../fixtures/eon-writer.js';
import type { LibraryFacts } from '../../fixtures/library-headers.js';
import {
  customOperatorModel,
  slowModel,
  tinyClassifier,
  tinyFomo,
  tinyRegression,
} from '../../fixtures/models.js';
import { itUnless } from '../../support/not-tested.js';
import { answers, answersAvailable, essence, read } from './equal-models.js';

const codeOf = (model: Uint8Array, options?: EonOptions): Uint8Array =>
  Buffer.from(eonCode(read(model), options));
const rebuilt = (model: Uint8Array, options?: EonOptions): Uint8Array =>
  rebuildEonModel(codeOf(model, options), 'model_compiled.cpp');

const ENGINE = await answersAvailable();
const WITHOUT_ANSWERS = ENGINE.available ? undefined : ENGINE.reason;

const MODELS: readonly [string, Uint8Array][] = [
  ['a float classifier', tinyClassifier()],
  ['an int8 classifier', tinyClassifier({ dataType: 'int8' })],
  ['a uint8 classifier of gray pictures', tinyClassifier({ dataType: 'uint8', channels: 1 })],
  ['a float detector', tinyFomo()],
  ['an int8 detector', tinyFomo({ dataType: 'int8' })],
  ['a regression, all of whose tensors are floats', tinyRegression()],
  ['convolutions that share their weights', slowModel({ dataType: 'int8', convolutions: 2 })],
];

describe.each(GRAMMARS)('EON code of the form %s, rebuilt', (grammar) => {
  it.each(MODELS)('is the graph that it was made from: %s', (_, model) => {
    expect(essence(read(rebuilt(model, { grammar })))).toEqual(essence(read(model)));
  });

  itUnless(WITHOUT_ANSWERS, `the answers of EON code of the form ${grammar}`).each(MODELS)(
    'gives the same answers: %s',
    async (_, model) => {
      expect(await answers(rebuilt(model, { grammar }), 4)).toEqual(await answers(model, 4));
    },
  );

  it('keeps custom operators with their options', () => {
    const model = writeTfliteModel({
      tensors: [float('input', [1, 4]), float('output', [1, 4])],
      operators: [
        {
          spec: { type: 'CUSTOM', name: 'TFLite_Detection_PostProcess', options: Uint8Array.of(1, 0, 255) },
          inputs: [0],
          outputs: [1],
        },
      ],
      inputs: [0],
      outputs: [1],
    });
    expect(essence(read(rebuilt(model, { grammar })))).toEqual(essence(read(model)));
    expect(essence(read(rebuilt(customOperatorModel(), { grammar })))).toEqual(
      essence(read(customOperatorModel())),
    );
  });
});

/** Operators whose options the compiler writes as bytes, and those that the tensors say themselves. */
const SPECS: readonly [OperatorSpec, number, number][] = [
  [{ type: 'BATCH_MATMUL', adjX: true, adjY: false, asymmetricQuantizeInputs: false }, 2, 1],
  [{ type: 'CONCATENATION', axis: -1, activation: 'relu' }, 3, 1],
  [{ type: 'CUMSUM', exclusive: false, reverse: true }, 2, 1],
  [{ type: 'DEPTH_TO_SPACE', blockSize: 2 }, 1, 1],
  [{ type: 'DIV', activation: 'relu6' }, 2, 1],
  [{ type: 'EXP' }, 1, 1],
  [{ type: 'GATHER', axis: 1, batchDims: 1 }, 2, 1],
  [{ type: 'L2_NORMALIZATION', activation: 'none' }, 1, 1],
  [{ type: 'LEAKY_RELU', alpha: 0.25 }, 1, 1],
  [{ type: 'MEAN', keepDims: true }, 2, 1],
  [{ type: 'MEAN', keepDims: false }, 2, 1],
  [{ type: 'MIRROR_PAD', mode: 'symmetric' }, 2, 1],
  [{ type: 'PACK', valuesCount: 2, axis: 1 }, 2, 1],
  [{ type: 'RESIZE_BILINEAR', alignCorners: false, halfPixelCenters: true }, 2, 1],
  [{ type: 'RESIZE_NEAREST_NEIGHBOR', alignCorners: true, halfPixelCenters: false }, 2, 1],
  [{ type: 'SPACE_TO_DEPTH', blockSize: 3 }, 1, 1],
  [{ type: 'SPLIT', splits: 2 }, 2, 2],
  [
    { type: 'STRIDED_SLICE', beginMask: 1, endMask: 2, ellipsisMask: 4, newAxisMask: 8, shrinkAxisMask: 16 },
    4,
    1,
  ],
  [{ type: 'SUM', keepDims: true }, 2, 1],
  [{ type: 'TRANSPOSE_CONV', padding: 'valid', strideWidth: 3, strideHeight: 2, activation: 'relu' }, 3, 1],
  [{ type: 'UNPACK', count: 3, axis: 2 }, 1, 3],
  [{ type: 'SHAPE', outputType: 'float32' }, 1, 1],
  [{ type: 'CAST', inputType: 'float32', outputType: 'float32' }, 1, 1],
];

describe('The options of an operator', () => {
  it.each(SPECS)('come back: %j', (spec, inputs, outputs) => {
    const tensors = Array.from({ length: inputs + outputs }, (_, i) => float(`t${i}`, [1, 2, 3]));
    const indices = [...tensors.keys()];
    const model = writeTfliteModel({
      tensors,
      operators: [{ spec, inputs: indices.slice(0, inputs), outputs: indices.slice(inputs) }],
      inputs: [0],
      outputs: [inputs],
    });
    for (const grammar of GRAMMARS)
      expect(essence(read(rebuilt(model, { grammar })))).toEqual(essence(read(model)));
  });
});

describe('Constants', () => {
  const types: readonly DataType[] = [
    'float32',
    'float16',
    'int8',
    'uint8',
    'int16',
    'int32',
    'int64',
    'bool',
  ];

  it.each(types)('come back bit by bit, of any values: %s', (dataType) => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 255 }), { minLength: 1, maxLength: 40 }), (seeds) => {
        const width = bytesPerElement(dataType);
        const bytes = Uint8Array.from({ length: seeds.length * width }, (_, i) =>
          dataType === 'bool' ? (seeds[i] ?? 0) & 1 : ((seeds[i % seeds.length] ?? 0) * (i + 1)) & 255,
        );
        const data = tensorData(dataType, bytes.buffer);
        // Infinities and NaN have no text in C.
        if (data instanceof Float32Array) data.set(data.map((x) => (Number.isFinite(x) ? x : 1)));
        const tensor: GraphTensor = { name: 'c', shape: [1, seeds.length], dataType, data };
        const model = writeTfliteModel({
          tensors: [float('in', [1, 1]), tensor, float('out', [1, 1])],
          operators: [{ spec: { type: 'CUSTOM', name: 'Mine' }, inputs: [0, 1], outputs: [2] }],
          inputs: [0],
          outputs: [2],
        });
        expect(essence(read(rebuilt(model)))).toEqual(essence(read(model)));
      }),
      { numRuns: 50 },
    );
  });

  it('of 64 bits keep those that a JavaScript number has not', () => {
    const data = BigInt64Array.of(2n ** 63n - 1n, -(2n ** 63n), 2n ** 53n + 1n);
    const model = writeTfliteModel({
      tensors: [
        float('in', [1, 1]),
        { name: 'c', shape: [3], dataType: 'int64', data },
        float('out', [1, 1]),
      ],
      operators: [{ spec: { type: 'CUSTOM', name: 'Mine' }, inputs: [0, 1], outputs: [2] }],
      inputs: [0],
      outputs: [2],
    });
    expect(essence(read(rebuilt(model)))).toEqual(essence(read(model)));
  });
});

describe('A library compiled with EON', () => {
  const MODEL = tinyClassifier({ dataType: 'int8' });
  const FACTS: LibraryFacts = {
    project: { id: 7, owner: 'Owner', name: 'Cups', deployVersion: 2 },
    labels: ['red', 'green', 'blue'],
    input: { width: 8, height: 8, channels: 'RGB' },
  };

  it.each(['G0', 'G2', 'G3', 'G4'] as const)(
    'opens with the rebuilt model: headers of %s',
    async (generation) => {
      const files = libraryFiles(generation, 'trained.tflite beside EON', FACTS, MODEL);
      const name = [...files.keys()].find((key) => key.endsWith('_compiled.cpp')) ?? '';
      const stem = name.replace(/^tflite-model\/|_compiled\.cpp$/g, '');
      files.set(name, codeOf(MODEL, { stem }));

      const beside = await openContents(await zipOf(files));
      expect([...beside.artefacts.values()].map((artefact) => artefact.name)).toEqual(['trained.tflite']);

      files.delete('trained.tflite');
      const alone = await openContents(await zipOf(files));
      expect(alone.impulse).toEqual(beside.impulse);
      const [artefact] = alone.artefacts.values();
      expect(artefact).toMatchObject({ format: 'tflite', name: `rebuilt from ${stem}_compiled.cpp` });
      expect(essence(read(artefact?.bytes ?? new Uint8Array(0)))).toEqual(essence(read(MODEL)));
    },
  );

  it('finds code whose file a hand-merged project named otherwise', async () => {
    const files = libraryFiles('G4', 'trained.tflite beside EON', FACTS, MODEL);
    const name = [...files.keys()].find((key) => key.endsWith('_compiled.cpp')) ?? '';
    const stem = name.replace(/^tflite-model\/|_compiled\.cpp$/g, '');
    files.delete(name);
    files.delete('trained.tflite');
    files.set('tflite-model/other_compiled_acc.cpp', codeOf(tinyRegression(), { stem: 'other_acc' }));
    files.set('tflite-model/other_compiled_mic.cpp', codeOf(MODEL, { stem }));
    const { artefacts } = await openContents(await zipOf(files));
    expect([...artefacts.values()]).toMatchObject([{ name: 'rebuilt from other_compiled_mic.cpp' }]);
  });
});

function float(name: string, shape: readonly number[]): GraphTensor {
  return { name, shape, dataType: 'float32' };
}
