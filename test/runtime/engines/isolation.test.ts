import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import type { ModelArtefact } from '../../../src/deployment/contents.js';
import type { ImpulseError } from '../../../src/index.js';
import { openDeployment } from '../../../src/index.js';
import { loadAddon } from '../../../src/native/addon.js';
import { makePacking } from '../../../src/preprocess/make-packing.js';
import { openSession } from '../../../src/runtime/engines/index.js';
import { openIsolated } from '../../../src/runtime/engines/isolated/session.js';
import type { EngineName, ModelSession, SessionInput, SessionOptions } from '../../../src/runtime/session.js';
import type { TensorInfo } from '../../../src/tensor.js';
import { bytesPerElement, elementCount, tensorData } from '../../../src/tensor.js';
import { constantModel, customOperatorModel, tinyClassifier, tinyRegression } from '../../fixtures/models.js';
import { tinyOnnxClassifier } from '../../fixtures/onnx-models.js';
import { describeWithShared } from '../../support/shared.js';
import { refusalOf } from '../support.js';

const opened: ModelSession[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((session) => session.close()));
});

interface Case {
  readonly model: ModelArtefact;
  readonly wanted: EngineName | 'auto';
  readonly options?: SessionOptions;
}

/** The same model twice: in this process, and isolated. */
async function openBoth({ model, wanted, options = { threads: 1 } }: Case) {
  const [here, apart] = await Promise.all([
    openSession(model, wanted, options),
    openIsolated({ model, wanted, options }),
  ]);
  opened.push(here.session, apart.session);
  return { here, apart };
}

const tflite = (bytes: Uint8Array): ModelArtefact => ({ format: 'tflite', name: 'model.tflite', bytes });
const onnx = (bytes: Uint8Array): ModelArtefact => ({ format: 'onnx', name: 'model.onnx', bytes });

const CASES: readonly (Case & { readonly layout: 'NHWC' | 'NCHW' })[] = [
  ...(loadAddon().loaded
    ? [
        { model: tflite(tinyClassifier()), wanted: 'tflite', layout: 'NHWC' } as const,
        { model: tflite(tinyClassifier({ dataType: 'int8' })), wanted: 'auto', layout: 'NHWC' } as const,
      ]
    : []),
  { model: tflite(tinyClassifier()), wanted: 'litert-wasm', layout: 'NHWC' },
  { model: onnx(tinyOnnxClassifier()), wanted: 'onnx', layout: 'NCHW' },
];

describe.each(CASES)('$model.name isolated, engine $wanted', ({ layout, ...given }) => {
  const packing = (tensor: TensorInfo, scaling: '0..1' | '-1..1') =>
    makePacking({ width: 8, height: 8, channels: 'RGB', scaling, layout, tensor });

  it('tells the same of itself as in this process, and that it is isolated', async () => {
    const { here, apart } = await openBoth(given);
    expect(apart.session.inputs).toEqual(here.session.inputs);
    expect(apart.session.outputs).toEqual(here.session.outputs);
    expect(apart.session.details).toEqual({ ...here.session.details, isolation: 'isolated process' });
    expect(apart.attempts).toEqual(here.attempts);
  });

  it('gives the same outputs for pixels of any kind, whatever plan packs them', async () => {
    const { here, apart } = await openBoth(given);
    const [input] = here.session.inputs as [TensorInfo];
    const plans = [packing(input, '0..1'), packing(input, '-1..1')];
    const runs = fc.array(
      fc.record({
        pixels: fc.uint8Array({ minLength: 192, maxLength: 192 }),
        packing: fc.constantFrom(...plans),
      }),
      { minLength: 1, maxLength: 5 },
    );
    await fc.assert(
      fc.asyncProperty(runs, async (values) => {
        for (const value of values) {
          const [expected, actual] = await Promise.all([
            here.session.run([value]),
            apart.session.run([value]),
          ]);
          expect(actual.outputs).toEqual(expected.outputs);
        }
      }),
      { numRuns: 20 },
    );
  });

  it('gives the same outputs for ready elements, and memory that is never used again', async () => {
    const { here, apart } = await openBoth(given);
    const elements = randomElements(here.session.inputs[0] as TensorInfo, 3);
    const before = elements.slice();
    const expected = await here.session.run([elements]);
    const actual = await apart.session.run([elements]);
    expect(actual.outputs).toEqual(expected.outputs);
    expect(elements).toEqual(before);
    for (const name of ['queueMs', 'tensorMs', 'inferenceMs'] as const) {
      expect(actual.timing[name]).toBeGreaterThanOrEqual(0);
    }
    await apart.session.run([randomElements(here.session.inputs[0] as TensorInfo, 4)]);
    expect(actual.outputs).toEqual(expected.outputs);
  });

  it.each<[string, (input: TensorInfo) => SessionInput[]]>([
    ['no input', () => []],
    ['too few elements', (input) => [randomElements(input, 1).slice(1)]],
    ['another type', () => [new Int32Array(192)]],
    [
      'a plan for another type',
      (input) => [
        { pixels: new Uint8Array(192), packing: { ...packing(input, '0..1'), dataType: 'uint8' } as never },
      ],
    ],
    // Refused where it is looked at, in the other process.
    ['NaN', (input) => [input.dataType === 'float32' ? withNotANumber(input) : new Float32Array(192)]],
  ])('refuses %s in the same words, and goes on', async (_, values) => {
    const { here, apart } = await openBoth(given);
    const [input] = here.session.inputs as [TensorInfo];
    const expectedError = await refusalOf(here.session.run(values(input)));
    const error = await refusalOf(apart.session.run(values(input)));
    expect(factsOf(error)).toEqual(factsOf(expectedError));
    const elements = randomElements(input, 9);
    const [expected, actual] = await Promise.all([
      here.session.run([elements]),
      apart.session.run([elements]),
    ]);
    expect(actual.outputs).toEqual(expected.outputs);
  });

  it('queues runs that are asked for at once, each with its own answer', async () => {
    const { here, apart } = await openBoth(given);
    const inputs = Array.from({ length: 12 }, (_, seed) => [
      randomElements(here.session.inputs[0] as TensorInfo, seed),
    ]);
    const expected = await Promise.all(inputs.map((values) => here.session.run(values)));
    const actual = await Promise.all(inputs.map((values) => apart.session.run(values)));
    expect(actual.map(({ outputs }) => outputs)).toEqual(expected.map(({ outputs }) => outputs));
  });

  it('finishes the run in progress when it is closed, refuses the others, and closing twice is fine', async () => {
    const { apart } = await openBoth(given);
    const values = [randomElements(apart.session.inputs[0] as TensorInfo, 1)];
    const runs = [apart.session.run(values), apart.session.run(values), apart.session.run(values)];
    await new Promise(setImmediate);
    const closing = [apart.session.close(), apart.session.close()];
    const outcomes = await Promise.allSettled(runs);
    await Promise.all(closing);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected']);
    for (const outcome of outcomes.slice(1)) {
      expect(outcome).toMatchObject({ reason: { name: 'ClosedError', code: 'ERR_CLOSED' } });
    }
    await expect(apart.session.run(values)).rejects.toMatchObject({ code: 'ERR_CLOSED' });
  });
});

describe('what can not be opened', () => {
  it.each<[string, Case]>([
    ['bytes that are no model', { model: tflite(new Uint8Array(100)), wanted: 'auto' }],
    ['an operator that nobody has', { model: tflite(customOperatorModel('Wobble')), wanted: 'auto' }],
    ['a model of another engine', { model: onnx(tinyOnnxClassifier()), wanted: 'tflite' }],
    ['a broken ONNX model', { model: onnx(Uint8Array.of(8, 3, 255)), wanted: 'onnx' }],
    [
      'a library that is not there',
      {
        model: tflite(tinyClassifier()),
        wanted: 'auto',
        options: { threads: 1, tfliteLibrary: '/nowhere/libtensorflowlite_c.so' },
      },
    ],
  ])('%s: the same error as in this process', async (_, { model, wanted, options = { threads: 1 } }) => {
    const expected = await refusalOf(openSession(model, wanted, options));
    const actual = await refusalOf(openIsolated({ model, wanted, options }));
    expect(factsOf(actual)).toEqual(factsOf(expected));
  });

  it('a model that takes longer than its limit', async () => {
    const order = { model: tflite(tinyClassifier()), wanted: 'auto', options: { threads: 1 } } as const;
    await expect(openIsolated(order, { startTimeoutMs: 1 })).rejects.toMatchObject({
      name: 'TimeoutError',
      code: 'ERR_TIMEOUT',
      message: expect.stringMatching(/model\.tflite.* within 1 ms.*startTimeoutMs/),
    });
  });
});

describe('a deployment with isolation', () => {
  const modelInfo = {
    input: { inputType: 'image', inputScaling: '0..1', resizeMode: 'squash' },
    model: { modelType: 'classification', labels: ['red', 'green', 'blue'] },
  };
  const frame = { data: new Uint8Array(8 * 8 * 3).fill(200), width: 8, height: 8, channels: 3 } as const;

  it('answers as without, and says where its model runs', async () => {
    await using here = await openDeployment(tinyClassifier(), { modelInfo });
    await using apart = await openDeployment(tinyClassifier(), { modelInfo, isolation: 'process' });
    expect((await apart.classify(frame)).response).toEqual((await here.classify(frame)).response);
    expect(apart.info().learnBlocks[0]?.model?.engine).toMatchObject({ isolation: 'isolated process' });
    expect(here.info().learnBlocks[0]?.model?.engine).not.toHaveProperty('isolation');
  });

  it('refuses a kind of isolation that there is not', async () => {
    const options = { modelInfo, isolation: 'proces' as never };
    await expect(openDeployment(tinyClassifier(), options)).rejects.toMatchObject({
      code: 'ERR_OPTION_INVALID',
      message: expect.stringContaining("Did you mean 'process'?"),
    });
  });
});

it('takes values from shared memory of the caller, and works in a worker thread of the caller', async () => {
  const module = new URL('../../../dist/runtime/engines/isolated/session.js', import.meta.url);
  const host = new Worker(
    `const { parentPort, workerData } = require('node:worker_threads');
    import(workerData.module).then(async ({ openIsolated }) => {
      const { session } = await openIsolated({
        model: { format: 'tflite', name: 'm', bytes: workerData.bytes },
        wanted: 'auto',
        options: { threads: 1 },
      });
      const { outputs } = await session.run([new Float32Array(workerData.shared)]);
      await session.close();
      parentPort.postMessage(outputs[0].data);
    });`,
    {
      eval: true,
      workerData: { module: module.href, bytes: tinyRegression(), shared: new SharedArrayBuffer(16) },
    },
  );
  const [[sum], [code]] = await Promise.all([once(host, 'message'), once(host, 'exit')]);
  expect(sum).toEqual(Float32Array.of(0));
  expect(code).toBe(0);
});

it('outputs of several types and shapes come in their order', async () => {
  const model = tflite(
    constantModel(
      [1, 2],
      [
        { shape: [1, 3], data: Float32Array.of(1, 2, 3) },
        { shape: [2, 2], data: Float32Array.of(4, 5, 6, 7) },
      ],
    ),
  );
  const { here, apart } = await openBoth({ model, wanted: 'auto' });
  const expected = await here.session.run([new Float32Array(2)]);
  expect((await apart.session.run([new Float32Array(2)])).outputs).toEqual(expected.outputs);
});

describeWithShared('Real models give the same isolated', (shared) => {
  it.each<[string, 'tflite' | 'onnx', EngineName | 'auto']>([
    ['yolov5n-tflite-uint8/yolov5n-int8.tflite', 'tflite', 'auto'],
    ['yolov8n-tflite-224/yolov8n_full_integer_quant_224.tflite', 'tflite', 'litert-wasm'],
    ['yolox-nano/yolox_nano.onnx', 'onnx', 'onnx'],
    ['mnist-onnx/mnist.onnx', 'onnx', 'onnx'],
  ])('%s', async (path, format, wanted) => {
    const bytes = readFileSync(join(shared, 'models', path));
    const { here, apart } = await openBoth({ model: { format, name: path, bytes }, wanted });
    const values = here.session.inputs.map((info, index) => randomElements(info, index));
    const expected = await here.session.run(values);
    const actual = await apart.session.run(values);
    expect(actual.outputs.map(({ data, ...info }) => info)).toEqual(
      expected.outputs.map(({ data, ...info }) => info),
    );
    for (const [index, { data }] of actual.outputs.entries()) {
      expect(bytesOf(data).equals(bytesOf(expected.outputs[index]?.data))).toBe(true);
    }
  });
});

const factsOf = ({ name, code, message }: ImpulseError) => ({ name, code, message });

/** Of any type, always the same for a seed; floats in 0..1. */
function randomElements({ dataType, shape }: TensorInfo, seed: number) {
  let state = seed * 2_654_435_761 + 1;
  const next = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state;
  };
  const count = elementCount(shape);
  if (dataType === 'float32') return Float32Array.from({ length: count }, () => next() / 2 ** 32);
  const bytes = Uint8Array.from({ length: count * bytesPerElement(dataType) }, () => next() >>> 24);
  return tensorData(dataType, bytes.buffer);
}

function withNotANumber(info: TensorInfo): Float32Array {
  const values = randomElements(info, 1) as Float32Array;
  values[5] = Number.NaN;
  return values;
}

function bytesOf(data: ArrayBufferView | undefined): Buffer {
  if (data === undefined) throw new Error('an output is missing');
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength);
}
