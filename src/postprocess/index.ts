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
export type {
  CalibratedResult,
  CalibrationConfig,
  CalibrationThresholds,
  PerformanceCalibration,
  ResultStream,
} from './stateful/calibration.js';
export { calibratePerformance } from './stateful/calibration.js';
export type { CrossingCounter } from './stateful/counting.js';
export { countCrossings } from './stateful/counting.js';
export type { Reading, Smoothing, SmoothingConfig } from './stateful/smoothing.js';
export { smoothResults } from './stateful/smoothing.js';
export type { Point, Segment, TrackedBox } from './stateful/trace.js';
export type { ObjectTracker, TrackingConfig, TrackingThresholds } from './stateful/tracking.js';
export { trackObjects } from './stateful/tracking.js';
export type { ThresholdSetting, ThresholdValue } from './thresholds.js';
export { applyThresholds, parseThreshold, thresholdKeys, withThresholds } from './thresholds.js';
