import { describe, expect, it } from 'vitest';
import { decodeOutputs } from '../../src/postprocess/decode.js';
import { dequantise } from '../../src/postprocess/dequantise.js';
import { classificationBlock, freeformBlock, regressionBlock } from './blocks.js';
import { goldenCases, goldenTensors } from './golden.js';

const INPUT = { width: 96, height: 96 };

describe.each([
  ['classification', classificationBlock],
  ['regression', regressionBlock],
] as const)('%s', (name, block) => {
  it.each(goldenCases(name).map((golden) => [golden.name, golden] as const))(
    'gives the values of the reference SDK in label order: %s',
    (_, golden) => {
      const decoded = decodeOutputs(block(golden.labels), goldenTensors(golden), INPUT);
      const expected = golden.expected.classification ?? [];
      if (decoded.modelType !== name) throw new Error('decoded as something else');
      expect(decoded.values.map(({ label }) => label)).toEqual(expected.map(({ label }) => label));
      expectClose(
        decoded.values.map(({ value }) => value),
        expected.map(({ value }) => value),
      );
    },
  );
});

describe('freeform', () => {
  it.each(goldenCases('freeform').map((golden) => [golden.name, golden] as const))(
    'hands out the tensors, whose real values are those of the reference SDK: %s',
    (_, golden) => {
      const tensors = goldenTensors(golden);
      const decoded = decodeOutputs(freeformBlock(), tensors, INPUT);
      if (decoded.modelType !== 'freeform') throw new Error('decoded as something else');
      expect(decoded.tensors).toEqual(tensors);
      const expected = golden.expected.freeform ?? [];
      expect(decoded.tensors).toHaveLength(expected.length);
      for (const [index, tensor] of decoded.tensors.entries()) {
        expectClose([...dequantise(tensor)], expected[index] ?? []);
      }
    },
  );
});

function expectClose(values: readonly number[], expected: readonly number[]): void {
  expect(values).toHaveLength(expected.length);
  for (const [index, value] of values.entries()) {
    const right = expected[index] ?? Number.NaN;
    expect(Math.abs(value - right)).toBeLessThanOrEqual(1e-5 * Math.max(1, Math.abs(right)));
  }
}
