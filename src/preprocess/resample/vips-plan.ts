/** Geometry and weights of libvips, as sharp asks for them. */
import { cubicTaps } from './cubic.js';
import { lanczosWeights, PHASES, toSixBits, toTwelveBits } from './lanczos.js';
import type { Rect, ResizePlan } from './plan.js';
import type { ResizeRequest } from './request.js';
import { coveredPart, keptPart } from './request.js';
import type { VipsReduction, VipsResample } from './vips.js';

const { ceil, floor, max, min, trunc } = Math;

/** How the arithmetic of releases differs; their geometry is one. */
interface Release {
  /** Of the weights down the columns. */
  readonly rowBits: 6 | 12;
  readonly boxDivision: VipsReduction['boxDivision'];
}

/**
 * libvips from 8.17 on. `squash` stretches; `fit-short` and `crop` cover the target and cut what sticks out; `fit-long` fits
 * inside it, on black.
 */
export function planVips(request: ResizeRequest): ResizePlan {
  return planRelease(request, { rowBits: 12, boxDivision: 'reciprocal' });
}

/** libvips 8.14. */
export function planVips814(request: ResizeRequest): ResizePlan {
  return planRelease(request, { rowBits: 6, boxDivision: 'exact' });
}

function planRelease(request: ResizeRequest, release: Release): ResizePlan {
  const { sourceWidth, sourceHeight, width, height } = request;
  const factors = factorsOf(request);
  const scales = { x: max(1 / factors.x, 1 / sourceWidth), y: max(1 / factors.y, 1 / sourceHeight) };
  const scaled = { width: scaledSide(sourceWidth, scales.x), height: scaledSide(sourceHeight, scales.y) };
  const plan = {
    sourceWidth,
    sourceHeight,
    width,
    height,
    crop: { x: 0, y: 0, width: sourceWidth, height: sourceHeight },
    place: { ...cornerOf(request, scaled), ...scaled },
  };
  const same = factors.x === 1 && factors.y === 1;
  return { ...plan, resample: same ? { kind: 'copy' } : resampleOf(plan, scales, release) };
}

interface Pair {
  readonly x: number;
  readonly y: number;
}

/** Source pixels for one target pixel; never so many that a side would vanish. */
function factorsOf({ sourceWidth, sourceHeight, width, height, resizeMode }: ResizeRequest): Pair {
  const own = { x: sourceWidth / width, y: sourceHeight / height };
  if (resizeMode === 'squash') return own;
  const both = resizeMode === 'fit-long' ? max(own.x, own.y) : min(own.x, own.y);
  return { x: min(both, sourceWidth), y: min(both, sourceHeight) };
}

function scaledSide(size: number, scale: number): number {
  // Two roundings, as there: reducing takes the reciprocal.
  return floor((scale < 1 ? size / (1 / scale) : size * scale) + 0.5);
}

/** sharp cuts an odd pixel off at the left or top, but pads it at the right or bottom. */
function cornerOf(request: ResizeRequest, scaled: Pick<Rect, 'width' | 'height'>): Pair {
  const over = { x: scaled.width - request.width, y: scaled.height - request.height };
  if (request.resizeMode === 'fit-long') return { x: trunc(-over.x / 2) + 0, y: trunc(-over.y / 2) + 0 };
  const at = keptPart(request);
  return { x: 0 - cutBefore(over.x, at.x), y: 0 - cutBefore(over.y, at.y) };
}

function cutBefore(over: number, share: number): number {
  return share === 0.5 ? trunc((over + 1) / 2) : over * share;
}

function resampleOf(plan: Omit<ResizePlan, 'resample'>, scales: Pair, release: Release): VipsResample {
  const { crop, place } = plan;
  const { left, top, right, bottom } = coveredPart(plan);
  const across = { from: left - place.x, count: right - left };
  const down = { from: top - place.y, count: bottom - top };
  const enlarged = scales.x > 1 || scales.y > 1;
  const columns = reduction(crop.width, scales.x, enlarged ? undefined : across, 12, release);
  const rows = reduction(crop.height, scales.y, enlarged ? undefined : down, release.rowBits, release);
  return {
    kind: 'vips',
    ...(rows && { rows }),
    ...(columns && { columns }),
    ...(enlarged && {
      enlargement: { columns: cubicTaps(max(1, scales.x), across), rows: cubicTaps(max(1, scales.y), down) },
    }),
  };
}

/** Positions on a resampled axis. */
export interface Range {
  readonly from: number;
  readonly count: number;
}

/** @param shown the whole axis where absent */
function reduction(
  size: number,
  scale: number,
  shown: Range | undefined,
  bits: 6 | 12,
  { boxDivision }: Release,
): VipsReduction | undefined {
  if (scale >= 1) return undefined;
  const factor = 1 / scale;
  const out = floor(size / factor + 0.5);
  const box = max(1, floor(size / out / 2));
  const { from, count } = shown ?? { from: 0, count: out };
  const rest = factor / box;
  // The box-shrunk axis is centred on the target's.
  const surplus = (out * factor - size) / box;
  const weights = lanczosWeights(rest);
  const taps = weights.length / PHASES;
  const before = ceil(taps / 2) - 1;
  const first = new Int32Array(count);
  const phase = new Uint8Array(count);
  let position = 0.5 * rest - 0.5 - ((1 + surplus) / 2 - 1);
  for (let index = 0; index < from + count; index++, position += rest) {
    if (index < from) continue;
    first[index - from] = trunc(position) - before;
    phase[index - from] = ((trunc(position * 128) & 127) + 1) >> 1;
  }
  return {
    box,
    boxDivision,
    taps,
    bits,
    first,
    phase,
    weights: bits === 12 ? toTwelveBits(weights) : toSixBits(weights),
  };
}
