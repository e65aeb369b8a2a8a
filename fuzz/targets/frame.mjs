import { frameBytes, minStride } from '../../dist/preprocess/frame-format.js';
import { FRAME_FORMATS, resizeImage } from '../../dist/preprocess/index.js';
import { kindOfResize } from './image.mjs';

const FORMATS = [...FRAME_FORMATS, 'YUY2', 'rgb', '', 'toString', 7, null];
const MODES = ['squash', 'fit-short', 'fit-long', 'crop', 'none'];
const SIZES = [
  0,
  1,
  2,
  3,
  5,
  8,
  17,
  64,
  255,
  1000,
  -1,
  0.5,
  Number.NaN,
  Infinity,
  2 ** 31,
  2 ** 53,
  '8',
  null,
  undefined,
];
const ODD_DATA = [undefined, null, 'abc', [1, 2, 3], {}];
const ARRAYS = [Uint8Array, Uint8ClampedArray, Float32Array, Int8Array, Uint16Array];

/** Sizes and layouts that seldom fit the bytes. */
export default {
  seeds: () => [],
  make(random) {
    const width = random.chance(0.8) ? 1 + random.below(40) : random.pick(SIZES);
    const height = random.chance(0.8) ? 1 + random.below(40) : random.pick(SIZES);
    const named = random.chance(0.7);
    const layout = named
      ? { format: random.pick(random.chance(0.9) ? FRAME_FORMATS : FORMATS) }
      : { channels: random.pick([1, 2, 3, 4, 0, 5, '3', Number.NaN]) };
    const stride = random.chance(0.4)
      ? { stride: random.chance(0.7) ? random.below(200) : random.pick([...SIZES, random.edge()]) }
      : {};
    return {
      frame: {
        ...layout,
        ...stride,
        width,
        height,
        data: dataFor(random, { ...layout, ...stride, width, height }),
      },
      target: {
        width: random.pick([1, 7, 24, 96]),
        height: random.pick([1, 7, 24]),
        resizeMode: random.pick(MODES),
        ...kindOfResize(random),
      },
    };
  },
  async run({ frame, target }) {
    const { pixels } = await resizeImage(frame, { ...target, limits: { pixels: 2 ** 22 } });
    if (pixels.length !== target.width * target.height * 3)
      throw new RangeError(`${pixels.length} bytes of pixels`);
  },
};

function dataFor(random, frame) {
  if (random.chance(0.05)) return random.pick(ODD_DATA);
  const length = random.chance(0.9)
    ? bytesOf(frame) + random.pick([0, 0, 0, 0, -1, 1, 80])
    : random.below(10_000);
  const Samples = random.chance(0.9) ? Uint8Array : random.pick(ARRAYS);
  return new Samples(Math.max(0, length)).fill(random.below(256));
}

/** What it must have, if the rest of it is good. */
function bytesOf({ format, channels, width, height, stride }) {
  const layout = FRAME_FORMATS.includes(format) ? format : 'RGB';
  const needed =
    format === undefined
      ? width * height * channels
      : frameBytes({ format: layout, width, height, stride: stride ?? minStride(layout, width) }).needed;
  return Math.min(50_000, Math.max(0, Math.trunc(needed) || 0));
}
