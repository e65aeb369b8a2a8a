import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BUILTIN_OPERATORS } from '../../../src/deployment/tflite/operators.js';
import type { BuiltinSpec } from '../../../src/deployment/tflite/options.js';
import { isKnownOperator, readOptions } from '../../../src/deployment/tflite/options.js';
import { readTfliteModel } from '../../../src/deployment/tflite/read.js';
import type { GraphTensor, TfliteGraph } from '../../../src/deployment/tflite/write.js';
import { writeTfliteModel } from '../../../src/deployment/tflite/write.js';
import { DeploymentError } from '../../../src/errors.js';
import type { DataType, TensorData } from '../../../src/tensor.js';
import { elementCount, tensorData } from '../../../src/tensor.js';

const FLOAT: GraphTensor = { name: 'x', shape: [1], dataType: 'float32' };

function graph(parts: Partial<TfliteGraph>): TfliteGraph {
  return { tensors: [FLOAT], operators: [], inputs: [0], outputs: [0], ...parts };
}

describe('A graph that is refused', () => {
  it.each([
    ['an input that points nowhere', { inputs: [1] }, 'the graph names tensor 1 of 1'],
    ['an output that is left out', { outputs: [-1] }, 'the graph names tensor -1 of 1'],
    [
      'an operator that points nowhere',
      { operators: [{ spec: { type: 'RELU' }, inputs: [0], outputs: [2] }] },
      'operator 0 (RELU) names tensor 2 of 1',
    ],
    [
      'a constant that does not fill its shape',
      { tensors: [{ ...FLOAT, data: new Float32Array(2) }] },
      "tensor 'x' holds 8 bytes where its shape and type need 4",
    ],
  ] as const)('has %s', (_, parts, why) => {
    expect(() => writeTfliteModel(graph(parts))).toThrow(
      new DeploymentError('ERR_MODEL_INVALID', `This graph can't be written as a TFLite model: ${why}.`),
    );
  });
});

/** One of each kind of option, with values that are not the defaults. */
const SPECS: readonly BuiltinSpec[] = [
  { type: 'ADD', activation: 'relu6', potScaleInt16: false },
  { type: 'ARG_MAX', outputType: 'int64' },
  { type: 'BATCH_MATMUL', adjX: true, adjY: false, asymmetricQuantizeInputs: true },
  { type: 'CAST', inputType: 'uint8', outputType: 'float32' },
  { type: 'CONCATENATION', axis: -1, activation: 'none' },
  {
    type: 'CONV_2D',
    padding: 'valid',
    strideWidth: 2,
    strideHeight: 3,
    activation: 'relu',
    dilationWidth: 4,
    dilationHeight: 5,
  },
  {
    type: 'DEPTHWISE_CONV_2D',
    padding: 'same',
    strideWidth: 1,
    strideHeight: 2,
    depthMultiplier: 3,
    activation: 'relu-n1-to-1',
    dilationWidth: 1,
    dilationHeight: 2,
  },
  { type: 'DEPTH_TO_SPACE', blockSize: 2 },
  { type: 'FULLY_CONNECTED', activation: 'tanh', keepNumDims: true, asymmetricQuantizeInputs: true },
  { type: 'GATHER', axis: 2, batchDims: 1 },
  { type: 'LEAKY_RELU', alpha: 0.125 },
  { type: 'LOGISTIC' },
  {
    type: 'MAX_POOL_2D',
    padding: 'valid',
    strideWidth: 2,
    strideHeight: 3,
    filterWidth: 4,
    filterHeight: 5,
    activation: 'relu6',
  },
  { type: 'MEAN', keepDims: true },
  { type: 'MIRROR_PAD', mode: 'symmetric' },
  { type: 'PACK', valuesCount: 3, axis: 1 },
  { type: 'PAD' },
  { type: 'QUANTIZE' },
  { type: 'RESHAPE', newShape: [1, -1, 3] },
  { type: 'RESIZE_BILINEAR', alignCorners: true, halfPixelCenters: true },
  { type: 'RESIZE_NEAREST_NEIGHBOR', alignCorners: true, halfPixelCenters: false },
  { type: 'SHAPE', outputType: 'int32' },
  { type: 'SOFTMAX', beta: 1.5 },
  { type: 'SPLIT', splits: 3 },
  { type: 'SQUEEZE', squeezeDims: [1, 2] },
  {
    type: 'STRIDED_SLICE',
    beginMask: 1,
    endMask: 2,
    ellipsisMask: 4,
    newAxisMask: 8,
    shrinkAxisMask: 16,
    offset: true,
  },
  { type: 'TRANSPOSE_CONV', padding: 'same', strideWidth: 2, strideHeight: 2, activation: 'relu' },
  { type: 'UNPACK', count: 2, axis: 0 },
];

/** The options of the first operator, after writing and reading. */
function throughFile(spec: BuiltinSpec): BuiltinSpec {
  const bytes = writeTfliteModel(graph({ operators: [{ spec, inputs: [0], outputs: [0] }] }));
  const model = readTfliteModel(bytes);
  expect(model.operatorCodes[0]?.name).toBe(spec.type);
  return readOptions(spec.type, model.subgraphs[0]?.operators[0]?.options?.table);
}

describe('Options of operators', () => {
  it.each(SPECS)('are read as they were written: $type', (spec) => {
    expect(throughFile(spec)).toEqual(spec);
  });

  it('are defaults where they are left out', () => {
    expect(throughFile({ type: 'CONV_2D', padding: 'same', strideWidth: 1, strideHeight: 1 })).toEqual({
      type: 'CONV_2D',
      padding: 'same',
      strideWidth: 1,
      strideHeight: 1,
      activation: 'none',
      dilationWidth: 1,
      dilationHeight: 1,
    });
  });

  it('are known for all operators of the models that Edge Impulse makes', () => {
    const needed =
      'ADD AVERAGE_POOL_2D CONCATENATION CONV_2D DEPTHWISE_CONV_2D DEQUANTIZE FULLY_CONNECTED LOGISTIC '
        .concat(
          'MAX_POOL_2D MEAN MUL PAD QUANTIZE RESHAPE RESIZE_NEAREST_NEIGHBOR SOFTMAX STRIDED_SLICE TRANSPOSE',
        )
        .split(' ');
    expect(needed.filter((name) => !isKnownOperator(name))).toEqual([]);
    expect(needed.filter((name) => !BUILTIN_OPERATORS.some((builtin) => builtin === name))).toEqual([]);
  });
});

const dataTypes = fc.constantFrom<DataType>(
  'float32',
  'float16',
  'int8',
  'uint8',
  'int16',
  'int32',
  'int64',
  'bool',
);
const shapes = fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 4 });
const scales = fc.float({ min: Math.fround(1e-6), max: 1000, noNaN: true });

function constant(dataType: DataType, shape: readonly number[], seed: number): TensorData {
  const width = { float32: 4, float16: 2, int8: 1, uint8: 1, int16: 2, int32: 4, int64: 8, bool: 1 }[
    dataType
  ];
  const bytes = Uint8Array.from({ length: elementCount(shape) * width }, (_, i) => (seed + i * 37) % 251);
  return tensorData(dataType, bytes.buffer);
}

const UNIT = { scale: [1], zeroPoint: [0], quantizedDimension: 0 };

const tensors: fc.Arbitrary<GraphTensor> = fc
  .record({
    name: fc.string({ unit: 'grapheme', maxLength: 12 }),
    shape: shapes,
    dataType: dataTypes,
    seed: fc.option(fc.nat(250), { nil: undefined }),
    quantization: fc.option(
      fc.record({
        scale: fc.array(scales, { minLength: 1, maxLength: 3 }),
        zeroPoint: fc.array(fc.integer({ min: -128, max: 255 }), { minLength: 1, maxLength: 3 }),
        quantizedDimension: fc.nat(3),
      }),
      { nil: undefined },
    ),
    isVariable: fc.boolean(),
  })
  .map(({ seed, quantization, ...tensor }) => ({
    ...tensor,
    ...(seed !== undefined && { data: constant(tensor.dataType, tensor.shape, seed) }),
    ...(quantization !== undefined && { quantization }),
    // Readers refuse bytes without a scale where operators need one.
    ...(quantization === undefined && /^u?int8$/.test(tensor.dataType) && { quantization: UNIT }),
  }));

/** The first tensor is always one that is computed. */
const tensorLists = fc
  .array(tensors, { maxLength: 7 })
  .map((list): readonly GraphTensor[] => [{ ...FLOAT, isVariable: false }, ...list]);

const graphs: fc.Arbitrary<TfliteGraph> = tensorLists.chain((list) => {
  const any = fc.nat(list.length - 1);
  const computed = fc.constantFrom(...list.flatMap(({ data }, i) => (data === undefined ? [i] : [])));
  const operator = fc.record({
    spec: fc.constantFrom(...SPECS, {
      type: 'CUSTOM',
      name: 'Mine',
      options: Uint8Array.of(1, 2, 3),
    } as const),
    inputs: fc.array(fc.oneof(any, fc.constant(-1)), { maxLength: 4 }),
    outputs: fc.array(computed, { maxLength: 2 }),
  });
  return fc.record({
    description: fc.string(),
    tensors: fc.constant(list),
    inputs: fc.array(computed, { maxLength: 3 }),
    outputs: fc.array(any, { maxLength: 3 }),
    operators: fc.array(operator, { maxLength: 6 }),
    metadata: fc.array(fc.record({ name: fc.string(), bytes: fc.uint8Array({ maxLength: 9 }) }), {
      maxLength: 2,
    }),
  });
});

function bytesOf(data: TensorData | undefined): readonly number[] {
  return data === undefined ? [] : [...new Uint8Array(data.buffer, data.byteOffset, data.byteLength)];
}

describe('A written model', () => {
  it('is read back as it was given', () => {
    fc.assert(
      fc.property(graphs, (given) => {
        const model = readTfliteModel(writeTfliteModel(given));
        const [read] = model.subgraphs;
        expect(model.description).toBe(given.description);
        expect(read?.inputs).toEqual(given.inputs);
        expect(read?.outputs).toEqual(given.outputs);
        expect(
          read?.tensors.map(({ buffer, ...tensor }) => ({
            ...tensor,
            data: [...(model.buffers[buffer] ?? [])],
          })),
        ).toEqual(given.tensors.map((tensor) => ({ ...tensor, data: bytesOf(tensor.data) })));
        expect(read?.operators.map(({ inputs, outputs }) => ({ inputs, outputs }))).toEqual(
          given.operators.map(({ inputs, outputs }) => ({ inputs, outputs })),
        );
        for (const [i, { spec }] of given.operators.entries()) {
          const operator = read?.operators[i];
          const code = model.operatorCodes[operator?.opcodeIndex ?? -1];
          expect(code?.name).toBe(spec.type);
          if (spec.type === 'CUSTOM') {
            expect(code?.customCode).toBe(spec.name);
            expect(operator?.customOptions).toEqual(spec.options);
          } else {
            expect(readOptions(spec.type, operator?.options?.table)).toEqual(spec);
          }
        }
        expect(model.metadata.map(({ name, bytes }) => [name, [...bytes]])).toEqual(
          given.metadata?.map(({ name, bytes }) => [name, [...bytes]]),
        );
      }),
      { numRuns: 300 },
    );
  });

  it('has its constants at multiples of 16 bytes', () => {
    fc.assert(
      fc.property(graphs, (given) => {
        const bytes = writeTfliteModel(given);
        for (const buffer of readTfliteModel(bytes).buffers) {
          if (buffer.length > 0) expect((buffer.byteOffset - bytes.byteOffset) % 16).toBe(0);
        }
      }),
      { numRuns: 100 },
    );
  });

  it('holds constants that share an array once', () => {
    const data = new Float32Array(1000);
    const one: GraphTensor = { name: 'a', shape: [1000], dataType: 'float32', data };
    const bytes = writeTfliteModel(
      graph({ tensors: [one, { ...one, name: 'b', shape: [10, 100] }], inputs: [] }),
    );
    expect(bytes.length).toBeLessThan(5000);
    expect(readTfliteModel(bytes).subgraphs[0]?.tensors.map(({ buffer }) => buffer)).toEqual([1, 1]);
  });

  it('stands in memory of its own, no larger than it is', () => {
    const bytes = writeTfliteModel(graph({}));
    expect(bytes.buffer.byteLength).toBe(bytes.length);
  });
});
