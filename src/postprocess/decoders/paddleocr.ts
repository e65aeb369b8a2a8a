/** `paddleocr-detector`: a text probability for each pixel of the input; connected regions become boxes. */
import type { ObjectDetectionBlock } from '../../deployment/impulse.js';
import { elementCount } from '../../tensor.js';
import { threshold, toPixel } from '../boxes.js';
import type { TensorValues } from '../dequantise.js';
import { FLOAT32_MAX, rawInterval, realAt, tensorValues } from '../dequantise.js';
import type { InputSize, PixelBox } from '../results.js';
import { IntList } from '../scratch.js';
import { describeShape, isDynamic } from '../shapes.js';
import type { DetectionDecoder } from './decoder.js';
import { firstTensor } from './decoder.js';

const f = Math.fround;

/** Bounding rectangle of a region, in pixels, both ends included. */
interface Region {
  minX: number;
  minY: number;
  maxX: number;
  maxY: number;
}

/** By pixel. */
let active = new Uint8Array(0);
/** Pixels of a region whose neighbours are still to be looked at. */
const pending = new IntList();

/**
 * One tensor with as many numbers as the input has pixels. Regions of pixels that reach `min_score_pixel`
 * become their bounding rectangles, which must reach `min_score_box` on average and are then widened by
 * `unclip_ratio`. All have the first label; best score first; boxes may overlap.
 *
 * Where the SDK reads outside the map or wraps below 0, this does not: a region does not go on at the other
 * side of the picture, and a box that is widened beyond the left or upper edge starts at 0.
 */
export const paddleocr: DetectionDecoder = {
  tensorCount: 1,

  mismatch([tensor], _, { width, height }) {
    if (tensor === undefined || isDynamic(tensor)) return undefined;
    if (elementCount(tensor.shape) === width * height) return undefined;
    return `expected an output [1, ${height}, ${width}, 1] (one number for each pixel) but found '${tensor.name}' ${describeShape(tensor)}`;
  },

  decode(outputs, block, input) {
    const values = tensorValues(firstTensor(outputs));
    const leastMean = threshold(block, 'min_score_box');
    const boxes: PixelBox[] = [];
    markActive(values, threshold(block, 'min_score_pixel'));
    for (let start = active.indexOf(1); start >= 0; start = active.indexOf(1, start + 1)) {
      const region = takeRegion(start, input);
      const value = meanProbability(values, region, input.width);
      if (value >= leastMean && value <= FLOAT32_MAX) boxes.push(widenedBox(region, value, block, input));
    }
    return boxes.sort((a, b) => b.value - a.value);
  },
};

/** 1 for each pixel that reaches the threshold. */
function markActive(values: TensorValues, minimum: number): void {
  const { data } = values;
  const [low, high] = rawInterval(values, minimum, FLOAT32_MAX);
  if (active.length !== data.length) active = new Uint8Array(data.length);
  for (let index = 0; index < data.length; index++) {
    const raw = data[index] as number;
    active[index] = raw >= low && raw <= high ? 1 : 0;
  }
}

/** The four-connected region of an active pixel, which is active no more. */
function takeRegion(start: number, { width, height }: InputSize): Region {
  const region = { minX: width, minY: height, maxX: 0, maxY: 0 };
  pending.clear();
  take(start);
  for (let pixel = pending.pop(); pixel !== undefined; pixel = pending.pop()) {
    const x = pixel % width;
    const y = Math.floor(pixel / width);
    region.minX = Math.min(region.minX, x);
    region.minY = Math.min(region.minY, y);
    region.maxX = Math.max(region.maxX, x);
    region.maxY = Math.max(region.maxY, y);
    if (x + 1 < width) take(pixel + 1);
    if (x > 0) take(pixel - 1);
    if (y + 1 < height) take(pixel + width);
    if (y > 0) take(pixel - width);
  }
  return region;
}

function take(pixel: number): void {
  if (active[pixel] === 0) return;
  active[pixel] = 0;
  pending.push(pixel);
}

/** Over the whole rectangle, pixels below the threshold too; a float32 running sum, row by row. */
function meanProbability(values: TensorValues, region: Region, rowLength: number): number {
  let sum = 0;
  for (let y = region.minY; y <= region.maxY; y++) {
    for (let x = region.minX; x <= region.maxX; x++) {
      sum = f(sum + realAt(values, y * rowLength + x));
    }
  }
  return f(sum / ((region.maxX - region.minX + 1) * (region.maxY - region.minY + 1)));
}

function widenedBox(
  { minX, minY, maxX, maxY }: Region,
  value: number,
  block: ObjectDetectionBlock,
  input: InputSize,
): PixelBox {
  const width = maxX - minX + 1;
  const height = maxY - minY + 1;
  const ratio = threshold(block, 'unclip_ratio');
  const margin = toPixel(f(f(f(width * height) * ratio) / (2 * (width + height))));
  const x = Math.max(0, minX - margin);
  const y = Math.max(0, minY - margin);
  return {
    label: block.labels[0] as string,
    labelIndex: 0,
    x,
    y,
    width: Math.min(width + 2 * margin, input.width - x),
    height: Math.min(height + 2 * margin, input.height - y),
    value,
  };
}
