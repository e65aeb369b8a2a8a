import fc from 'fast-check';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import type { CropAnchor } from '../../../src/deployment/impulse.js';
import type { Frame } from '../../../src/preprocess/frame-format.js';
import { planResize, type ResizeTask } from '../../../src/preprocess/resample/index.js';
import { LINEAR_GRAY, toLinearGray } from '../../../src/preprocess/resample/linear-gray.js';
import { resizePixelsPortable } from '../../../src/preprocess/resample/portable.js';
import { request, gray as threefold } from './pictures.js';
import { contents, noisyFrame, requests, sharpRaw } from './requests.js';

const FIT = { squash: 'fill', 'fit-short': 'cover', 'fit-long': 'contain', crop: 'cover' } as const;

/** `left top`, `right`, `centre`: the sides that are not in the middle. */
function positionOf(anchor: CropAnchor): string {
  const sides = anchor.split('-').filter((side) => side !== 'middle' && side !== 'center');
  return sides.reverse().join(' ') || 'centre';
}

async function withSharp(frame: Frame, task: ResizeTask): Promise<Uint8Array> {
  const { width, height, resizeMode, cropAnchor, linearGray } = task;
  const position = positionOf(resizeMode === 'crop' ? cropAnchor : 'middle-center');
  const { data, info } = await sharp(frame.data, sharpRaw(frame))
    .resize({ width, height, fit: FIT[resizeMode], position })
    .removeAlpha()
    .toColourspace(linearGray ? 'b-w' : 'srgb')
    .raw()
    .toBuffer({ resolveWithObject: true });
  return info.channels === 1 ? threefold(...data) : data;
}

async function expectSame(frame: Frame, task: ResizeTask): Promise<void> {
  const ours = resizePixelsPortable(frame, planResize(task), new Uint8Array(task.width * task.height * 3));
  expect(Buffer.from(ours).equals(await withSharp(frame, task))).toBe(true);
}

const [major = 0, minor = 0] = (sharp.versions.vips ?? '').split('.').map(Number);
/** Later releases enlarge without the half pixel, and are another reference. */
const comparable = major === 8 && (minor === 17 || minor === 18);

describe.runIf(comparable)(`resampler vips equals the installed libvips ${sharp.versions.vips}`, () => {
  it('for pictures of any size, mode, anchor and number of bands', async () => {
    await fc.assert(
      fc.asyncProperty(
        requests(150),
        fc.constantFrom('GRAY', 'GRAYA', 'RGB', 'RGBA'),
        contents,
        fc.boolean(),
        async (asked, format, content, linearGray) => {
          await expectSame(noisyFrame(format, asked, content), { ...asked, resampler: 'vips', linearGray });
        },
      ),
      { numRuns: 800, seed: 20240614 },
    );
  });

  // Where a position falls on the edge of a phase, the sum's rounding decides: and so where the library begins to sum.
  it.each<[string, [number, number], [number, number], 'squash' | 'fit-short' | 'fit-long']>([
    ['strips of 16 rows', [1, 803], [18, 320], 'fit-long'],
    ['tiles of 128 rows', [1, 385], [1, 64], 'squash'],
    ['tiles of 128 rows, past the first', [1, 1326], [1, 320], 'squash'],
    ['batches of 16 rows in a tile', [21, 389], [3, 64], 'fit-short'],
    ['tiles of 128 columns', [1326, 17], [320, 3], 'squash'],
    ['whole rows', [803, 3], [320, 2], 'squash'],
  ])('where the rounding of positions shows: %s', async (_, from, to, mode) => {
    const asked = request(from, to, mode);
    const task = { ...asked, resampler: 'vips', linearGray: false } as const;
    for (let seed = 0; seed < 8; seed++)
      await expectSame(noisyFrame('GRAY', asked, { seed, hard: false }), task);
  });

  it('in linear gray, for every colour', async () => {
    const [width, height] = [4096, 512];
    for (let part = 0; part < 8; part++) {
      const pixels = new Uint8Array(width * height * 3);
      for (let i = 0, colour = part * width * height; i < pixels.length; i += 3, colour++) {
        pixels[i] = colour >> 16;
        pixels[i + 1] = colour >> 8;
        pixels[i + 2] = colour;
      }
      const gray = await sharp(pixels, { raw: { width, height, channels: 3 } })
        .toColourspace('b-w')
        .raw()
        .toBuffer();
      toLinearGray(LINEAR_GRAY, pixels);
      expect(gray.every((value, index) => pixels[index * 3] === value)).toBe(true);
    }
  });
});
