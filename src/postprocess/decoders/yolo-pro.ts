/** `yolo-pro`: rows of corners and class scores. */
import type { Corners } from '../boxes.js';
import { clip, threshold } from '../boxes.js';
import type { TensorValues } from '../dequantise.js';
import { tensorValues } from '../dequantise.js';
import type { Candidate } from '../nms.js';
import { suppressPerClass } from '../nms.js';
import type { InputSize } from '../results.js';
import type { DetectionDecoder } from './decoder.js';
import { firstTensor, tableMismatch } from './decoder.js';

const f = Math.fround;

/** xmin, ymin, xmax, ymax; then the classes. */
const CLASSES_FROM = 4;

/**
 * One tensor `[1, rows, 4 + labels]`, corners in fractions of the input. Each class is suppressed on its own,
 * and one row may give several boxes; best score first, at most 200.
 */
export const yoloPro: DetectionDecoder = {
  tensorCount: 1,

  mismatch: ([tensor], { labels }) =>
    tableMismatch(tensor, CLASSES_FROM + labels.length, `4 + ${labels.length} labels`),

  decode(outputs, block, input) {
    const values = tensorValues(firstTensor(outputs));
    const { data, real, interval } = values;
    const [low, high] = interval(threshold(block, 'min_score'), 1);
    const columns = CLASSES_FROM + block.labels.length;
    const perClass: Candidate[][] = block.labels.map(() => []);
    for (let row = 0; row < data.length; row += columns) {
      for (const [labelIndex, candidates] of perClass.entries()) {
        const raw = data[row + CLASSES_FROM + labelIndex] as number;
        if (!(raw >= low && raw <= high)) continue;
        const corners = rowCorners(values, row, input);
        if (corners !== undefined) candidates.push({ ...corners, score: real(raw), labelIndex });
      }
    }
    return suppressPerClass(perClass, block, input);
  },
};

function rowCorners(
  { data, real }: TensorValues,
  row: number,
  { width, height }: InputSize,
): Corners | undefined {
  const xmin = clip(real(data[row] as number), 1);
  const ymin = clip(real(data[row + 1] as number), 1);
  const xmax = Math.max(clip(real(data[row + 2] as number), 1), xmin);
  const ymax = Math.max(clip(real(data[row + 3] as number), 1), ymin);
  if (Number.isNaN(xmax + ymax)) return undefined;
  return { x1: f(xmin * width), y1: f(ymin * height), x2: f(xmax * width), y2: f(ymax * height) };
}
