import { describe, expect, it } from 'vitest';
import { readFacts, readResult } from '../../../../src/runtime/engines/wasm/told.js';

const FACTS = {
  properties: { sensor: 2, model_type: 'x', flag: true },
  labels: ['a'],
  continuous: false,
  settable: true,
};
const RESULT = { code: 0, anomaly: 0.5, rows: [{ label: 'a', value: null }], tensors: 0 };

describe('What a WebAssembly module says', () => {
  it('is taken as it is where it is as promised', () => {
    expect(readFacts(JSON.stringify(FACTS))).toEqual(FACTS);
    expect(readResult(JSON.stringify(RESULT))).toEqual(RESULT);
  });

  it('may leave a score out', () => {
    const { anomaly: _, ...rest } = RESULT;
    expect(readResult(JSON.stringify(rest))).toEqual({ ...RESULT, anomaly: null });
  });

  it.each([
    ['no text', undefined as unknown as string],
    ['no JSON', '{'],
    ['a text', '"x"'],
    ['another shape', '{"code":"0","anomaly":0,"rows":[],"tensors":0}'],
    ['rows that are none', JSON.stringify({ ...RESULT, rows: [null] })],
    ['fewer than no outputs', JSON.stringify({ ...RESULT, tensors: -1 })],
  ])('is refused where its result is %s', (_, json) => {
    expect(() => readResult(json)).toThrow(/^its result can't be understood/);
  });

  it.each([
    ['no properties', '{"continuous":true,"settable":true}'],
    ['labels that are no texts', JSON.stringify({ ...FACTS, labels: [1] })],
    ['objects in place of values', JSON.stringify({ ...FACTS, properties: { sensor: {} } })],
  ])('is refused where it says of itself %s', (_, json) => {
    expect(() => readFacts(json)).toThrow(/^what it says of itself can't be understood/);
  });
});
