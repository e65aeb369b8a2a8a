import { afterEach, describe, expect, it } from 'vitest';
import type { GraphTensor, TfliteGraph } from '../../../src/deployment/tflite/write.js';
import { writeTfliteModel } from '../../../src/deployment/tflite/write.js';
import { makePacking } from '../../../src/preprocess/make-packing.js';
import { packPixels } from '../../../src/preprocess/pack-pixels.js';
import { tfliteEngine } from '../../../src/runtime/engines/tflite.js';
import type { ModelSession } from '../../../src/runtime/session.js';
import type { TensorData } from '../../../src/tensor.js';
import {
  constantModel,
  customOperatorModel,
  slowModel,
  tinyClassifier,
  tinyFomo,
  tinyRegression,
} from '../../fixtures/models.js';

const sessions: ModelSession[] = [];
afterEach(async () => {
  await Promise.all(sessions.splice(0).map((session) => session.close()));
});

async function open(bytes: Uint8Array, threads = 1): Promise<ModelSession> {
  const session = await tfliteEngine.open({ format: 'tflite', name: 'model.tflite', bytes }, { threads });
  sessions.push(session);
  return session;
}

/** The values of the first output. */
async function answer(session: ModelSession, ...inputs: TensorData[]): Promise<number[]> {
  const { outputs } = await session.run(inputs);
  return Array.from(outputs[0]?.data ?? [], Number);
}

function floatTensor(name: string, shape: readonly number[]): GraphTensor {
  return { name, shape, dataType: 'float32' };
}

describe('what the engine refuses to open', () => {
  it('says of an ONNX model that it is none of its own, whatever the machine', () => {
    const model = { format: 'onnx', name: 'm.onnx', bytes: new Uint8Array(8) } as const;
    expect(tfliteEngine.refusal(model)).toContain('ONNX');
    expect(tfliteEngine.refusal({ ...model, format: 'tflite' })).toBeUndefined();
  });

  it('refuses bytes that are no model', async () => {
    const bytes = new TextEncoder().encode('This is a text about models, not a model.');
    await expect(open(bytes)).rejects.toMatchObject({ code: 'ERR_MODEL_INVALID' });
    await expect(open(new Uint8Array(0))).rejects.toMatchObject({ code: 'ERR_MODEL_INVALID' });
  });

  it('refuses a model cut anywhere, and names it', async () => {
    const whole = tinyClassifier();
    for (let length = 16; length < whole.length - 16; length += 97) {
      const cut = open(whole.slice(0, length));
      await expect(cut, `${length} bytes`).rejects.toMatchObject({
        name: 'DeploymentError',
        message: expect.stringContaining('model.tflite'),
      });
    }
  });

  it('names an operator that nobody has', async () => {
    await expect(open(customOperatorModel('PartyTrick'))).rejects.toMatchObject({
      name: 'UnsupportedError',
      code: 'ERR_UNSUPPORTED_OPERATOR',
      message: expect.stringMatching(/model\.tflite.*PartyTrick.*custom operator/),
    });
  });

  it('says which hardware a compiled model is for', async () => {
    await expect(open(customOperatorModel('ethos-u'))).rejects.toMatchObject({
      code: 'ERR_UNSUPPORTED_OPERATOR',
      message: expect.stringContaining('Ethos-U'),
    });
  });

  it('names the version of an operator that is newer than the library, and the engine that may have it', async () => {
    // Version 4 of this operator came after TensorFlow Lite 2.9.
    const graph: TfliteGraph = {
      tensors: [
        { name: 'size', shape: [4], dataType: 'int32', data: Int32Array.of(1, 4, 4, 1) },
        { ...floatTensor('weights', [1, 2, 2, 1]), data: new Float32Array(4) },
        floatTensor('input', [1, 2, 2, 1]),
        { ...floatTensor('bias', [1]), data: new Float32Array(1) },
        floatTensor('output', [1, 4, 4, 1]),
      ],
      operators: [
        {
          spec: {
            type: 'TRANSPOSE_CONV',
            padding: 'valid',
            strideWidth: 2,
            strideHeight: 2,
            activation: 'relu',
          },
          inputs: [0, 1, 2, 3],
          outputs: [4],
        },
      ],
      inputs: [2],
      outputs: [4],
    };
    await expect(open(writeTfliteModel(graph))).rejects.toMatchObject({
      code: 'ERR_UNSUPPORTED_OPERATOR',
      message: expect.stringMatching(/TRANSPOSE_CONV \(version 4\).*2\.9\.0.*litert-wasm/),
    });
  });

  it('tells in the words of the library why a graph can not be prepared', async () => {
    const graph: TfliteGraph = {
      tensors: [floatTensor('a', [1, 3]), floatTensor('b', [2, 4]), floatTensor('both', [1, 7])],
      operators: [{ spec: { type: 'CONCATENATION', axis: 1 }, inputs: [0, 1], outputs: [2] }],
      inputs: [0, 1],
      outputs: [2],
    };
    await expect(open(writeTfliteModel(graph))).rejects.toMatchObject({
      code: 'ERR_ENGINE_LOAD',
      message: expect.stringMatching(/CONCATENATION.*failed to prepare/),
    });
  });
});

describe('what a session refuses to run', () => {
  it.each([
    ['another number of inputs', [], 'ERR_INPUT_LENGTH'],
    ['an array of another type', [new Int8Array(4)], 'ERR_INPUT_TYPE'],
    ['a plain array', [[1, 2, 3, 4]], 'ERR_INPUT_TYPE'],
    ['too few elements', [new Float32Array(3)], 'ERR_INPUT_LENGTH'],
    ['too many elements', [new Float32Array(5)], 'ERR_INPUT_LENGTH'],
    ['NaN', [Float32Array.of(1, 2, Number.NaN, 4)], 'ERR_INPUT_NOT_FINITE'],
    ['infinity', [Float32Array.of(1, 2, 3, -Infinity)], 'ERR_INPUT_NOT_FINITE'],
  ])('refuses %s', async (_, inputs, code) => {
    const session = await open(tinyRegression({ features: 4 }));
    await expect(session.run(inputs as TensorData[])).rejects.toMatchObject({ name: 'InputError', code });
    expect(await answer(session, Float32Array.of(1, 2, 3, 4)), 'the session is still good').toEqual([10]);
  });

  it('says which element is not a number', async () => {
    const session = await open(tinyRegression({ features: 4 }));
    await expect(session.run([Float32Array.of(1, 2, Number.NaN, 4)])).rejects.toThrow(
      /element 2 of input 0 is NaN/,
    );
  });

  it('finds NaN wherever it stands', async () => {
    const features = 67;
    const session = await open(tinyRegression({ features }));
    for (let index = 0; index < features; index++) {
      const input = new Float32Array(features);
      input[index] = index % 2 === 0 ? Number.NaN : Infinity;
      await expect(session.run([input])).rejects.toMatchObject({ code: 'ERR_INPUT_NOT_FINITE' });
    }
    expect(await answer(session, new Float32Array(features).fill(3.4e38 / features))).toHaveLength(1);
  });

  it('refuses pixels packed for another input', async () => {
    const session = await open(tinyClassifier({ size: 8 }));
    const [tensor] = session.inputs;
    if (tensor === undefined) throw new Error('no input');
    const plan = { channels: 'RGB', scaling: '0..1', layout: 'NHWC', tensor } as const;
    const packing = makePacking({ ...plan, width: 8, height: 8 });
    const other = makePacking({ ...plan, width: 4, height: 8 });
    const pixels = new Uint8Array(8 * 8 * 3);
    await expect(session.run([{ pixels, packing: other }])).rejects.toMatchObject({ code: 'ERR_INPUT_TYPE' });
    await expect(session.run([{ pixels: pixels.subarray(1), packing }])).rejects.toMatchObject({
      code: 'ERR_INPUT_LENGTH',
    });
  });
});

describe('a session', () => {
  it('tells what it runs on and what the tensors are', async () => {
    const session = await open(tinyClassifier({ dataType: 'int8' }), 2);
    expect(session.details).toMatchObject({
      engine: 'tflite',
      version: expect.stringMatching(/^\d+\.\d+/),
      library: expect.stringContaining('tensorflowlite_c'),
      threads: 2,
      delegate: 'xnnpack (QS8)',
      notes: [],
    });
    expect(session.inputs).toMatchObject([{ name: 'image', shape: [1, 8, 8, 3], dataType: 'int8' }]);
    expect(session.inputs[0]?.quantization?.scale).toBeCloseTo(1 / 255, 9);
    expect(session.inputs[0]?.quantization?.zeroPoint).toBe(-128);
    expect(session.outputs).toMatchObject([{ shape: [1, 3], dataType: 'int8' }]);
  });

  it.each([
    ['float32', 'xnnpack'],
    ['int8', 'xnnpack (QS8)'],
  ] as const)('asks for the kernels that a %s model needs', async (dataType, delegate) => {
    expect((await open(tinyClassifier({ dataType }))).details.delegate).toBe(delegate);
  });

  it('goes back to the built-in kernels for a model that the fast ones refuse, and says why', async () => {
    // The library of tfjs-tflite-node was built without unsigned 8-bit kernels.
    const session = await open(tinyClassifier({ dataType: 'uint8', size: 8 }));
    const { delegate, notes } = session.details;
    expect({ delegate, notes }).toEqual({
      delegate: 'none',
      notes: [expect.stringMatching(/^xnnpack \(QU8\) failed: .*failed to delegate/)],
    });
    const red = Uint8Array.from({ length: 8 * 8 * 3 }, (_, i) => (i % 3 === 0 ? 255 : 0));
    const [first = 0, second = 0, third = 0] = await answer(session, red);
    expect(first).toBeGreaterThan(250);
    expect(Math.max(second, third)).toBeLessThan(5);
  });

  it('computes what the model says', async () => {
    const session = await open(tinyRegression({ features: 4 }));
    expect(await answer(session, Float32Array.of(0.5, 0.25, 0.125, 1))).toEqual([1.875]);
    expect(await answer(session, Float32Array.of(-1, 2, -3, 4))).toEqual([2]);
  });

  it.each([1, 2, 4])('gives the same answer with %d threads', async (threads) => {
    const [alone, together] = [
      await open(slowModel({ convolutions: 2 })),
      await open(slowModel({ convolutions: 2 }), threads),
    ];
    const input = Float32Array.from({ length: 64 * 64 * 3 }, (_, i) => ((i * 37) % 256) / 255);
    expect(together.details.threads).toBe(threads);
    expect(await answer(together, input)).toEqual(await answer(alone, input));
  });

  it.each(['float32', 'int8', 'uint8'] as const)(
    'packs pixels into a %s tensor as the portable packing does',
    async (dataType) => {
      const session = await open(tinyFomo({ dataType, size: 16 }));
      const [tensor] = session.inputs;
      if (tensor === undefined) throw new Error('no input');
      const packing = makePacking({
        width: 16,
        height: 16,
        channels: 'RGB',
        scaling: '0..1',
        layout: 'NHWC',
        tensor,
      });
      for (const seed of [1, 2, 3]) {
        const pixels = Uint8Array.from({ length: 16 * 16 * 3 }, (_, i) => (i * 31 * seed) % 256);
        const packed = await session.run([{ pixels, packing }]);
        const given = await session.run([packPixels(pixels, packing)]);
        expect(packed.outputs).toEqual(given.outputs);
      }
    },
  );

  it('takes another packing of the same session', async () => {
    const session = await open(tinyClassifier({ size: 8 }));
    const [tensor] = session.inputs;
    if (tensor === undefined) throw new Error('no input');
    const options = { width: 8, height: 8, channels: 'RGB', layout: 'NHWC', tensor } as const;
    const pixels = new Uint8Array(8 * 8 * 3).fill(200);
    for (const scaling of ['0..1', '-1..1', '0..1', '0..255'] as const) {
      const packing = makePacking({ ...options, scaling });
      const packed = await session.run([{ pixels, packing }]);
      expect(packed.outputs).toEqual((await session.run([packPixels(pixels, packing)])).outputs);
    }
  });

  it('gives all outputs, each in an array of its own', async () => {
    const model = constantModel(
      [1, 2],
      [
        { shape: [1, 2], data: Float32Array.of(1, 2) },
        { shape: [1, 1, 3], data: Float32Array.of(3, 4, 5) },
      ],
    );
    const session = await open(model);
    const first = await session.run([new Float32Array(2)]);
    first.outputs[0]?.data.fill(9 as never);
    const second = await session.run([new Float32Array(2)]);
    expect(second.outputs.map(({ shape, data }) => [shape, [...data]])).toEqual([
      [
        [1, 2],
        [1, 2],
      ],
      [
        [1, 1, 3],
        [3, 4, 5],
      ],
    ]);
  });

  it('tells the shape of an output that only the run decides', async () => {
    const graph: TfliteGraph = {
      tensors: [
        floatTensor('values', [6]),
        { name: 'shape', shape: [2], dataType: 'int32' },
        { ...floatTensor('reshaped', [6]), shapeSignature: [-1, -1] },
      ],
      operators: [{ spec: { type: 'RESHAPE' }, inputs: [0, 1], outputs: [2] }],
      inputs: [0, 1],
      outputs: [2],
    };
    const session = await open(writeTfliteModel(graph));
    expect(session.outputs[0]?.shape).toContain(-1);
    const values = Float32Array.of(1, 2, 3, 4, 5, 6);
    for (const shape of [
      [2, 3],
      [6, 1],
      [3, 2],
    ]) {
      const { outputs } = await session.run([values, Int32Array.from(shape)]);
      expect(outputs[0]).toMatchObject({ shape, data: values });
    }
    await expect(session.run([values, Int32Array.of(4, 4)])).rejects.toMatchObject({
      code: 'ERR_ENGINE_RUN',
    });
    expect(await answer(session, values, Int32Array.of(1, 6)), 'good after a failed run').toEqual([
      ...values,
    ]);
  });

  it('reads its inputs before run() returns', async () => {
    const session = await open(tinyRegression({ features: 4 }));
    const input = Float32Array.of(1, 2, 3, 4);
    const results = [1, 2, 3].map((factor) => {
      const result = answer(
        session,
        input.map((value) => value * factor),
      );
      return result;
    });
    const own = answer(session, input);
    input.fill(100);
    structuredClone(input.buffer, { transfer: [input.buffer] });
    expect(await Promise.all([...results, own])).toEqual([[10], [20], [30], [10]]);
  });

  it('takes a view of a larger buffer, and shared memory', async () => {
    const session = await open(tinyRegression({ features: 4 }));
    const all = Float32Array.of(9, 9, 1, 2, 3, 4, 9);
    expect(await answer(session, all.subarray(2, 6))).toEqual([10]);
    const shared = new Float32Array(new SharedArrayBuffer(16));
    shared.set([4, 3, 2, 1]);
    expect(await answer(session, shared)).toEqual([10]);
  });

  it('runs what was queued in order, and says how long each part took', async () => {
    const session = await open(slowModel({ convolutions: 8 }));
    const input = new Float32Array(64 * 64 * 3);
    const order: number[] = [];
    const results = await Promise.all(
      [0, 1, 2, 3].map(async (index) => {
        const { timing } = await session.run([input]);
        order.push(index);
        return timing;
      }),
    );
    expect(order).toEqual([0, 1, 2, 3]);
    for (const { queueMs, tensorMs, inferenceMs } of results) {
      expect(Math.min(queueMs, tensorMs)).toBeGreaterThanOrEqual(0);
      expect(inferenceMs).toBeGreaterThan(0);
    }
  });

  it('leaves the event loop free while it computes', async () => {
    const session = await open(slowModel({ dataType: 'uint8' }));
    const input = new Uint8Array(64 * 64 * 3);
    let ticks = 0;
    const timer = setInterval(() => ticks++, 5);
    let computedMs = 0;
    while (computedMs < 500) computedMs += (await session.run([input])).timing.inferenceMs;
    clearInterval(timer);
    // A hundred ticks fit in; had each run blocked the loop, there would be two or three.
    expect(ticks).toBeGreaterThan(20);
  });
});

describe('close()', () => {
  it('may be called twice, and at once after opening', async () => {
    const session = await open(tinyRegression());
    await Promise.all([session.close(), session.close()]);
    await session.close();
  });

  it('refuses later runs', async () => {
    const session = await open(tinyRegression({ features: 4 }));
    await session.close();
    await expect(session.run([new Float32Array(4)])).rejects.toMatchObject({
      name: 'ClosedError',
      code: 'ERR_CLOSED',
    });
  });

  it('waits for the run in progress and refuses the queued ones', async () => {
    const session = await open(slowModel({ convolutions: 32 }));
    const input = new Float32Array(64 * 64 * 3);
    const events: string[] = [];
    const runs = Array.from({ length: 30 }, () =>
      session.run([input]).then(
        () => events.push('ran'),
        ({ code }) => events.push(code),
      ),
    );
    await runs[0];
    await session.close();
    events.push('closed');
    await Promise.all(runs);
    const ran = events.indexOf('ran');
    const refused = events.indexOf('ERR_CLOSED');
    expect(ran).toBe(0);
    expect(refused).toBeGreaterThan(ran);
    expect(events.at(-1), 'nothing after close() has resolved').toBe('closed');
  });
});

describe('the library', () => {
  const bytes = tinyRegression();
  const model = { format: 'tflite', name: 'model.tflite', bytes } as const;

  it.each([
    ['does not exist', '/nowhere/libtensorflowlite_c.so', /no such file/],
    ['is a folder', '/tmp', /not a file/],
    ['is no library', import.meta.filename, /invalid ELF header|not a mach-o|file too short/i],
  ])('is refused by name when the one asked for %s', async (_, tfliteLibrary, reason) => {
    const expected = {
      name: 'EngineError',
      code: 'ERR_ENGINE_LIBRARY',
      message: expect.stringMatching(reason),
    };
    await expect(tfliteEngine.open(model, { threads: 1, tfliteLibrary })).rejects.toMatchObject(expected);
    await expect(tfliteEngine.open(model, { threads: 1, tfliteLibrary })).rejects.toThrow(tfliteLibrary);
    expect(await tfliteEngine.probe({ tfliteLibrary })).toMatchObject({ available: false, error: expected });
  });

  it('is described by probe()', async () => {
    expect(await tfliteEngine.probe()).toMatchObject({
      available: true,
      version: expect.stringMatching(/^\d+\.\d+\.\d+/),
      library: expect.stringContaining('tensorflowlite_c'),
      details: 'with the XNNPACK delegate',
    });
  });
});
