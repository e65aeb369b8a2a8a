import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  dequantise,
  halfToFloat,
  rawInterval,
  realAt,
  tensorValues,
} from '../../src/postprocess/dequantise.js';
import type { Tensor } from '../../src/tensor.js';
import { floatTensor, int8Tensor, uint8Tensor } from './blocks.js';

const f = Math.fround;
const quantization = fc.record({
  scale: fc.double({ min: 1e-6, max: 10, noNaN: true }),
  zeroPoint: fc.integer({ min: -128, max: 127 }),
});

describe('dequantise()', () => {
  it('returns float32 data itself, without a copy', () => {
    const tensor = floatTensor([2], [1, Number.NaN]);
    expect(dequantise(tensor)).toBe(tensor.data);
  });

  it('rounds to float32 after the subtraction and after the product, with float32 parameters', () => {
    fc.assert(
      fc.property(fc.int8Array({ minLength: 1 }), quantization, (data, parameters) => {
        const values = dequantise(int8Tensor([data.length], data, parameters));
        const scale = f(parameters.scale);
        expect([...values]).toEqual(Array.from(data, (q) => f(f(q - parameters.zeroPoint) * scale)));
      }),
    );
  });

  it('reads bytes as unsigned for uint8 and as signed for int8', () => {
    const parameters = { scale: 0.5, zeroPoint: 0 };
    expect([...dequantise(uint8Tensor([2], [0, 255], parameters))]).toEqual([0, 127.5]);
    expect([...dequantise(int8Tensor([2], [-128, 127], parameters))]).toEqual([-64, 63.5]);
  });

  it.each([undefined, { scale: 0, zeroPoint: 7 }])('keeps integers that have no scale: %o', (none) => {
    const tensor: Tensor = {
      name: 'classes',
      shape: [3],
      dataType: 'int32',
      data: Int32Array.of(-3, 0, 90),
      ...(none && { quantization: none }),
    };
    expect([...dequantise(tensor)]).toEqual([-3, 0, 90]);
    expect([...dequantise({ ...tensor, dataType: 'uint8', data: Uint8Array.of(3, 0, 90) })]).toEqual([
      3, 0, 90,
    ]);
  });

  it('reads int16 with its parameters and int64 as numbers', () => {
    const parameters = { scale: 0.25, zeroPoint: 0 };
    const int16: Tensor = {
      name: 'a',
      shape: [2],
      dataType: 'int16',
      data: Int16Array.of(-400, 7),
      quantization: parameters,
    };
    expect([...dequantise(int16)]).toEqual([-100, 1.75]);
    const int64: Tensor = { name: 'a', shape: [2], dataType: 'int64', data: BigInt64Array.of(5n, -6n) };
    expect([...dequantise(int64)]).toEqual([5, -6]);
  });

  it('reads float16 from its bits', () => {
    const bits = Uint16Array.of(0x3c00, 0xc000, 0x3555, 0x0001, 0x8000, 0x7c00, 0x7e00);
    const values = dequantise({ name: 'h', shape: [7], dataType: 'float16', data: bits });
    expect([...values]).toEqual([
      1,
      -2,
      f(0.333251953125),
      2 ** -24,
      -0,
      Number.POSITIVE_INFINITY,
      Number.NaN,
    ]);
    expect(halfToFloat(0x7bff)).toBe(65504);
  });
});

describe('tensorValues()', () => {
  it('finds exactly the raw bytes whose real value lies between two limits', () => {
    const limit = fc.double({ min: -2, max: 2, noNaN: true }).map(f);
    fc.assert(
      fc.property(fc.boolean(), quantization, limit, limit, (signed, parameters, low, high) => {
        const bytes = Array.from({ length: 256 }, (_, index) => (signed ? index - 128 : index));
        const tensor = (signed ? int8Tensor : uint8Tensor)([256], bytes, parameters);
        const values = tensorValues(tensor);
        const [first, last] = rawInterval(values, low, high);
        for (const [index, raw] of bytes.entries()) {
          const real = realAt(values, index);
          expect(raw >= first && raw <= last).toBe(real >= low && real <= high);
        }
      }),
    );
  });

  it('reads each tensor with its own parameters, however many there are', () => {
    const tensors = Array.from({ length: 40 }, (_, index) => {
      const parameters = { scale: 1 + (index % 20), zeroPoint: index % 3 };
      return {
        tensor: int8Tensor([1], [-5], parameters),
        real: (-5 - parameters.zeroPoint) * parameters.scale,
      };
    });
    for (const { tensor, real } of [...tensors, ...tensors])
      expect(realAt(tensorValues(tensor), 0)).toBe(real);
    expect(realAt(tensorValues(uint8Tensor([1], [251], { scale: 1, zeroPoint: 0 })), 0)).toBe(251);
  });

  it('does not copy 8-bit and float32 tensors', () => {
    const tensor = int8Tensor([1], [3], { scale: 1, zeroPoint: 0 });
    expect(tensorValues(tensor).data).toBe(tensor.data);
  });
});
