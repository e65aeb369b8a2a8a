/** `qc-face-det-lite`: a heat map of face centres, and distances to the edges of each face. */
import type { TensorInfo } from '../../tensor.js';
import { elementCount } from '../../tensor.js';
import { threshold, toPixel } from '../boxes.js';
import type { Candidates } from '../candidates.js';
import { noCandidates } from '../candidates.js';
import type { TensorValues } from '../dequantise.js';
import { realAt, tensorValues } from '../dequantise.js';
import { sigmoid } from '../float32.js';
import { suppressPerClass } from '../nms.js';
import { Rectangles } from '../overlap.js';
import type { InputSize } from '../results.js';
import { IntList } from '../scratch.js';
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

/** By cell. */
let scores = new Float32Array(0);
/** Cells. */
const peaks = new IntList();
/** Those of the candidates. */
const faces = new Rectangles();

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
    const columns = input.width / STRIDE;
    findPeaks(tensorValues(heat), columns, threshold(block, 'min_score'));
    const candidates = noCandidates();
    suppressFaces(candidates, tensorValues(distances), columns, f(block.nms.iou));
    for (let face = 0; face < candidates.length; face++) enlarge(candidates, face, input);
    return suppressPerClass(candidates, block, input);
  },
};

/** Puts into `peaks` the cells that no neighbour exceeds, best first. */
function findPeaks(heat: TensorValues, columns: number, minimum: number): void {
  const cells = heat.data.length;
  if (scores.length !== cells) scores = new Float32Array(cells);
  for (let cell = 0; cell < cells; cell++) scores[cell] = sigmoid(realAt(heat, cell));
  peaks.clear();
  for (let cell = 0; cell < cells; cell++) {
    if ((scores[cell] as number) >= minimum && isPeak(cell, columns)) peaks.push(cell);
  }
  peaks.sortDescending(scores);
  peaks.length = Math.min(peaks.length, MAX_PEAKS);
}

function isPeak(cell: number, columns: number): boolean {
  const score = scores[cell] as number;
  const column = cell % columns;
  for (let dy = -1; dy <= 1; dy++) {
    for (let dx = -1; dx <= 1; dx++) {
      if (column + dx < 0 || column + dx >= columns) continue;
      const neighbour = cell + dy * columns + dx;
      if (neighbour >= 0 && neighbour < scores.length && (scores[neighbour] as number) > score) return false;
    }
  }
  return true;
}

/** The model's own suppression: an overlap of exactly the limit stays. A limit of -1 leaves it out. */
function suppressFaces(
  candidates: Candidates,
  distances: TensorValues,
  columns: number,
  maxIou: number,
): void {
  faces.clear();
  for (let peak = 0; peak < peaks.length; peak++) {
    const face = candidates.length;
    addFace(candidates, distances, peaks.items[peak] as number, columns);
    if (candidates.length === face) continue; // a corner is NaN
    faces.add(candidates, face);
    if (maxIou === -1 || !overlapsBetter(face, maxIou)) continue;
    faces.length = face;
    candidates.length = face;
  }
}

function overlapsBetter(face: number, maxIou: number): boolean {
  for (let better = 0; better < face; better++) {
    if (faces.iou(better, face) > maxIou) return true;
  }
  return false;
}

function addFace(candidates: Candidates, distances: TensorValues, cell: number, columns: number): void {
  const column = cell % columns;
  const row = Math.floor(cell / columns);
  candidates.add(
    f(f(column - realAt(distances, cell * 4)) * STRIDE),
    f(f(row - realAt(distances, cell * 4 + 1)) * STRIDE),
    f(f(column + realAt(distances, cell * 4 + 2)) * STRIDE),
    f(f(row + realAt(distances, cell * 4 + 3)) * STRIDE),
    scores[cell] as number,
    0,
  );
}

/** Whole pixels inside the picture; then a margin of five percent a side, if that fits too. */
function enlarge(candidates: Candidates, face: number, { width, height }: InputSize): void {
  const left = faces.left[face] as number;
  const top = faces.top[face] as number;
  const right = faces.right[face] as number;
  const bottom = faces.bottom[face] as number;
  const x1 = toPixel(left);
  const y1 = toPixel(top);
  const faceWidth = toPixel(f(right - left));
  const faceHeight = toPixel(f(bottom - top));
  const widerX1 = x1 - Math.trunc(f(faceWidth * MARGIN));
  const widerY1 = y1 - Math.trunc(f(faceHeight * MARGIN));
  const widerX2 = widerX1 + Math.trunc(f(faceWidth * GROWTH)) - 1;
  const widerY2 = widerY1 + Math.trunc(f(faceHeight * GROWTH)) - 1;
  const fits = widerX1 >= 0 && widerY1 >= 0 && widerX2 < width && widerY2 < height;
  candidates.x1[face] = fits ? widerX1 : x1;
  candidates.y1[face] = fits ? widerY1 : y1;
  candidates.x2[face] = fits ? widerX2 : Math.min(toPixel(right), width - 1);
  candidates.y2[face] = fits ? widerY2 : Math.min(toPixel(bottom), height - 1);
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
