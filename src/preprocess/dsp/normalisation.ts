/** What is done to a whole matrix of features, in place: rows are frames. */
import { fastLog10 } from './logarithms.js';
import { maximum, minimum } from './statistics.js';

const { ceil, floor, fround, sqrt } = Math;

export type Normalise = (matrix: Float32Array) => void;

/**
 * Every value less the mean of its column in a window of rows around it, and, with `variance`, divided by the deviation
 * there. At its ends the matrix is reflected, the outermost row included.
 *
 * @param windowRows rows of the window; 0: nothing is done
 */
export function localNormalisation(
  rows: number,
  columns: number,
  windowRows: number,
  variance: boolean,
): Normalise {
  if (windowRows === 0) return () => {};
  const pad = floor((windowRows - 1) / 2);
  // One window to each row, of which each begins a row further down. The reference reads beyond its memory in the last
  // one if `windowRows` is even: the reflection goes on here.
  const source = Int32Array.from({ length: rows + windowRows - 1 }, (_, index) => reflect(index - pad, rows));
  const wholeChains = CHAINS * ceil(rows / CHAINS);
  const column = new Float32Array(wholeChains + windowRows - 1);
  const means = new Float32Array(wholeChains);
  const deviations = new Float32Array(wholeChains);

  function extend(matrix: Float32Array, first: number): void {
    for (let index = 0; index < source.length; index++) {
      column[index] = matrix[first + source[index]! * columns]!;
    }
  }

  return (matrix) => {
    for (let first = 0; first < columns; first++) {
      extend(matrix, first);
      windowMeans(column, windowRows, means);
      for (let row = 0, at = first; row < rows; row++, at += columns) matrix[at] = matrix[at]! - means[row]!;
      if (!variance) continue;
      extend(matrix, first);
      windowMeans(column, windowRows, means);
      windowDeviations(column, windowRows, means, deviations);
      for (let row = 0, at = first; row < rows; row++, at += columns) {
        matrix[at] = matrix[at]! / (deviations[row]! + 1e-10);
      }
    }
  };
}

/**
 * Windows that are summed side by side. Each sum must go from first to last, and each addition waits for the one before:
 * four such chains take hardly longer than one.
 */
const CHAINS = 4;

/** Mean of the window that begins at each place. */
function windowMeans(values: Float32Array, count: number, means: Float32Array): void {
  for (let at = 0; at < means.length; at += CHAINS) {
    let a = 0;
    let b = 0;
    let c = 0;
    let d = 0;
    for (let index = at; index < at + count; index++) {
      a = fround(a + values[index]!);
      b = fround(b + values[index + 1]!);
      c = fround(c + values[index + 2]!);
      d = fround(d + values[index + 3]!);
    }
    means[at] = a / count;
    means[at + 1] = b / count;
    means[at + 2] = c / count;
    means[at + 3] = d / count;
  }
}

/** Standard deviation, of the population, in the window that begins at each place. */
function windowDeviations(
  values: Float32Array,
  count: number,
  means: Float32Array,
  deviations: Float32Array,
): void {
  for (let at = 0; at < deviations.length; at += CHAINS) {
    let a = 0;
    let b = 0;
    let c = 0;
    let d = 0;
    for (let index = at; index < at + count; index++) {
      a = fround(a + squaredDistance(values[index]!, means[at]!));
      b = fround(b + squaredDistance(values[index + 1]!, means[at + 1]!));
      c = fround(c + squaredDistance(values[index + 2]!, means[at + 2]!));
      d = fround(d + squaredDistance(values[index + 3]!, means[at + 3]!));
    }
    deviations[at] = sqrt(fround(a / count));
    deviations[at + 1] = sqrt(fround(b / count));
    deviations[at + 2] = sqrt(fround(c / count));
    deviations[at + 3] = sqrt(fround(d / count));
  }
}

function squaredDistance(value: number, mean: number): number {
  const distance = fround(value - mean);
  return fround(distance * distance);
}

/** 0 1 2 .. n-1 | n-1 .. 1 0 | 0 1 .., to both sides. */
function reflect(index: number, count: number): number {
  const turn = ((index % (2 * count)) + 2 * count) % (2 * count);
  return turn < count ? turn : 2 * count - 1 - turn;
}

/** The whole matrix to 0..1. A difference of less than 0.001 is not stretched. */
export function minMaxScale(matrix: Float32Array): void {
  const least = minimum(matrix, matrix.length);
  const difference = fround(maximum(matrix, matrix.length) - least);
  const scale = difference < 0.001 ? 1 : fround(1 / difference);
  for (let index = 0; index < matrix.length; index++) matrix[index] = fround(matrix[index]! - least) * scale;
}

/**
 * Power to decibels between the noise floor and 12 dB, as 0..1.
 *
 * @param steps values are rounded to so many steps in 1; 0: they are not
 * @param limit largest value
 */
export function decibelScale(noiseFloorDb: number, steps: number, limit: number): Normalise {
  const floorDb = fround(-noiseFloorDb);
  const scale = fround(1 / fround(floorDb + 12));
  return (matrix) => {
    for (let index = 0; index < matrix.length; index++) {
      const power = matrix[index]! < 1e-30 ? 1e-30 : matrix[index]!;
      let level = fround(fround(fround(fastLog10(power) * 10) + floorDb) * scale);
      if (steps > 0) level = roundAway(level * steps) / steps;
      matrix[index] = level < 0 ? 0 : level > limit ? limit : level;
    }
  };
}

function roundAway(value: number): number {
  return value < 0 ? -floor(0.5 - value) : floor(value + 0.5);
}
