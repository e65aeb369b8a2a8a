/** The manifest of our own package: an impulse in the project's vocabulary, and its model files. */
import * as v from 'valibot';
import {
  ANOMALY_AGGREGATIONS,
  CROP_ANCHORS,
  GRAY_CONVERSIONS,
  IMAGE_INPUT_RESIZE_MODES,
  IMAGE_INPUT_SCALINGS,
  type Impulse,
  OBJECT_DETECTION_LAST_LAYERS,
  QUANTIZE_PATHS,
  RESAMPLERS,
} from '../impulse.js';

/** Raised when a reader of the old version could misunderstand a package of the new one. */
export const PACKAGE_VERSION = 1;

const text = v.string();
const finite = v.pipe(v.number(), v.finite());
const index = v.pipe(v.number(), v.integer(), v.safeInteger(), v.minValue(0));
const size = v.pipe(v.number(), v.integer(), v.safeInteger(), v.minValue(1));
const id = v.pipe(v.number(), v.integer(), v.safeInteger());
const labels = v.array(text);

const project = v.strictObject({
  id: v.exactOptional(id),
  owner: v.exactOptional(text),
  name: v.exactOptional(text),
  deployVersion: v.exactOptional(id),
  impulseId: v.exactOptional(id),
  impulseName: v.exactOptional(text),
  studioVersion: v.exactOptional(text),
});

const imageInput = v.strictObject({
  inputType: v.literal('image'),
  width: size,
  height: size,
  channels: v.picklist(['RGB', 'Grayscale']),
  resizeMode: v.picklist([...IMAGE_INPUT_RESIZE_MODES, 'none']),
  cropAnchor: v.picklist(CROP_ANCHORS),
  resampler: v.exactOptional(v.picklist(RESAMPLERS)),
  gray: v.exactOptional(v.picklist(GRAY_CONVERSIONS)),
  quantizePath: v.exactOptional(v.picklist(QUANTIZE_PATHS)),
});

const signalInput = v.strictObject({
  inputType: v.picklist(['time-series', 'audio', 'other']),
  featureCount: size,
  axes: v.array(text),
  frequencyHz: v.pipe(finite, v.minValue(0)),
  sliceSize: v.exactOptional(size),
});

const dspBlock = v.strictObject({
  id,
  type: text,
  implementationVersion: index,
  axes: v.array(index),
  outputSize: index,
  parameters: v.record(text, v.union([text, finite, v.boolean()])),
  standardScaler: v.exactOptional(v.strictObject({ mean: v.array(finite), scale: v.array(finite) })),
});

const learnBlock = {
  id,
  name: text,
  artefact: text,
  inputScaling: v.picklist(IMAGE_INPUT_SCALINGS),
  inputs: v.array(id),
  outputTensors: v.exactOptional(v.array(index)),
};

const thresholds = v.record(text, finite);

const learnBlocks = v.array(
  v.variant('modelType', [
    v.strictObject({ ...learnBlock, modelType: v.literal('classification'), labels }),
    v.strictObject({ ...learnBlock, modelType: v.literal('regression'), labels }),
    v.strictObject({
      ...learnBlock,
      modelType: v.literal('object-detection'),
      labels,
      lastLayer: v.picklist(OBJECT_DETECTION_LAST_LAYERS),
      thresholds,
      nms: v.strictObject({ confidence: finite, iou: finite }),
      objectDetectionCount: v.exactOptional(index),
    }),
    v.strictObject({ ...learnBlock, modelType: v.literal('freeform') }),
    v.strictObject({
      ...learnBlock,
      modelType: v.literal('anomaly'),
      algorithm: v.picklist(['kmeans', 'gmm']),
      axes: v.array(index),
      kmeans: v.exactOptional(
        v.strictObject({
          mean: v.array(finite),
          scale: v.array(finite),
          clusters: v.array(v.strictObject({ centroid: v.array(finite), maxError: finite })),
        }),
      ),
    }),
    v.strictObject({
      ...learnBlock,
      modelType: v.literal('visual-anomaly'),
      algorithm: v.picklist(['gmm', 'patchcore']),
      gridWidth: index,
      gridHeight: index,
      thresholds,
      aggregation: v.exactOptional(v.picklist(ANOMALY_AGGREGATIONS)),
    }),
  ]),
);

const impulse = v.strictObject({
  project,
  input: v.variant('inputType', [imageInput, signalInput]),
  dspBlocks: v.array(dspBlock),
  learnBlocks,
  tracking: v.exactOptional(
    v.strictObject({ keep_grace: index, max_observations: size, threshold: finite, use_iou: v.boolean() }),
  ),
}) satisfies v.GenericSchema<unknown, Impulse>;

const model = v.strictObject({
  /** Name of its file in the package. */
  file: text,
  format: v.picklist(['tflite', 'onnx']),
  /** Where in the download it was found, for people. */
  name: text,
  bytes: size,
  sha256: v.pipe(text, v.regex(/^[0-9a-f]{64}$/)),
});

/** What `impulse-package.json` holds; `docs/package.schema.json` says the same as JSON Schema. */
export const manifestSchema = v.strictObject({
  format: v.literal('impulse-package'),
  version: v.literal(PACKAGE_VERSION),
  /** Name and version of what wrote it. */
  generator: text,
  impulse,
  /** By the key that learn blocks name as their artefact. */
  models: v.record(text, model),
  /** What a person should know of the download that it was made from. */
  warnings: v.array(v.strictObject({ code: text, message: text })),
});

export type Manifest = v.InferOutput<typeof manifestSchema>;
