/** `yolov5` and `yolov5v5-drpai`: rows of centre, size, objectness and class scores. */
import { threshold, toPixel } from '../boxes.js';
import type { Candidates } from '../candidates.js';
import { noCandidates } from '../candidates.js';
import type { TensorValues } from '../dequantise.js';
import { rawInterval, realAt, tensorValues } from '../dequantise.js';
import { suppressTogether } from '../nms.js';
import type { InputSize } from '../results.js';
import type { DetectionDecoder } from './decoder.js';
import { firstTensor, tableMismatch } from './decoder.js';

const f = Math.fround;

/** cx, cy, w, h, objectness; then the classes. */
const CLASSES_FROM = 5;

/** Coordinates are fractions of the input (head version 6). */
export const yolov5: DetectionDecoder = yolov5Decoder('ratios');

/** Coordinates are pixels of the input (head version 5). */
export const yolov5v5: DetectionDecoder = yolov5Decoder('pixels');

/**
 * One tensor `[1, rows, 5 + labels]`, sigmoid already applied. The score is the objectness alone; the class
 * only gives the label. One suppression for all classes together, on integer boxes; best score first.
 */
function yolov5Decoder(coordinates: 'ratios' | 'pixels'): DetectionDecoder {
  return {
    tensorCount: 1,

    mismatch: ([tensor], { labels }) =>
      tableMismatch(tensor, CLASSES_FROM + labels.length, `5 + ${labels.length} labels`),

    decode(outputs, block, input) {
      const tensor = firstTensor(outputs);
      const values = tensorValues(tensor);
      const columns = CLASSES_FROM + block.labels.length;
      const firstBest = tensor.dataType === 'int8' ? (tensor.quantization?.zeroPoint ?? 0) : 0;
      const [low, high] = rawInterval(values, threshold(block, 'min_score'), 1);
      const candidates = noCandidates();
      for (let row = 0; row + columns <= values.data.length; row += columns) {
        const objectness = values.data[row + 4] as number;
        if (!(objectness >= low && objectness <= high)) continue;
        const labelIndex = bestClass(values.data, row + CLASSES_FROM, row + columns, firstBest);
        addBox(candidates, values, row, labelIndex, coordinates, input);
      }
      return suppressTogether(candidates, block, input);
    },
  };
}

function addBox(
  candidates: Candidates,
  values: TensorValues,
  row: number,
  labelIndex: number,
  coordinates: 'ratios' | 'pixels',
  input: InputSize,
): void {
  let w = realAt(values, row + 2);
  let h = realAt(values, row + 3);
  let x = f(realAt(values, row) - f(w / 2));
  let y = f(realAt(values, row + 1) - f(h / 2));
  if (x < 0) x = 0; // w and h stay as they are
  if (y < 0) y = 0;
  // The SDK compares before it scales, so that for ratios this never acts.
  if (f(x + w) > input.width) w = f(input.width - x);
  if (f(y + h) > input.height) h = f(input.height - y);
  if (!(w >= 0 && h >= 0 && x >= 0 && y >= 0)) return; // negative sizes and NaN
  const scaleX = coordinates === 'ratios' ? input.width : 1;
  const scaleY = coordinates === 'ratios' ? input.height : 1;
  const left = toPixel(f(x * scaleX));
  const top = toPixel(f(y * scaleY));
  const right = left + toPixel(f(w * scaleX));
  const bottom = top + toPixel(f(h * scaleY));
  candidates.add(left, top, right, bottom, realAt(values, row + 4), labelIndex);
}

/**
 * The first of the largest, on raw elements: for int8 these start from the zero point, so that values of 0
 * and below never win and label 0 is left; uint8 starts from byte 0, whatever it stands for, as in the SDK.
 */
function bestClass(data: TensorValues['data'], from: number, to: number, firstBest: number): number {
  let best = firstBest;
  let bestIndex = from;
  for (let index = from; index < to; index++) {
    const value = data[index] as number;
    if (value > best) {
      best = value;
      bestIndex = index;
    }
  }
  return bestIndex - from;
}
