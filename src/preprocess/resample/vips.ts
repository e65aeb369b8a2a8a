/** libvips' way to shrink (box, then Lanczos 3) and to enlarge (Catmull-Rom), in integers. */
import type { Bands } from '../frame-format.js';
import type { ResizePlan } from './plan.js';
import { coveredPart } from './request.js';

/** How one axis shrinks: the mean of `box` samples first, then `taps` weighted ones around each position. */
export interface VipsReduction {
  /** Samples of one mean; for the last one the end of the axis is repeated. */
  readonly box: number;
  /** `reciprocal`: by a product with 2^24 / box, rounded down, which may fall short by one. */
  readonly boxDivision: 'reciprocal' | 'exact';
  readonly taps: number;
  /** Of the weights' fraction. */
  readonly bits: 6 | 12;
  /** For each position its first tap, counted in boxes; beyond its ends the axis repeats them. */
  readonly first: Int32Array;
  /** Which row of `weights` each position takes, 0..64. */
  readonly phase: Uint8Array;
  /** 65 rows of `taps`. */
  readonly weights: Int16Array;
}

/** For each covered column or row, the first of four neighbours (which may lie beyond the ends), and their weights in 4096ths. */
export interface CubicTaps {
  readonly first: Int32Array;
  readonly weights: Int16Array;
}

/**
 * Carried out in this order, each step rounding to bytes. Without an enlargement, reductions have the positions that the
 * target shows; with one, those of the whole picture.
 */
export interface VipsResample {
  readonly kind: 'vips';
  readonly rows?: VipsReduction;
  readonly columns?: VipsReduction;
  readonly enlargement?: { readonly columns: CubicTaps; readonly rows: CubicTaps };
}

interface Picture {
  readonly width: number;
  readonly height: number;
  readonly bands: Bands;
  readonly data: Uint8Array;
}

/**
 * Alpha weighs the colours, and is dropped in the end; gray becomes R = G = B.
 *
 * @param source interleaved bytes of the plan's source size
 * @param out width x height x 3 bytes of the target; only the covered part is written
 */
export function resampleVips(
  source: Uint8Array,
  bands: Bands,
  plan: ResizePlan,
  { rows, columns, enlargement }: VipsResample,
  out: Uint8Array,
): void {
  const alpha = bands === 2 || bands === 4;
  const given = { width: plan.sourceWidth, height: plan.sourceHeight, bands, data: source };
  let picture: Picture = alpha ? premultiply(given) : given;
  if (rows) picture = transpose(reduceColumns(transpose(picture), rows));
  if (columns) picture = reduceColumns(picture, columns);
  if (enlargement) picture = enlarge(picture, enlargement);
  lay(alpha ? unpremultiply(picture) : picture, plan, out);
}

/** Each row, shrunk. */
function reduceColumns(picture: Picture, reduction: VipsReduction): Picture {
  return weigh(meanOfBoxes(picture, reduction), reduction);
}

function meanOfBoxes(picture: Picture, { box, boxDivision }: VipsReduction): Picture {
  if (box === 1) return picture;
  const { width, height, bands, data } = picture;
  const boxes = Math.ceil(width / box);
  const means = new Uint8Array(boxes * height * bands);
  const half = Math.trunc(box / 2);
  const multiplier = Math.floor(2 ** 24 / box);
  const divide = (sum: number): number =>
    boxDivision === 'exact' ? Math.floor(sum / box) : Math.floor((sum * multiplier) / 2 ** 24);
  for (let to = 0; to < means.length; to++) {
    const [y, x, band] = [Math.floor(to / (boxes * bands)), Math.floor(to / bands) % boxes, to % bands];
    let sum = half;
    for (let i = x * box; i < (x + 1) * box; i++) {
      sum += data[(y * width + Math.min(i, width - 1)) * bands + band]!;
    }
    means[to] = divide(sum);
  }
  return { width: boxes, height, bands, data: means };
}

function weigh(picture: Picture, { taps, bits, first, phase, weights }: VipsReduction): Picture {
  const { width, height, bands, data } = picture;
  const count = first.length;
  const weighed = new Uint8Array(count * height * bands);
  for (let y = 0, to = 0; y < height; y++) {
    for (let x = 0; x < count; x++) {
      for (let band = 0; band < bands; band++, to++) {
        let sum = 1 << (bits - 1);
        for (let tap = 0; tap < taps; tap++) {
          const sample = data[(y * width + clamp(first[x]! + tap, width - 1)) * bands + band]!;
          sum += sample * weights[phase[x]! * taps + tap]!;
        }
        weighed[to] = clamp(sum >> bits, 255);
      }
    }
  }
  return { width: count, height, bands, data: weighed };
}

/** The four rows are rounded to whole numbers, which may lie beyond bytes, before they are weighed. */
function enlarge(picture: Picture, taps: NonNullable<VipsResample['enlargement']>): Picture {
  const { width, height, bands, data } = picture;
  const [columns, rows] = [taps.columns.first.length, taps.rows.first.length];
  const enlarged = new Uint8Array(columns * rows * bands);
  for (let y = 0, to = 0; y < rows; y++) {
    for (let x = 0; x < columns; x++) {
      for (let band = 0; band < bands; band++, to++) {
        const along = (row: number): number => {
          const start = clamp(row, height - 1) * width;
          return fourTaps(
            taps.columns,
            x,
            (column) => data[(start + clamp(column, width - 1)) * bands + band]!,
          );
        };
        enlarged[to] = clamp(fourTaps(taps.rows, y, along), 255);
      }
    }
  }
  return { width: columns, height: rows, bands, data: enlarged };
}

function fourTaps({ first, weights }: CubicTaps, index: number, at: (position: number) => number): number {
  let sum = 2048;
  for (let tap = 0; tap < 4; tap++) sum += at(first[index]! + tap) * weights[index * 4 + tap]!;
  return sum >> 12;
}

function premultiply(picture: Picture): Picture {
  return mapColours(picture, (alpha) => Math.fround(alpha / 255));
}

function unpremultiply(picture: Picture): Picture {
  return mapColours(picture, (alpha) => (alpha === 0 ? 0 : Math.fround(255 / alpha)));
}

/** Each colour times what its pixel's alpha says, rounded down. */
function mapColours(picture: Picture, factorOf: (alpha: number) => number): Picture {
  const { bands } = picture;
  const data = picture.data.map((value, index, all) => {
    const alpha = index - (index % bands) + bands - 1;
    if (index === alpha) return value;
    return Math.min(255, Math.trunc(Math.fround(value * factorOf(all[alpha]!))));
  });
  return { ...picture, data };
}

function transpose({ width, height, bands, data }: Picture): Picture {
  const turned = new Uint8Array(data.length);
  for (let y = 0, from = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let band = 0; band < bands; band++) turned[(x * height + y) * bands + band] = data[from++]!;
    }
  }
  return { width: height, height: width, bands, data: turned };
}

/** The covered part, of a picture that is no more than that along the axes that were resampled. */
function lay({ width, height, bands, data }: Picture, plan: ResizePlan, out: Uint8Array): void {
  const { left, top, right, bottom } = coveredPart(plan);
  const fromX = width > right - left ? left - plan.place.x : 0;
  const fromY = height > bottom - top ? top - plan.place.y : 0;
  for (let y = top; y < bottom; y++) {
    for (let x = left; x < right; x++) {
      const from = ((fromY + y - top) * width + fromX + x - left) * bands;
      for (let band = 0; band < 3; band++) {
        out[(y * plan.width + x) * 3 + band] = data[from + (bands < 3 ? 0 : band)]!;
      }
    }
  }
}

function clamp(value: number, max: number): number {
  return value < 0 ? 0 : value > max ? max : value;
}
