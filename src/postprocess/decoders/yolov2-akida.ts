/** `yolov2-akida`: a grid of 7 x 7 cells with five anchors each, raw logits. */
import type { Tensor } from '../../tensor.js';
import { elementCount } from '../../tensor.js';
import type { Corners } from '../boxes.js';
import { toPixel } from '../boxes.js';
import { dequantise } from '../dequantise.js';
import { exp, sigmoid } from '../float32.js';
import { intersectionOverUnion, toRectangle } from '../overlap.js';
import type { PixelBox } from '../results.js';
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

/** A row that scores; corners are fractions of the input. */
interface Detection extends Corners {
  readonly scores: Float32Array;
  readonly labelIndex: number;
  confidence: number;
}

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
    const detections = readDetections(firstTensor(outputs), labels.length);
    for (let labelIndex = 0; labelIndex < labels.length; labelIndex++) suppressClass(detections, labelIndex);
    return detections
      .filter(({ confidence }) => confidence > MIN_SCORE)
      .sort((a, b) => b.confidence - a.confidence)
      .map(
        ({ x1, y1, x2, y2, labelIndex, confidence }): PixelBox => ({
          label: labels[labelIndex] as string,
          labelIndex,
          x: toPixel(Math.ceil(f(x1 * input.width))),
          y: toPixel(Math.ceil(f(y1 * input.height))),
          width: toPixel(Math.ceil(f(f(x2 - x1) * input.width))),
          height: toPixel(Math.ceil(f(f(y2 - y1) * input.height))),
          value: confidence,
        }),
      );
  },
};

function readDetections(tensor: Tensor, labelCount: number): Detection[] {
  const data = dequantise(tensor);
  const columns = CLASSES_FROM + labelCount;
  const limits = classLimits(data, columns);
  const detections: Detection[] = [];
  for (let index = 0; index < ROWS; index++) {
    const row = data.subarray(index * columns, (index + 1) * columns);
    const confidence = sigmoid(row[4] as number);
    const scores = softmax(row.subarray(CLASSES_FROM), limits).map((share) => {
      const score = f(share * confidence);
      return score > MIN_SCORE ? score : 0;
    });
    const labelIndex = scores.indexOf(Math.max(...scores));
    const corners = cellCorners(row, index);
    if (corners === undefined || !((scores[labelIndex] ?? 0) > 0)) continue;
    detections.push({ ...corners, scores, labelIndex, confidence });
  }
  return detections;
}

/** The least and the greatest class value of the whole tensor; NaN does not count. */
function classLimits(data: Float32Array, columns: number): { min: number; max: number } {
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (let index = 0; index < data.length; index++) {
    const value = data[index] as number;
    if (index % columns < CLASSES_FROM || Number.isNaN(value)) continue;
    min = Math.min(min, value);
    max = Math.max(max, value);
  }
  return { min, max };
}

/** Values far below the maximum are squeezed towards -100, by the minimum before the shift, as in the SDK. */
function softmax(values: Float32Array, { min, max }: { min: number; max: number }): Float32Array {
  const powers = values.map((value) => {
    const shifted = f(value - max);
    return exp(shifted < -100 ? f(f(shifted / min) * -100) : shifted);
  });
  const sum = powers.reduce((total, power) => f(total + power), 0);
  return powers.map((power) => power / sum);
}

/** Rows of the tensor run over grid rows, grid columns, anchors. */
function cellCorners(row: Float32Array, index: number): Corners | undefined {
  const cell = Math.floor(index / ANCHORS.length);
  const [anchorWidth, anchorHeight] = ANCHORS[index % ANCHORS.length] ?? [0, 0];
  const [tx = 0, ty = 0, tw = 0, th = 0] = row;
  const cx = f(f((cell % GRID) + sigmoid(tx)) / GRID);
  const cy = f(f(Math.floor(cell / GRID) + sigmoid(ty)) / GRID);
  const halfWidth = f(f(f(f(anchorWidth) * exp(tw)) / GRID) / 2);
  const halfHeight = f(f(f(f(anchorHeight) * exp(th)) / GRID) / 2);
  const corners = {
    x1: Math.max(f(cx - halfWidth), 0),
    y1: Math.max(f(cy - halfHeight), 0),
    x2: Math.min(f(cx + halfWidth), GRID),
    y2: Math.min(f(cy + halfHeight), GRID),
  };
  return Number.isNaN(corners.x1 + corners.y1 + corners.x2 + corners.y2) ? undefined : corners;
}

/**
 * Every detection of the class, also one that is itself suppressed, sets the confidence of the lower-scoring
 * ones that it overlaps to 0.
 */
function suppressClass(detections: readonly Detection[], labelIndex: number): void {
  const ofClass = detections
    .filter((detection) => detection.labelIndex === labelIndex)
    .sort((a, b) => (b.scores[labelIndex] ?? 0) - (a.scores[labelIndex] ?? 0));
  for (const [index, detection] of ofClass.entries()) {
    const rectangle = toRectangle(detection);
    for (const lower of ofClass.slice(index + 1)) {
      if (intersectionOverUnion(rectangle, toRectangle(lower)) >= MAX_IOU) lower.confidence = 0;
    }
  }
}
