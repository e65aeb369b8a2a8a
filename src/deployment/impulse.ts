/**
 * The vocabulary that every other room speaks. It imports nothing. Enums are spelled as the Edge Impulse
 * API spells them.
 */

/** How pixels (0..255) become the numbers a model was trained on. */
export const IMAGE_INPUT_SCALINGS = [
  '0..1',
  '-1..1',
  '-128..127',
  '0..255',
  'torch',
  'bgr-subtract-imagenet-mean',
] as const;
export type ImageInputScaling = (typeof IMAGE_INPUT_SCALINGS)[number];

/** How a picture of any size becomes one of the model's size. */
export const IMAGE_INPUT_RESIZE_MODES = ['squash', 'fit-short', 'fit-long', 'crop'] as const;
export type ImageInputResizeMode = (typeof IMAGE_INPUT_RESIZE_MODES)[number];

/** Headers may also say "do not resize": then the picture must already have the model's size. */
export type ResizeMode = ImageInputResizeMode | 'none';

/**
 * Ways to shrink and enlarge pictures, named after where each is the reference:
 *
 * - `vips`: libvips from 8.17 on (Lanczos 3 down, Catmull-Rom up), as sharp runs it today and, it is believed, the
 *   hosted service;
 * - `vips-8.14`: the release inside the sharp that the Node SDK pins; its vertical weights have 6 bits;
 * - `sdk`: the fixed-point bilinear of the C++ SDK, as in firmware that resizes itself;
 * - `area`: OpenCV's `INTER_AREA`, as in the Python SDK;
 * - `triangle`: the triangle filter of Rust's `image`, as in the Rust examples;
 * - `nearest`: the pixel under each pixel, as the GStreamer plugin takes it.
 */
export const RESAMPLERS = ['vips', 'vips-8.14', 'sdk', 'area', 'triangle', 'nearest'] as const;
export type Resampler = (typeof RESAMPLERS)[number];

/**
 * How colour becomes gray: by the Rec. 601 weights of the image block, as the hosted service does, or in linear light before
 * that, as the Node SDK does for grayscale models.
 */
export const GRAY_CONVERSIONS = ['601', 'linear'] as const;
export type GrayConversion = (typeof GRAY_CONVERSIONS)[number];

/**
 * How numbers become the bytes of an 8-bit input: scaled in float32 first, or by the shortcut that the SDK takes for pictures
 * in builds for microcontrollers (TFLite Micro and EON).
 */
export const QUANTIZE_PATHS = ['float', 'image-quantized'] as const;
export type QuantizePath = (typeof QUANTIZE_PATHS)[number];

export const CROP_ANCHORS = [
  'top-left',
  'top-center',
  'top-right',
  'middle-left',
  'middle-center',
  'middle-right',
  'bottom-left',
  'bottom-center',
  'bottom-right',
] as const;
export type CropAnchor = (typeof CROP_ANCHORS)[number];

/** Which head an object-detection model ends in, and so how its outputs are decoded. */
export const OBJECT_DETECTION_LAST_LAYERS = [
  'mobilenet-ssd',
  'fomo',
  'yolov2-akida',
  'yolov5',
  'yolov5v5-drpai',
  'yolox',
  'yolov7',
  'yolo-pro',
  'tao-retinanet',
  'tao-ssd',
  'tao-yolov3',
  'tao-yolov4',
  'yolov11',
  'yolov11-abs',
  'paddleocr-detector',
  'qc-face-det-lite',
] as const;
export type ObjectDetectionLastLayer = (typeof OBJECT_DETECTION_LAST_LAYERS)[number];

export const MODEL_TYPES = [
  'classification',
  'regression',
  'object-detection',
  'freeform',
  'anomaly',
  'visual-anomaly',
] as const;
export type ModelType = (typeof MODEL_TYPES)[number];

export const INPUT_TYPES = ['time-series', 'audio', 'image', 'other'] as const;
export type InputType = (typeof INPUT_TYPES)[number];

/** Where a download came from. Every field is absent in the oldest ones. */
export interface ProjectInfo {
  readonly id?: number;
  readonly owner?: string;
  readonly name?: string;
  readonly deployVersion?: number;
  readonly impulseId?: number;
  readonly impulseName?: string;
  /** Version of the generator, for example `1.74.3`. */
  readonly studioVersion?: string;
}

export interface ImageInput {
  readonly inputType: 'image';
  /** Pixels of the model input. */
  readonly width: number;
  readonly height: number;
  readonly channels: 'RGB' | 'Grayscale';
  readonly resizeMode: ResizeMode;
  /** Which part `crop` keeps; `middle-center` unless the deployment says otherwise. */
  readonly cropAnchor: CropAnchor;
  /** `vips` unless it is said otherwise. */
  readonly resampler?: Resampler;
  /** `601` unless it is said otherwise. Of grayscale models only. */
  readonly gray?: GrayConversion;
  /** `float` unless it is said otherwise. */
  readonly quantizePath?: QuantizePath;
}

/** A window of samples, axes interleaved: t0a0 t0a1 .. t1a0 .. */
export interface SignalInput {
  readonly inputType: 'time-series' | 'audio' | 'other';
  /** Numbers in one window: samples x axes. */
  readonly featureCount: number;
  readonly axes: readonly string[];
  /** 0 where the input has no time. */
  readonly frequencyHz: number;
  /** Samples of each axis by which a window moves on in continuous classification. */
  readonly sliceSize?: number;
}

export type ImpulseInput = ImageInput | SignalInput;

/** A processing block. `parameters` holds the block's own names and values, as its header states them. */
export interface DspBlock {
  readonly id: number;
  /** `image`, `raw`, `flatten`, `mfcc`, `mfe`, `spectrogram`, `spectral-analysis`, ... */
  readonly type: string;
  readonly implementationVersion: number;
  /** Columns of the interleaved input that this block sees. */
  readonly axes: readonly number[];
  /** Numbers it gives to the learn blocks. */
  readonly outputSize: number;
  readonly parameters: Readonly<Record<string, string | number | boolean>>;
  /** Data normalisation: features become (feature - mean) * scale. One number of each for every feature. */
  readonly standardScaler?: { readonly mean: readonly number[]; readonly scale: readonly number[] };
}

export interface NmsLimits {
  /** Candidates must score more than this to take part. */
  readonly confidence: number;
  /** Intersection over union from which the lower-scoring box goes. */
  readonly iou: number;
}

/** What the SDK uses when a deployment does not say (decoders, section 0.5). */
export const DEFAULT_NMS: NmsLimits = { confidence: 0, iou: 0.2 };

interface LearnBlockBase {
  readonly id: number;
  readonly name: string;
  /** Key of its model in `DeploymentContents.artefacts`; empty for K-means, which needs none. */
  readonly artefact: string;
  readonly inputScaling: ImageInputScaling;
  /** Ids of the DSP blocks whose outputs, concatenated, are its input. */
  readonly inputs: readonly number[];
  /** Model outputs in the order that the decoder expects; absent: the model's own order. */
  readonly outputTensors?: readonly number[];
}

export interface ClassificationBlock extends LearnBlockBase {
  readonly modelType: 'classification';
  readonly labels: readonly string[];
}

export interface RegressionBlock extends LearnBlockBase {
  readonly modelType: 'regression';
  readonly labels: readonly string[];
}

/** Names and values that `setThresholds()` changes; names are the runner's: `min_score`, ... */
export type Thresholds = Readonly<Record<string, number>>;

export interface ObjectDetectionBlock extends LearnBlockBase {
  readonly modelType: 'object-detection';
  readonly labels: readonly string[];
  readonly lastLayer: ObjectDetectionLastLayer;
  readonly thresholds: Thresholds;
  readonly nms: NmsLimits;
  /** Rows that `mobilenet-ssd` reads; no maximum for any other layer. */
  readonly objectDetectionCount?: number;
}

export interface FreeformBlock extends LearnBlockBase {
  readonly modelType: 'freeform';
}

/** Distance to clusters of the training data (K-means), or a density model of its own (GMM). */
export interface AnomalyBlock extends LearnBlockBase {
  readonly modelType: 'anomaly';
  readonly algorithm: 'kmeans' | 'gmm';
  /** Indices into the feature vector. */
  readonly axes: readonly number[];
  /** K-means only. */
  readonly kmeans?: {
    readonly mean: readonly number[];
    readonly scale: readonly number[];
    readonly clusters: readonly { readonly centroid: readonly number[]; readonly maxError: number }[];
  };
}

export const ANOMALY_AGGREGATIONS = ['max', 'mean'] as const;
export type AnomalyAggregation = (typeof ANOMALY_AGGREGATIONS)[number];

export interface VisualAnomalyBlock extends LearnBlockBase {
  readonly modelType: 'visual-anomaly';
  readonly algorithm: 'gmm' | 'patchcore';
  readonly gridWidth: number;
  readonly gridHeight: number;
  readonly thresholds: Thresholds;
  /** Which number of the grid is the picture's score; `max` unless the deployment says otherwise. */
  readonly aggregation?: AnomalyAggregation;
}

export type LearnBlock =
  | ClassificationBlock
  | RegressionBlock
  | ObjectDetectionBlock
  | FreeformBlock
  | AnomalyBlock
  | VisualAnomalyBlock;

/** Settings of the object-tracking block, by the SDK's names. */
export interface ObjectTrackingSettings {
  /** Frames that an object may go unseen before it is given up. */
  readonly keep_grace: number;
  readonly max_observations: number;
  /** Overlap (intersection over union) or, without `use_iou`, distance of centres in pixels of the model input. */
  readonly threshold: number;
  readonly use_iou: boolean;
}

/** Everything about a trained impulse except the weights. */
export interface Impulse {
  readonly project: ProjectInfo;
  readonly input: ImpulseInput;
  readonly dspBlocks: readonly DspBlock[];
  readonly learnBlocks: readonly LearnBlock[];
  /** Where the deployment follows objects from frame to frame; `classifyStream()` does. */
  readonly tracking?: ObjectTrackingSettings;
}

/** Which part of the original picture the model saw: all that is needed to map its boxes back. */
export interface ResizeGeometry {
  readonly mode: ResizeMode;
  /** Which part `crop` kept; absent for the other modes. */
  readonly cropAnchor?: CropAnchor;
  /** EXIF orientation, 2..8, by which the picture was turned first; absent where it was not. */
  readonly orientation?: number;
  /** Pixels of the picture as given, or as turned. */
  readonly originalWidth: number;
  readonly originalHeight: number;
  /** Pixels of the model input. */
  readonly inputWidth: number;
  readonly inputHeight: number;
}
