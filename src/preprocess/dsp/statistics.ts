/** Statistics of the first `count` numbers of an array: float32, summed from first to last as the reference does. */
const { fround, sqrt } = Math;

export function sum(values: Float32Array, count: number): number {
  let total = 0;
  for (let index = 0; index < count; index++) total = fround(total + values[index]!);
  return total;
}

export function mean(values: Float32Array, count: number): number {
  return fround(sum(values, count) / count);
}

export function minimum(values: Float32Array, count: number): number {
  let least = Infinity;
  for (let index = 0; index < count; index++) if (values[index]! < least) least = values[index]!;
  return least;
}

export function maximum(values: Float32Array, count: number): number {
  let most = -Infinity;
  for (let index = 0; index < count; index++) if (values[index]! > most) most = values[index]!;
  return most;
}

export function rootMeanSquare(values: Float32Array, count: number): number {
  let total = 0;
  for (let index = 0; index < count; index++) total = fround(total + fround(values[index]! * values[index]!));
  return fround(sqrt(fround(total / count)));
}

/** Sum of the squared distances from the mean. */
function squaredDeviation(values: Float32Array, count: number): number {
  const middle = mean(values, count);
  let total = 0;
  for (let index = 0; index < count; index++) {
    const distance = fround(values[index]! - middle);
    total = fround(total + fround(distance * distance));
  }
  return total;
}

/** Of the population. */
export function standardDeviation(values: Float32Array, count: number): number {
  return fround(sqrt(fround(squaredDeviation(values, count) / count)));
}

/** Of a sample: divided by count - 1. */
export function sampleVariance(values: Float32Array, count: number): number {
  return fround(squaredDeviation(values, count) / (count - 1));
}

/** 0 where nothing varies. */
export function skewness(values: Float32Array, count: number): number {
  const middle = mean(values, count);
  let squares = 0;
  let cubes = 0;
  for (let index = 0; index < count; index++) {
    const distance = fround(values[index]! - middle);
    const square = fround(distance * distance);
    cubes = fround(cubes + fround(square * distance));
    squares = fround(squares + square);
  }
  const variance = fround(squares / count);
  const spread = fround(sqrt(fround(fround(variance * variance) * variance)));
  return spread === 0 ? 0 : fround(fround(cubes / count) / spread);
}

/** 0 for a normal distribution; -3 where nothing varies. */
export function kurtosis(values: Float32Array, count: number): number {
  const middle = mean(values, count);
  let squares = 0;
  let fourths = 0;
  for (let index = 0; index < count; index++) {
    const distance = fround(values[index]! - middle);
    const square = fround(distance * distance);
    squares = fround(squares + square);
    fourths = fround(fourths + fround(square * square));
  }
  const variance = fround(squares / count);
  const squared = fround(variance * variance);
  return squared === 0 ? -3 : fround(fround(fround(fourths / count) / squared) - 3);
}

export function subtractMean(values: Float32Array, count: number): void {
  const middle = mean(values, count);
  for (let index = 0; index < count; index++) values[index] = values[index]! - middle;
}
