/** The engines that run in worker threads, each with models whose answers are known. */
import { litertWasmEngine } from '../../../src/runtime/engines/litert-wasm.js';
import { onnxEngine } from '../../../src/runtime/engines/onnx.js';
import type { Engine, ModelSession } from '../../../src/runtime/session.js';
import type { TensorData } from '../../../src/tensor.js';
import { slowModel, tinyClassifier } from '../../fixtures/models.js';
import { slowOnnxModel, tinyOnnxClassifier } from '../../fixtures/onnx-models.js';

export interface EngineCase {
  readonly engine: Engine;
  /** 8 x 8 RGB float32, 0..1 -> softmax of 8 x the mean of each colour. */
  readonly classifier: Uint8Array;
  readonly layout: 'NHWC' | 'NCHW';
  /** One run takes some 50 ms. */
  readonly slow: Uint8Array;
}

export const WORKER_ENGINES: readonly EngineCase[] = [
  { engine: onnxEngine, classifier: tinyOnnxClassifier(), layout: 'NCHW', slow: slowOnnxModel() },
  {
    engine: litertWasmEngine,
    classifier: tinyClassifier(),
    layout: 'NHWC',
    slow: slowModel({ convolutions: 8 }),
  },
];

export function openModel(engine: Engine, bytes: Uint8Array, threads = 1): Promise<ModelSession> {
  const format = engine.name === 'onnx' ? 'onnx' : 'tflite';
  return engine.open({ format, name: `model.${format}`, bytes }, { threads });
}

/** An 8 x 8 picture of one colour as the classifier's input. */
export function plainColour(rgb: readonly number[], layout: 'NHWC' | 'NCHW'): Float32Array {
  return Float32Array.from({ length: 8 * 8 * 3 }, (_, i) =>
    layout === 'NHWC' ? (rgb[i % 3] ?? 0) : (rgb[Math.floor(i / 64)] ?? 0),
  );
}

/** What the classifier says of it. */
export function expectedScores(rgb: readonly number[]): number[] {
  const exponentials = rgb.map((mean) => Math.exp(8 * mean));
  const sum = exponentials.reduce((a, b) => a + b);
  return exponentials.map((value) => value / sum);
}

/** Elements of any type as plain numbers. */
export function plainNumbers(data: TensorData | undefined): number[] {
  return Array.from((data ?? []) as ArrayLike<number | bigint>, Number);
}
