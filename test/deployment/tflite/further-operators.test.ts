/** Operators that image models seldom have, written by us and computed by real TFLite. */
import { expect, it } from 'vitest';
import type { OperatorSpec } from '../../../src/deployment/tflite/options.js';
import type { GraphTensor } from '../../../src/deployment/tflite/write.js';
import { writeTfliteModel } from '../../../src/deployment/tflite/write.js';
import { litertWasmEngine } from '../../../src/runtime/engines/litert-wasm.js';
import { tfliteEngine } from '../../../src/runtime/engines/tflite.js';
import type { DataType } from '../../../src/tensor.js';
import { describeUnless } from '../../support/not-tested.js';

const f32 = (...values: number[]): GraphTensor => ({
  name: `floats_${values}`,
  shape: [values.length],
  dataType: 'float32',
  data: Float32Array.from(values),
});
const i32 = (...values: number[]): GraphTensor => ({
  name: `integers_${values}`,
  shape: [values.length],
  dataType: 'int32',
  data: Int32Array.from(values),
});
const axis: GraphTensor = { name: 'axis', shape: [], dataType: 'int32', data: Int32Array.of(1) };
const rows: GraphTensor = { name: 'rows', shape: [1, 2], dataType: 'int32', data: Int32Array.of(0, 3) };
const scalar: GraphTensor = { name: 'seven', shape: [], dataType: 'float32', data: Float32Array.of(7) };
const flags: GraphTensor = {
  name: 'flags',
  shape: [1, 4],
  dataType: 'bool',
  data: Uint8Array.of(1, 0, 0, 1),
};

interface Case {
  readonly spec: OperatorSpec;
  /** Beside the input [-1, 0, 2, 5] of shape [1, 4], which comes first unless `before` says otherwise. */
  readonly before?: readonly GraphTensor[];
  readonly after?: readonly GraphTensor[];
  readonly shape?: readonly number[];
  readonly dataType?: DataType;
  readonly expected: readonly number[];
}

const INPUT = Float32Array.of(-1, 0, 2, 5);
const CASES: readonly Case[] = [
  { spec: { type: 'ADD_N' }, after: [{ ...f32(1, 1, 1, 1), shape: [1, 4] }], expected: [0, 1, 3, 6] },
  {
    spec: { type: 'BROADCAST_TO' },
    after: [i32(2, 4)],
    shape: [2, 4],
    expected: [-1, 0, 2, 5, -1, 0, 2, 5],
  },
  { spec: { type: 'CUMSUM' }, after: [axis], expected: [-1, -1, 1, 6] },
  { spec: { type: 'CUMSUM', exclusive: true, reverse: true }, after: [axis], expected: [7, 7, 5, 0] },
  { spec: { type: 'EQUAL' }, after: [f32(2)], dataType: 'bool', expected: [0, 0, 1, 0] },
  { spec: { type: 'NOT_EQUAL' }, after: [f32(2)], dataType: 'bool', expected: [1, 1, 0, 1] },
  { spec: { type: 'GREATER' }, after: [f32(0)], dataType: 'bool', expected: [0, 0, 1, 1] },
  { spec: { type: 'GREATER_EQUAL' }, after: [f32(0)], dataType: 'bool', expected: [0, 1, 1, 1] },
  { spec: { type: 'LESS' }, after: [f32(0)], dataType: 'bool', expected: [1, 0, 0, 0] },
  { spec: { type: 'LESS_EQUAL' }, after: [f32(0)], dataType: 'bool', expected: [1, 1, 0, 0] },
  { spec: { type: 'FLOOR_DIV' }, after: [f32(2)], expected: [-1, 0, 1, 2] },
  { spec: { type: 'FLOOR_MOD' }, after: [f32(2)], expected: [1, 0, 0, 1] },
  { spec: { type: 'GATHER_ND' }, after: [rows], shape: [1], expected: [5] },
  {
    spec: { type: 'LOG_SOFTMAX' },
    expected: [-1, 0, 2, 5].map((x) => x - Math.log(Math.exp(-1) + 1 + Math.exp(2) + Math.exp(5))),
  },
  {
    spec: { type: 'SELECT' },
    before: [flags],
    after: [{ ...f32(9, 9, 9, 9), shape: [1, 4] }],
    expected: [-1, 9, 9, 5],
  },
  { spec: { type: 'SELECT_V2' }, before: [flags], after: [scalar], expected: [-1, 7, 7, 5] },
  { spec: { type: 'SQUARED_DIFFERENCE' }, after: [f32(1)], expected: [4, 1, 1, 16] },
  { spec: { type: 'ZEROS_LIKE' }, expected: [0, 0, 0, 0] },
];

function modelOf({ spec, before = [], after = [], shape = [1, 4], dataType = 'float32' }: Case): Uint8Array {
  const tensors: GraphTensor[] = [
    ...before,
    { name: 'input', shape: [1, 4], dataType: 'float32' },
    ...after,
    { name: 'output', shape, dataType },
  ];
  const output = tensors.length - 1;
  const inputs = tensors.slice(0, -1).map((_, i) => i);
  return writeTfliteModel({
    tensors,
    operators: [{ spec, inputs, outputs: [output] }],
    inputs: [before.length],
    outputs: [output],
  });
}

for (const engine of [tfliteEngine, litertWasmEngine]) {
  const status = await engine.probe();
  const missing = status.available ? undefined : status.reason;
  // LiteRT's tensors can't be bool.
  const cases = CASES.filter(({ dataType }) => engine === tfliteEngine || dataType !== 'bool');
  describeUnless(missing, `Further operators on engine ${engine.name}`, () => {
    it.each(cases)('compute what they should: $spec', async (test) => {
      const bytes = modelOf(test);
      const session = await engine.open({ format: 'tflite', name: 'test.tflite', bytes }, { threads: 1 });
      try {
        const [output] = (await session.run([INPUT])).outputs;
        const values = Array.from(output?.data ?? [], Number);
        expect(values).toHaveLength(test.expected.length);
        for (const [i, value] of test.expected.entries()) expect(values[i]).toBeCloseTo(value, 5);
      } finally {
        await session.close();
      }
    });
  });
}
