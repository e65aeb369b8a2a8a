/**
 * The packing kernel in TypeScript: the fallback where there is no addon, and the oracle that the native kernel
 * (`native/pack_pixels.cc`) must equal to the last bit. Trusts its arguments.
 */
import { wrapValue } from './image-quantized.js';
import type { GrayPacking, GrayQuantization, Packing, PixelElements, RgbPacking } from './packing.js';
import { INTEGER_RANGES, quantizeValue } from './quantize.js';
import type { Channel } from './scaling.js';
import { scaleValue, stepsByThree } from './scaling.js';

const { fround } = Math;

export function packPixelsPortable(pixels: Uint8Array, packing: Packing, out: PixelElements): PixelElements {
  if (packing.channels === 3) packRgb(pixels, packing, out);
  else packGray(pixels, packing, out);
  return out;
}

function packRgb(pixels: Uint8Array, { source, table, layout }: RgbPacking, out: PixelElements): void {
  const [first, second, third] = source;
  const [step, plane] = layout === 'NHWC' ? [3, 1] : [1, pixels.length / 3];
  for (let from = 0, to = 0; from < pixels.length; from += 3, to += step) {
    out[to] = table[pixels[from + first]!]!;
    out[to + plane] = table[256 + pixels[from + second]!]!;
    out[to + 2 * plane] = table[512 + pixels[from + third]!]!;
  }
}

function packGray(pixels: Uint8Array, packing: GrayPacking, out: PixelElements): void {
  const { weighted, dataType, quantization } = packing;
  const gray = out instanceof Float32Array ? out : new Float32Array(out.length);
  for (let index = 0, p = 0; index < gray.length; index++, p += 3) {
    const redGreen = fround(weighted[pixels[p]!]! + weighted[256 + pixels[p + 1]!]!);
    gray[index] = redGreen + weighted[512 + pixels[p + 2]!]!;
  }
  scaleGray(gray, packing.scaling);
  if (dataType === 'float32' || quantization === undefined) return;
  const element = quantizer(quantization, INTEGER_RANGES[dataType]);
  for (let index = 0; index < gray.length; index++) out[index] = element(gray[index]!);
}

function quantizer(
  { rule, scale, zeroPoint }: GrayQuantization,
  [min, max]: readonly [number, number],
): (x: number) => number {
  switch (rule) {
    case 'saturate':
      return (x) => quantizeValue(x, scale, zeroPoint, min, max);
    case 'wrap':
      return (x) => wrapValue(x, scale, zeroPoint);
    case 'truncate':
      return (x) => Math.min(max, Math.max(min, Math.trunc(fround(x / scale)) + zeroPoint));
  }
}

/** In place. The reference takes three consecutive pixels for three channels where a scaling has those. */
function scaleGray(gray: Float32Array, scaling: GrayPacking['scaling']): void {
  if (scaling === 'none') return;
  if (!stepsByThree(scaling)) {
    for (let index = 0; index < gray.length; index++) gray[index] = scaleValue(gray[index]!, scaling, 0);
    return;
  }
  for (let index = 0; index < gray.length; index += 3) {
    if (scaling === 'bgr-subtract-imagenet-mean') {
      const first = gray[index]!;
      gray[index] = gray[index + 2]!;
      gray[index + 2] = first;
    }
    for (const channel of [0, 1, 2] satisfies Channel[]) {
      gray[index + channel] = scaleValue(gray[index + channel]!, scaling, channel);
    }
  }
}
