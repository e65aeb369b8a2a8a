import { describe, expect, it } from 'vitest';
import { readTfliteModel } from '../../../src/deployment/tflite/read.js';
import type { GraphTensor } from '../../../src/deployment/tflite/write.js';
import { writeTfliteModel } from '../../../src/deployment/tflite/write.js';
import { makePacking } from '../../../src/preprocess/make-packing.js';
import { litertWasmEngine } from '../../../src/runtime/engines/litert-wasm.js';
import { constantModel, customOperatorModel, tinyClassifier, tinyFomo } from '../../fixtures/models.js';
import { tinyOnnxClassifier } from '../../fixtures/onnx-models.js';
import { describeWithShared } from '../../support/shared.js';
import { openModel, plainNumbers } from './engines.js';
import { largestDifference, referenceModels } from './reference.js';

/** [1, 6] -> [1, 3, 2], whatever the file declares. */
function reshapeModel(
  declared: Pick<GraphTensor, 'shape' | 'shapeSignature'>,
  input: Partial<GraphTensor> = {},
): Uint8Array {
  return writeTfliteModel({
    tensors: [
      { name: 'input', shape: [1, 6], dataType: 'float32', ...input },
      { name: 'shape', shape: [3], dataType: 'int32', data: Int32Array.of(1, 3, 2) },
      { name: 'output', dataType: 'float32', ...declared },
    ],
    operators: [{ spec: { type: 'RESHAPE', newShape: [1, 3, 2] }, inputs: [0, 1], outputs: [2] }],
    inputs: [0],
    outputs: [2],
  });
}

describe('the engine litert-wasm', () => {
  it.each<[string, Uint8Array, string, RegExp]>([
    ['an empty file', new Uint8Array(0), 'ERR_MODEL_INVALID', /not a TFLite model/],
    ['text', Buffer.from('<!doctype html>'), 'ERR_MODEL_INVALID', /not a TFLite model/],
    ['an ONNX model', tinyOnnxClassifier(), 'ERR_MODEL_INVALID', /not a TFLite model/],
    ['half a model', tinyFomo().subarray(0, 600), 'ERR_DEPLOYMENT_TRUNCATED', /cut short/],
    [
      'an operator that it lacks',
      customOperatorModel('Wobble'),
      'ERR_UNSUPPORTED_OPERATOR',
      /operator Wobble, which the engine 'litert-wasm' lacks.*'tflite'/,
    ],
  ])('refuses %s', async (_, bytes, code, message) => {
    await expect(openModel(litertWasmEngine, bytes)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
  });

  it('tells why it can not run an ONNX model', () => {
    const model = { name: 'model', bytes: new Uint8Array(0) };
    expect(litertWasmEngine.refusal({ ...model, format: 'onnx' })).toMatch(/TFLite/);
    expect(litertWasmEngine.refusal({ ...model, format: 'tflite' })).toBeUndefined();
  });

  it('knows the version and place of its library', async () => {
    expect(await litertWasmEngine.probe()).toEqual({
      available: true,
      version: expect.stringMatching(/^\d+\.\d+\.\d+$/),
      library: expect.stringMatching(/litert_wasm_(compat_)?internal\.wasm$/),
    });
  });

  it('says how it runs: on one thread, and why', async () => {
    const one = await openModel(litertWasmEngine, tinyClassifier(), 1);
    expect(one.details).toMatchObject({ threads: 1, delegate: 'xnnpack (wasm)', notes: [] });
    const four = await openModel(litertWasmEngine, tinyClassifier(), 4);
    expect(four.details).toMatchObject({ threads: 1, notes: [expect.stringContaining('instead of 4')] });
    await Promise.all([one.close(), four.close()]);
  });

  it.each(['float32', 'int8', 'uint8'] as const)('fills and reads %s tensors', async (dataType) => {
    const session = await openModel(litertWasmEngine, tinyClassifier({ dataType }));
    const [tensor] = session.inputs;
    const [output] = session.outputs;
    if (tensor === undefined || output === undefined) throw new Error('no tensors');
    expect([tensor.dataType, output.dataType]).toEqual([dataType, dataType]);
    const packing = makePacking({
      width: 8,
      height: 8,
      channels: 'RGB',
      scaling: '0..1',
      layout: 'NHWC',
      tensor,
    });
    const pixels = Uint8Array.from({ length: 192 }, (_, i) => (i % 3 === 1 ? 255 : 0));
    const { outputs } = await session.run([{ pixels, packing }]);
    const { scale, zeroPoint } = output.quantization ?? { scale: 1, zeroPoint: 0 };
    const scores = plainNumbers(outputs[0]?.data).map((value) => (value - zeroPoint) * scale);
    expect(scores[1]).toBeGreaterThan(0.99);
    expect(scores[0]).toBeLessThan(0.01);
    await session.close();
  });

  it.each<[string, Pick<GraphTensor, 'shape' | 'shapeSignature'>]>([
    ['nothing', { shape: [] }],
    ['that it varies', { shape: [1, 1, 2], shapeSignature: [-1, -1, 2] }],
  ])('finds the shape of an output of which the file says %s', async (_, declared) => {
    const session = await openModel(litertWasmEngine, reshapeModel(declared));
    expect(session.outputs[0]?.shape).toEqual([1, 3, 2]);
    const data = Float32Array.of(1, 2, 3, 4, 5, 6);
    for (let i = 0; i < 3; i++) {
      const { outputs } = await session.run([data]);
      expect(outputs[0]).toMatchObject({ shape: [1, 3, 2], data });
    }
    await session.close();
  });

  it('takes the batch, which may vary, as the file states it', async () => {
    const declared = { shape: [1, 3, 2], shapeSignature: [-1, 3, 2] };
    const input = { shapeSignature: [-1, 6] };
    const session = await openModel(litertWasmEngine, reshapeModel(declared, input));
    expect(session.inputs[0]?.shape).toEqual([1, 6]);
    const { outputs } = await session.run([new Float32Array(6).fill(2)]);
    expect(outputs[0]).toMatchObject({ shape: [1, 3, 2], data: new Float32Array(6).fill(2) });
    await session.close();
  });

  it('refuses a model with variable tensors, which LiteRT does not know yet', async () => {
    const model = writeTfliteModel({
      tensors: [
        { name: 'x', shape: [1, 2], dataType: 'float32' },
        { name: 'state', shape: [1, 2], dataType: 'float32', isVariable: true },
        { name: 'y', shape: [1, 2], dataType: 'float32' },
      ],
      operators: [{ spec: { type: 'ADD' }, inputs: [0, 0], outputs: [2] }],
      inputs: [0],
      outputs: [2],
    });
    await expect(openModel(litertWasmEngine, model)).rejects.toMatchObject({
      code: 'ERR_UNSUPPORTED_ENGINE',
      message: expect.stringMatching(/Variable tensors.*'tflite'/),
    });
  });

  it('refuses an output whose size depends on the values of the input', async () => {
    const model = writeTfliteModel({
      tensors: [
        { name: 'x', shape: [6], dataType: 'bool' },
        { name: 'y', shape: [1, 1], shapeSignature: [-1, -1], dataType: 'int64' },
      ],
      operators: [{ spec: { type: 'ABS' }, inputs: [0], outputs: [1] }],
      inputs: [0],
      outputs: [1],
    });
    const [abs, where] = [101, 109];
    for (const [i, byte] of model.entries()) if (byte === abs) model[i] = where;
    expect(readTfliteModel(model).operatorCodes).toMatchObject([{ name: 'WHERE' }]);
    await expect(openModel(litertWasmEngine, model)).rejects.toMatchObject({
      code: 'ERR_UNSUPPORTED_ENGINE',
      message: expect.stringMatching(/WHERE.*'tflite'/),
    });
  });

  it.each([
    ['stands twice among the outputs', [1, 1]],
    ['is an input too', [1, 0]],
  ])('refuses a tensor that %s, of which LiteRT gives no values', async (_, outputs) => {
    const model = writeTfliteModel({
      tensors: [
        { name: 'x', shape: [1, 2], dataType: 'float32' },
        { name: 'y', shape: [1, 2], dataType: 'float32' },
      ],
      operators: [{ spec: { type: 'ADD' }, inputs: [0, 0], outputs: [1] }],
      inputs: [0],
      outputs,
    });
    await expect(openModel(litertWasmEngine, model)).rejects.toMatchObject({
      code: 'ERR_UNSUPPORTED_ENGINE',
      message: expect.stringMatching(/at the same time.*'tflite'/),
    });
  });

  it('fails, and does not answer with whatever lies in memory, where a file lies about its output', async () => {
    const session = openModel(litertWasmEngine, reshapeModel({ shape: [1, 1, 2] })).then((opened) =>
      opened.run([new Float32Array(6)]),
    );
    await expect(session).rejects.toMatchObject({ name: 'EngineError' });
  });

  it('gives several outputs in the order of the graph', async () => {
    const values = [1, 2, 3].map((size) => ({ shape: [1, size], data: new Float32Array(size).fill(size) }));
    const session = await openModel(litertWasmEngine, constantModel([1, 4], values));
    const { outputs } = await session.run([new Float32Array(4)]);
    expect(outputs.map(({ data }) => [...data])).toEqual([[1], [2, 2], [3, 3, 3]]);
    await session.close();
  });
});

/**
 * Where XNNPACK, with which this engine computes, and the reference's own kernels differ by more than two
 * steps or 1e-4. TFLite's C library with XNNPACK gives the very numbers of this engine for the int8 models.
 */
const KNOWN_DIFFERENCES: Readonly<Record<string, number>> = {
  'ei-benchmark-image-96/ei-benchmark-image-96x96-0.35-color-transfer-learning-tensorflow-lite-int8-quantized-model(1).lite': 9,
  'mlperf-tiny-resnet8-cifar10/pretrainedResnet_quant.tflite': 11,
  'mobilenet-v1-025-imagenet-float-and-uint8/mobilenet_v1_0.25_224_quant.tflite': 7,
  'mobilenet-v2-imagenet-uint8/mobilenet_v2_1.0_224_quant.tflite': 6,
  'yolov5n-tflite-uint8/yolov5n-int8.tflite': 44,
  'yolov8n-tflite-224/yolov8n_full_integer_quant_224.tflite': 18,
  // Boxes of equal or nearly equal scores stand in another order.
  'ei-dashboard-ssd-fpnlite-beer-320/beer-i8.lite': Number.POSITIVE_INFINITY,
  'ssd-mobilenet-v1-coco-uint8/coco_ssd_mobilenet_v1_1.0_quant_2018_06_29.tflite': 0.8,
  // Weights of 8 bits, activations quantised anew in each run.
  'ei-arduino-2020-mfcc/trained_tflite.tflite': 0.03,
  'ei-cpp-regression-sine/tflite_learn_6.tflite': 0.11,
  'mlperf-tiny-kws/kws_ref_model_float32.tflite': 0.02,
  'yamnet-audio/yamnet_audio_classifier_with_metadata.tflite': 0.7,
  'yolov8n-tflite-224/yolov8n_int8_224.tflite': 0.03,
  'yolox-nano/yolox_nano_dynamic_range_quantize.tflite': 0.2,
};

describeWithShared('the engine litert-wasm on real models', (sharedDir) => {
  it.each(referenceModels(sharedDir, 'tflite').map((model) => [model.path, model] as const))(
    'gives the reference answer: %s',
    async (path, model) => {
      const allowed = KNOWN_DIFFERENCES[path] ?? (model.outputs[0]?.dtype === 'float32' ? 1e-4 : 2);
      expect(await largestDifference(litertWasmEngine, sharedDir, model)).toBeLessThanOrEqual(allowed);
    },
  );
});
