import { describe, expect, it } from 'vitest';
import { InputError, UnsupportedError } from '../../src/errors.js';
import { quantize, quantizeValue } from '../../src/preprocess/quantize.js';
import type { DataType } from '../../src/tensor.js';
import { refusal } from './refusal.js';

describe('numbers that a tensor can not hold are refused', () => {
  it.each([[[1, Number.NaN]], [[1, Infinity]], [[1, -Infinity]], [[1, 1e39]], [[1, '2']], [[1, undefined]]])(
    '%o',
    async (values) => {
      const error = await refusal(() => quantize(values as number[], { dataType: 'float32' }));
      expect(error).toBeInstanceOf(InputError);
      expect(error.code).toBe('ERR_INPUT_NOT_FINITE');
      expect(error.message).toContain('value 1 of 2');
    },
  );

  it.each<[DataType, number]>([
    ['int8', 128],
    ['uint8', -1],
    ['uint8', 0.5],
    ['int16', 40_000],
    ['int32', 2 ** 31],
    ['int64', 0.5],
    ['bool', 2],
  ])('%s without quantisation parameters: %d', async (dataType, value) => {
    const error = await refusal(() => quantize([0, value], { dataType, name: 'x' }));
    expect(error.code).toBe('ERR_INPUT_TYPE');
    expect(error.message).toContain(`The input tensor 'x' holds plain ${dataType} values`);
    expect(error.message).toContain(`value 1 is ${value}`);
  });

  it('float16', async () => {
    expect(await refusal(() => quantize([1], { dataType: 'float16' }))).toBeInstanceOf(UnsupportedError);
  });
});

describe('quantising', () => {
  it('rounds halves away from zero, adds the zero point, and clamps', () => {
    const tensor = { dataType: 'int8', quantization: { scale: 2, zeroPoint: 10 } } as const;
    expect(quantize([1, -1, 3, -3, 0.9, 1e6, -1e6], tensor)).toEqual(
      Int8Array.of(11, 9, 12, 8, 10, 127, -128),
    );
  });

  it('does not round up what is just below a half', () => {
    expect(quantizeValue(Math.fround(0.49999997), 1, 0, -128, 127)).toBe(0);
  });

  it('divides in float32: multiplying by the reciprocal would give other integers', () => {
    const scale = Math.fround(0.0186);
    const differing = Array.from({ length: 5000 }, (_, index) => Math.fround(index * 0.00093)).filter((x) => {
      const byReciprocal = Math.round(Math.fround(x * Math.fround(1 / scale)));
      return quantizeValue(x, scale, 0, 0, 255) !== Math.min(255, byReciprocal);
    });
    expect(differing.length).toBeGreaterThan(0);
    for (const x of differing) {
      expect(quantizeValue(x, scale, 0, 0, 255)).toBe(Math.floor(Math.fround(x / scale) + 0.5));
    }
  });

  it.each<[DataType, object]>([
    ['float32', Float32Array.of(0, 1)],
    ['int8', Int8Array.of(0, 1)],
    ['uint8', Uint8Array.of(0, 1)],
    ['bool', Uint8Array.of(0, 1)],
    ['int16', Int16Array.of(0, 1)],
    ['int32', Int32Array.of(0, 1)],
    ['int64', BigInt64Array.of(0n, 1n)],
  ])('%s without parameters takes whole numbers as they are', (dataType, expected) => {
    expect(quantize([0, 1], { dataType })).toEqual(expected);
    expect(quantize([0, 1], { dataType, quantization: { scale: 0, zeroPoint: 0 } })).toEqual(expected);
  });

  it('takes typed arrays too', () => {
    expect(quantize(Float32Array.of(1, 2), { dataType: 'float32' })).toEqual(Float32Array.of(1, 2));
    const tensor = { dataType: 'int16', quantization: { scale: 0.5, zeroPoint: 0 } } as const;
    expect(quantize(Float32Array.of(1, 1e9), tensor)).toEqual(Int16Array.of(2, 32767));
  });
});
