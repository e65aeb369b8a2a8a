import { crc32 } from '../../dist/deployment/crc32.js';
import { imageFacts } from '../../dist/preprocess/image-facts.js';
import { resizeImage } from '../../dist/preprocess/index.js';
import { RESAMPLERS } from '../../dist/preprocess/resample/plan.js';
import { ownSeeds } from '../corpus.mjs';
import { damagedFile, prepared } from './support.mjs';

const MODES = ['squash', 'fit-short', 'fit-long', 'crop', 'none'];

export default {
  seeds: () => prepared(ownSeeds('image')),
  make(random, seeds) {
    const file = damagedFile(random, seeds);
    if (file.name.endsWith('.png') && random.chance(0.8)) mendPng(file.bytes);
    return {
      ...file,
      width: random.pick([1, 8, 20, 33]),
      height: random.pick([1, 14, 40]),
      resizeMode: random.pick(MODES),
      orientation: random.pick(['exif', 'ignore']),
      ...kindOfResize(random),
    };
  },
  run: resizeAny,
};

/** Each resampler, and either gray. */
export function kindOfResize(random) {
  return { gray: random.pick(['601', 'linear']), resampler: random.pick(RESAMPLERS) };
}

/** As the targets of single formats do it. */
export async function resizeAny({
  bytes,
  width,
  height,
  resizeMode,
  orientation,
  gray = '601',
  resampler = 'vips',
}) {
  const limits = { pixels: 2 ** 21 };
  await imageFacts(bytes, limits);
  const { pixels } = await resizeImage(bytes, {
    width,
    height,
    resizeMode,
    orientation,
    gray,
    resampler,
    limits,
  });
  if (pixels.length !== width * height * 3) throw new RangeError(`${pixels.length} bytes of pixels`);
}

/** Checksums that fit, so that what is behind them is read. */
function mendPng(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 8; at + 12 <= bytes.length; ) {
    const end = at + 8 + view.getUint32(at);
    if (end + 4 > bytes.length) return;
    view.setUint32(end, crc32(bytes.subarray(at + 4, end)));
    at = end + 4;
  }
}
