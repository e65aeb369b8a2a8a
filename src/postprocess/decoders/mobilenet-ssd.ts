/** `mobilenet-ssd`: the finished detections of the operator inside the model. */
import type { ObjectDetectionBlock } from '../../deployment/impulse.js';
import type { Tensor, TensorInfo } from '../../tensor.js';
import { clip, threshold, toPixel } from '../boxes.js';
import { dequantise, FLOAT32_MAX } from '../dequantise.js';
import { labelAt } from '../labels.js';
import type { InputSize, PixelBox } from '../results.js';
import { describeTensors } from '../shapes.js';
import type { DetectionDecoder } from './decoder.js';
import { findRoles } from './ssd-roles.js';

const f = Math.fround;

/**
 * Scores `[1, n]`, boxes `[1, n, 4]` as ymin, xmin, ymax, xmax in fractions of the input, classes `[1, n]`
 * counted from 0 without background; the count is not read. No suppression, since the model has done it, and
 * no upper limit on a score. Boxes come in tensor order.
 *
 * The SDK loses some boxes where the scores are not sorted; here all of them are returned.
 */
export const mobilenetSsd: DetectionDecoder = {
  tensorCount: 4,

  mismatch(outputs, { outputTensors }) {
    const roles = findRoles(outputs, outputTensors !== undefined);
    if (roles !== undefined) return undefined;
    const order = outputTensors === undefined ? '' : ' in this order';
    return `expected scores [1, n], boxes [1, n, 4], a count [1] and classes [1, n]${order} but found ${describeTensors(outputs)}`;
  },

  decode(outputs, block, input) {
    const roles = findRoles(outputs, block.outputTensors !== undefined);
    if (roles === undefined || roles === 'unknown') {
      throw new TypeError('A decoder was called with outputs that do not fit.');
    }
    return readDetections(outputs, roles, block, input);
  },
};

function readDetections(
  outputs: readonly Tensor[],
  roles: { readonly scores: number; readonly boxes: number; readonly classes: number },
  block: ObjectDetectionBlock,
  input: InputSize,
): PixelBox[] {
  const scores = dequantise(outputs[roles.scores] as Tensor);
  const boxes = dequantise(outputs[roles.boxes] as Tensor);
  const classesTensor: TensorInfo = outputs[roles.classes] as Tensor;
  const classes = dequantise(outputs[roles.classes] as Tensor);
  const minimum = threshold(block, 'min_score');
  const rows = Math.min(scores.length, block.objectDetectionCount ?? scores.length);
  const found: PixelBox[] = [];
  for (let row = 0; row < rows; row++) {
    const value = scores[row] as number;
    if (!(value >= minimum && value <= FLOAT32_MAX)) continue;
    const rectangle = pixelRectangle(boxes, row * 4, input);
    if (rectangle === undefined) continue;
    const labelIndex = Math.trunc(classes[row] as number);
    found.push({ label: labelAt(block, labelIndex, classesTensor), labelIndex, ...rectangle, value });
  }
  return found;
}

/** Undefined where a corner is NaN. */
function pixelRectangle(
  boxes: Float32Array,
  offset: number,
  { width, height }: InputSize,
): Pick<PixelBox, 'x' | 'y' | 'width' | 'height'> | undefined {
  const ymin = clip(boxes[offset] as number, 1);
  const xmin = clip(boxes[offset + 1] as number, 1);
  const ymax = Math.max(clip(boxes[offset + 2] as number, 1), ymin);
  const xmax = Math.max(clip(boxes[offset + 3] as number, 1), xmin);
  if (Number.isNaN(ymax + xmax)) return undefined;
  return {
    x: toPixel(f(xmin * width)),
    y: toPixel(f(ymin * height)),
    width: toPixel(f(f(xmax - xmin) * width)),
    height: toPixel(f(f(ymax - ymin) * height)),
  };
}
