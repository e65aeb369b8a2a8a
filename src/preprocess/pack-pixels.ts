/**
 * Carries out a packing plan in TypeScript: the portable fallback, and the oracle that the native kernel
 * (`native/pack_pixels.cc`) must equal to the last bit.
 */
import { InputError } from '../errors.js';
import { describe } from '../options.js';
import type { GrayPacking, Packing, RgbPacking } from './packing.js';
import { INTEGER_RANGES, quantizeValue } from './quantize.js';
import type { Channel } from './scaling.js';
import { scaleValue, stepsByThree } from './scaling.js';

const { fround } = Math;

/** Elements of an image tensor. */
export type PixelElements = Float32Array | Int8Array | Uint8Array;

/**
 * Scales, quantises and lays out the pixels of one picture, on the calling thread.
 *
 * @param pixels width x height x 3 bytes, R G B interleaved, rows from the top
 * @param packing from `makePacking()`
 * @param out where to write; made when absent. width x height x channels elements of the plan's type
 * @returns `out`
 * @throws {InputError} `ERR_INPUT_LENGTH`, `ERR_INPUT_TYPE`: pixels or `out` are not what the plan says
 */
export function packPixels(
  pixels: Uint8Array,
  packing: Packing,
  out = packedElements(packing),
): PixelElements {
  checkPackArguments(pixels, packing, out);
  if (packing.channels === 3) packRgb(pixels, packing, out);
  else packGray(pixels, packing, out);
  return out;
}

/** An array of the type and length that the plan fills. */
export function packedElements({ width, height, channels, dataType }: Packing): PixelElements {
  const length = width * height * channels;
  switch (dataType) {
    case 'float32':
      return new Float32Array(length);
    case 'int8':
      return new Int8Array(length);
    case 'uint8':
      return new Uint8Array(length);
  }
}

/** @throws {InputError} `ERR_INPUT_LENGTH`, `ERR_INPUT_TYPE` */
export function checkPackArguments(pixels: Uint8Array, packing: Packing, out: PixelElements): void {
  const { width, height, channels, dataType } = packing;
  if (!(pixels instanceof Uint8Array)) {
    throw new InputError('ERR_INPUT_TYPE', `pixels: expected a Uint8Array but received ${describe(pixels)}.`);
  }
  if (pixels.length !== width * height * 3) {
    throw new InputError(
      'ERR_INPUT_LENGTH',
      `pixels: expected ${width} x ${height} x 3 = ${width * height * 3} bytes (R G B) but received ${pixels.length}.`,
    );
  }
  if (!(out instanceof OUT_TYPES[dataType]) || out.length !== width * height * channels) {
    throw new InputError(
      'ERR_INPUT_TYPE',
      `out: expected a ${OUT_TYPES[dataType].name} of ${width * height * channels} elements but received ${describe(out)}.`,
    );
  }
}

const OUT_TYPES = { float32: Float32Array, int8: Int8Array, uint8: Uint8Array } as const;

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
  const { scale, zeroPoint } = quantization;
  const [min, max] = INTEGER_RANGES[dataType];
  for (let index = 0; index < gray.length; index++) {
    out[index] = quantizeValue(gray[index]!, scale, zeroPoint, min, max);
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
