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
  /** Rows that are worked out together where columns are boxed. */
  readonly batch: number;
}

/**
 * libvips from 8.17 on. `squash` stretches; `fit-short` and `crop` cover the target and cut what sticks out; `fit-long` fits
 * inside it, on black.
 */
export function planVips(request: ResizeRequest): ResizePlan {
  return planRelease(request, { rowBits: 12, boxDivision: 'reciprocal', batch: 16 });
}

/** libvips 8.14. */
export function planVips814(request: ResizeRequest): ResizePlan {
  return planRelease(request, { rowBits: 6, boxDivision: 'exact', batch: 1 });
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
  const enlarged = scales.x > 1 || scales.y > 1;
  // Boxes down the columns make the library work in tiles, and otherwise in strips of the whole width.
  const tiled = boxOf(crop.height, scales.y) > 1;
  const batch = boxOf(crop.width, scales.x) > 1 ? release.batch : Infinity;
  const shown = {
    columns: {
      from: left - place.x,
      count: right - left,
      origin: place.x,
      piece: tiled ? 128 : Infinity,
      batch: Infinity,
    },
    rows: { from: top - place.y, count: bottom - top, origin: place.y, piece: tiled ? 128 : 16, batch },
  };
  const whole = {
    columns: { from: 0, count: place.width, origin: 0, piece: Infinity, batch: Infinity },
    // An enlargement asks for two more rows before each of its pieces.
    rows: { from: 0, count: place.height, origin: 2, piece: shown.rows.piece, batch },
  };
  const reduced = enlarged ? whole : shown;
  const columns = reduction(crop.width, scales.x, reduced.columns, 12, release);
  const rows = reduction(crop.height, scales.y, reduced.rows, release.rowBits, release);
  return {
    kind: 'vips',
    ...(rows && { rows }),
    ...(columns && { columns }),
    ...(enlarged && {
      enlargement: enlargement(max(1, scales.x), max(1, scales.y), shown.columns, shown.rows),
    }),
  };
}

/** Positions on a resampled axis. */
interface Range {
  readonly from: number;
  readonly count: number;
  /** Where in the target its first position lies, and how many of the target's the library works out in one piece. */
  readonly origin: number;
  readonly piece: number;
  /** Positions of a piece that are worked out together. */
  readonly batch: number;
}

/**
 * Sums of steps, not products, which shows where rounding carries one across the edge of a phase. Each batch begins a new
 * sum.
 */
function positions(range: Range, step: number, first: (index: number) => number): Float64Array {
  const { from, count, origin, piece, batch } = range;
  const all = new Float64Array(count);
  for (let index = 0, inPiece = 0; index < count; index++, inPiece++) {
    if ((origin + from + index) % piece === 0) inPiece = 0;
    all[index] = inPiece % batch === 0 ? first(from + index) : all[index - 1]! + step;
  }
  return all;
}

function enlargement(
  x: number,
  y: number,
  columns: Range,
  rows: Range,
): NonNullable<VipsResample['enlargement']> {
  // The inverse of a matrix, as there.
  const all = 1 / (x * y);
  const [stepX, stepY] = [all * y, all * x];
  const exact = Float64Array.from({ length: rows.count }, (_, index) => stepY * (rows.from + index));
  return {
    columns: cubicTaps(positions(columns, stepX, (index) => stepX * index)),
    rows: cubicTaps(exact),
  };
}

/** Samples that are averaged before the filter: so many that it still shrinks by two or more. */
function boxOf(size: number, scale: number): number {
  return scale < 1 ? max(1, floor(size / scaledSide(size, scale) / 2)) : 1;
}

function reduction(
  size: number,
  scale: number,
  range: Range,
  bits: 6 | 12,
  { boxDivision }: Release,
): VipsReduction | undefined {
  if (scale >= 1) return undefined;
  const factor = 1 / scale;
  const box = boxOf(size, scale);
  const step = factor / box;
  // The box-shrunk axis is centred on the target's.
  const offset = (1 + (scaledSide(size, scale) * factor - size) / box) / 2 - 1;
  const weights = lanczosWeights(step);
  const taps = weights.length / PHASES;
  const before = ceil(taps / 2) - 1;
  const at = positions(range, step, (index) => (index + 0.5) * step - 0.5 - offset);
  return {
    box,
    boxDivision,
    taps,
    bits,
    first: Int32Array.from(at, (position) => trunc(position) - before),
    phase: Uint8Array.from(at, (position) => ((trunc(position * 128) & 127) + 1) >> 1),
    weights: bits === 12 ? toTwelveBits(weights) : toSixBits(weights),
  };
}
