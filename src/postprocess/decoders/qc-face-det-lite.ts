/** `qc-face-det-lite`: a heat map of face centres, and distances to the edges of each face. */
import type { TensorInfo } from '../../tensor.js';
import { elementCount } from '../../tensor.js';
import { threshold, toPixel } from '../boxes.js';
import { dequantise } from '../dequantise.js';
import { sigmoid } from '../float32.js';
import type { Candidate } from '../nms.js';
import { suppressPerClass } from '../nms.js';
import type { Rectangle } from '../overlap.js';
import { intersectionOverUnion, toRectangle } from '../overlap.js';
import type { InputSize } from '../results.js';
import { describeTensors, isDynamic } from '../shapes.js';
import type { DetectionDecoder } from './decoder.js';

const f = Math.fround;

const STRIDE = 8;

/** The input's sides are multiples of this. */
const SIDE_UNIT = 32;

const MAX_PEAKS = 2000;

const MARGIN = f(0.05);
const GROWTH = f(1.1);

/** Numbers a cell: heat, distances to left top right bottom, five landmarks (which play no part). */
const CHANNELS = [1, 4, 10] as const;

/**
 * Three tensors `[1, height / 8, width / 8, channels]`, told apart by their channels: heat map 1, boxes 4,
 * landmarks 10. Peaks of the heat map become boxes, are suppressed, rounded, enlarged where there is room,
 * and suppressed again. All have the first label; best score first.
 */
export const qcFaceDetLite: DetectionDecoder = {
  tensorCount: CHANNELS.length,

  mismatch(outputs, _, input) {
    const { width, height } = input;
    if (width % SIDE_UNIT !== 0 || height % SIDE_UNIT !== 0) {
      return `the input must have sides that are multiples of ${SIDE_UNIT}, but it is ${width} x ${height}`;
    }
    if (outputs.some(isDynamic) || CHANNELS.every((channels) => withChannels(outputs, channels, input)))
      return undefined;
    const expected = CHANNELS.map(
      (channels) => `[1, ${height / STRIDE}, ${width / STRIDE}, ${channels}]`,
    ).join(', ');
    return `expected outputs ${expected} but found ${describeTensors(outputs)}`;
  },

  decode(outputs, block, input) {
    const heat = withChannels(outputs, 1, input);
    const distances = withChannels(outputs, 4, input);
    if (heat === undefined || distances === undefined) {
      throw new TypeError('A decoder was called with outputs that do not fit.');
    }
    const minimum = threshold(block, 'min_score');
    const columns = input.width / STRIDE;
    const peaks = findPeaks(dequantise(heat), columns, minimum);
    const faces = suppressPeaks(
      peaks.flatMap((peak) => faceAround(peak, dequantise(distances), columns) ?? []),
      f(block.nms.iou),
    );
    const enlarged = faces.map((face) => enlarge(face, input)).filter(({ score }) => score <= 1);
    return suppressPerClass([enlarged], block, input);
  },
};

interface Peak {
  readonly cell: number;
  readonly score: number;
}

/** Cells that no neighbour exceeds, best first. */
function findPeaks(heat: Float32Array, columns: number, minimum: number): Peak[] {
  const scores = heat.map(sigmoid);
  const peaks: Peak[] = [];
  for (const [cell, score] of scores.entries()) {
    if (score >= minimum && isPeak(scores, cell, columns)) peaks.push({ cell, score });
  }
  return peaks.sort((a, b) => b.score - a.score).slice(0, MAX_PEAKS);
}

function isPeak(scores: Float32Array, cell: number, columns: number): boolean {
  const score = scores[cell] as number;
  const column = cell % columns;
  for (let dy = -1; dy <= 1; dy++) {
    for (let dx = -1; dx <= 1; dx++) {
      if (column + dx < 0 || column + dx >= columns) continue;
      const neighbour = scores[cell + dy * columns + dx];
      if (neighbour !== undefined && neighbour > score) return false;
    }
  }
  return true;
}

/** Undefined where a corner is NaN. */
function faceAround({ cell, score }: Peak, distances: Float32Array, columns: number): Candidate | undefined {
  const column = cell % columns;
  const row = Math.floor(cell / columns);
  const [left = 0, top = 0, right = 0, bottom = 0] = distances.subarray(cell * 4, cell * 4 + 4);
  const x1 = f(f(column - left) * STRIDE);
  const y1 = f(f(row - top) * STRIDE);
  const x2 = f(f(column + right) * STRIDE);
  const y2 = f(f(row + bottom) * STRIDE);
  return [x1, y1, x2, y2].some(Number.isNaN) ? undefined : { x1, y1, x2, y2, score, labelIndex: 0 };
}

/** The model's own suppression: an overlap of exactly the limit stays. A limit of -1 leaves it out. */
function suppressPeaks(faces: readonly Candidate[], maxIou: number): Candidate[] {
  if (maxIou === -1) return [...faces];
  const rectangles: Rectangle[] = [];
  const kept: Candidate[] = [];
  for (const face of faces) {
    const rectangle = toRectangle(face);
    if (rectangles.some((better) => intersectionOverUnion(better, rectangle) > maxIou)) continue;
    rectangles.push(rectangle);
    kept.push(face);
  }
  return kept;
}

/** Whole pixels inside the picture; then a margin of five percent a side, if that fits too. */
function enlarge(face: Candidate, { width, height }: InputSize): Candidate {
  const { left, top, right, bottom } = toRectangle(face);
  const x1 = toPixel(left);
  const y1 = toPixel(top);
  const x2 = Math.min(toPixel(right), width - 1);
  const y2 = Math.min(toPixel(bottom), height - 1);
  const faceWidth = toPixel(f(right - left));
  const faceHeight = toPixel(f(bottom - top));
  const widerX1 = x1 - Math.trunc(f(faceWidth * MARGIN));
  const widerY1 = y1 - Math.trunc(f(faceHeight * MARGIN));
  const widerX2 = widerX1 + Math.trunc(f(faceWidth * GROWTH)) - 1;
  const widerY2 = widerY1 + Math.trunc(f(faceHeight * GROWTH)) - 1;
  const fits = widerX1 >= 0 && widerY1 >= 0 && widerX2 < width && widerY2 < height;
  return fits ? { ...face, x1: widerX1, y1: widerY1, x2: widerX2, y2: widerY2 } : { ...face, x1, y1, x2, y2 };
}

/** The output with so many numbers a cell, channels last. */
function withChannels<T extends TensorInfo>(
  outputs: readonly T[],
  channels: number,
  { width, height }: InputSize,
): T | undefined {
  const count = (width / STRIDE) * (height / STRIDE) * channels;
  return outputs.find(({ shape }) => shape.at(-1) === channels && elementCount(shape) === count);
}
