/** The shortcut by which the reference's microcontroller builds fill an 8-bit input straight from pixels. */
import type { ImageInputScaling } from '../deployment/impulse.js';
import type { Quantization } from '../tensor.js';
import type { GrayPacking, RgbPacking } from './packing.js';
import type { Channel } from './scaling.js';
import { GRAY_WEIGHTS, scaleValue } from './scaling.js';

const { fround } = Math;

export interface ShortcutSpec {
  readonly width: number;
  readonly height: number;
  readonly dataType: 'int8' | 'uint8';
  readonly channels: 'RGB' | 'Grayscale';
  readonly layout: 'NHWC' | 'NCHW';
  readonly scaling: ImageInputScaling;
  /** Its scale is a float32. */
  readonly quantization: Quantization;
}

/**
 * The plan of the shortcut. Against the normal path: only `0..1`, `torch` and `-128..127` scale, the other scalings
 * leave the bytes as they are (so `-1..1` and `bgr-subtract-imagenet-mean` get 0..255, in RGB order); gray is the mix of the
 * *scaled* channels, and with the usual parameters an integer one that truncates (white is 126); and what is out of range wraps,
 * it does not saturate. C++ leaves that conversion open: this is what x86 does, and so the same on every CPU here.
 */
export function shortcutPacking(spec: ShortcutSpec): RgbPacking | GrayPacking {
  const { width, height, dataType, layout } = spec;
  const base = { width, height, dataType };
  if (spec.channels === 'RGB') {
    return { ...base, channels: 3, layout, source: [0, 1, 2], table: colourTable(spec) };
  }
  return isUsual(spec) ? { ...base, ...INTEGER_GRAY } : { ...base, ...mixedGray(spec) };
}

function colourTable({ dataType, scaling, quantization }: ShortcutSpec): Int8Array | Uint8Array {
  const { scale, zeroPoint } = quantization;
  const table = dataType === 'int8' ? new Int8Array(3 * 256) : new Uint8Array(3 * 256);
  return table.map((_, index) => {
    const x = scaledByte(index % 256, scaling, (index >> 8) as Channel);
    return wrapValue(x, scale, zeroPoint);
  });
}

function mixedGray({ scaling, quantization }: ShortcutSpec) {
  const weighted = shares((v, channel) => GRAY_WEIGHTS[channel] * scaledByte(v, scaling, channel));
  return { channels: 1, weighted, scaling: 'none', quantization: { ...quantization, rule: 'wrap' } } as const;
}

/**
 * The low 8 bits of roundAway(f32(x / scale)) + zeroPoint, computed in float32; 0 where that is beyond 32 bits.
 *
 * @param x a float32 value
 * @param scale a float32 value greater than 0
 * @returns 0..255; an `Int8Array` takes it for the signed byte of the same bits
 */
export function wrapValue(x: number, scale: number, zeroPoint: number): number {
  const q = fround(x / scale);
  const rounded = q < 0 ? -Math.floor(0.5 - q) : Math.floor(q + 0.5);
  const sum = fround(rounded + zeroPoint);
  return Math.abs(sum) < 2 ** 31 ? sum & 255 : 0;
}

/** Parameters of nearly every 8-bit image model, for which the reference mixes gray in 16-bit fixed point. */
function isUsual({ scaling, quantization: { scale, zeroPoint } }: ShortcutSpec): boolean {
  return scaling === '0..1' && fround(scale) === fround(0.003921568859368563) && zeroPoint === -128;
}

/** The weights times 65536, truncated; they add up to 65535. Every sum is a whole number below 2^24, exact in float32. */
const FIXED_POINT_WEIGHTS = [19595, 38469, 7471] as const;

const INTEGER_GRAY = {
  channels: 1,
  weighted: shares((v, channel) => FIXED_POINT_WEIGHTS[channel] * v),
  scaling: 'none',
  quantization: { scale: 65536, zeroPoint: -128, rule: 'truncate' },
} as const;

function shares(share: (v: number, channel: Channel) => number): Float32Array {
  return Float32Array.from({ length: 3 * 256 }, (_, index) => share(index % 256, (index >> 8) as Channel));
}

/** A byte as the shortcut scales it, a float32. */
function scaledByte(v: number, scaling: ImageInputScaling, channel: Channel): number {
  switch (scaling) {
    case '0..1':
    case 'torch':
      return scaleValue(fround(v / 255), scaling, channel);
    case '-128..127':
      return v - 128;
    case '0..255':
    case '-1..1':
    case 'bgr-subtract-imagenet-mean':
      return v;
  }
}
