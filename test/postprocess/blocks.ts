/** Learn blocks and tensors for the tests of decoders. */
import type {
  AnomalyBlock,
  ClassificationBlock,
  FreeformBlock,
  ObjectDetectionBlock,
  ObjectDetectionLastLayer,
  RegressionBlock,
  VisualAnomalyBlock,
} from '../../src/deployment/impulse.js';
import { DEFAULT_NMS } from '../../src/deployment/impulse.js';
import type { Quantization, Tensor } from '../../src/tensor.js';

const BASE = { id: 3, name: 'test block', artefact: 'model', inputScaling: '0..1', inputs: [2] } as const;

export function classificationBlock(labels: readonly string[]): ClassificationBlock {
  return { ...BASE, modelType: 'classification', labels };
}

export function regressionBlock(labels: readonly string[]): RegressionBlock {
  return { ...BASE, modelType: 'regression', labels };
}

export function freeformBlock(outputTensors?: readonly number[]): FreeformBlock {
  return { ...BASE, modelType: 'freeform', ...(outputTensors && { outputTensors }) };
}

export function anomalyBlock(facts: Pick<AnomalyBlock, 'algorithm' | 'axes' | 'kmeans'>): AnomalyBlock {
  return { ...BASE, modelType: 'anomaly', ...facts };
}

export function visualAnomalyBlock(facts: Partial<VisualAnomalyBlock> = {}): VisualAnomalyBlock {
  return {
    ...BASE,
    modelType: 'visual-anomaly',
    algorithm: 'gmm',
    gridWidth: 2,
    gridHeight: 2,
    thresholds: { min_anomaly_score: 5 },
    ...facts,
  };
}

export function detectionBlock(
  lastLayer: ObjectDetectionLastLayer,
  facts: Partial<Omit<ObjectDetectionBlock, 'modelType' | 'lastLayer'>> = {},
): ObjectDetectionBlock {
  return {
    ...BASE,
    modelType: 'object-detection',
    lastLayer,
    labels: ['cat', 'dog'],
    thresholds: { min_score: 0.5 },
    nms: DEFAULT_NMS,
    ...facts,
  };
}

export function floatTensor(shape: readonly number[], values: ArrayLike<number>, name = 'output'): Tensor {
  return { name, shape, dataType: 'float32', data: Float32Array.from(values) };
}

export function int8Tensor(
  shape: readonly number[],
  values: ArrayLike<number>,
  quantization: Quantization,
  name = 'output',
): Tensor {
  return { name, shape, dataType: 'int8', data: Int8Array.from(values), quantization };
}

export function uint8Tensor(
  shape: readonly number[],
  values: ArrayLike<number>,
  quantization: Quantization,
  name = 'output',
): Tensor {
  return { name, shape, dataType: 'uint8', data: Uint8Array.from(values), quantization };
}
