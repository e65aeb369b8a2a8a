import { describe, expect, it } from 'vitest';
import { DeploymentError, InputError, UnsupportedError } from '../../src/errors.js';
import { makePacking, type PackingSpec } from '../../src/preprocess/make-packing.js';
import { packPixels } from '../../src/preprocess/pack-pixels.js';
import { refusal } from './refusal.js';

const FLOAT: PackingSpec = {
  width: 1,
  height: 1,
  channels: 'RGB',
  scaling: '0..1',
  layout: 'NHWC',
  tensor: { dataType: 'float32' },
};
const GRAY: PackingSpec = { ...FLOAT, channels: 'Grayscale' };
const WHITE = Uint8Array.of(255, 255, 255);

describe('what can not be packed is refused', () => {
  it.each(['float16', 'int16', 'int32', 'int64', 'bool'] as const)(
    'a tensor of type %s',
    async (dataType) => {
      const error = await refusal(() =>
        makePacking({ ...FLOAT, tensor: { dataType, name: 'serving_default' } }),
      );
      expect(error).toBeInstanceOf(UnsupportedError);
      expect(error.code).toBe('ERR_UNSUPPORTED_DATA_TYPE');
      for (const word of [dataType, 'serving_default', 'float32, int8 and uint8'])
        expect(error.message).toContain(word);
    },
  );

  it.each([
    [{ scale: -1, zeroPoint: 0 }],
    [{ scale: Number.NaN, zeroPoint: 0 }],
    [{ scale: Infinity, zeroPoint: 0 }],
    [{ scale: 1e39, zeroPoint: 0 }],
    [{ scale: 1, zeroPoint: 0.5 }],
    [{ scale: 1, zeroPoint: 128 }],
    [{ scale: 1, zeroPoint: -129 }],
    [{ scale: 1, zeroPoint: Number.NaN }],
  ])('impossible quantisation %o', async (quantization) => {
    const error = await refusal(() => makePacking({ ...FLOAT, tensor: { dataType: 'int8', quantization } }));
    expect(error).toBeInstanceOf(DeploymentError);
    expect(error.code).toBe('ERR_MODEL_INVALID');
  });

  it.each(['torch', 'bgr-subtract-imagenet-mean'] as const)(
    '%s on a number of gray pixels that is no multiple of three',
    async (scaling) => {
      const error = await refusal(() => makePacking({ ...GRAY, scaling, width: 4, height: 5 }));
      expect(error.code).toBe('ERR_METADATA_INVALID');
      expect(error.message).toContain('4x5');
      expect(makePacking({ ...GRAY, scaling, width: 4, height: 6 }).channels).toBe(1);
    },
  );

  it.each(['torch', 'bgr-subtract-imagenet-mean'] as const)(
    '%s into an integer tensor without parameters',
    async (scaling) => {
      const error = await refusal(() => makePacking({ ...FLOAT, scaling, tensor: { dataType: 'uint8' } }));
      expect(error.code).toBe('ERR_UNSUPPORTED_DATA_TYPE');
    },
  );

  it.each([
    [{ width: 0 }],
    [{ height: -1 }],
    [{ width: 1.5 }],
    [{ width: Number.NaN }],
    [{ height: 1e6 }],
    [{ scaling: '0..2' }],
    [{ layout: 'HWC' }],
    [{ channels: 'rgb' }],
    [{ quantizePath: 'quantized' }],
    [{ quantizePath: 'image-quantized' }],
  ])('%o', async (change) => {
    const error = await refusal(() => makePacking({ ...FLOAT, ...change } as PackingSpec));
    expect(error).toBeInstanceOf(InputError);
    expect(error.code).toBe('ERR_OPTION_INVALID');
  });
});

describe('an integer tensor without parameters takes the bytes themselves', () => {
  const pixels = Uint8Array.of(0, 128, 255);

  it.each(['0..1', '0..255', '-1..1', '-128..127'] as const)('with scaling %s', (scaling) => {
    for (const quantization of [{}, { quantization: { scale: 0, zeroPoint: 0 } }]) {
      const uint8 = makePacking({ ...FLOAT, scaling, tensor: { dataType: 'uint8', ...quantization } });
      expect([...packPixels(pixels, uint8)]).toEqual([0, 128, 255]);
      const int8 = makePacking({ ...FLOAT, scaling, tensor: { dataType: 'int8', ...quantization } });
      expect([...packPixels(pixels, int8)]).toEqual([-128, 0, 127]);
    }
  });

  it('every byte value, also where scaling to 0..1 and back rounds', () => {
    const ramp = Uint8Array.from({ length: 256 * 3 }, (_, index) => Math.floor(index / 3));
    const packing = makePacking({ ...FLOAT, width: 256, tensor: { dataType: 'uint8' } });
    expect(packPixels(ramp, packing)).toEqual(ramp);
  });

  it('keeps a zero point that stands beside a scale of 0', () => {
    const tensor = { dataType: 'int8', quantization: { scale: 0, zeroPoint: -100 } } as const;
    expect([...packPixels(pixels, makePacking({ ...FLOAT, tensor }))]).toEqual([-100, 28, 127]);
  });
});

describe('the plan', () => {
  it('is plain data that another thread can carry out', () => {
    for (const spec of [
      FLOAT,
      GRAY,
      { ...GRAY, tensor: { dataType: 'int8', quantization: { scale: 1, zeroPoint: 3 } } } as const,
    ]) {
      const packing = makePacking(spec);
      const copy = structuredClone(packing);
      expect(copy).toEqual(packing);
      expect(packPixels(WHITE, copy)).toEqual(packPixels(WHITE, packing));
    }
  });

  it('does not use the quantisation parameters that a float tensor may carry', () => {
    const tensor = { dataType: 'float32', quantization: { scale: 0.5, zeroPoint: 3 } } as const;
    expect([...packPixels(WHITE, makePacking({ ...FLOAT, tensor }))]).toEqual([1, 1, 1]);
  });

  it('takes the scale as float32: a model holds no more', () => {
    const packing = makePacking({
      ...GRAY,
      tensor: { dataType: 'int8', quantization: { scale: 0.1, zeroPoint: 0 } },
    });
    expect(packing).toMatchObject({ quantization: { scale: Math.fround(0.1), zeroPoint: 0 } });
  });
});

describe('the shortcut for quantised pictures', () => {
  const usual = { dataType: 'int8', quantization: { scale: 1 / 255, zeroPoint: -128 } } as const;
  const shortcut = { tensor: usual, quantizePath: 'image-quantized' } as const;
  const pack = (spec: PackingSpec, pixel: Uint8Array): number[] => [...packPixels(pixel, makePacking(spec))];

  it('mixes gray in integers that truncate: white is 126, not 127', () => {
    expect(pack({ ...GRAY, tensor: usual }, WHITE)).toEqual([127]);
    expect(pack({ ...GRAY, ...shortcut }, WHITE)).toEqual([126]);
    expect(pack({ ...GRAY, ...shortcut }, Uint8Array.of(0, 0, 0))).toEqual([-128]);
    // (19595 * 10 + 38469 * 20 + 7471 * 30) / 65536 = 18.15
    expect(pack({ ...GRAY, ...shortcut }, Uint8Array.of(10, 20, 30))).toEqual([-110]);
  });

  it.each(['0..255', '-1..1', 'bgr-subtract-imagenet-mean'] as const)('%s changes nothing', (scaling) => {
    const tensor = { dataType: 'int8', quantization: { scale: 1, zeroPoint: -128 } } as const;
    expect(pack({ ...FLOAT, ...shortcut, tensor, scaling }, Uint8Array.of(1, 2, 255))).toEqual([
      -127, -126, 127,
    ]);
  });

  it('wraps what is out of range, it does not saturate', () => {
    const tensor = { dataType: 'int8', quantization: { scale: 0.5, zeroPoint: 3 } } as const;
    const spec: PackingSpec = { ...FLOAT, scaling: '-128..127', tensor };
    // 127 / 0.5 + 3 = 257, -128 / 0.5 + 3 = -253, -28 / 0.5 + 3 = -53
    expect(pack(spec, Uint8Array.of(255, 0, 100))).toEqual([127, -128, -53]);
    expect(pack({ ...spec, quantizePath: 'image-quantized' }, Uint8Array.of(255, 0, 100))).toEqual([
      1, 3, -53,
    ]);
  });

  it('takes the bytes of an unsigned tensor for the signed ones', () => {
    const tensor = { dataType: 'uint8', quantization: { scale: 0.5, zeroPoint: 3 } } as const;
    const spec: PackingSpec = { ...FLOAT, ...shortcut, scaling: '0..255', tensor };
    expect(pack(spec, Uint8Array.of(0, 1, 255))).toEqual([3, 5, 513 % 256]);
  });

  it('mixes gray of the scaled channels, so a scaling by channel needs no multiple of three pixels', () => {
    const tensor = { dataType: 'int8', quantization: { scale: 0.01, zeroPoint: 0 } } as const;
    // ((0 - 0.485) / 0.229 * 0.299 + (0 - 0.456) / 0.224 * 0.587 + (0 - 0.406) / 0.225 * 0.114) / 0.01 = -203.4, 53 of 256
    expect(pack({ ...GRAY, ...shortcut, tensor, scaling: 'torch' }, Uint8Array.of(0, 0, 0))).toEqual([53]);
  });
});
