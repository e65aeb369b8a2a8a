/** `yolo-pro`: rows of corners and class scores. */
import { clip, threshold } from '../boxes.js';
import type { Candidates } from '../candidates.js';
import { noCandidates } from '../candidates.js';
import type { TensorValues } from '../dequantise.js';
import { rawInterval, realAt, tensorValues } from '../dequantise.js';
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
    const { data } = values;
    const [low, high] = rawInterval(values, threshold(block, 'min_score'), 1);
    const columns = CLASSES_FROM + block.labels.length;
    const candidates = noCandidates();
    for (let row = 0; row < data.length; row += columns) {
      for (let labelIndex = 0; labelIndex < block.labels.length; labelIndex++) {
        const at = row + CLASSES_FROM + labelIndex;
        const raw = data[at] as number;
        if (raw >= low && raw <= high) addBox(candidates, values, row, at, labelIndex, input);
      }
    }
    return suppressPerClass(candidates, block, input);
  },
};

function addBox(
  candidates: Candidates,
  values: TensorValues,
  row: number,
  scoreAt: number,
  labelIndex: number,
  { width, height }: InputSize,
): void {
  const xmin = clip(realAt(values, row), 1);
  const ymin = clip(realAt(values, row + 1), 1);
  const xmax = Math.max(clip(realAt(values, row + 2), 1), xmin);
  const ymax = Math.max(clip(realAt(values, row + 3), 1), ymin);
  const score = realAt(values, scoreAt);
  candidates.add(f(xmin * width), f(ymin * height), f(xmax * width), f(ymax * height), score, labelIndex);
}
