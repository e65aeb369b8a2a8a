import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { onnxEngine } from '../../../src/runtime/engines/onnx.js';
import type { TensorData } from '../../../src/tensor.js';
import { COMMAND } from '../../cli/command.js';
import { tinyClassifier } from '../../fixtures/models.js';
import {
  customOnnxOperatorModel,
  encodeOnnxModel,
  type OnnxGraph,
  tinyOnnxClassifier,
} from '../../fixtures/onnx-models.js';
import { encodeMessage } from '../../fixtures/protobuf.js';
import { describeWithShared } from '../../support/shared.js';
import { openModel, plainNumbers } from './engines.js';
import { largestDifference, referenceModels } from './reference.js';

/** Numbers of element types in the format. */
const TYPE = { uint8: 2, int8: 3, int32: 6, int64: 7, string: 8, bool: 9, float16: 10, float64: 11 };

/** y = type(x). */
function unary(
  type: string,
  shape: readonly (number | string)[],
  extra: Partial<OnnxGraph> = {},
): Uint8Array {
  return encodeOnnxModel({
    inputs: [{ name: 'x', shape }],
    outputs: [{ name: 'y', shape }],
    nodes: [{ type, inputs: ['x'], outputs: ['y'] }],
    ...extra,
  });
}

function identity(elementType: number): Uint8Array {
  return unary('Identity', [1, 4], {
    inputs: [{ name: 'x', shape: [1, 4], elementType }],
    outputs: [{ name: 'y', shape: [1, 4], elementType }],
  });
}

/** A message appended to another is merged into it. */
function merge(model: Uint8Array, field: number, message: Uint8Array): Uint8Array {
  return Buffer.concat([model, encodeMessage([field, message])]);
}

function withOpset(version: number): Uint8Array {
  return merge(unary('Relu', [1, 4]), 8, encodeMessage([1, ''], [2, version]));
}

/** y = x + w, where w is said to lie in another file. */
function withWeightsElsewhere(): Uint8Array {
  const location = encodeMessage([1, 'location'], [2, 'weights.bin']);
  const weights = encodeMessage([1, 4], [2, 1], [8, 'w'], [13, location], [14, 1]);
  const model = unary('Add', [1, 4], { nodes: [{ type: 'Add', inputs: ['x', 'w'], outputs: ['y'] }] });
  return merge(model, 7, encodeMessage([5, weights]));
}

describe('the engine onnx', () => {
  it.each<[string, Uint8Array, string, RegExp]>([
    ['an empty file', new Uint8Array(0), 'ERR_MODEL_INVALID', /not a valid ONNX model/],
    ['text', Buffer.from('<!doctype html>'), 'ERR_MODEL_INVALID', /not a valid ONNX model/],
    ['a TFLite model', tinyClassifier(), 'ERR_MODEL_INVALID', /not a valid ONNX model/],
    ['half a model', tinyOnnxClassifier().subarray(0, 200), 'ERR_MODEL_INVALID', /not a valid ONNX model/],
    [
      'a graph with a loose end',
      unary('Add', [1, 4], { nodes: [{ type: 'Add', inputs: ['x', 'gone'], outputs: ['y'] }] }),
      'ERR_MODEL_INVALID',
      /'gone'/,
    ],
    [
      'an operator of a foreign domain',
      customOnnxOperatorModel('Wobble'),
      'ERR_UNSUPPORTED_OPERATOR',
      /operator imaginary:Wobble.*ONNX Runtime \d/,
    ],
    ['an unknown operator', unary('Wobble', [1, 4]), 'ERR_UNSUPPORTED_OPERATOR', /Wobble \(opset 13\)/],
    [
      'an operator on a type that it can not take',
      unary('Relu', [1, 4], {
        inputs: [{ name: 'x', shape: [1, 4], elementType: TYPE.int8 }],
        outputs: [{ name: 'y', shape: [1, 4], elementType: TYPE.int8 }],
      }),
      'ERR_UNSUPPORTED_OPERATOR',
      /Relu for tensor\(int8\)/,
    ],
    ['an opset of the future', withOpset(99), 'ERR_UNSUPPORTED_OPERATOR', /opset 99.*up to opset \d+/],
    [
      'a format of the future',
      unary('Relu', [1, 4], { irVersion: 99 }),
      'ERR_UNSUPPORTED_FORMAT',
      /format version 99.*up to \d+/,
    ],
    ['weights in another file', withWeightsElsewhere(), 'ERR_UNSUPPORTED_FORMAT', /separate file/],
    [
      'a free dimension besides the batch',
      unary('Relu', ['batch', 3, 'height']),
      'ERR_UNSUPPORTED_FORMAT',
      /dimension 2 of its input 'x' \[1, 3, -1\].*'height'/,
    ],
    ['strings', identity(TYPE.string), 'ERR_UNSUPPORTED_DATA_TYPE', /'x' is string/],
    ['64-bit floats', identity(TYPE.float64), 'ERR_UNSUPPORTED_DATA_TYPE', /'x' is float64/],
  ])('refuses %s', async (_, bytes, code, message) => {
    await expect(openModel(onnxEngine, bytes)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
  });

  it('tells why it can not run a TFLite model', () => {
    const model = { name: 'model', bytes: new Uint8Array(0) };
    expect(onnxEngine.refusal({ ...model, format: 'tflite' })).toMatch(/ONNX/);
    expect(onnxEngine.refusal({ ...model, format: 'onnx' })).toBeUndefined();
  });

  it('knows the version and place of its library without loading it', () => {
    const file = new URL('../../../dist/runtime/engines/onnx.js', import.meta.url);
    const script = `
      import { onnxEngine } from '${file.href}';
      const status = await onnxEngine.probe();
      const { sharedObjects } = process.report.getReport();
      console.log(JSON.stringify({ status, loaded: sharedObjects.filter((path) => path.includes('onnxruntime')) }));`;
    const { stdout } = spawnSync(process.execPath, ['--input-type=module', '--eval', script], {
      encoding: 'utf8',
    });
    expect(JSON.parse(stdout)).toEqual({
      status: {
        available: true,
        version: expect.stringMatching(/^\d+\.\d+\.\d+$/),
        library: expect.stringMatching(/onnxruntime_binding\.node$/),
      },
      loaded: [],
    });
  });

  it('lets its library report nothing to its maker, which it prepares in temporary files', () => {
    const folder = mkdtempSync(join(tmpdir(), 'impulse-onnx-'));
    try {
      const model = join(folder, 'model.onnx');
      writeFileSync(model, tinyOnnxClassifier());
      mkdirSync(join(folder, 'temporary'));
      writeFileSync(
        join(folder, 'model.json'),
        JSON.stringify({ input: { inputType: 'other' }, model: { modelType: 'freeform' } }),
      );
      const { status, stderr } = spawnSync(
        process.execPath,
        [COMMAND, 'inspect', model, '--isolation', 'none'],
        {
          env: { ...process.env, TMPDIR: join(folder, 'temporary') },
          encoding: 'utf8',
        },
      );
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
      expect(readdirSync(join(folder, 'temporary'))).toEqual([]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it.each<[keyof typeof TYPE, TensorData]>([
    ['int8', Int8Array.of(-128, -1, 0, 127)],
    ['uint8', Uint8Array.of(0, 1, 128, 255)],
    ['int32', Int32Array.of(-(2 ** 31), -1, 0, 2 ** 31 - 1)],
    ['int64', BigInt64Array.of(-(2n ** 63n), -1n, 0n, 2n ** 63n - 1n)],
    ['bool', Uint8Array.of(0, 1, 1, 0)],
    ['float16', Uint16Array.of(0x3c00, 0xbc00, 0, 0x7bff)],
  ])('carries %s in and out', async (type, data) => {
    const session = await openModel(onnxEngine, identity(TYPE[type]));
    expect(session.inputs).toEqual([{ name: 'x', dataType: type, shape: [1, 4] }]);
    const { outputs } = await session.run([data]);
    expect(outputs).toEqual([{ name: 'y', dataType: type, shape: [1, 4], data }]);
    await session.close();
  });

  it('refuses NaN and infinity in 16-bit floats too', async () => {
    const session = await openModel(onnxEngine, identity(TYPE.float16));
    for (const bits of [0x7c00, 0xfc00, 0x7e00]) {
      await expect(session.run([Uint16Array.of(0, 0, bits, 0)])).rejects.toMatchObject({
        code: 'ERR_INPUT_NOT_FINITE',
        message: expect.stringContaining('element 2'),
      });
    }
    await session.close();
  });

  it('takes a free first dimension as a batch of one', async () => {
    const session = await openModel(onnxEngine, unary('Relu', ['batch', 4]));
    expect(session.inputs[0]?.shape).toEqual([1, 4]);
    expect(session.outputs[0]?.shape).toEqual([1, 4]);
    const { outputs } = await session.run([Float32Array.of(-1, 2, -3, 4)]);
    expect(outputs).toEqual([
      { name: 'y', dataType: 'float32', shape: [1, 4], data: Float32Array.of(0, 2, 0, 4) },
    ]);
    await session.close();
  });

  it('tells dimensions of an output that only a run decides after that run', async () => {
    const model = unary('NonZero', [1, 4], {
      outputs: [{ name: 'y', shape: [2, 'found'], elementType: TYPE.int64 }],
    });
    const session = await openModel(onnxEngine, model);
    expect(session.outputs[0]?.shape).toEqual([2, -1]);
    const { outputs } = await session.run([Float32Array.of(0, 5, 0, 6)]);
    expect(outputs[0]).toMatchObject({ shape: [2, 2], data: BigInt64Array.of(0n, 0n, 1n, 3n) });
    await session.close();
  });

  it('gives several inputs and outputs in the order of the graph', async () => {
    const names = ['a', 'b', 'c'];
    const session = await openModel(
      onnxEngine,
      encodeOnnxModel({
        inputs: names.map((name, i) => ({ name, shape: [1, i + 1] })),
        outputs: names.map((name, i) => ({ name: `-${name}`, shape: [1, i + 1] })).reverse(),
        nodes: names.map((name) => ({ type: 'Neg', inputs: [name], outputs: [`-${name}`] })),
      }),
    );
    expect(session.inputs.map(({ name }) => name)).toEqual(names);
    const { outputs } = await session.run(
      [[1], [2, 2], [3, 3, 3]].map((values) => Float32Array.from(values)),
    );
    expect(outputs.map(({ name, data }) => [name, [...data]])).toEqual([
      ['-c', [-3, -3, -3]],
      ['-b', [-2, -2]],
      ['-a', [-1]],
    ]);
    await session.close();
  });

  it('says which run of which model failed, and runs on', async () => {
    const model = encodeOnnxModel({
      inputs: [
        { name: 'x', shape: [1, 4] },
        { name: 'size', shape: [1], elementType: TYPE.int64 },
      ],
      outputs: [{ name: 'y', shape: ['n'] }],
      nodes: [{ type: 'Reshape', inputs: ['x', 'size'], outputs: ['y'] }],
    });
    const session = await openModel(onnxEngine, model);
    const x = Float32Array.of(1, 2, 3, 4);
    await expect(session.run([x, BigInt64Array.of(3n)])).rejects.toMatchObject({
      name: 'EngineError',
      code: 'ERR_ENGINE_RUN',
      message: expect.stringMatching(/failed to run model\.onnx: .*Reshape/),
    });
    expect(session.outputs[0]?.shape).toEqual([-1]);
    const { outputs } = await session.run([x, BigInt64Array.of(4n)]);
    expect(outputs[0]).toMatchObject({ shape: [4], data: x });
    await session.close();
  });

  it('says how it runs', async () => {
    const session = await openModel(onnxEngine, tinyOnnxClassifier(), 2);
    expect(session.details).toMatchObject({ engine: 'onnx', threads: 2, delegate: 'cpu', notes: [] });
    await session.close();
  });
});

describeWithShared('the engine onnx on real models', (sharedDir) => {
  it.each(referenceModels(sharedDir, 'onnx').map((model) => [model.path, model] as const))(
    'gives the reference answer: %s',
    async (_, model) => {
      expect(await largestDifference(onnxEngine, sharedDir, model)).toBeLessThan(1e-4);
    },
  );
});

describe('an output of another size than its file states', () => {
  it('is given as the run made it', async () => {
    const model = encodeOnnxModel({
      nodes: [{ type: 'NonZero', inputs: ['x'], outputs: ['y'] }],
      inputs: [{ name: 'x', shape: [1, 4] }],
      outputs: [{ name: 'y', shape: [2, 4], elementType: 7 }],
    });
    const session = await openModel(onnxEngine, model);
    for (const expected of [[2], [0, 3], [0, 1, 2, 3]]) {
      const x = Float32Array.from({ length: 4 }, (_, i) => Number(expected.includes(i)));
      const { outputs, release } = await session.run([x]);
      expect(outputs[0]?.shape).toEqual([2, expected.length]);
      expect(plainNumbers(outputs[0]?.data).slice(expected.length)).toEqual(expected);
      release();
    }
    await session.close();
  });
});
