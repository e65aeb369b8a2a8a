/** Which last layers the shapes of a model's outputs can be. Shapes alone seldom decide: see `recognise.ts`. */
import type { TensorInfo } from '../../tensor.js';
import type { ObjectDetectionLastLayer } from '../impulse.js';
import type { Evidence } from './evidence.js';
import { isUltralyticsExport } from './evidence.js';
import type { ImageTensor } from './image-tensor.js';
import { findImageTensor } from './image-tensor.js';
import type { ModelFile } from './model-file.js';

/** What the coordinates of boxes are measured in: fractions of the picture, or its pixels. */
export type Units = 'ratios' | 'pixels';

export interface Reading {
  readonly lastLayer: ObjectDetectionLastLayer;
  /** How many labels the shape has room for; undefined where it does not say. */
  readonly labelCount?: number;
  readonly units?: Units;
  /**
   * More than the columns fit: there are as many rows as this head gives for a picture of this size, or an
   * operator that only this layer has.
   */
  readonly certainShape: boolean;
}

const DETECTION_OPERATOR = 'TFLite_Detection_PostProcess';
const SUPPRESSION_OPERATOR = /^(NonMaxSuppression|NON_MAX_SUPPRESSION_V\d)$/;
/** A head that gives finished boxes computes them with one of these; raw YOLOX offsets come out of neither. */
const BOX_OPERATORS = ['Exp', 'EXP', 'Sub', 'SUB'];
/** Cells of a FOMO grid are this many pixels apart. */
const FOMO_CELL = 8;
/** batch, four corners, class, score */
const YOLOV7_COLUMNS = 7;
/** four corners, score, class */
const FINISHED_COLUMNS = 6;
/** Of YOLOv5 at each cell. */
const ANCHORS = 3;

const YOLO_STRIDES = [8, 16, 32];
/** The grids that YOLOv5, v8 and 11 are trained with: usual, P6, P2, tiny. */
const STRIDE_SETS = [YOLO_STRIDES, [8, 16, 32, 64], [4, 8, 16, 32], [16, 32]];

/** All readings that are possible, those with a certain shape first; none where no output looks like a detector's. */
export function readingsOf(evidence: Evidence): readonly Reading[] {
  const { model } = evidence;
  const image = findImageTensor(model.inputs);
  if (model.operators.has(DETECTION_OPERATOR)) return [{ lastLayer: 'mobilenet-ssd', certainShape: true }];
  const tensor = onlyTable(model);
  if (image === undefined || tensor === undefined) return [];
  const [batch, rows = 0, columns = 0, more] = tensor.shape;
  if (hasSuppression(model) && tensor.shape.length < 4 && tensor.shape.at(-1) === YOLOV7_COLUMNS) {
    return [{ lastLayer: 'yolov7', units: 'pixels', certainShape: true }];
  }
  if (Math.abs(batch ?? 0) !== 1) return [];
  if (tensor.shape.length === 4) return gridReadings(model, image, [rows, columns, more ?? 0]);
  return tensor.shape.length === 3 ? tableReadings(evidence, image, rows, columns) : [];
}

/** The first output, where the others, if any, are the raw grids that YOLOv5 exports give besides. */
function onlyTable({ outputs }: ModelFile): TensorInfo | undefined {
  const [first, ...others] = outputs;
  return others.every(({ shape }) => shape.length === 5) ? first : undefined;
}

function hasSuppression({ operators }: ModelFile): boolean {
  return [...operators].some((name) => SUPPRESSION_OPERATOR.test(name));
}

function gridReadings(
  { endsInSoftmax }: ModelFile,
  { width, height }: ImageTensor,
  [rows, columns, channels]: readonly [number, number, number],
): Reading[] {
  const isFomo =
    endsInSoftmax && rows === Math.floor(height / FOMO_CELL) && columns === Math.floor(width / FOMO_CELL);
  return isFomo ? [{ lastLayer: 'fomo', labelCount: channels - 1, certainShape: true }] : [];
}

function tableReadings(evidence: Evidence, image: ImageTensor, a: number, b: number): Reading[] {
  const certain = [
    ...yolov5Readings(image, a, b),
    ...yoloxReadings(evidence.model, image, a, b),
    ...yolov11Readings(image, a, b),
  ].filter(({ labelCount = 1 }) => labelCount >= 1);
  const finished = certain.length === 0 && b === FINISHED_COLUMNS ? [finishedReading(evidence)] : [];
  return [...certain, ...finished, ...taoReadings(a, b)].sort(
    (one, other) => Number(other.certainShape) - Number(one.certainShape),
  );
}

function yolov5Readings(image: ImageTensor, rows: number, columns: number): Reading[] {
  if (!STRIDE_SETS.some((strides) => rows === ANCHORS * cells(image, strides, Math.ceil))) return [];
  return inBothUnits('yolov5', 'yolov5v5-drpai', columns - 5);
}

function yoloxReadings(model: ModelFile, image: ImageTensor, rows: number, columns: number): Reading[] {
  if (rows !== cells(image, YOLO_STRIDES, Math.floor)) return [];
  const certainShape = !BOX_OPERATORS.some((name) => model.operators.has(name));
  return [{ lastLayer: 'yolox', labelCount: columns - 5, certainShape }];
}

/** Channels first, or last; the latter could as well be the corners of YOLO-Pro. Both, where numbers coincide. */
function yolov11Readings(image: ImageTensor, a: number, b: number): Reading[] {
  const first = STRIDE_SETS.some((strides) => b === cells(image, strides, Math.ceil));
  const last = a === cells(image, YOLO_STRIDES, Math.ceil);
  return [
    ...(first ? inBothUnits('yolov11', 'yolov11-abs', a - 4) : []),
    ...(last ? inBothUnits('yolov11', 'yolov11-abs', b - 4) : []),
    ...(last ? [yoloProReading(b - 4)] : []),
  ];
}

function yoloProReading(labelCount: number): Reading {
  return { lastLayer: 'yolo-pro', labelCount, units: 'ratios', certainShape: true };
}

/** Rows that need no suppression. Exports with `nms=True`, YOLOv10 and YOLO26 give them, in ONNX in pixels. */
function finishedReading(evidence: Evidence): Reading {
  return { lastLayer: 'yolox', units: 'pixels', certainShape: isUltralyticsExport(evidence) };
}

function taoReadings(rows: number, columns: number): Reading[] {
  if (rows <= columns) return [];
  const reading = (lastLayer: ObjectDetectionLastLayer, labelCount: number): Reading[] =>
    labelCount >= 1 ? [{ lastLayer, labelCount, certainShape: false }] : [];
  return [
    ...reading('tao-retinanet', columns - 13),
    ...reading('tao-ssd', columns - 13),
    ...reading('tao-yolov3', columns - 11),
    ...reading('tao-yolov4', columns - 11),
  ];
}

function inBothUnits(
  ratios: ObjectDetectionLastLayer,
  pixels: ObjectDetectionLastLayer,
  labelCount: number,
): Reading[] {
  return [
    { lastLayer: ratios, labelCount, units: 'ratios', certainShape: true },
    { lastLayer: pixels, labelCount, units: 'pixels', certainShape: true },
  ];
}

function cells(
  { width, height }: ImageTensor,
  strides: readonly number[],
  round: (n: number) => number,
): number {
  return strides.reduce((sum, stride) => sum + round(width / stride) * round(height / stride), 0);
}
