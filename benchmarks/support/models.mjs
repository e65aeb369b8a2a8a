/**
 * The models that benchmarks run: what each is, where it lies and how it is opened. Those of `../shared/models` may be missing.
 *
 * @typedef {{ name: string, source: string, modelInfo?: object, side?: number }} BenchmarkModel `side`: of its square
 *   picture, in pixels; without one it takes a tensor
 */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { mobilenetV2Path } from '../models/mobilenet-v2.mjs';

const at = (path) => fileURLToPath(new URL(path, import.meta.url));
const shared = (path) => at(`../../../shared/models/${path}`);
const numbered = (count) => Array.from({ length: count }, (_, i) => `class ${i}`);

const image = (inputScaling = '0..1') => ({ inputType: 'image', inputScaling, resizeMode: 'squash' });
const classification = (classes, input = image()) => ({
  input,
  model: { modelType: 'classification', labels: numbered(classes) },
});
const detection = (lastLayer, inputScaling) => ({
  input: image(inputScaling),
  model: { modelType: 'object-detection', lastLayer, labels: numbered(80), minimumConfidence: 0.5 },
});

const TRANSFER_96 =
  'ei-benchmark-image-96/ei-benchmark-image-96x96-0.35-color-transfer-learning-tensorflow-lite';
const KEYWORDS = classification(12, { inputType: 'other' });

const MODELS = {
  'FOMO 96 int8': { source: at('../../examples/shapes.zip'), side: 96 },
  'MobileNetV2 224 int8': {
    source: () => mobilenetV2Path('int8'),
    side: 224,
    modelInfo: classification(1000),
  },
  'MobileNetV2 224 float32': {
    source: () => mobilenetV2Path('float32'),
    side: 224,
    modelInfo: classification(1000),
  },
  'MobileNetV2 224 uint8 (2018)': {
    source: shared('mobilenet-v2-imagenet-uint8/mobilenet_v2_1.0_224_quant.tflite'),
    side: 224,
    modelInfo: classification(1001, image('-1..1')),
  },
  'MobileNetV2 0.35 96 int8': {
    source: shared(`${TRANSFER_96}-int8-quantized-model(1).lite`),
    side: 96,
    modelInfo: classification(3),
  },
  'MobileNetV2 0.35 96 float32': {
    source: shared(`${TRANSFER_96}-float32-model.lite`),
    side: 96,
    modelInfo: classification(3),
  },
  'MobileNetV1 96 int8': {
    source: shared('ei-arduino-mask-classification/tflite_learn_5.tflite'),
    side: 96,
    modelInfo: classification(2),
  },
  'keyword spotting int8': {
    source: shared('mlperf-tiny-kws/kws_ref_model.tflite'),
    modelInfo: KEYWORDS,
  },
  'keyword spotting float32': {
    source: shared('mlperf-tiny-kws/kws_ref_model_float32.tflite'),
    modelInfo: KEYWORDS,
  },
  'YOLOv5n uint8': {
    source: shared('yolov5n-tflite-uint8/yolov5n-int8.tflite'),
    side: 640,
    modelInfo: detection('yolov5'),
  },
  'plant disease 224 ONNX int8': {
    source: shared('plant-disease-mobilenetv2-onnx-int8/mobilenetv2_int8.onnx'),
    side: 224,
    modelInfo: classification(38),
  },
  'YOLOX nano 416 ONNX': {
    source: shared('yolox-nano/yolox_nano.onnx'),
    side: 416,
    modelInfo: detection('yolox', '0..255'),
  },
  'MNIST 28 ONNX': {
    source: shared('mnist-onnx/mnist.onnx'),
    side: 28,
    modelInfo: classification(10, image('0..255')),
  },
};

/**
 * @param {readonly (keyof MODELS)[]} names
 * @returns {Promise<BenchmarkModel[]>} without those that are missing here, which is said on standard error
 */
export async function benchmarkModels(names) {
  const models = [];
  for (const name of names) {
    const { source: where, ...model } = MODELS[name];
    const source = typeof where === 'function' ? await where() : where;
    if (existsSync(source)) models.push({ name, source, ...model });
    else process.stderr.write(`${name}: not measured, ${source} is missing\n`);
  }
  return models;
}
