/** `impulse-runtime/postprocess`: model outputs to results, for use with any engine. */
export type * from '../deployment/impulse.js';
export type { DataType, Quantization, Tensor, TensorData, TensorInfo } from '../tensor.js';
export { anomalyFeatures, kmeansScore } from './anomaly.js';
export { checkOutputs, decodeOutputs } from './decode.js';
export { dequantise } from './dequantise.js';
export { toResponse } from './response.js';
export type {
  AnomalyWindow,
  ClassifyImageResponse,
  DecodedOutputs,
  InputSize,
  LabelledValue,
  PixelBox,
  ResponseBox,
  ResponseTensor,
  VisualAnomaly,
} from './results.js';
export type { ThresholdSetting } from './thresholds.js';
export { applyThresholds, parseThreshold, thresholdKeys, withThresholds } from './thresholds.js';
