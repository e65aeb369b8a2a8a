/** `impulse-runtime/preprocess`: the way of a picture or signal to a model's input, for any engine. */
export type {
  CropAnchor,
  GrayConversion,
  ImageInputScaling,
  QuantizePath,
  Resampler,
  ResizeGeometry,
  ResizeMode,
} from '../deployment/impulse.js';
export type { DataType, Quantization } from '../tensor.js';
export { imageFeatures, pixelsFromFeatures } from './features.js';
export { formatFeatures, parseFeatures } from './features-text.js';
export { FRAME_FORMATS, type FrameFormat, type FrameFormatAlias } from './frame-format.js';
export { type Box, mapBoxToOriginal } from './geometry.js';
export type { ImageSource } from './image-source.js';
export { type InputLimits, MAX_INPUT_BYTES, MAX_INPUT_PIXELS } from './input-limits.js';
export { makePacking, type PackingSpec } from './make-packing.js';
export { packPixels } from './pack-pixels.js';
export type { GrayPacking, Packing, PixelElements, RgbPacking } from './packing.js';
export {
  makePreprocessor,
  type PreprocessedImage,
  type Preprocessor,
  type PreprocessSpec,
  preprocessImage,
} from './preprocess-image.js';
export { quantize, type TensorElements } from './quantize.js';
export type { RawFormat, RawFrame } from './raw-frame.js';
export { type ResizedImage, type ResizeTiming, resizeImage } from './resize-image.js';
export type { Orientation, ResizeOptions } from './resize-options.js';
export {
  type ContinuousDsp,
  makeContinuousDsp,
  makeSignalProcessor,
  type SignalProcessor,
  signalFeatures,
} from './signal.js';
