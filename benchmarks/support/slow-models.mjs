/**
 * A slow model for each engine and each way of running. Those called large also have outputs of one or two megabytes,
 * whose memory the collector must free.
 */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { mobilenetV2Path } from '../models/mobilenet-v2.mjs';

const SHARED = fileURLToPath(new URL('../../../shared/models/', import.meta.url));
const input = { inputType: 'image', inputScaling: '0..1', resizeMode: 'squash' };
const numbered = (count) => Array.from({ length: count }, (_, i) => String(i));
const classification = { input, model: { modelType: 'classification', labels: numbered(1000) } };
const detection = (lastLayer) => ({
  input,
  model: { modelType: 'object-detection', lastLayer, labels: numbered(80), minimumConfidence: 0.5 },
});

/** @returns list of `{ name, source, options }`; what is missing here is said on standard error */
export async function slowDeployments() {
  const mobilenet = await mobilenetV2Path('int8');
  const all = [
    { name: 'tflite, xnnpack', source: mobilenet, modelInfo: classification, options: { engine: 'tflite' } },
    {
      name: 'tflite, own kernels',
      source: mobilenet,
      modelInfo: classification,
      options: { engine: 'tflite', xnnpack: false },
    },
    {
      name: 'litert-wasm',
      source: mobilenet,
      modelInfo: classification,
      options: { engine: 'litert-wasm' },
    },
    {
      name: 'litert-wasm, large',
      source: `${SHARED}yolov5n-tflite-uint8/yolov5n-int8.tflite`,
      modelInfo: detection('yolov5'),
      options: { engine: 'litert-wasm' },
    },
    {
      name: 'onnx',
      source: `${SHARED}plant-disease-mobilenetv2-onnx-int8/mobilenetv2_int8.onnx`,
      modelInfo: { input, model: { modelType: 'classification', labels: numbered(38) } },
      options: { engine: 'onnx' },
    },
    {
      name: 'onnx, large',
      source: `${SHARED}yolox-nano/yolox_nano.onnx`,
      modelInfo: detection('yolox'),
      options: { engine: 'onnx' },
    },
  ];
  for (const { name, source } of all) {
    if (!existsSync(source)) process.stderr.write(`${name}: not measured, ${source} is missing\n`);
  }
  return all
    .filter(({ source }) => existsSync(source))
    .map(({ modelInfo, options, ...entry }) => ({
      ...entry,
      options: { ...options, modelInfo, threads: 1 },
    }));
}
