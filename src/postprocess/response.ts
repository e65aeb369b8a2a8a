/** Decoded outputs -> the body of the API's `classifyImage` response. */
import type { Tensor } from '../tensor.js';
import { halfToFloat } from './dequantise.js';
import type {
  AnomalyWindow,
  ClassifyImageResponse,
  DecodedOutputs,
  InputSize,
  PixelBox,
  ResponseBox,
  ResponseTensor,
  VisualAnomaly,
} from './results.js';

/** Position and size as ratios (0..1), from those of the model input. */
export type PlaceRatios = (ratios: Ratios) => Ratios;

interface Ratios {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/**
 * The response to one picture or window, from all learn blocks of an impulse.
 *
 * - `result`: label -> number (classification, regression); of equal labels the last one stands;
 * - `boundingBoxes`: ratios (0..1) of the model input, from whole pixels by division in double precision, so
 *   that `x * input.width` is the SDK's integer again; `score` is the float32 value; an empty array if
 *   nothing was found; boxes that stick out are not clipped;
 * - `result.anomaly`: the anomaly score; for visual anomaly the highest one;
 * - `anomalyResult`: one item a picture: cells over the threshold as boxes, all scores row by row;
 * - `freeformResult`: shape, data type and flat row-major numbers of each tensor; quantised tensors keep
 *   their raw integers.
 *
 * Only the keys that the impulse's blocks give are there.
 *
 * @param input size of the model input in pixels
 * @param place maps ratios of the model input to other ratios, for example of the original picture
 */
export function toResponse(
  decoded: readonly DecodedOutputs[],
  input: InputSize,
  place: PlaceRatios = (ratios) => ratios,
): ClassifyImageResponse {
  const response: ClassifyImageResponse = { success: true };
  for (const outputs of decoded) {
    switch (outputs.modelType) {
      case 'classification':
      case 'regression':
        response.result ??= emptyResult();
        for (const { label, value } of outputs.values) response.result[label] = value;
        break;
      case 'object-detection':
        response.boundingBoxes = [
          ...(response.boundingBoxes ?? []),
          ...outputs.boxes.map((box) => toResponseBox(box, input, place)),
        ];
        break;
      case 'freeform':
        response.freeformResult = {
          outputTensors: [
            ...(response.freeformResult?.outputTensors ?? []),
            ...outputs.tensors.map(toResponseTensor),
          ],
        };
        break;
      case 'anomaly':
        response.result ??= emptyResult();
        response.result.anomaly = outputs.score;
        break;
      case 'visual-anomaly':
        response.result ??= emptyResult();
        response.result.anomaly = outputs.score;
        response.anomalyResult = [...(response.anomalyResult ?? []), toAnomalyWindow(outputs, input, place)];
        break;
    }
  }
  if (response.result !== undefined) Object.setPrototypeOf(response.result, Object.prototype);
  return response;
}

/**
 * An ordinary object that takes any label, even `__proto__`, as a key of its own; made this way, a thousand labels are
 * set ten times faster than by `Object.fromEntries`.
 */
function emptyResult(): Record<string, number> {
  return Object.create(null);
}

function toAnomalyWindow(
  { cells, scores, meanScore, maxScore }: VisualAnomaly,
  input: InputSize,
  place: PlaceRatios,
): AnomalyWindow {
  return {
    boxes: cells.map((cell) => toResponseBox(cell, input, place)),
    scores: scores.map((row) => [...row]),
    meanScore,
    maxScore,
  };
}

/** A box of whole pixels as ratios, of the model input unless `place` says otherwise. */
function toResponseBox(box: PixelBox, input: InputSize, place: PlaceRatios): ResponseBox {
  const { x, y, width, height } = place({
    x: box.x / input.width,
    y: box.y / input.height,
    width: box.width / input.width,
    height: box.height / input.height,
  });
  return { label: box.label, x, y, width, height, score: box.value };
}

function toResponseTensor({ shape, dataType, data }: Tensor): ResponseTensor {
  return { shape: [...shape], dataType, data: numbers(data, dataType) };
}

function numbers(data: Tensor['data'], dataType: Tensor['dataType']): number[] {
  if (data instanceof BigInt64Array) return Array.from(data, Number);
  if (dataType === 'float16') return Array.from(data, halfToFloat);
  // Array.from() takes ten times as long, and freeform tensors may have millions of elements.
  const plain = new Array<number>(data.length);
  for (let index = 0; index < plain.length; index++) plain[index] = data[index] as number;
  return plain;
}
