/** The public surface, and nothing else. */
export { type AnnotateOptions, annotateImage } from './annotate/annotate-image.js';
export type { DeploymentFormat, DeploymentWarning } from './deployment/contents.js';
export type * from './deployment/impulse.js';
export {
  ClosedError,
  DeploymentError,
  EngineError,
  ERROR_CODES,
  type ErrorCode,
  ImpulseError,
  InputError,
  isImpulseError,
  TimeoutError,
  UnsupportedError,
} from './errors.js';
export type { ClassifyImageResponse, ResponseBox } from './postprocess/results.js';
export type { ImageSource, RawFrame } from './preprocess/image-source.js';
export type {
  BlockTensors,
  Classification,
  ClassifyInput,
  DetectedBox,
  PixelRect,
  StageTiming,
} from './runtime/classification.js';
export { Deployment } from './runtime/deployment.js';
export { inspectMachine, type MachineReport } from './runtime/doctor.js';
export type { EngineAttempt } from './runtime/engines/index.js';
export type { DeploymentInfo, LearnBlockInfo } from './runtime/info.js';
export { openDeployment } from './runtime/open.js';
export type { ClassifyOptions, OpenOptions } from './runtime/options.js';
export type { EngineName, SessionDetails } from './runtime/session.js';
export type { DataType, Quantization, Tensor, TensorData, TensorInfo } from './tensor.js';
