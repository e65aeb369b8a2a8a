import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { annotateImage, type Deployment, openDeployment } from '../../src/index.js';
import { tinyFomo, tinyFomoLabels } from '../fixtures/models.js';
import { refusalOf } from './support.js';

const modelInfo = {
  input: { inputType: 'image', inputScaling: '0..1', resizeMode: 'squash' },
  model: {
    modelType: 'object-detection',
    lastLayer: 'fomo',
    labels: [...tinyFomoLabels()],
    minimumConfidence: 0.5,
  },
} as const;

/** 64 x 128 as stored, which is 128 x 64 lying on its side: a red square in what is the upper left when turned. */
let portrait: Buffer;
beforeAll(async () => {
  const square = { create: { width: 16, height: 32, channels: 3, background: '#f00' } } as const;
  portrait = await sharp({ create: { width: 64, height: 128, channels: 3, background: '#000' } })
    .composite([{ input: square, left: 0, top: 96 }])
    .removeAlpha()
    .withMetadata({ orientation: 6 })
    .png()
    .toBuffer();
});

describe('orientation', () => {
  let exif: Deployment;
  let ignore: Deployment;
  beforeAll(async () => {
    exif = await openDeployment(tinyFomo(), { modelInfo, orientation: 'exif' });
    ignore = await openDeployment(tinyFomo(), { modelInfo });
  });
  afterAll(() => Promise.all([exif.close(), ignore.close()]));

  it('exif: boxes and geometry refer to the turned picture, which is what is drawn on', async () => {
    const classification = await exif.classify(portrait);
    expect(classification.geometry).toMatchObject({
      orientation: 6,
      originalWidth: 128,
      originalHeight: 64,
    });
    expect(classification.boxes).toMatchObject([
      { label: 'red', input: { x: 0, y: 0 }, original: { x: 0, y: 0, width: 32, height: 16 } },
    ]);
    const copy = await sharp(await annotateImage(portrait, classification)).metadata();
    expect(copy).toMatchObject({ width: 128, height: 64 });
    expect(copy.orientation).toBeUndefined();
  });

  it('ignore, the default: the raster as it is stored', async () => {
    const classification = await ignore.classify(portrait);
    expect(classification.geometry).toMatchObject({ originalWidth: 64, originalHeight: 128 });
    expect(classification.boxes).toMatchObject([
      { label: 'red', original: { x: 0, y: 96, width: 16, height: 32 } },
    ]);
    const copy = await sharp(await annotateImage(portrait, classification)).metadata();
    expect(copy).toMatchObject({ width: 64, height: 128 });
  });
});

it('limits bound every picture that is classified', async () => {
  const deployment = await openDeployment(tinyFomo(), { modelInfo, limits: { pixels: 64 * 128 - 1 } });
  try {
    await expect(deployment.classify(portrait)).rejects.toMatchObject({ code: 'ERR_INPUT_LIMIT' });
    const small = { data: new Uint8Array(32 * 32), width: 32, height: 32, format: 'GRAY' } as const;
    expect((await deployment.classify(small)).boxes).toEqual([]);
  } finally {
    await deployment.close();
  }
});

it.each([
  [
    { orientation: 'auto' },
    "openDeployment(): orientation: expected one of exif, ignore but received 'auto'",
  ],
  [{ limits: { pixels: -1 } }, 'openDeployment(): limits.pixels'],
  [{ limits: { frames: 1 } }, "openDeployment(): limits: unknown option 'frames'"],
])('refuses %o before anything is read', async (options, words) => {
  const error = await refusalOf(openDeployment('missing.zip', options as never));
  expect(error.message).toContain(words);
});
