/** `tao-retinanet` and `tao-ssd`: class probabilities, offsets, anchors and variances. */
import type { Corners } from '../boxes.js';
import { threshold } from '../boxes.js';
import type { TensorValues } from '../dequantise.js';
import { tensorValues } from '../dequantise.js';
import { exp } from '../float32.js';
import type { Candidate } from '../nms.js';
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
    const { data, real, interval } = values;
    const [low, high] = interval(threshold(block, 'min_score'), 1);
    const columns = 1 + block.labels.length + BOX_NUMBERS;
    const perClass: Candidate[][] = block.labels.map(() => []);
    for (let row = 0; row < data.length; row += columns) {
      for (const [labelIndex, candidates] of perClass.entries()) {
        const raw = data[row + 1 + labelIndex] as number;
        if (!(raw >= low && raw <= high)) continue;
        const corners = anchorCorners(values, row + columns - BOX_NUMBERS, input);
        if (corners !== undefined) candidates.push({ ...corners, score: real(raw), labelIndex });
      }
    }
    return suppressPerClass(perClass, block, input);
  },
};

/** Undefined where a corner is NaN. */
function anchorCorners({ data, real }: TensorValues, offset: number, input: InputSize): Corners | undefined {
  const number = (index: number): number => real(data[offset + index] as number);
  const anchorWidth = f(number(6) - number(4));
  const anchorHeight = f(number(7) - number(5));
  const anchorX = f(f(number(6) + number(4)) / 2);
  const anchorY = f(f(number(7) + number(5)) / 2);
  const cx = f(f(f(number(0) * number(8)) * anchorWidth) + anchorX);
  const cy = f(f(f(number(1) * number(9)) * anchorHeight) + anchorY);
  const halfWidth = f(f(exp(f(number(2) * number(10))) * anchorWidth) / 2);
  const halfHeight = f(f(exp(f(number(3) * number(11))) * anchorHeight) / 2);
  const x1 = f(f(cx - halfWidth) * input.width);
  const y1 = f(f(cy - halfHeight) * input.height);
  const x2 = f(f(cx + halfWidth) * input.width);
  const y2 = f(f(cy + halfHeight) * input.height);
  return [x1, y1, x2, y2].some(Number.isNaN) ? undefined : { x1, y1, x2, y2 };
}
