/** What the writer writes, computed by real TFLite: each option must reach the engine in its own place. */
import { expect, it } from 'vitest';
import type { OperatorSpec } from '../../../src/deployment/tflite/options.js';
import type { GraphOperator, GraphTensor } from '../../../src/deployment/tflite/write.js';
import { writeTfliteModel } from '../../../src/deployment/tflite/write.js';
import { litertWasmEngine } from '../../../src/runtime/engines/litert-wasm.js';
import { tfliteEngine } from '../../../src/runtime/engines/tflite.js';
import type { Engine } from '../../../src/runtime/session.js';
import type { TensorData } from '../../../src/tensor.js';
import { elementCount } from '../../../src/tensor.js';
import { constantModel, tinyClassifier, tinyFomo, tinyRegression } from '../../fixtures/models.js';
import { describeUnless } from '../../support/not-tested.js';

interface Case {
  readonly name: string;
  readonly spec: OperatorSpec;
  /** Shape of the input; its elements are 0, 1, 2, ... divided by `divisor`. */
  readonly shape: readonly number[];
  readonly divisor?: number;
  /** Inputs after the first, or before it where the operator wants that. */
  readonly constants?: readonly GraphTensor[];
  readonly constantsFirst?: boolean;
  readonly outputShape: readonly number[];
  readonly expected: readonly number[];
}

const f32 = (shape: readonly number[], ...values: number[]): GraphTensor => ({
  name: `floats_${shape}_${values}`,
  shape,
  dataType: 'float32',
  data: Float32Array.from(values),
});
const i32 = (shape: readonly number[], ...values: number[]): GraphTensor => ({
  name: `integers_${shape}_${values}`,
  shape,
  dataType: 'int32',
  data: Int32Array.from(values),
});

/** 1x1 identity filters, so that strides, dilation and padding alone show. */
const ONES = f32([1, 1, 1, 1], 1);
const NO_BIAS = f32([1], 0);

const CASES: readonly Case[] = [
  {
    name: 'ADD with RELU6',
    spec: { type: 'ADD', activation: 'relu6' },
    shape: [1, 4],
    constants: [f32([1, 4], -1, 1, 2, 9)],
    outputShape: [1, 4],
    expected: [0, 2, 4, 6],
  },
  {
    name: 'SUB',
    spec: { type: 'SUB' },
    shape: [1, 3],
    constants: [f32([1, 3], 1, 1, 1)],
    outputShape: [1, 3],
    expected: [-1, 0, 1],
  },
  {
    name: 'MUL by a scalar, with RELU1',
    spec: { type: 'MUL', activation: 'relu-n1-to-1' },
    shape: [1, 3],
    constants: [f32([1], -0.75)],
    outputShape: [1, 3],
    expected: [0, -0.75, -1],
  },
  {
    name: 'DIV',
    spec: { type: 'DIV' },
    shape: [1, 3],
    constants: [f32([1], 4)],
    outputShape: [1, 3],
    expected: [0, 0.25, 0.5],
  },
  {
    name: 'CONV_2D, stride 2 across and 3 down',
    spec: { type: 'CONV_2D', padding: 'valid', strideWidth: 2, strideHeight: 3 },
    shape: [1, 4, 4, 1],
    constants: [ONES, NO_BIAS],
    outputShape: [1, 2, 2, 1],
    expected: [0, 2, 12, 14],
  },
  {
    name: 'CONV_2D, dilated by 3 across',
    spec: { type: 'CONV_2D', padding: 'valid', strideWidth: 1, strideHeight: 1, dilationWidth: 3 },
    shape: [1, 1, 4, 1],
    constants: [f32([1, 1, 2, 1], 1, 10), NO_BIAS],
    outputShape: [1, 1, 1, 1],
    expected: [30],
  },
  {
    name: 'DEPTHWISE_CONV_2D, two filters a channel, padded',
    spec: { type: 'DEPTHWISE_CONV_2D', padding: 'same', strideWidth: 2, strideHeight: 1, depthMultiplier: 2 },
    shape: [1, 1, 3, 1],
    constants: [f32([1, 1, 1, 2], 1, -1), f32([2], 0, 0)],
    outputShape: [1, 1, 2, 2],
    expected: [0, 0, 2, -2],
  },
  {
    name: 'TRANSPOSE_CONV',
    spec: { type: 'TRANSPOSE_CONV', padding: 'valid', strideWidth: 2, strideHeight: 1 },
    shape: [1, 1, 2, 1],
    constants: [i32([4], 1, 1, 4, 1), f32([1, 1, 2, 1], 1, 2)],
    constantsFirst: true,
    outputShape: [1, 1, 4, 1],
    expected: [0, 0, 1, 2],
  },
  {
    name: 'FULLY_CONNECTED without bias',
    spec: { type: 'FULLY_CONNECTED', activation: 'relu' },
    shape: [1, 2],
    constants: [f32([2, 2], 1, 2, 3, -4)],
    outputShape: [1, 2],
    expected: [2, 0],
  },
  {
    name: 'MAX_POOL_2D of 1 across and 2 down',
    spec: {
      type: 'MAX_POOL_2D',
      padding: 'valid',
      strideWidth: 2,
      strideHeight: 2,
      filterWidth: 1,
      filterHeight: 2,
    },
    shape: [1, 2, 4, 1],
    outputShape: [1, 1, 2, 1],
    expected: [4, 6],
  },
  {
    name: 'AVERAGE_POOL_2D of 2 across and 1 down',
    spec: {
      type: 'AVERAGE_POOL_2D',
      padding: 'valid',
      strideWidth: 2,
      strideHeight: 1,
      filterWidth: 2,
      filterHeight: 1,
    },
    shape: [1, 2, 2, 1],
    outputShape: [1, 2, 1, 1],
    expected: [0.5, 2.5],
  },
  {
    name: 'CONCATENATION along the first axis',
    spec: { type: 'CONCATENATION', axis: 0 },
    shape: [1, 2],
    constants: [f32([1, 2], 7, 8)],
    outputShape: [2, 2],
    expected: [0, 1, 7, 8],
  },
  {
    name: 'PAD',
    spec: { type: 'PAD' },
    shape: [1, 2],
    constants: [i32([2, 2], 0, 0, 1, 2)],
    outputShape: [1, 5],
    expected: [0, 0, 1, 0, 0],
  },
  {
    name: 'MIRROR_PAD, symmetric',
    spec: { type: 'MIRROR_PAD', mode: 'symmetric' },
    shape: [1, 2],
    constants: [i32([2, 2], 0, 0, 1, 1)],
    outputShape: [1, 4],
    expected: [0, 0, 1, 1],
  },
  {
    name: 'RESHAPE by its option',
    spec: { type: 'RESHAPE', newShape: [2, 2] },
    shape: [1, 4],
    outputShape: [2, 2],
    expected: [0, 1, 2, 3],
  },
  {
    name: 'SOFTMAX with beta 2',
    spec: { type: 'SOFTMAX', beta: 2 },
    shape: [1, 2],
    outputShape: [1, 2],
    expected: [1 / (1 + Math.E ** 2), Math.E ** 2 / (1 + Math.E ** 2)],
  },
  {
    name: 'LOGISTIC',
    spec: { type: 'LOGISTIC' },
    shape: [1, 2],
    outputShape: [1, 2],
    expected: [0.5, 1 / (1 + Math.exp(-1))],
  },
  {
    name: 'TANH',
    spec: { type: 'TANH' },
    shape: [1, 2],
    outputShape: [1, 2],
    expected: [0, Math.tanh(1)],
  },
  {
    name: 'LEAKY_RELU',
    spec: { type: 'LEAKY_RELU', alpha: 0.5 },
    shape: [1, 3],
    divisor: -2,
    outputShape: [1, 3],
    expected: [0, -0.25, -0.5],
  },
  {
    name: 'HARD_SWISH',
    spec: { type: 'HARD_SWISH' },
    shape: [1, 4],
    outputShape: [1, 4],
    expected: [0, 4 / 6, 10 / 6, 3],
  },
  {
    name: 'MEAN, dimensions kept',
    spec: { type: 'MEAN', keepDims: true },
    shape: [1, 2, 2, 1],
    constants: [i32([2], 1, 2)],
    outputShape: [1, 1, 1, 1],
    expected: [1.5],
  },
  {
    name: 'REDUCE_MAX, dimensions dropped',
    spec: { type: 'REDUCE_MAX' },
    shape: [1, 2, 2],
    constants: [i32([1], 1)],
    outputShape: [1, 2],
    expected: [2, 3],
  },
  {
    name: 'TRANSPOSE',
    spec: { type: 'TRANSPOSE' },
    shape: [2, 2],
    constants: [i32([2], 1, 0)],
    outputShape: [2, 2],
    expected: [0, 2, 1, 3],
  },
  {
    name: 'SQUEEZE of the middle',
    spec: { type: 'SQUEEZE', squeezeDims: [1] },
    shape: [1, 1, 2],
    outputShape: [1, 2],
    expected: [0, 1],
  },
  {
    name: 'STRIDED_SLICE with masks',
    spec: { type: 'STRIDED_SLICE', beginMask: 1, endMask: 2, shrinkAxisMask: 1 },
    shape: [2, 3],
    // The mask lets the first begin be anything, and the second end.
    constants: [i32([2], 0, 1), i32([2], 1, 1), i32([2], 1, 1)],
    outputShape: [2],
    expected: [1, 2],
  },
  {
    name: 'GATHER along the last axis',
    spec: { type: 'GATHER', axis: 1 },
    shape: [2, 2],
    constants: [i32([1], 1)],
    outputShape: [2, 1],
    expected: [1, 3],
  },
  {
    name: 'RESIZE_NEAREST_NEIGHBOR',
    spec: { type: 'RESIZE_NEAREST_NEIGHBOR' },
    shape: [1, 1, 2, 1],
    constants: [i32([2], 1, 4)],
    outputShape: [1, 1, 4, 1],
    expected: [0, 0, 1, 1],
  },
  {
    name: 'RESIZE_BILINEAR between corners',
    spec: { type: 'RESIZE_BILINEAR', alignCorners: true },
    shape: [1, 1, 2, 1],
    constants: [i32([2], 1, 3)],
    outputShape: [1, 1, 3, 1],
    expected: [0, 0.5, 1],
  },
  {
    name: 'RESIZE_BILINEAR between pixel centres',
    spec: { type: 'RESIZE_BILINEAR', halfPixelCenters: true },
    shape: [1, 1, 2, 1],
    constants: [i32([2], 1, 4)],
    outputShape: [1, 1, 4, 1],
    expected: [0, 0.25, 0.75, 1],
  },
  {
    name: 'DEPTH_TO_SPACE',
    spec: { type: 'DEPTH_TO_SPACE', blockSize: 2 },
    shape: [1, 1, 1, 4],
    outputShape: [1, 2, 2, 1],
    expected: [0, 1, 2, 3],
  },
  {
    name: 'MAXIMUM',
    spec: { type: 'MAXIMUM' },
    shape: [1, 2],
    constants: [f32([1, 2], 0.5, 0.5)],
    outputShape: [1, 2],
    expected: [0.5, 1],
  },
  {
    name: 'PACK along a new last axis',
    spec: { type: 'PACK', valuesCount: 2, axis: 1 },
    shape: [2],
    constants: [f32([2], 8, 9)],
    outputShape: [2, 2],
    expected: [0, 8, 1, 9],
  },
  {
    name: 'BATCH_MATMUL, second transposed',
    spec: { type: 'BATCH_MATMUL', adjY: true },
    shape: [1, 2, 2],
    constants: [f32([1, 2, 2], 1, 2, 3, 4)],
    outputShape: [1, 2, 2],
    expected: [2, 4, 8, 18],
  },
];

function modelOf({ spec, shape, constants = [], constantsFirst = false, outputShape }: Case): Uint8Array {
  const tensors: GraphTensor[] = [
    { name: 'input', shape, dataType: 'float32' },
    ...constants,
    { name: 'output', shape: outputShape, dataType: 'float32' },
  ];
  const others = constants.map((_, i) => i + 1);
  const output = tensors.length - 1;
  const inputs = constantsFirst ? [...others, 0] : [0, ...others];
  return writeTfliteModel({
    tensors,
    operators: [{ spec, inputs, outputs: [output] }],
    inputs: [0],
    outputs: [output],
  });
}

/** Operators whose int8 kernels demand this scale of their output, and this zero point. */
const FIXED_OUTPUTS: Readonly<Record<string, readonly [scale: number, zeroPoint: number]>> = {
  SOFTMAX: [1 / 256, -128],
  LOGISTIC: [1 / 256, -128],
  TANH: [1 / 128, 0],
};
const STEP = 1 / 8;

/** The same in int8, in steps of 1/8, biases in steps of 1/64. */
function int8ModelOf({ spec, shape, constants = [], constantsFirst = false, outputShape }: Case): Uint8Array {
  const quantized = (scale: number, zeroPoint = 0) => ({
    quantization: { scale: [scale], zeroPoint: [zeroPoint], quantizedDimension: 0 },
  });
  const inInt8 = (tensor: GraphTensor, i: number): GraphTensor => {
    if (tensor.dataType !== 'float32' || tensor.data === undefined) return tensor;
    const values = Array.from(tensor.data, Number);
    const isBias = i === 1 && /CONV|FULLY/.test(spec.type) && spec.type !== 'TRANSPOSE_CONV';
    if (isBias) {
      const data = Int32Array.from(values, (value) => value / STEP / STEP);
      return { ...tensor, dataType: 'int32', data, ...quantized(STEP * STEP) };
    }
    return {
      ...tensor,
      dataType: 'int8',
      data: Int8Array.from(values, (value) => value / STEP),
      ...quantized(STEP),
    };
  };
  const tensors: GraphTensor[] = [
    { name: 'input', shape, dataType: 'int8', ...quantized(STEP) },
    ...constants.map(inInt8),
    {
      name: 'output',
      shape: outputShape,
      dataType: 'int8',
      ...quantized(...(FIXED_OUTPUTS[spec.type] ?? ([STEP, 0] as const))),
    },
  ];
  const others = constants.map((_, i) => i + 1);
  const output = tensors.length - 1;
  const inputs = constantsFirst ? [...others, 0] : [0, ...others];
  return writeTfliteModel({
    tensors,
    operators: [{ spec, inputs, outputs: [output] }],
    inputs: [0],
    outputs: [output],
  });
}

async function run(engine: Engine, bytes: Uint8Array, input: TensorData): Promise<(readonly number[])[]> {
  const session = await engine.open({ format: 'tflite', name: 'test.tflite', bytes }, { threads: 1 });
  try {
    const { outputs } = await session.run([input]);
    return outputs.map(({ data }) => Array.from(data, Number));
  } finally {
    await session.close();
  }
}

/** One pixel colour everywhere, as the elements that stand for 0 and 1. */
function picture(
  dataType: 'float32' | 'int8' | 'uint8',
  size: number,
  channels: readonly (0 | 1)[],
): TensorData {
  const count = size * size * channels.length;
  const bright = (i: number): boolean => channels[i % channels.length] === 1;
  if (dataType === 'float32') return Float32Array.from({ length: count }, (_, i) => (bright(i) ? 1 : 0));
  if (dataType === 'int8') return Int8Array.from({ length: count }, (_, i) => (bright(i) ? 127 : -128));
  return Uint8Array.from({ length: count }, (_, i) => (bright(i) ? 255 : 0));
}

function probabilities(
  dataType: 'float32' | 'int8' | 'uint8',
  values: readonly number[] | undefined,
): number[] {
  const zero = dataType === 'int8' ? -128 : 0;
  return (values ?? []).map((value) => (dataType === 'float32' ? value : (value - zero) / 256));
}

for (const engine of [tfliteEngine, litertWasmEngine]) {
  const status = await engine.probe();
  const missing = status.available ? undefined : status.reason;
  describeUnless(missing, `Written models on engine ${engine.name}`, () => {
    it.each(CASES)('compute what they should: $name', async (test) => {
      const { shape, divisor = 1, expected } = test;
      const input = Float32Array.from({ length: elementCount(shape) }, (_, i) => i / divisor);
      const [output] = await run(engine, modelOf(test), input);
      expect(output).toHaveLength(expected.length);
      for (const [i, value] of expected.entries()) expect(output?.[i]).toBeCloseTo(value, 5);
    });

    it.each(CASES.filter(({ spec }) => spec.type !== 'DIV'))(
      'compute it in int8 too: $name',
      async (test) => {
        const { spec, shape, divisor = 1, expected } = test;
        const input = Int8Array.from({ length: elementCount(shape) }, (_, i) => i / divisor / STEP);
        const [output] = await run(engine, int8ModelOf(test), input);
        const [scale, zeroPoint] = FIXED_OUTPUTS[spec.type] ?? [STEP, 0];
        expect(output).toHaveLength(expected.length);
        for (const [i, value] of expected.entries()) {
          const real = ((output?.[i] ?? 0) - zeroPoint) * scale;
          expect(Math.abs(real - Math.min(value, (127 - zeroPoint) * scale))).toBeLessThanOrEqual(
            scale * 1.01,
          );
        }
      },
    );

    it.each(['int8', 'uint8'] as const)('quantise to %s and back', async (dataType) => {
      const quantization = { scale: [0.5], zeroPoint: [3], quantizedDimension: 0 };
      const operators: GraphOperator[] = [
        { spec: { type: 'QUANTIZE' }, inputs: [0], outputs: [1] },
        { spec: { type: 'DEQUANTIZE' }, inputs: [1], outputs: [2] },
      ];
      const bytes = writeTfliteModel({
        tensors: [
          { name: 'input', shape: [1, 3], dataType: 'float32' },
          { name: 'middle', shape: [1, 3], dataType, quantization },
          { name: 'output', shape: [1, 3], dataType: 'float32' },
        ],
        operators,
        inputs: [0],
        outputs: [2],
      });
      const [output] = await run(engine, bytes, Float32Array.of(-1.6, 0.2, 1000));
      expect(output).toEqual([-1.5, 0, dataType === 'int8' ? 62 : 126]);
    });

    it.each(['float32', 'int8', 'uint8'] as const)('tell colours in %s', async (dataType) => {
      const [scores] = await run(engine, tinyClassifier({ dataType }), picture(dataType, 8, [0, 1, 0]));
      const [red, green, blue] = probabilities(dataType, scores);
      expect(green).toBeGreaterThan(0.98);
      expect(red).toBeLessThan(0.01);
      expect(blue).toBeLessThan(0.01);
    });

    it.each(['float32', 'int8', 'uint8'] as const)('find a cell in %s', async (dataType) => {
      const image = picture(dataType, 32, [0, 0, 0]);
      const red = picture(dataType, 8, [1, 0, 0]);
      for (let y = 0; y < 8; y++) {
        for (let x = 0; x < 24; x++) image[((8 + y) * 32 + 16) * 3 + x] = red[y * 24 + x] ?? 0;
      }
      const [cells] = await run(engine, tinyFomo({ dataType }), image);
      const scores = probabilities(dataType, cells);
      // Four numbers a cell: background, red, green, blue. The square fills row 1, column 2.
      const found = Array.from({ length: 16 }, (_, cell) => scores[cell * 4 + 1] ?? 0);
      expect(found.indexOf(Math.max(...found))).toBe(6);
      expect(found[6]).toBeGreaterThan(0.95);
      expect(found.filter((score) => score > 0.05)).toHaveLength(1);
    });

    it('add up features, and give constant scenes', async () => {
      expect(await run(engine, tinyRegression(), Float32Array.of(1, 2, 3, 4.5))).toEqual([[10.5]]);
      const scene = constantModel(
        [1, 4, 4, 3],
        [
          { shape: [1, 2, 2], data: Float32Array.of(1, 2, 3, 4) },
          { shape: [1], data: Float32Array.of(5) },
        ],
      );
      expect(await run(engine, scene, new Float32Array(48).fill(0.3))).toEqual([[1, 2, 3, 4], [5]]);
    });
  });
}
