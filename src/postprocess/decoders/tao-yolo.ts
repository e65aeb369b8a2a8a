/** `tao-yolov3` and `tao-yolov4`: anchors, offsets, objectness and classes; y before x throughout. */
import { threshold } from '../boxes.js';
import type { Candidates } from '../candidates.js';
import { noCandidates } from '../candidates.js';
import type { TensorValues } from '../dequantise.js';
import { realAt, tensorValues } from '../dequantise.js';
import { exp, sigmoid } from '../float32.js';
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
      const minimum = threshold(block, 'min_score');
      const columns = CLASSES_FROM + block.labels.length;
      const candidates = noCandidates();
      for (let row = 0; row < values.data.length; row += columns) {
        const objectness = sigmoid(realAt(values, row + 10));
        if (!(objectness >= minimum)) continue; // a class can only lower it
        for (let labelIndex = 0; labelIndex < block.labels.length; labelIndex++) {
          const score = f(sigmoid(realAt(values, row + CLASSES_FROM + labelIndex)) * objectness);
          if (score >= minimum && score <= 1) {
            addBox(candidates, values, row, score, labelIndex, maxGrowth, input);
          }
        }
      }
      return suppressPerClass(candidates, block, input);
    },
  };
}

function addBox(
  candidates: Candidates,
  values: TensorValues,
  row: number,
  score: number,
  labelIndex: number,
  maxGrowth: number,
  { width, height }: InputSize,
): void {
  const cy = f(realAt(values, row) + f(sigmoid(realAt(values, row + 6)) * realAt(values, row + 4)));
  const cx = f(realAt(values, row + 1) + f(sigmoid(realAt(values, row + 7)) * realAt(values, row + 5)));
  const growthY = exp(Math.min(realAt(values, row + 8), maxGrowth));
  const growthX = exp(Math.min(realAt(values, row + 9), maxGrowth));
  const halfHeight = f(f(realAt(values, row + 2) * growthY) / 2);
  const halfWidth = f(f(realAt(values, row + 3) * growthX) / 2);
  candidates.add(
    f(f(cx - halfWidth) * width),
    f(f(cy - halfHeight) * height),
    f(f(cx + halfWidth) * width),
    f(f(cy + halfHeight) * height),
    score,
    labelIndex,
  );
}
