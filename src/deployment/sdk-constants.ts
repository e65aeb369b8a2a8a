/**
 * Constants that headers use and that, in newer downloads, only the SDK defines. Headers of some years number
 * a few of them differently (Syntiant was 9 before Akida was), so a name counts before a number.
 */
import type { Enumeration } from './headers/query.js';
import type { ImageInputScaling, ObjectDetectionLastLayer, ResizeMode } from './impulse.js';

/** Values of `EI_CLASSIFIER_INFERENCING_ENGINE`, and the names that people know. */
const ENGINE_ROWS = [
  [255, 'NONE', 'none'],
  [1, 'UTENSOR', 'uTensor'],
  [2, 'TFLITE', 'TensorFlow Lite'],
  [3, 'CUBEAI', 'STM32Cube.AI'],
  [4, 'TFLITE_FULL', 'full TensorFlow Lite'],
  [5, 'TENSAIFLOW', 'TensaiFlow'],
  [6, 'TENSORRT', 'NVIDIA TensorRT'],
  [7, 'DRPAI', 'Renesas DRP-AI'],
  [8, 'TFLITE_TIDL', 'Texas Instruments TIDL (TFLite)'],
  [9, 'AKIDA', 'BrainChip Akida'],
  [10, 'SYNTIANT', 'Syntiant'],
  [11, 'ONNX_TIDL', 'Texas Instruments TIDL (ONNX)'],
  [12, 'MEMRYX', 'MemryX'],
  [13, 'ETHOS_LINUX', 'Arm Ethos-U on Linux'],
  [14, 'ATON', 'ST Neural-ART (ATON)'],
  [15, 'CEVA_NPN', 'Ceva NeuPro-Nano'],
  [16, 'NORDIC_AXON', 'Nordic Axon'],
  [17, 'VLM_CONNECTOR', 'a remote vision-language model'],
] as const;
export type SdkEngine = (typeof ENGINE_ROWS)[number][2];

export const ENGINES: Enumeration<SdkEngine> = table('EI_CLASSIFIER_', ENGINE_ROWS);
/** Engines whose downloads hold a plain flatbuffer; DRP-AI ones do so beside their own format. */
export const FLATBUFFER_ENGINES: ReadonlySet<SdkEngine> = new Set([
  'TensorFlow Lite',
  'full TensorFlow Lite',
  'Renesas DRP-AI',
]);

const LAST_LAYER_ROWS = [
  [1, 'SSD', 'mobilenet-ssd'],
  [2, 'FOMO', 'fomo'],
  [3, 'YOLOV5', 'yolov5'],
  [4, 'YOLOX', 'yolox'],
  [5, 'YOLOV5_V5_DRPAI', 'yolov5v5-drpai'],
  [6, 'YOLOV7', 'yolov7'],
  [7, 'TAO_RETINANET', 'tao-retinanet'],
  [8, 'TAO_SSD', 'tao-ssd'],
  [9, 'TAO_YOLOV3', 'tao-yolov3'],
  [10, 'TAO_YOLOV4', 'tao-yolov4'],
  [11, 'YOLOV2', 'yolov2-akida'],
  [12, 'YOLO_PRO', 'yolo-pro'],
  [13, 'YOLOV11', 'yolov11'],
  [14, 'YOLOV11_ABS', 'yolov11-abs'],
] as const;
export const LAST_LAYERS: Enumeration<ObjectDetectionLastLayer> = table(
  'EI_CLASSIFIER_LAST_LAYER_',
  LAST_LAYER_ROWS,
);

const SCALING_ROWS = [
  [0, 'NONE', '0..1'],
  [1, '0_255', '0..255'],
  [2, 'TORCH', 'torch'],
  [3, 'MIN1_1', '-1..1'],
  [4, 'MIN128_127', '-128..127'],
  [5, 'BGR_SUBTRACT_IMAGENET_MEAN', 'bgr-subtract-imagenet-mean'],
] as const;
export const IMAGE_SCALINGS: Enumeration<ImageInputScaling> = table(
  'EI_CLASSIFIER_IMAGE_SCALING_',
  SCALING_ROWS,
);

const RESIZE_ROWS = [
  [0, 'NONE', 'none'],
  [1, 'FIT_SHORTEST', 'fit-short'],
  [2, 'FIT_LONGEST', 'fit-long'],
  [3, 'SQUASH', 'squash'],
] as const;
export const RESIZE_MODES: Enumeration<ResizeMode> = table('EI_CLASSIFIER_RESIZE_', RESIZE_ROWS);

/** What a block does: `type` of a post-processing block, `classification_mode` of a learn block before Studio 1.74. */
export const BLOCK_MODES = {
  OTHER: 0,
  CLASSIFICATION: 1,
  REGRESSION: 2,
  OBJECT_DETECTION: 3,
  ANOMALY_GMM: 4,
  VISUAL_ANOMALY: 5,
  ANOMALY_KMEANS: 6,
  DSP: 7,
  FREEFORM: 8,
  ANOMALY_CUSTOM: 9,
} as const;

export const ANOMALY_TYPES = {
  UNKNOWN: 0,
  KMEANS: 1,
  GMM: 2,
  VISUAL_GMM: 3,
  VISUAL_PATCHCORE: 4,
  CUSTOM: 5,
  VISUAL_CUSTOM: 6,
} as const;

const SENSORS = {
  UNKNOWN: 255,
  MICROPHONE: 1,
  ACCELEROMETER: 2,
  CAMERA: 3,
  '9DOF': 4,
  ENVIRONMENTAL: 5,
  FUSION: 6,
} as const;
export const MICROPHONE = SENSORS.MICROPHONE;

const RESULT_TYPES = {
  NONE: 0,
  CLASSIFICATION: 1,
  REGRESSION: 2,
  OBJECT_DETECTION: 3,
  OBJECT_TRACKING: 4,
  FREEFORM: 5,
} as const;

/** `EI_CLASSIFIER_TFLITE_INPUT_DATATYPE` and its output twin. */
export const DATA_TYPES: ReadonlyMap<number, string> = new Map([
  [1, 'float32'],
  [3, 'uint8'],
  [9, 'int8'],
]);

/** Every constant by its full name, as if the SDK's headers had been included. */
export const SDK_CONSTANTS: Readonly<Record<string, number>> = {
  ...prefixed('EI_CLASSIFIER_', numbered(ENGINE_ROWS)),
  ...prefixed('EI_CLASSIFIER_LAST_LAYER_', { UNKNOWN: -1, ...numbered(LAST_LAYER_ROWS) }),
  ...prefixed('EI_CLASSIFIER_IMAGE_SCALING_', numbered(SCALING_ROWS)),
  ...prefixed('EI_CLASSIFIER_RESIZE_', numbered(RESIZE_ROWS)),
  ...prefixed('EI_CLASSIFIER_MODE_', BLOCK_MODES),
  ...prefixed('EI_CLASSIFIER_CLASSIFICATION_MODE_', BLOCK_MODES),
  ...prefixed('EI_CLASSIFIER_TYPE_', RESULT_TYPES),
  ...prefixed('EI_CLASSIFIER_SENSOR_', SENSORS),
  ...prefixed('EI_CLASSIFIER_DATATYPE_', { FLOAT32: 1, UINT8: 3, INT8: 9 }),
  ...prefixed('EI_ANOMALY_TYPE_', ANOMALY_TYPES),
};

function table<T>(prefix: string, rows: readonly (readonly [number, string, T])[]): Enumeration<T> {
  return {
    prefix,
    byName: new Map(rows.map(([, name, value]) => [name, value])),
    byNumber: new Map(rows.map(([number, , value]) => [number, value])),
  };
}

function numbered(rows: readonly (readonly [number, string, string])[]): Record<string, number> {
  return Object.fromEntries(rows.map(([number, name]) => [name, number]));
}

function prefixed(prefix: string, values: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [prefix + name, value]));
}
