/** `tao-yolov3` and `tao-yolov4`: anchors, offsets, objectness and classes; y before x throughout. */
import type { Corners } from '../boxes.js';
import { threshold } from '../boxes.js';
import type { TensorValues } from '../dequantise.js';
import { tensorValues } from '../dequantise.js';
import { exp, sigmoid } from '../float32.js';
import type { Candidate } from '../nms.js';
import { suppressPerClass } from '../nms.js';
import type { InputSize } from '../results.js';
import type { DetectionDecoder } from './decoder.js';
import { firstTensor, tableMismatch } from './decoder.js';

const f = Math.fround;

/** cy, cx, anchor h w, step y x, ty, tx, th, tw, objectness; then the classes. */
const CLASSES_FROM = 11;

export const taoYolov3: DetectionDecoder = taoYoloDecoder(Number.POSITIVE_INFINITY);

/** As version 3, but a box grows by no more than exp(8). */
export const taoYolov4: DetectionDecoder = taoYoloDecoder(8);

/**
 * One tensor `[1, rows, 11 + labels]` of logits. The score is sigmoid(class) x sigmoid(objectness). Each class
 * is suppressed on its own, and one row may give several boxes; best score first, at most 200.
 */
function taoYoloDecoder(maxGrowth: number): DetectionDecoder {
  return {
    tensorCount: 1,

    mismatch: ([tensor], { labels }) =>
      tableMismatch(tensor, CLASSES_FROM + labels.length, `11 + ${labels.length} labels`),

    decode(outputs, block, input) {
      const values = tensorValues(firstTensor(outputs));
      const { data, real } = values;
      const minimum = threshold(block, 'min_score');
      const columns = CLASSES_FROM + block.labels.length;
      const perClass: Candidate[][] = block.labels.map(() => []);
      for (let row = 0; row < data.length; row += columns) {
        const objectness = sigmoid(real(data[row + 10] as number));
        if (!(objectness >= minimum)) continue; // a class can only lower it
        for (const [labelIndex, candidates] of perClass.entries()) {
          const score = f(sigmoid(real(data[row + CLASSES_FROM + labelIndex] as number)) * objectness);
          if (!(score >= minimum && score <= 1)) continue;
          const corners = rowCorners(values, row, maxGrowth, input);
          if (corners !== undefined) candidates.push({ ...corners, score, labelIndex });
        }
      }
      return suppressPerClass(perClass, block, input);
    },
  };
}

/** Undefined where a corner is NaN. */
function rowCorners(
  { data, real }: TensorValues,
  row: number,
  maxGrowth: number,
  input: InputSize,
): Corners | undefined {
  const number = (index: number): number => real(data[row + index] as number);
  const cy = f(number(0) + f(sigmoid(number(6)) * number(4)));
  const cx = f(number(1) + f(sigmoid(number(7)) * number(5)));
  const halfHeight = f(f(number(2) * exp(Math.min(number(8), maxGrowth))) / 2);
  const halfWidth = f(f(number(3) * exp(Math.min(number(9), maxGrowth))) / 2);
  const x1 = f(f(cx - halfWidth) * input.width);
  const y1 = f(f(cy - halfHeight) * input.height);
  const x2 = f(f(cx + halfWidth) * input.width);
  const y2 = f(f(cy + halfHeight) * input.height);
  return [x1, y1, x2, y2].some(Number.isNaN) ? undefined : { x1, y1, x2, y2 };
}
