/** What is done to a whole matrix of features, in place: rows are frames. */
import { fastLog10 } from './logarithms.js';
import { maximum, minimum } from './statistics.js';

const { floor, fround, sqrt } = Math;

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
  const copy = new Float32Array(rows * columns);
  const means = new Float32Array(columns);
  const deviations = new Float32Array(columns);

  function windowMeans(row: number): void {
    means.fill(0);
    for (let step = 0; step < windowRows; step++) {
      const at = source[row + step]! * columns;
      for (let column = 0; column < columns; column++) {
        means[column] = means[column]! + copy[at + column]!;
      }
    }
    for (let column = 0; column < columns; column++) means[column] = means[column]! / windowRows;
  }

  function windowDeviations(row: number): void {
    windowMeans(row);
    deviations.fill(0);
    for (let step = 0; step < windowRows; step++) {
      const at = source[row + step]! * columns;
      for (let column = 0; column < columns; column++) {
        const distance = fround(copy[at + column]! - means[column]!);
        deviations[column] = deviations[column]! + fround(distance * distance);
      }
    }
    for (let column = 0; column < columns; column++) {
      deviations[column] = sqrt(fround(deviations[column]! / windowRows));
    }
  }

  return (matrix) => {
    copy.set(matrix);
    for (let row = 0, at = 0; row < rows; row++) {
      windowMeans(row);
      for (let column = 0; column < columns; column++, at++) matrix[at] = matrix[at]! - means[column]!;
    }
    if (!variance) return;
    copy.set(matrix);
    for (let row = 0, at = 0; row < rows; row++) {
      windowDeviations(row);
      for (let column = 0; column < columns; column++, at++) {
        matrix[at] = matrix[at]! / (deviations[column]! + 1e-10);
      }
    }
  };
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
