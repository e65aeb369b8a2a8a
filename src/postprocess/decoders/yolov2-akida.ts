/** `yolov2-akida`: a grid of 7 x 7 cells with five anchors each, raw logits. */
import type { Tensor } from '../../tensor.js';
import { elementCount } from '../../tensor.js';
import { toPixel } from '../boxes.js';
import type { Candidates } from '../candidates.js';
import { noCandidates } from '../candidates.js';
import type { TensorValues } from '../dequantise.js';
import { realAt, tensorValues } from '../dequantise.js';
import { exp, sigmoid } from '../float32.js';
import { Rectangles } from '../overlap.js';
import type { InputSize, PixelBox } from '../results.js';
import { IntList } from '../scratch.js';
import { describeShape, isDynamic } from '../shapes.js';
import type { DetectionDecoder } from './decoder.js';
import { firstTensor } from './decoder.js';

const f = Math.fround;

const GRID = 7;

/** Width and height in cells. */
const ANCHORS = [
  [0.56594, 1.05012],
  [1.0897, 2.03908],
  [2.37823, 3.00376],
  [2.4593, 4.913],
  [5.15981, 5.56699],
] as const;

const ROWS = GRID * GRID * ANCHORS.length;

/** tx, ty, tw, th, objectness; then the classes. */
const CLASSES_FROM = 5;

/** Both limits are constants of the SDK: the block's own threshold and NMS limits play no part. */
const MIN_SCORE = 0.5;
const MAX_IOU = 0.5;

/** Objectness of the candidates; 0 where suppressed. */
const confidence = new Float32Array(ROWS);
const order = new IntList();
const rectangles = new Rectangles();

/**
 * One tensor of 7 x 7 x 5 x (5 + labels) numbers. The confidence is the objectness, the label the best class;
 * each class is suppressed on its own; best confidence first. Boxes may reach beyond the right and lower
 * edges, because the SDK clips there at 7 instead of 1.
 */
export const yolov2Akida: DetectionDecoder = {
  tensorCount: 1,

  mismatch([tensor], { labels }) {
    if (tensor === undefined || isDynamic(tensor)) return undefined;
    const columns = CLASSES_FROM + labels.length;
    if (elementCount(tensor.shape) === ROWS * columns) return undefined;
    return `expected an output [7, 7, 5, ${columns}] (5 + ${labels.length} labels) but found '${tensor.name}' ${describeShape(tensor)}`;
  },

  decode(outputs, { labels }, input) {
    const candidates = readDetections(firstTensor(outputs), labels.length);
    suppressWithinClasses(candidates);
    order.clear();
    for (let index = 0; index < candidates.length; index++) {
      if ((confidence[index] as number) > MIN_SCORE) order.push(index);
    }
    order.sortDescending(confidence);
    return order.map((index) => ratiosToBox(candidates, index, input, labels));
  },
};

/** Candidates are the rows that score, with corners in fractions of the input and the score of their best class. */
function readDetections(tensor: Tensor, labelCount: number): Candidates {
  const values = tensorValues(tensor);
  const columns = CLASSES_FROM + labelCount;
  const { least, greatest } = classLimits(values, columns);
  const candidates = noCandidates();
  for (let index = 0; index < ROWS; index++) {
    const row = index * columns;
    const objectness = sigmoid(realAt(values, row + 4));
    if (!(objectness > MIN_SCORE)) continue; // a class can only lower it
    let sum = 0;
    for (let at = row + CLASSES_FROM; at < row + columns; at++) {
      sum = f(sum + power(realAt(values, at), least, greatest));
    }
    let best = MIN_SCORE;
    let labelIndex = -1;
    for (let label = 0; label < labelCount; label++) {
      const share = f(power(realAt(values, row + CLASSES_FROM + label), least, greatest) / sum);
      const score = f(share * objectness);
      if (!(score > best)) continue;
      best = score;
      labelIndex = label;
    }
    if (labelIndex < 0) continue;
    confidence[candidates.length] = objectness; // the next row overwrites it if this box is not taken
    addBox(candidates, values, row, index, best, labelIndex);
  }
  return candidates;
}

/** The least and the greatest class value of the whole tensor; NaN does not count. */
function classLimits(values: TensorValues, columns: number): { least: number; greatest: number } {
  let least = Number.POSITIVE_INFINITY;
  let greatest = Number.NEGATIVE_INFINITY;
  for (let index = 0; index < values.data.length; index++) {
    const value = realAt(values, index);
    if (index % columns < CLASSES_FROM || Number.isNaN(value)) continue;
    least = Math.min(least, value);
    greatest = Math.max(greatest, value);
  }
  return { least, greatest };
}

/**
 * Of the softmax: values far below the maximum are squeezed towards -100, by the minimum before the shift, as in
 * the SDK.
 */
function power(value: number, least: number, greatest: number): number {
  const shifted = f(value - greatest);
  return exp(shifted < -100 ? f(f(shifted / least) * -100) : shifted);
}

/** Rows of the tensor run over grid rows, grid columns, anchors. */
function addBox(
  candidates: Candidates,
  values: TensorValues,
  row: number,
  index: number,
  score: number,
  labelIndex: number,
): void {
  const cell = Math.floor(index / ANCHORS.length);
  const [anchorWidth, anchorHeight] = ANCHORS[index % ANCHORS.length] ?? [0, 0];
  const cx = f(f((cell % GRID) + sigmoid(realAt(values, row))) / GRID);
  const cy = f(f(Math.floor(cell / GRID) + sigmoid(realAt(values, row + 1))) / GRID);
  const halfWidth = f(f(f(f(anchorWidth) * exp(realAt(values, row + 2))) / GRID) / 2);
  const halfHeight = f(f(f(f(anchorHeight) * exp(realAt(values, row + 3))) / GRID) / 2);
  candidates.add(
    Math.max(f(cx - halfWidth), 0),
    Math.max(f(cy - halfHeight), 0),
    Math.min(f(cx + halfWidth), GRID),
    Math.min(f(cy + halfHeight), GRID),
    score,
    labelIndex,
  );
}

/**
 * Every detection of a class, also one that is itself suppressed, sets the confidence of the lower-scoring ones
 * that it overlaps to 0; of two that score the same, that of the later one.
 */
function suppressWithinClasses(candidates: Candidates): void {
  const { score, labelIndex } = candidates;
  rectangles.clear();
  for (let index = 0; index < candidates.length; index++) rectangles.add(candidates, index);
  for (let later = 1; later < candidates.length; later++) {
    for (let earlier = 0; earlier < later; earlier++) {
      if (labelIndex[earlier] !== labelIndex[later]) continue;
      const lower = (score[later] as number) > (score[earlier] as number) ? earlier : later;
      if (rectangles.iou(earlier, later) >= MAX_IOU) confidence[lower] = 0;
    }
  }
}

function ratiosToBox(
  { x1, y1, x2, y2, labelIndex }: Candidates,
  index: number,
  input: InputSize,
  labels: readonly string[],
): PixelBox {
  const left = x1[index] as number;
  const top = y1[index] as number;
  const label = labelIndex[index] as number;
  return {
    label: labels[label] as string,
    labelIndex: label,
    x: toPixel(Math.ceil(f(left * input.width))),
    y: toPixel(Math.ceil(f(top * input.height))),
    width: toPixel(Math.ceil(f(f((x2[index] as number) - left) * input.width))),
    height: toPixel(Math.ceil(f(f((y2[index] as number) - top) * input.height))),
    value: confidence[index] as number,
  };
}
