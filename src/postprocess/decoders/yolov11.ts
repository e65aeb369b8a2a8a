/** `yolov11` and `yolov11-abs` (YOLOv8 and YOLO11 heads): class scores without objectness. */
import { clip, threshold } from '../boxes.js';
import type { Candidates } from '../candidates.js';
import { noCandidates } from '../candidates.js';
import type { TensorValues } from '../dequantise.js';
import { rawInterval, realAt, tensorValues } from '../dequantise.js';
import { suppressPerClass } from '../nms.js';
import type { InputSize } from '../results.js';
import { describeShape, isDynamic } from '../shapes.js';
import type { DetectionDecoder } from './decoder.js';
import { firstTensor } from './decoder.js';

const f = Math.fround;

/** cx, cy, w, h; then the classes. */
const CLASSES_FROM = 4;

/** What coordinates in pixels are multiplied by. */
const PIXELS: InputSize = { width: 1, height: 1 };

/** Coordinates are fractions of the input. */
export const yolov11: DetectionDecoder = yolov11Decoder('ratios');

/** Coordinates are pixels of the input. */
export const yolov11Abs: DetectionDecoder = yolov11Decoder('pixels');

/** Where element (channel, detection) is: `channel * channelStep + detection * detectionStep`. */
interface Layout {
  readonly detections: number;
  readonly channelStep: number;
  readonly detectionStep: number;
}

/**
 * One tensor `[1, 4 + labels, detections]`. Corners are clipped to the picture first; each class is
 * suppressed on its own, and one detection may give several boxes; best score first, at most 200.
 *
 * Exports in which the last two dimensions are swapped are read too, where the shape leaves no doubt.
 */
function yolov11Decoder(coordinates: 'ratios' | 'pixels'): DetectionDecoder {
  return {
    tensorCount: 1,

    mismatch([tensor], { labels }, input) {
      const channels = CLASSES_FROM + labels.length;
      if (tensor === undefined || isDynamic(tensor)) return undefined;
      if (findLayout(tensor.shape, channels, input) !== undefined) return undefined;
      return `expected an output [1, ${channels}, detections] (4 + ${labels.length} labels) but found '${tensor.name}' ${describeShape(tensor)}`;
    },

    decode(outputs, block, input) {
      const tensor = firstTensor(outputs);
      const layout = findLayout(tensor.shape, CLASSES_FROM + block.labels.length, input);
      if (layout === undefined) throw new TypeError('A decoder was called with outputs that do not fit.');
      const values = tensorValues(tensor);
      const limits = rawInterval(values, threshold(block, 'min_score'), 1);
      const scale = coordinates === 'ratios' ? input : PIXELS;
      const candidates = noCandidates();
      for (let labelIndex = 0; labelIndex < block.labels.length; labelIndex++) {
        addClass(candidates, values, layout, labelIndex, limits, scale, input);
      }
      return suppressPerClass(candidates, block, input);
    },
  };
}

function addClass(
  candidates: Candidates,
  values: TensorValues,
  { detections, channelStep, detectionStep }: Layout,
  labelIndex: number,
  [low, high]: readonly [number, number],
  scale: InputSize,
  input: InputSize,
): void {
  const { data } = values;
  let at = (CLASSES_FROM + labelIndex) * channelStep;
  for (let detection = 0; detection < detections; detection++, at += detectionStep) {
    const raw = data[at] as number;
    if (!(raw >= low && raw <= high)) continue;
    const start = detection * detectionStep;
    const cx = realAt(values, start);
    const cy = realAt(values, start + channelStep);
    const halfWidth = f(realAt(values, start + 2 * channelStep) / 2);
    const halfHeight = f(realAt(values, start + 3 * channelStep) / 2);
    candidates.add(
      clip(f(f(cx - halfWidth) * scale.width), input.width),
      clip(f(f(cy - halfHeight) * scale.height), input.height),
      clip(f(f(cx + halfWidth) * scale.width), input.width),
      clip(f(f(cy + halfHeight) * scale.height), input.height),
      realAt(values, at),
      labelIndex,
    );
  }
}

/**
 * Channels first is how the layer is defined, so it wins where both readings are possible. Channels last
 * must have as many detections as the strides 8, 16 and 32 have cells: other tensors of that form (finished
 * detections of an export with its own suppression, for one) have another meaning.
 */
function findLayout(shape: readonly number[], channels: number, input: InputSize): Layout | undefined {
  const [outer, inner, ...more] = shape.slice(shape.findIndex((dimension) => dimension !== 1));
  if (outer === undefined || more.length > 0) return undefined;
  if (outer === channels) {
    const detections = inner ?? 1;
    return { detections, channelStep: detections, detectionStep: 1 };
  }
  if (inner === channels && outer === gridCells(input)) {
    return { detections: outer, channelStep: 1, detectionStep: channels };
  }
  return undefined;
}

function gridCells({ width, height }: InputSize): number {
  return [8, 16, 32].reduce((sum, stride) => sum + Math.ceil(width / stride) * Math.ceil(height / stride), 0);
}
