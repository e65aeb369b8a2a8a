/** The public surface, and nothing else. */
export { type AnnotateOptions, annotateImage } from './annotate/annotate-image.js';
export {
  type CompiledRunner,
  type CompileOptions,
  compileDeployment,
} from './compile/compile-deployment.js';
export type { DeploymentFormat, DeploymentWarning } from './deployment/contents.js';
export type * from './deployment/impulse.js';
export {
  ClosedError,
  DeploymentError,
  DownloadError,
  EngineError,
  ERROR_CODES,
  type ErrorCode,
  ImpulseError,
  InputError,
  isImpulseError,
  RegistryError,
  RequestError,
  TimeoutError,
  UnsupportedError,
} from './errors.js';
export type { ClassifyImageResponse, ResponseBox } from './postprocess/results.js';
export {
  type CalibratedResult,
  type CalibrationConfig,
  type CalibrationThresholds,
  calibratePerformance,
  type PerformanceCalibration,
  type ResultStream,
} from './postprocess/stateful/calibration.js';
export { type CrossingCounter, countCrossings } from './postprocess/stateful/counting.js';
export {
  type Reading,
  type Smoothing,
  type SmoothingConfig,
  smoothResults,
} from './postprocess/stateful/smoothing.js';
export type { Point, Segment, TrackedBox } from './postprocess/stateful/trace.js';
export {
  type ObjectTracker,
  type TrackingConfig,
  type TrackingThresholds,
  trackObjects,
} from './postprocess/stateful/tracking.js';
export type { FrameFormat, FrameFormatAlias } from './preprocess/frame-format.js';
export type { ImageSource, RawFrame } from './preprocess/image-source.js';
export type { InputLimits } from './preprocess/input-limits.js';
export type { Orientation } from './preprocess/resize-options.js';
export type {
  BlockTensors,
  Classification,
  ClassifyInput,
  DetectedBox,
  PixelRect,
  StageTiming,
  TrackedObject,
} from './runtime/classification.js';
export type { ContinuousClassifier } from './runtime/continuous.js';
export { type Conversion, type ConvertOptions, convertDeployment } from './runtime/convert.js';
export { Deployment } from './runtime/deployment.js';
export { inspectMachine, type MachineReport } from './runtime/doctor.js';
export type { EngineAttempt } from './runtime/engines/index.js';
export { framesInFolder, type RawFormat, rawFrames } from './runtime/frames.js';
export type { RunnerDetails, RunnerName } from './runtime/impulse-runner.js';
export type { DeploymentInfo, LearnBlockInfo, ModelInfo } from './runtime/info.js';
export type { Inputs, ManyOptions } from './runtime/many.js';
export { openDeployment } from './runtime/open.js';
export type { ClassifyOptions, Isolation, OpenOptions, RunnerIsolation } from './runtime/options.js';
export type { EngineName, SessionDetails, TfliteDelegate } from './runtime/session.js';
export type { Frames, StreamOptions } from './runtime/stream.js';
export {
  type TuneOptions,
  type TuningPlace,
  type TuningReport,
  tuneDeployment,
} from './runtime/tune-deployment.js';
export type { FailedTrial, Machine, MeasuredTrial, Setting, Trial, Tuning } from './runtime/tuning/tuning.js';
export type { DataType, Quantization, Tensor, TensorData, TensorInfo } from './tensor.js';
