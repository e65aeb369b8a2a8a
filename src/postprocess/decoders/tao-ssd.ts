/** `tao-retinanet` and `tao-ssd`: class probabilities, offsets, anchors and variances. */
import { threshold } from '../boxes.js';
import type { Candidates } from '../candidates.js';
import { noCandidates } from '../candidates.js';
import type { TensorValues } from '../dequantise.js';
import { rawInterval, realAt, tensorValues } from '../dequantise.js';
import { exp } from '../float32.js';
import { suppressPerClass } from '../nms.js';
import type { InputSize } from '../results.js';
import type { DetectionDecoder } from './decoder.js';
import { firstTensor, tableMismatch } from './decoder.js';

const f = Math.fround;

/** Prediction x y w h, anchor x1 y1 x2 y2, variance x y w h; after background and classes. */
const BOX_NUMBERS = 12;

/**
 * One tensor `[1, rows, 1 + labels + 12]`, class 0 = background, anchors in fractions of the input. Each
 * class is suppressed on its own, and one row may give several boxes; best score first, at most 200.
 */
export const taoSsd: DetectionDecoder = {
  tensorCount: 1,

  mismatch: ([tensor], { labels }) =>
    tableMismatch(tensor, 1 + labels.length + BOX_NUMBERS, `background + ${labels.length} labels + 12`),

  decode(outputs, block, input) {
    const values = tensorValues(firstTensor(outputs));
    const { data } = values;
    const [low, high] = rawInterval(values, threshold(block, 'min_score'), 1);
    const columns = 1 + block.labels.length + BOX_NUMBERS;
    const candidates = noCandidates();
    for (let row = 0; row < data.length; row += columns) {
      for (let labelIndex = 0; labelIndex < block.labels.length; labelIndex++) {
        const at = row + 1 + labelIndex;
        const raw = data[at] as number;
        if (!(raw >= low && raw <= high)) continue;
        addBox(candidates, values, row + columns - BOX_NUMBERS, at, labelIndex, input);
      }
    }
    return suppressPerClass(candidates, block, input);
  },
};

/** @param offset where the numbers of the box begin */
function addBox(
  candidates: Candidates,
  values: TensorValues,
  offset: number,
  scoreAt: number,
  labelIndex: number,
  { width, height }: InputSize,
): void {
  const left = realAt(values, offset + 4);
  const top = realAt(values, offset + 5);
  const right = realAt(values, offset + 6);
  const bottom = realAt(values, offset + 7);
  const anchorWidth = f(right - left);
  const anchorHeight = f(bottom - top);
  const anchorX = f(f(right + left) / 2);
  const anchorY = f(f(bottom + top) / 2);
  const shiftX = f(realAt(values, offset) * realAt(values, offset + 8));
  const shiftY = f(realAt(values, offset + 1) * realAt(values, offset + 9));
  const growthX = exp(f(realAt(values, offset + 2) * realAt(values, offset + 10)));
  const growthY = exp(f(realAt(values, offset + 3) * realAt(values, offset + 11)));
  const cx = f(f(shiftX * anchorWidth) + anchorX);
  const cy = f(f(shiftY * anchorHeight) + anchorY);
  const halfWidth = f(f(growthX * anchorWidth) / 2);
  const halfHeight = f(f(growthY * anchorHeight) / 2);
  candidates.add(
    f(f(cx - halfWidth) * width),
    f(f(cy - halfHeight) * height),
    f(f(cx + halfWidth) * width),
    f(f(cy + halfHeight) * height),
    realAt(values, scoreAt),
    labelIndex,
  );
}
