/** Carries out a packing plan, with the native kernel where there is one. */
import { InputError } from '../errors.js';
import { loadAddon } from '../native/addon.js';
import { describe } from '../options.js';
import { packPixelsPortable } from './pack-pixels-portable.js';
import type { Packing, PixelElements } from './packing.js';

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
  checkArguments(pixels, packing, out);
  const native = loadAddon();
  const pack = native.loaded ? native.addon.packPixels : packPixelsPortable;
  return pack(pixels, packing, out);
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

function checkArguments(pixels: Uint8Array, packing: Packing, out: PixelElements): void {
  const { width, height } = packing;
  if (!(pixels instanceof Uint8Array)) {
    throw new InputError('ERR_INPUT_TYPE', `pixels: expected a Uint8Array but received ${describe(pixels)}.`);
  }
  if (pixels.length !== width * height * 3) {
    throw new InputError(
      'ERR_INPUT_LENGTH',
      `pixels: expected ${width} x ${height} x 3 = ${width * height * 3} bytes (R G B) but received ${pixels.length}.`,
    );
  }
  checkElements(out, packing);
}

/** @throws {InputError} `ERR_INPUT_TYPE`: not what the plan fills */
export function checkElements(out: PixelElements, { width, height, channels, dataType }: Packing): void {
  if (!(out instanceof OUT_TYPES[dataType]) || out.length !== width * height * channels) {
    throw new InputError(
      'ERR_INPUT_TYPE',
      `out: expected a ${OUT_TYPES[dataType].name} of ${width * height * channels} elements but received ${describe(out)}.`,
    );
  }
}

const OUT_TYPES = { float32: Float32Array, int8: Int8Array, uint8: Uint8Array } as const;
