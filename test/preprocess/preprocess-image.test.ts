import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import {
  makePacking,
  mapBoxToOriginal,
  type PreprocessSpec,
  packPixels,
  preprocessImage,
  resizeImage,
} from '../../src/preprocess/index.js';
import { refusal } from './refusal.js';

const SPEC: PreprocessSpec = {
  width: 6,
  height: 4,
  channels: 'RGB',
  resizeMode: 'fit-long',
  scaling: '-1..1',
  tensor: { dataType: 'float32' },
};
const photo = await sharp({ create: { width: 60, height: 60, channels: 3, background: '#204080' } })
  .png()
  .toBuffer();

describe('preprocessImage()', () => {
  it.each([
    [{ scalling: '0..1' }, 'ERR_OPTION_UNKNOWN', "Did you mean 'scaling'?"],
    [{ scaling: '0..2' }, 'ERR_OPTION_INVALID', 'scaling'],
    [{ resizeMode: 'stretch' }, 'ERR_OPTION_INVALID', 'resizeMode'],
    [{ layout: 'CHW' }, 'ERR_OPTION_INVALID', 'layout'],
    [{ tensor: { dataType: 'int64' } }, 'ERR_UNSUPPORTED_DATA_TYPE', 'int64'],
  ])('refuses %o', async (change, code, words) => {
    const error = await refusal(() => preprocessImage(photo, { ...SPEC, ...change } as PreprocessSpec));
    expect(error.code).toBe(code);
    expect(error.message).toContain(words);
  });

  it('is resizeImage() and then packPixels()', async () => {
    const result = await preprocessImage(photo, SPEC);
    const { pixels, geometry } = await resizeImage(photo, { width: 6, height: 4, resizeMode: 'fit-long' });
    expect(result).toEqual({
      data: packPixels(pixels, makePacking({ ...SPEC, layout: 'NHWC' })),
      shape: [1, 4, 6, 3],
      dataType: 'float32',
      geometry,
      pixels,
    });
  });

  it('states the shape in the order of the memory', async () => {
    const planar = await preprocessImage(photo, { ...SPEC, layout: 'NCHW' });
    expect(planar.shape).toEqual([1, 3, 4, 6]);
    expect(planar.data[4 * 6 + 8]).toBeCloseTo((0x40 / 255) * 2 - 1, 6);
    const gray = await preprocessImage(photo, { ...SPEC, channels: 'Grayscale' });
    expect(gray.shape).toEqual([1, 4, 6, 1]);
    expect(gray.data).toHaveLength(24);
  });

  it('gives the geometry that leads boxes back to the picture', async () => {
    const { geometry } = await preprocessImage(photo, SPEC);
    // The picture fills the middle four of six columns.
    const box = mapBoxToOriginal({ x: 1 / 6, y: 0, width: 2 / 6, height: 0.5 }, geometry);
    expect(Object.values(box).map((value) => Math.round(value * 1e6) / 1e6)).toEqual([0, 0, 30, 30]);
  });
});
