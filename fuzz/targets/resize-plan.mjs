import { loadAddon } from '../../dist/native/addon.js';
import { FRAME_FORMATS, frameBytes, minStride } from '../../dist/preprocess/frame-format.js';
import { planResize, RESAMPLERS } from '../../dist/preprocess/resample/index.js';

const MODES = ['squash', 'fit-short', 'fit-long', 'crop'];
/** So that a good plan takes no longer than a moment. */
const MAX_OUT_BYTES = 2 ** 24;
const addon = loadAddon();

/**
 * The addon trusts its caller only for the shape of what is given: a plan that would read or write outside its memory is
 * refused, with its own words, by a TypeError or RangeError.
 */
export default {
  seeds: () => [],
  make(random) {
    const [sourceWidth, sourceHeight, width, height] = Array.from({ length: 4 }, () => 1 + random.below(60));
    const request = {
      sourceWidth,
      sourceHeight,
      width,
      height,
      resizeMode: random.pick(MODES),
      cropAnchor: 'top-left',
    };
    const plan = planOf(random, request);
    for (let i = random.few() - 1; i > 0; i--) damage(random, plan);
    const format = random.pick(FRAME_FORMATS);
    const stride = minStride(format, sourceWidth) + random.pick([0, 0, 2, 64]);
    const frame = { format, width: sourceWidth, height: sourceHeight, stride, data: undefined };
    frame.data = new Uint8Array(frameBytes(frame).needed).fill(random.below(256));
    if (random.chance(0.15)) damage(random, frame);
    return { plan, frame };
  },
  refuses: (error) =>
    (error instanceof TypeError || error instanceof RangeError) &&
    /^(resize plan|resizeFrame|frame|unpackFrame)\b/.test(error.message),
  run({ plan, frame }) {
    if (!addon.loaded) throw new Error('the native addon is not built');
    const bytes = plan.width * plan.height * 3;
    const out = new Uint8Array(bytes >= 0 && bytes <= MAX_OUT_BYTES ? bytes : 12);
    addon.addon.resizeFrame(frame, plan, out);
  },
};

/** A good one; not the planner's own object, which others share. */
function planOf(random, request) {
  for (;;) {
    try {
      return structuredClone(
        planResize({ ...request, resampler: random.pick(RESAMPLERS), linearGray: random.chance(0.3) }),
      );
    } catch {
      // Some pictures can't be resized in some ways.
    }
  }
}

const VALUES = [
  undefined,
  null,
  0,
  1,
  -1,
  0.5,
  Number.NaN,
  Infinity,
  2 ** 31,
  2 ** 53,
  '1',
  'vips',
  'copy',
  'area',
  [],
  {},
  new Uint8Array(3),
  new Float32Array(3),
  new Int16Array(0),
  new Int32Array(70),
  true,
];

function damage(random, object) {
  let at = object;
  for (;;) {
    const key = random.pick(Object.keys(at));
    const value = at[key];
    if (ArrayBuffer.isView(value)) {
      if (random.chance(0.8))
        value[random.below(value.length)] = random.pick([random.edge(), 0, -1, 1e9, Number.NaN, 300, 64, 65]);
      else at[key] = value.slice(random.below(3), value.length - random.below(3));
      return;
    }
    if (typeof value === 'object' && value !== null && random.chance(0.85)) {
      if (Object.keys(value).length === 0) return;
      at = value;
      continue;
    }
    if (random.chance(0.1)) delete at[key];
    else if (typeof value === 'number' && random.chance(0.75))
      at[key] = random.pick([value + 1, value - 1, value * 2, -value, random.below(100), random.edge()]);
    else at[key] = random.pick(VALUES);
    return;
  }
}
