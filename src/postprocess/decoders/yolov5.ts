/** `yolov5` and `yolov5v5-drpai`: rows of centre, size, objectness and class scores. */
import type { ObjectDetectionBlock } from '../../deployment/impulse.js';
import { integerCorners, threshold, toPixel } from '../boxes.js';
import type { TensorValues } from '../dequantise.js';
import { tensorValues } from '../dequantise.js';
import type { Candidate } from '../nms.js';
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
      const candidates: Candidate[] = [];
      for (const row of likelyRows(values, columns, block)) {
        const candidate = rowCandidate(values, row, columns, coordinates, firstBest, input);
        if (candidate !== undefined) candidates.push(candidate);
      }
      return suppressTogether(candidates, block, input);
    },
  };
}

/** Offsets of the rows whose objectness is in [threshold, 1], compared as raw elements. */
function likelyRows(
  { data, interval }: TensorValues,
  columns: number,
  block: ObjectDetectionBlock,
): number[] {
  const [low, high] = interval(threshold(block, 'min_score'), 1);
  const rows: number[] = [];
  for (let row = 0; row + columns <= data.length; row += columns) {
    const objectness = data[row + 4] as number;
    if (objectness >= low && objectness <= high) rows.push(row);
  }
  return rows;
}

function rowCandidate(
  { data, real }: TensorValues,
  row: number,
  columns: number,
  coordinates: 'ratios' | 'pixels',
  firstBest: number,
  input: InputSize,
): Candidate | undefined {
  let w = real(data[row + 2] as number);
  let h = real(data[row + 3] as number);
  let x = f(real(data[row] as number) - f(w / 2));
  let y = f(real(data[row + 1] as number) - f(h / 2));
  if (x < 0) x = 0; // w and h stay as they are
  if (y < 0) y = 0;
  // The SDK compares before it scales, so that for ratios this never acts.
  if (f(x + w) > input.width) w = f(input.width - x);
  if (f(y + h) > input.height) h = f(input.height - y);
  if (!(w >= 0 && h >= 0 && x >= 0 && y >= 0)) return undefined; // negative sizes and NaN
  if (coordinates === 'ratios') {
    x = f(x * input.width);
    y = f(y * input.height);
    w = f(w * input.width);
    h = f(h * input.height);
  }
  return {
    ...integerCorners(toPixel(x), toPixel(y), toPixel(w), toPixel(h)),
    score: real(data[row + 4] as number),
    labelIndex: bestClass(data, row + CLASSES_FROM, row + columns, firstBest),
  };
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
