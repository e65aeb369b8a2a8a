import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readOnnxModel } from '../../src/deployment/onnx.js';
import { isImpulseError } from '../../src/errors.js';
import { customOnnxOperatorModel, encodeOnnxModel, tinyOnnxClassifier } from '../fixtures/onnx-models.js';
import { encodeMessage, encodeVarint } from '../fixtures/protobuf.js';
import { expectedModels } from '../support/expected.js';
import { describeWithShared } from '../support/shared.js';

function codeOf(bytes: Uint8Array): string | undefined {
  try {
    readOnnxModel(bytes);
    return undefined;
  } catch (error) {
    if (isImpulseError(error)) return error.code;
    throw error;
  }
}

const concat = (...parts: readonly Uint8Array[]): Uint8Array => Buffer.concat(parts);
const VERSION = encodeMessage([1, 8]);
/** Tag of the graph, a field of bytes with the number 7. */
const GRAPH_TAG = Uint8Array.of(0x3a);

describe('What is no ONNX model', () => {
  it.each([
    ['nothing', new Uint8Array(0), 'ERR_MODEL_INVALID'],
    ['a text', Buffer.from('<!DOCTYPE html>'), 'ERR_MODEL_INVALID'],
    ['a model without a graph', VERSION, 'ERR_MODEL_INVALID'],
    ['a field with the number 0', concat(VERSION, Uint8Array.of(0x00, 0x01)), 'ERR_MODEL_INVALID'],
    ['a group, which no version has', concat(VERSION, Uint8Array.of(0x3b)), 'ERR_MODEL_INVALID'],
    [
      'a number that does not end',
      concat(Uint8Array.of(0x08), new Uint8Array(20).fill(0xff)),
      'ERR_MODEL_INVALID',
    ],
    ['a number cut off', Uint8Array.of(0x08, 0x80), 'ERR_DEPLOYMENT_TRUNCATED'],
    ['a graph of -1 bytes', concat(VERSION, GRAPH_TAG, encodeVarint(-1)), 'ERR_MODEL_INVALID'],
    ['a graph of 2^60 bytes', concat(VERSION, GRAPH_TAG, encodeVarint(2 ** 60)), 'ERR_MODEL_INVALID'],
    [
      'a graph longer than the file',
      concat(VERSION, GRAPH_TAG, encodeVarint(1000)),
      'ERR_DEPLOYMENT_TRUNCATED',
    ],
    [
      'a node longer than its graph',
      concat(VERSION, GRAPH_TAG, Uint8Array.of(2, 0x0a, 4), new Uint8Array(64)),
      'ERR_MODEL_INVALID',
    ],
  ])('is refused: %s', (_, bytes, code) => {
    expect(codeOf(bytes)).toBe(code);
  });

  it('is refused by its name', () => {
    expect(() => readOnnxModel(Buffer.from('hello'), 'model.onnx')).toThrow(
      'model.onnx is not an ONNX model: it does not begin like one.',
    );
  });
});

describe('A damaged ONNX model', () => {
  const whole = tinyOnnxClassifier();

  it('is refused wherever it is cut inside the graph', () => {
    // The graph is the fourth field; metadata and operator sets follow it.
    const graphEnd = whole.length - 100;
    for (let length = 0; length < graphEnd; length++) expect(codeOf(whole.subarray(0, length))).toBeDefined();
  });

  it('is refused with a typed error or read, whichever bytes are changed', () => {
    const damage = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), {
      minLength: 1,
      maxLength: 8,
    });
    fc.assert(
      fc.property(damage, (changes) => {
        const bytes = Uint8Array.from(whole);
        for (const [at, value] of changes) bytes[at % bytes.length] = value;
        codeOf(bytes);
      }),
      { numRuns: 3000 },
    );
  });
});

describe('An ONNX model', () => {
  it('says what it takes, gives and computes', () => {
    expect(readOnnxModel(tinyOnnxClassifier())).toEqual({
      irVersion: 8,
      producer: 'impulse-runtime tests 1',
      opsets: [{ domain: '', version: 13 }],
      inputs: [{ name: 'image', shape: [1, 3, 8, 8], dataType: 'float32' }],
      outputs: [{ name: 'scores', shape: [1, 3], dataType: 'float32' }],
      operators: [
        { name: 'GlobalAveragePool', domain: '', count: 1 },
        { name: 'Flatten', domain: '', count: 1 },
        { name: 'Gemm', domain: '', count: 1 },
        { name: 'Softmax', domain: '', count: 1 },
      ],
      metadata: new Map([
        ['names', "{0: 'red', 1: 'green', 2: 'blue'}"],
        ['task', 'classify'],
      ]),
    });
  });

  it('names operators of other makers with their domain', () => {
    const { operators, opsets } = readOnnxModel(customOnnxOperatorModel('Mine'));
    expect(operators).toEqual([{ name: 'Mine', domain: 'imaginary', count: 1 }]);
    expect(opsets).toContainEqual({ domain: 'imaginary', version: 1 });
  });

  it('does not ask for inputs that have initial values', () => {
    const bytes = encodeOnnxModel({
      inputs: [
        { name: 'weights', shape: [2] },
        { name: 'x', shape: [2] },
      ],
      outputs: [{ name: 'y', shape: [2] }],
      initializers: [{ name: 'weights', shape: [2], data: Float32Array.of(1, 2) }],
      nodes: [{ type: 'Mul', inputs: ['x', 'weights'], outputs: ['y'] }],
    });
    expect(readOnnxModel(bytes).inputs.map(({ name }) => name)).toEqual(['x']);
  });

  it('has -1 for symbolic and negative dimensions', () => {
    const bytes = encodeOnnxModel({
      inputs: [{ name: 'x', shape: ['batch', 3, -1, 0] }],
      outputs: [{ name: 'y', shape: [] }],
      nodes: [],
    });
    const { inputs, outputs } = readOnnxModel(bytes);
    expect(inputs[0]?.shape).toEqual([-1, 3, -1, 0]);
    expect(outputs[0]?.shape).toEqual([]);
  });

  it.each([
    [2, 'uint8'],
    [3, 'int8'],
    [5, 'int16'],
    [6, 'int32'],
    [7, 'int64'],
    [9, 'bool'],
    [10, 'float16'],
  ])('knows element type %i as %s', (elementType, dataType) => {
    const bytes = encodeOnnxModel({
      inputs: [{ name: 'x', shape: [1], elementType }],
      outputs: [],
      nodes: [],
    });
    expect(readOnnxModel(bytes).inputs[0]?.dataType).toBe(dataType);
  });

  it.each([
    [8, "'x' has the type string"],
    [11, "'x' has the type float64"],
    [99, "'x' has the type 99"],
    [0, "'x' is no tensor"],
  ])('is unsupported with an input of element type %i', (elementType, why) => {
    const bytes = encodeOnnxModel({
      inputs: [{ name: 'x', shape: [1], elementType }],
      outputs: [],
      nodes: [],
    });
    expect(codeOf(bytes)).toBe('ERR_UNSUPPORTED_DATA_TYPE');
    expect(() => readOnnxModel(bytes)).toThrow(why);
  });
});

describeWithShared('Real ONNX models', (sharedDir) => {
  const models = expectedModels(sharedDir, 'onnx');

  it('are all here', () => {
    expect(models.length).toBeGreaterThanOrEqual(4);
  });

  it.each(models)('are read as their reference states: $path', (expected) => {
    const model = readOnnxModel(readFileSync(join(sharedDir, 'models', expected.path)));
    const counts: Record<string, number> = {};
    for (const { name, count } of model.operators) counts[name] = (counts[name] ?? 0) + count;
    expect(counts).toEqual(expected.op_counts);
    expect(model.producer).toBe(expected.producer);
    expect(model.opsets.map(({ domain, version }) => [domain, version])).toEqual(expected.opset);
    expect(Object.fromEntries(model.metadata)).toEqual(expected.metadata);
    expect(
      [...model.inputs, ...model.outputs].map(({ name, shape, dataType }) => [name, shape, dataType]),
    ).toEqual(
      [...expected.inputs, ...expected.outputs].map(({ name, shape, dtype }) => [name, shape, dtype]),
    );
  });
});
