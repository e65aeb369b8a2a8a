/** Something to measure with, the same on every machine: what a camera or a microphone might give. */
import type { ImpulseInput, SignalInput } from '../deployment/impulse.js';
import type { ClassifyInput } from './classification.js';

/** A frame of the model's size, or one window of samples. */
export function sampleInput(input: ImpulseInput): ClassifyInput {
  if (input.inputType !== 'image') return { features: sampleWindow(input) };
  const { width, height } = input;
  return { data: samplePhotograph(width, height), width, height, channels: 3 };
}

/** One window of a signal: two tones and noise, within the range of 16-bit sound; small numbers for sensors. */
export function sampleWindow({ inputType, featureCount, axes, frequencyHz }: SignalInput): number[] {
  const random = generator(1);
  const amplitude = inputType === 'audio' ? 8000 : 8;
  const rate = frequencyHz > 0 ? frequencyHz : 100;
  return Array.from({ length: featureCount }, (_, index) => {
    const turn = (2 * Math.PI * Math.floor(index / Math.max(1, axes.length))) / rate;
    const tones = Math.sin(turn * rate * 0.03) + 0.5 * Math.sin(turn * rate * 0.11 + (index % 3));
    const value = amplitude * (tones / 2 + 0.2 * (random() - 0.5));
    return inputType === 'audio' ? Math.round(value) : value;
  });
}

/**
 * RGB bytes with the statistics of a photograph: the coarser a structure, the stronger, with less colour than light, and the
 * noise of a sensor. So a JPEG of it is about as large as a photo's, and as slow to decode.
 */
export function samplePhotograph(width: number, height: number): Uint8Array {
  const [light, red, blue] = [1, 2, 3].map((seed) => landscape(width, height, seed));
  const random = generator(4);
  const pixels = new Uint8Array(width * height * 3);
  for (let pixel = 0; pixel < width * height; pixel += 1) {
    const grey = 128 + 100 * (light?.[pixel] ?? 0) + 24 * (random() - 0.5);
    const warm = 50 * (red?.[pixel] ?? 0);
    const cold = 50 * (blue?.[pixel] ?? 0);
    pixels.set([grey + warm, grey - (warm + cold) / 2, grey + cold].map(toByte), pixel * 3);
  }
  return pixels;
}

/** Heights of about -1..1: octaves of smooth noise. */
function landscape(width: number, height: number, seed: number): Float64Array {
  const heights = new Float64Array(width * height);
  for (let cell = Math.max(width, height) / 2; cell >= 2; cell /= 2) {
    addOctave(heights, width, cell, 0.7 * ((2 * cell) / Math.max(width, height)) ** 0.8, seed);
  }
  return heights;
}

/** Random heights on a lattice of `cell` pixels, smoothly joined. */
function addOctave(
  heights: Float64Array,
  width: number,
  cell: number,
  amplitude: number,
  seed: number,
): void {
  const columns = Math.ceil(width / cell) + 2;
  const rows = Math.ceil(heights.length / width / cell) + 2;
  const random = generator(seed * 1000 + columns);
  const lattice = Float64Array.from({ length: columns * rows }, () => 2 * random() - 1);
  const at = (column: number, row: number): number => lattice[row * columns + column] ?? 0;
  for (let pixel = 0; pixel < heights.length; pixel += 1) {
    const [x, y] = [(pixel % width) / cell, Math.floor(pixel / width) / cell];
    const [column, row] = [Math.floor(x), Math.floor(y)];
    const [right, down] = [smooth(x - column), smooth(y - row)];
    const above = mix(at(column, row), at(column + 1, row), right);
    const below = mix(at(column, row + 1), at(column + 1, row + 1), right);
    heights[pixel] = (heights[pixel] ?? 0) + amplitude * mix(above, below, down);
  }
}

function smooth(share: number): number {
  return share * share * (3 - 2 * share);
}

function mix(a: number, b: number, share: number): number {
  return a + (b - a) * share;
}

function toByte(value: number): number {
  return Math.max(0, Math.min(255, Math.round(value)));
}

/** Numbers of 0..1, the same in every run. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}
