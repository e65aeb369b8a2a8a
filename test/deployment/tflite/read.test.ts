import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TfliteModel } from '../../../src/deployment/tflite/model.js';
import type { OperatorSpec } from '../../../src/deployment/tflite/options.js';
import { isTflite, listOperators, readTfliteModel } from '../../../src/deployment/tflite/read.js';
import type { GraphTensor } from '../../../src/deployment/tflite/write.js';
import { writeTfliteModel } from '../../../src/deployment/tflite/write.js';
import { DeploymentError, isImpulseError, UnsupportedError } from '../../../src/errors.js';
import {
  constantModel,
  customOperatorModel,
  slowModel,
  tinyClassifier,
  tinyFomo,
} from '../../fixtures/models.js';
import { expectedModels } from '../../support/expected.js';
import { describeWithShared } from '../../support/shared.js';

const FUZZED = [
  tinyClassifier({ dataType: 'int8' }),
  constantModel([1, 2], [{ shape: [2], data: new Float32Array(2) }]),
];

function codeOf(read: () => unknown): string | undefined {
  try {
    read();
    return undefined;
  } catch (error) {
    if (isImpulseError(error)) return error.code;
    throw error;
  }
}

/** A copy with a 32-bit number replaced. */
function patched(bytes: Uint8Array, at: number, value: number): Uint8Array {
  const copy = bytes.slice();
  new DataView(copy.buffer).setUint32(at, value, true);
  return copy;
}

/** Places of all aligned 32-bit numbers that hold `value`. */
function placesOf(bytes: Uint8Array, value: number): number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  return Array.from({ length: bytes.length / 4 }, (_, i) => i * 4).filter(
    (at) => view.getUint32(at, true) === value,
  );
}

describe('What is no TFLite model', () => {
  it.each([
    ['nothing', new Uint8Array(0)],
    ['a text', Buffer.from('version https://git-lfs.github.com/spec/v1')],
    ['eight bytes of zeros', new Uint8Array(8)],
  ])('is refused: %s', (_, bytes) => {
    expect(isTflite(bytes)).toBe(false);
    expect(() => readTfliteModel(bytes, 'model.lite')).toThrow(
      new DeploymentError('ERR_MODEL_INVALID', "model.lite is not a TFLite model: it lacks the mark 'TFL3'."),
    );
  });

  it('is refused when only the mark is there', () => {
    expect(codeOf(() => readTfliteModel(Buffer.from('\x08\0\0\0TFL3', 'latin1')))).toBe(
      'ERR_DEPLOYMENT_TRUNCATED',
    );
  });
});

describe('A file cut short', () => {
  const whole = tinyFomo({ dataType: 'int8' });

  it('is called that, wherever the cut is', () => {
    for (let length = 8; length < whole.length - 4; length += 4) {
      const code = codeOf(() => readTfliteModel(whole.subarray(0, length)));
      // Cuts in the padding after the last byte of use go unnoticed, rightly.
      if (code === undefined) expect(whole.subarray(length).every((byte) => byte === 0)).toBe(true);
      else expect(code).toBe('ERR_DEPLOYMENT_TRUNCATED');
    }
  });

  it('is told with its name and both sizes', () => {
    expect(() => readTfliteModel(whole.subarray(0, 600), 'half.tflite')).toThrow(
      /^half\.tflite is cut short: it has 600 bytes and refers to byte \d+\. Download it again\.$/,
    );
  });
});

describe('A damaged file', () => {
  it('is refused with a typed error or read, whichever bytes are changed', () => {
    const damage = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), {
      minLength: 1,
      maxLength: 8,
    });
    fc.assert(
      fc.property(fc.constantFrom(...FUZZED), damage, (model, changes) => {
        const bytes = model.slice();
        for (const [at, value] of changes) bytes[at % bytes.length] = value;
        codeOf(() => readTfliteModel(bytes));
      }),
      { numRuns: 3000 },
    );
  });

  it('is refused with a typed error or read, whichever number is made extreme', () => {
    for (const model of FUZZED) {
      for (let at = 0; at < model.length; at += 4) {
        for (const value of [0, 1, 0x7fffffff, 0x80000000, 0xffffffff, 0xfffffffc, model.length]) {
          codeOf(() => readTfliteModel(patched(model, at, value)));
        }
      }
    }
  });

  it('is refused for a vector that claims four billion elements', () => {
    const bytes = tinyClassifier();
    const [shape] = placesOf(bytes, 4);
    expect(codeOf(() => readTfliteModel(patched(bytes, shape ?? 0, 0xffffffff)))).toBe('ERR_MODEL_INVALID');
  });

  it('is refused for another schema version', () => {
    const model = { tensors: [], operators: [], inputs: [], outputs: [] };
    const bytes = writeTfliteModel(model);
    const codes = placesOf(bytes, 3).map((at) => codeOf(() => readTfliteModel(patched(bytes, at, 2))));
    expect(codes).toContain('ERR_MODEL_INVALID');
  });

  it('is refused for a constant that does not fill its shape', () => {
    const bytes = writeTfliteModel(oneConstant([7], Int32Array.of(1, 2, 3, 4, 5, 6, 7)));
    const places = placesOf(bytes, 7);
    const messages = places.map((at) => {
      try {
        readTfliteModel(patched(bytes, at, 6));
        return '';
      } catch (error) {
        return String(error);
      }
    });
    expect(messages).toContainEqual(
      expect.stringContaining('tensor 0 has 28 bytes of int32 for the shape [6]'),
    );
  });

  it('is refused when a small file stands for a huge one, by pointing at the same shape again and again', () => {
    const { subgraphs } = readTfliteModel(sharedTensors(3, 5));
    expect(subgraphs[0]?.tensors.map(({ shape }) => shape.length)).toEqual([5, 5, 5]);
    const bytes = sharedTensors(4000, 4000);
    expect(bytes.length).toBeLessThan(40_000);
    expect(() => readTfliteModel(bytes)).toThrow('it uses the same bytes for too many different things');
  });
});

/** A model that the writer would write and that no engine should see: one operator between `x` and `y`. */
function oneOperator(parts: {
  readonly spec?: OperatorSpec;
  readonly x?: Partial<GraphTensor>;
  readonly y?: Partial<GraphTensor>;
}): Uint8Array {
  const { spec = { type: 'RELU' }, x, y } = parts;
  const tensor: GraphTensor = { name: 'x', shape: [1, 4, 4, 1], dataType: 'float32' };
  return writeTfliteModel({
    tensors: [
      { ...tensor, ...x },
      { ...tensor, name: 'y', ...y },
    ],
    operators: [{ spec, inputs: [0], outputs: [1] }],
    inputs: [0],
    outputs: [1],
  });
}

const POOL = { padding: 'same', strideWidth: 1, strideHeight: 1, filterWidth: 2, filterHeight: 2 } as const;
const quantized = (scale: number): Partial<GraphTensor> => ({
  dataType: 'int8',
  quantization: { scale: [scale], zeroPoint: [0], quantizedDimension: 0 },
});

describe('A model that would end the process in an engine', () => {
  it.each([
    [
      'its result is a constant',
      oneOperator({ y: { data: new Float32Array(16) } }),
      'operator 0 of graph 0 computes tensor 1, which is a constant',
    ],
    [
      'its input is a constant',
      oneOperator({ x: { data: new Float32Array(16) } }),
      'tensor 0 is an input and a constant',
    ],
    [
      'its input has no elements',
      oneOperator({ x: { shape: [1, 0, 4, 1] } }),
      'tensor 0 is an input of no elements',
    ],
    [
      'a stride is 0',
      oneOperator({ spec: { type: 'MAX_POOL_2D', ...POOL, strideHeight: 0 } }),
      'operator 0 of graph 0 (MAX_POOL_2D) has strideHeight 0',
    ],
    [
      'a dilation is negative',
      oneOperator({ spec: { type: 'CONV_2D', ...POOL, dilationWidth: -1 } }),
      'operator 0 of graph 0 (CONV_2D) has dilationWidth -1',
    ],
    [
      'a stride is larger than kernels can tell from 0',
      oneOperator({ spec: { type: 'MAX_POOL_2D', ...POOL, strideWidth: 2 ** 16 } }),
      'operator 0 of graph 0 (MAX_POOL_2D) has strideWidth 65536',
    ],
    [
      'a window is as large as no picture',
      oneOperator({ spec: { type: 'AVERAGE_POOL_2D', ...POOL, filterWidth: 30_000_000 } }),
      'operator 0 of graph 0 (AVERAGE_POOL_2D) has a window of 30000000x2',
    ],
    [
      'its input is larger than any picture',
      oneOperator({ x: { shape: [1, 9000, 9000, 1] } }),
      'tensor 0 is an input of 81000000 elements',
    ],
    [
      'bytes to be added have no scale',
      oneOperator({ spec: { type: 'ADD' }, x: { dataType: 'uint8' }, y: quantized(1) }),
      'operator 0 of graph 0 (ADD) computes with tensor 0, which has no scale',
    ],
    [
      'a sum has next to no scale',
      oneOperator({ spec: { type: 'ADD' }, x: quantized(1), y: quantized(1e-36) }),
      'operator 0 of graph 0 (ADD) divides by the scale of tensor 1, which is next to nothing',
    ],
    ['a scale is 0', oneOperator({ y: quantized(0) }), 'tensor 1 has the quantisation scale 0'],
    ['a scale is negative', oneOperator({ x: quantized(-1) }), 'tensor 0 has the quantisation scale -1'],
    [
      'a scale is no number',
      oneOperator({ x: quantized(Number.NaN) }),
      'tensor 0 has the quantisation scale NaN',
    ],
    [
      'a scale is enormous',
      oneOperator({ y: quantized(2 ** 100) }),
      'tensor 1 has the quantisation scale 1.26',
    ],
  ])('is refused: %s', (_, bytes, why) => {
    expect(codeOf(() => readTfliteModel(bytes))).toBe('ERR_MODEL_INVALID');
    expect(() => readTfliteModel(bytes)).toThrow(why);
  });

  it('is refused: an operator with the options of another', () => {
    const bytes = oneOperator({ spec: { type: 'MAX_POOL_2D', ...POOL } });
    // The code of Pool2DOptions, 5, stands in one byte; as 9 they would be those of a softmax.
    const messages = [...bytes.keys()]
      .filter((at) => bytes[at] === 5)
      .map((at) => {
        const copy = bytes.slice();
        copy[at] = 9;
        try {
          readTfliteModel(copy);
          return '';
        } catch (error) {
          return String(error);
        }
      });
    expect(messages).toContainEqual(
      expect.stringContaining(
        'operator 0 of graph 0 (MAX_POOL_2D) has SoftmaxOptions in place of Pool2DOptions',
      ),
    );
  });

  it('is refused: a name that does not end, over which an engine would read on', () => {
    const bytes = oneOperator({ x: { name: 'unmistakable' } });
    const end = Buffer.from(bytes).indexOf('unmistakable') + 'unmistakable'.length;
    bytes[end] = 1;
    expect(() => readTfliteModel(bytes)).toThrow(/the text at byte \d+ does not end/);
  });
});

describe('A model whose input no tensor of ours can hold', () => {
  it('is unsupported, by the name of tensor and type', () => {
    const bytes = oneOperator({ x: { name: 'words', dataType: 'int8' } });
    // The code of int8, 9, stands in one byte; 5 is that of strings.
    const errors = [...bytes.keys()]
      .filter((at) => bytes[at] === 9)
      .map((at) => {
        const copy = bytes.slice();
        copy[at] = 5;
        try {
          return readTfliteModel(copy, 'text.tflite');
        } catch (error) {
          return error;
        }
      });
    expect(errors).toContainEqual(
      new UnsupportedError(
        'ERR_UNSUPPORTED_DATA_TYPE',
        "text.tflite: its tensor 'words' has the type string, which can't be given or read here. " +
          'Convert the model with float32, int8, uint8, int16, int32, int64 or bool inputs and outputs.',
      ),
    );
  });
});

/** A flatbuffer by hand: a graph of `count` tensors that are all the same table, with a shape of `rank` numbers. */
function sharedTensors(count: number, rank: number): Uint8Array {
  const bytes = new Uint8Array(1024 + count * 4 + rank * 4);
  const view = new DataView(bytes.buffer);
  const u32 = (at: number, value: number): void => view.setUint32(at, value, true);
  const u16s = (at: number, values: readonly number[]): void =>
    values.forEach((value, i) => {
      view.setUint16(at + i * 2, value, true);
    });
  u32(0, 8);
  u32(4, 0x334c4654);
  view.setInt32(8, 8 - 64, true); // root -> vtable at 64
  u32(12, 3); // version
  u32(16, 128 - 16); // subgraphs -> 128
  u32(20, 136 - 20); // buffers -> 136
  u16s(64, [14, 16, 4, 0, 8, 0, 12]);
  u32(128, 1);
  u32(132, 152 - 132); // graph -> 152
  u32(136, 1);
  u32(140, 160 - 140); // buffer -> 160
  view.setInt32(152, 152 - 80, true); // graph -> vtable at 80
  u32(156, 200 - 156); // tensors -> 200
  u16s(80, [6, 8, 4]);
  view.setInt32(160, 160 - 88, true); // buffer -> vtable at 88
  u16s(88, [4, 4]);
  u32(200, count);
  const tensor = 204 + count * 4;
  for (let i = 0; i < count; i++) u32(204 + i * 4, tensor - (204 + i * 4));
  view.setInt32(tensor, tensor - 96, true); // tensor -> vtable at 96
  u32(tensor + 4, 4); // shape right behind
  u16s(96, [6, 8, 4]);
  u32(tensor + 8, rank);
  return bytes;
}

function oneConstant(shape: readonly number[], data: Int32Array): Parameters<typeof writeTfliteModel>[0] {
  const tensor: GraphTensor = { name: 'constant', shape, dataType: 'int32', data };
  return { tensors: [tensor], operators: [], inputs: [], outputs: [0] };
}

describe('A TFLite model', () => {
  it('says what it takes and gives, with quantisation', () => {
    const model = readTfliteModel(tinyFomo({ dataType: 'int8', channels: 1 }));
    expect(model.inputs).toEqual([
      {
        name: 'image',
        shape: [1, 32, 32, 1],
        dataType: 'int8',
        quantization: { scale: Math.fround(1 / 255), zeroPoint: -128 },
      },
    ]);
    expect(model.outputs).toEqual([
      {
        name: 'softmax_2',
        shape: [1, 4, 4, 2],
        dataType: 'int8',
        quantization: { scale: 1 / 256, zeroPoint: -128 },
      },
    ]);
  });

  it('lists its operators with versions and counts', () => {
    expect(listOperators(readTfliteModel(slowModel({ dataType: 'int8', convolutions: 3 })))).toEqual([
      { name: 'CONV_2D', version: 3, count: 4 },
      { name: 'MEAN', version: 2, count: 1 },
      { name: 'FULLY_CONNECTED', version: 4, count: 1 },
      { name: 'SOFTMAX', version: 2, count: 1 },
    ]);
    expect(listOperators(readTfliteModel(customOperatorModel('Mine')))).toEqual([
      { name: 'Mine', version: 1, count: 1 },
    ]);
  });

  it('keeps per-channel quantisation of weights, and gives none for such a tensor as a whole', () => {
    const { subgraphs } = readTfliteModel(tinyFomo({ dataType: 'int8' }));
    const weights = subgraphs[0]?.tensors.find(({ name }) => name.startsWith('weights'));
    expect(weights?.quantization).toMatchObject({ zeroPoint: [0, 0, 0, 0], quantizedDimension: 0 });
    expect(weights?.quantization?.scale[1]).toBe(Math.fround(12 / 127));
  });

  it('gives constants as views of the file', () => {
    const bytes = writeTfliteModel(oneConstant([2], Int32Array.of(5, -6)));
    const model = readTfliteModel(bytes);
    const buffer = model.buffers[model.subgraphs[0]?.tensors[0]?.buffer ?? 0];
    expect(buffer?.buffer).toBe(bytes.buffer);
    expect(buffer).toEqual(new Uint8Array(Int32Array.of(5, -6).buffer));
  });

  it('reads the same from the middle of a larger buffer, with something appended', () => {
    const bytes = tinyClassifier();
    const larger = new Uint8Array(bytes.length + 24).fill(0xab);
    larger.set(bytes, 7);
    const plain = (model: TfliteModel): unknown => [
      model.inputs,
      model.outputs,
      model.buffers.map((b) => [...b]),
    ];
    expect(plain(readTfliteModel(larger.subarray(7)))).toEqual(plain(readTfliteModel(bytes)));
  });

  it('has -1 for output dimensions past the batch that only a run decides', () => {
    const bytes = writeTfliteModel({
      tensors: [
        { name: 'in', shape: [1, 4], shapeSignature: [-1, 4], dataType: 'float32' },
        { name: 'out', shape: [1, 1, 4], shapeSignature: [-1, -1, 4], dataType: 'float32' },
      ],
      operators: [{ spec: { type: 'EXPAND_DIMS' }, inputs: [0, -1], outputs: [1] }],
      inputs: [0],
      outputs: [1],
    });
    const { inputs, outputs } = readTfliteModel(bytes);
    expect(inputs[0]?.shape).toEqual([1, 4]);
    expect(outputs[0]?.shape).toEqual([1, -1, 4]);
  });
});

describeWithShared('Real TFLite models', (sharedDir) => {
  const models = expectedModels(sharedDir, 'tflite');

  it('are all here', () => {
    expect(models.length).toBeGreaterThanOrEqual(40);
  });

  it.each(models)(
    'are read with the operators and tensors that their reference states: $path',
    (expected) => {
      const model = readTfliteModel(readFileSync(join(sharedDir, 'models', expected.path)));
      const counts = Object.fromEntries(listOperators(model).map(({ name }) => [name, 0]));
      for (const { name, count } of listOperators(model)) counts[name] = (counts[name] ?? 0) + count;
      expect(counts).toEqual(expected.op_counts);
      expect(model.inputs.map(({ name, shape, dataType }) => ({ name, shape, dtype: dataType }))).toEqual(
        expected.inputs.map(({ name, shape, dtype }) => ({ name, shape, dtype })),
      );
      expect(model.outputs.map(({ name, dataType }) => [name, dataType])).toEqual(
        expected.outputs.map(({ name, dtype }) => [name, dtype]),
      );
      for (const [i, { scale, zero_point }] of [...expected.inputs, ...expected.outputs].entries()) {
        const quantization = [...model.inputs, ...model.outputs][i]?.quantization;
        expect(quantization).toEqual(scale === undefined ? undefined : { scale, zeroPoint: zero_point });
      }
    },
  );
});
