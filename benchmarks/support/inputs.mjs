/** Inputs of any size that are the same in every run and do not compress to one value. */
import sharp from './sharp.mjs';

/** Smooth colours with some texture. @param {number} width @param {number} height */
export function someFrame(width, height) {
  const data = new Uint8Array(width * height * 3);
  for (let i = 0; i < data.length; i++) data[i] = ((i >> 4) + (i % 3) * 80 + ((i * 37) % 29)) & 255;
  return { data, width, height, channels: 3 };
}

/** Numbers in 0..1. @param {readonly number[]} shape */
export function someTensor(shape) {
  const length = shape.reduce((a, b) => a * b, 1);
  return Float32Array.from({ length }, (_, i) => ((i * 37 + 11) % 256) / 255);
}

/**
 * What an open deployment takes.
 *
 * @param {import('../../dist/index.js').Deployment} deployment @param {'frame' | 'tensor'} kind
 */
export function someInput(deployment, kind) {
  const { input, learnBlocks } = deployment.info();
  if (kind === 'frame') return someFrame(input.width, input.height);
  return { tensor: someTensor(learnBlocks[0].model.inputs[0].shape) };
}

/** Soft shapes and a little noise, so that a JPEG of it is like one of a photo. @param {number} width @param {number} height */
export function photo(width, height) {
  const data = new Uint8Array(width * height * 3);
  let seed = 1;
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
      const noise = (seed >>> 28) - 8;
      for (let c = 0; c < 3; c++) {
        data[at++] = 128 + 90 * Math.sin((x * (c + 1)) / 53) * Math.cos((y * (3 - c)) / 41) + noise;
      }
    }
  }
  return { data, width, height, channels: 3 };
}

/** @param {number} width @param {number} height @returns {Promise<Buffer>} */
export function jpegPhoto(width, height) {
  const { data, ...raw } = photo(width, height);
  return sharp(data, { raw }).jpeg({ quality: 90 }).toBuffer();
}

/** A picture as a raw frame. @param {string} file */
export async function decode(file) {
  const { data, info } = await sharp(file).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  return { data: new Uint8Array(data), width: info.width, height: info.height, channels: 3 };
}
