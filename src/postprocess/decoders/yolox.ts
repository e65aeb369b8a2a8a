/** `yolox`: raw grid offsets or, from models with a detection layer of their own, finished rows. */
import type { ObjectDetectionBlock } from '../../deployment/impulse.js';
import type { Tensor, TensorInfo } from '../../tensor.js';
import { elementCount } from '../../tensor.js';
import { clip, threshold, toPixel } from '../boxes.js';
import type { Candidates } from '../candidates.js';
import { noCandidates } from '../candidates.js';
import type { TensorValues } from '../dequantise.js';
import { dequantise, realAt, tensorValues } from '../dequantise.js';
import { exp } from '../float32.js';
import { labelAt } from '../labels.js';
import { suppressTogether } from '../nms.js';
import type { InputSize, PixelBox } from '../results.js';
import { describeShape, isDynamic, isTable } from '../shapes.js';
import type { DetectionDecoder } from './decoder.js';
import { firstTensor } from './decoder.js';

const f = Math.fround;

const STRIDES = [8, 16, 32];

/** dx, dy, log w, log h, objectness; then the classes. */
const CLASSES_FROM = 5;

/** More than the rounding of a product to float32 can make up for: most classes are seen to fall short without multiplying. */
const A_LITTLE_LESS = 1 - 1e-6;

/** xmin, ymin, xmax, ymax, score, class. */
const FINISHED_COLUMNS = 6;

/**
 * One tensor, `[1, cells, 5 + labels]` with the cells of the strides 8, 16 and 32, or finished rows
 * `[1, rows, 6]`. With one label both have six columns: as many rows as cells means the former.
 */
export const yolox: DetectionDecoder = {
  tensorCount: 1,

  mismatch([tensor], { labels }, input) {
    if (tensor === undefined || isDynamic(tensor)) return undefined;
    if (isGrid(tensor, labels.length, input) || isTable(tensor, FINISHED_COLUMNS)) return undefined;
    return `expected an output [1, ${gridCells(input)}, ${CLASSES_FROM + labels.length}] (grid cells, 5 + ${labels.length} labels) or [1, rows, 6] (finished detections) but found '${tensor.name}' ${describeShape(tensor)}`;
  },

  decode(outputs, block, input) {
    const tensor = firstTensor(outputs);
    return isGrid(tensor, block.labels.length, input)
      ? decodeGrid(tensorValues(tensor), block, input)
      : decodeFinished(tensor, block, input);
  },
};

/** Score = objectness x class, for every class of every cell; one suppression for all classes together. */
function decodeGrid(values: TensorValues, block: ObjectDetectionBlock, input: InputSize): PixelBox[] {
  const minimum = threshold(block, 'min_score');
  const candidates = noCandidates();
  let row = 0;
  for (const stride of STRIDES) {
    // As in the SDK the outer loop runs over the width: on inputs that are not square, rows and columns are swapped.
    const outer = Math.floor(input.width / stride);
    const inner = Math.floor(input.height / stride);
    for (let cell = 0; cell < outer * inner; cell++, row += CLASSES_FROM + block.labels.length) {
      const objectness = realAt(values, row + 4);
      const hopeless = objectness > 0 ? (minimum / objectness) * A_LITTLE_LESS : Number.NEGATIVE_INFINITY;
      for (let labelIndex = 0; labelIndex < block.labels.length; labelIndex++) {
        const scoreOfClass = realAt(values, row + CLASSES_FROM + labelIndex);
        if (scoreOfClass < hopeless) continue;
        const score = f(objectness * scoreOfClass);
        if (!(score >= minimum && score <= 1)) continue;
        addBox(
          candidates,
          values,
          row,
          score,
          labelIndex,
          stride,
          cell % inner,
          Math.floor(cell / inner),
          input,
        );
      }
    }
  }
  return suppressTogether(candidates, block, input);
}

/** The corner is moved into the picture; the size is rounded and keeps its length. */
function addBox(
  candidates: Candidates,
  values: TensorValues,
  row: number,
  score: number,
  labelIndex: number,
  stride: number,
  gridX: number,
  gridY: number,
  input: InputSize,
): void {
  const cx = f(f(realAt(values, row) + gridX) * stride);
  const cy = f(f(realAt(values, row + 1) + gridY) * stride);
  const w = f(exp(realAt(values, row + 2)) * stride);
  const h = f(exp(realAt(values, row + 3)) * stride);
  const x = f(cx - f(w / 2));
  const y = f(cy - f(h / 2));
  if (Number.isNaN(x) || Number.isNaN(y)) return;
  const left = clip(toPixel(x), input.width);
  const top = clip(toPixel(y), input.height);
  const right = left + toPixel(Math.round(w));
  const bottom = top + toPixel(Math.round(h));
  candidates.add(left, top, right, bottom, score, labelIndex);
}

/** No suppression, no sorting, and the right and lower edges are not clipped. */
function decodeFinished(tensor: Tensor, block: ObjectDetectionBlock, input: InputSize): PixelBox[] {
  const data = dequantise(tensor);
  const minimum = threshold(block, 'min_score');
  const boxes: PixelBox[] = [];
  for (let row = 0; row < data.length; row += FINISHED_COLUMNS) {
    const value = data[row + 4] as number;
    if (!(value >= minimum && value <= 1)) continue;
    const xmin = data[row] as number;
    const ymin = data[row + 1] as number;
    const width = f((data[row + 2] as number) - xmin);
    const height = f((data[row + 3] as number) - ymin);
    if (Number.isNaN(width + height)) continue;
    const labelIndex = Math.trunc(data[row + 5] as number);
    boxes.push({
      label: labelAt(block, labelIndex, tensor),
      labelIndex,
      x: clip(toPixel(xmin), input.width),
      y: clip(toPixel(ymin), input.height),
      width: toPixel(Math.round(width)),
      height: toPixel(Math.round(height)),
      value,
    });
  }
  return boxes;
}

function isGrid(tensor: TensorInfo, labelCount: number, input: InputSize): boolean {
  const columns = CLASSES_FROM + labelCount;
  return isTable(tensor, columns) && elementCount(tensor.shape) === gridCells(input) * columns;
}

function gridCells({ width, height }: InputSize): number {
  return STRIDES.reduce((sum, stride) => sum + Math.floor(width / stride) * Math.floor(height / stride), 0);
}
