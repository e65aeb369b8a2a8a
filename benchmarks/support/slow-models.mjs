/** A slow model for each engine and each way of running. Those called large have outputs of one or two megabytes. */
import { benchmarkModels } from './models.mjs';

const WAYS = [
  ['tflite, xnnpack', 'MobileNetV2 224 int8', { engine: 'tflite' }],
  ['tflite, own kernels', 'MobileNetV2 224 int8', { engine: 'tflite', xnnpack: false }],
  ['litert-wasm', 'MobileNetV2 224 int8', { engine: 'litert-wasm' }],
  ['litert-wasm, large', 'YOLOv5n uint8', { engine: 'litert-wasm' }],
  ['onnx', 'plant disease 224 ONNX int8', { engine: 'onnx' }],
  ['onnx, large', 'YOLOX nano 416 ONNX', { engine: 'onnx' }],
];

/** @returns list of `{ name, source, options }`; what is missing here is said on standard error */
export async function slowDeployments() {
  const models = new Map(
    (await benchmarkModels([...new Set(WAYS.map(([, model]) => model))])).map((model) => [model.name, model]),
  );
  return WAYS.flatMap(([name, model, engine]) => {
    const { source, modelInfo } = models.get(model) ?? {};
    return source === undefined ? [] : [{ name, source, options: { ...engine, modelInfo, threads: 1 } }];
  });
}
