/** `yolox`: raw grid offsets or, from models with a detection layer of their own, finished rows. */
import type { ObjectDetectionBlock } from '../../deployment/impulse.js';
import type { Tensor, TensorInfo } from '../../tensor.js';
import { elementCount } from '../../tensor.js';
import type { Corners } from '../boxes.js';
import { clip, integerCorners, threshold, toPixel } from '../boxes.js';
import { dequantise } from '../dequantise.js';
import { exp } from '../float32.js';
import { labelAt } from '../labels.js';
import type { Candidate } from '../nms.js';
import { suppressTogether } from '../nms.js';
import type { InputSize, PixelBox } from '../results.js';
import { describeShape, isDynamic, isTable } from '../shapes.js';
import type { DetectionDecoder } from './decoder.js';
import { firstTensor } from './decoder.js';

const f = Math.fround;

const STRIDES = [8, 16, 32];

/** dx, dy, log w, log h, objectness; then the classes. */
const CLASSES_FROM = 5;

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
      ? decodeGrid(dequantise(tensor), block, input)
      : decodeFinished(tensor, block, input);
  },
};

/** Score = objectness x class, for every class of every cell; one suppression for all classes together. */
function decodeGrid(data: Float32Array, block: ObjectDetectionBlock, input: InputSize): PixelBox[] {
  const minimum = threshold(block, 'min_score');
  const columns = CLASSES_FROM + block.labels.length;
  const candidates: Candidate[] = [];
  let row = 0;
  for (const stride of STRIDES) {
    // As in the SDK the outer loop runs over the width: on inputs that are not square, rows and columns are swapped.
    const outer = Math.floor(input.width / stride);
    const inner = Math.floor(input.height / stride);
    for (let cell = 0; cell < outer * inner; cell++, row += columns) {
      const objectness = data[row + 4] as number;
      let corners: Corners | undefined;
      for (let labelIndex = 0; labelIndex < block.labels.length; labelIndex++) {
        const score = f(objectness * (data[row + CLASSES_FROM + labelIndex] as number));
        if (!(score >= minimum && score <= 1)) continue;
        corners ??= cellCorners(data, row, cell % inner, Math.floor(cell / inner), stride, input);
        if (corners === undefined) break;
        candidates.push({ ...corners, score, labelIndex });
      }
    }
  }
  return suppressTogether(candidates, block, input);
}

/** The corner is moved into the picture; the size is rounded and keeps its length. */
function cellCorners(
  data: Float32Array,
  row: number,
  gridX: number,
  gridY: number,
  stride: number,
  input: InputSize,
): Corners | undefined {
  const cx = f(f((data[row] as number) + gridX) * stride);
  const cy = f(f((data[row + 1] as number) + gridY) * stride);
  const w = f(exp(data[row + 2] as number) * stride);
  const h = f(exp(data[row + 3] as number) * stride);
  const x = f(cx - f(w / 2));
  const y = f(cy - f(h / 2));
  if (Number.isNaN(x) || Number.isNaN(y)) return undefined;
  return integerCorners(
    clip(toPixel(x), input.width),
    clip(toPixel(y), input.height),
    toPixel(Math.round(w)),
    toPixel(Math.round(h)),
  );
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
