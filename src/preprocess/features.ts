/** Raw features of a picture, as the studio shows them: one number 0xRRGGBB per pixel, rows from the top. */
import { InputError } from '../errors.js';
import { loadAddon } from '../native/addon.js';

/**
 * @param pixels width x height x 3 bytes, R G B interleaved
 * @returns one number per pixel, (R << 16) | (G << 8) | B, exact in float32
 * @throws {InputError} `ERR_INPUT_LENGTH`
 */
export function imageFeatures(pixels: Uint8Array): Float32Array {
  if (pixels.length % 3 !== 0) {
    throw new InputError(
      'ERR_INPUT_LENGTH',
      `Expected R, G and B bytes, so a multiple of 3, but received ${pixels.length} bytes.`,
    );
  }
  const native = loadAddon();
  const convert = native.loaded ? native.addon.imageFeatures : imageFeaturesPortable;
  return convert(pixels, new Float32Array(pixels.length / 3));
}

/** @param out one element for each pixel; returned */
export function imageFeaturesPortable(pixels: Uint8Array, out: Float32Array): Float32Array {
  for (let index = 0, p = 0; index < out.length; index++, p += 3) {
    out[index] = (pixels[p]! << 16) | (pixels[p + 1]! << 8) | pixels[p + 2]!;
  }
  return out;
}

/**
 * The other way: pixels of the model's size from raw features.
 *
 * @param features width x height whole numbers 0..0xffffff
 * @returns width x height x 3 bytes, R G B interleaved
 * @throws {InputError} `ERR_INPUT_LENGTH`: another count; `ERR_INPUT_TYPE`: a number that is no packed colour
 */
export function pixelsFromFeatures(features: ArrayLike<number>, width: number, height: number): Uint8Array {
  if (features.length !== width * height) {
    throw new InputError(
      'ERR_INPUT_LENGTH',
      `Expected ${width} x ${height} = ${width * height} features (one 0xRRGGBB number per pixel) but received ${features.length}.`,
    );
  }
  const pixels = new Uint8Array(features.length * 3);
  for (let index = 0, p = 0; index < features.length; index++, p += 3) {
    const colour = features[index]!;
    if (!Number.isInteger(colour) || colour < 0 || colour > 0xffffff) throw notAColour(colour, index);
    pixels[p] = colour >> 16;
    pixels[p + 1] = colour >> 8;
    pixels[p + 2] = colour;
  }
  return pixels;
}

function notAColour(value: unknown, index: number): InputError {
  return new InputError(
    'ERR_INPUT_TYPE',
    `Feature ${index} is ${String(value)}: expected a whole number from 0 to 0xffffff (16777215), a colour 0xRRGGBB. ` +
      'Values already scaled for the model are passed as { tensor }.',
  );
}
