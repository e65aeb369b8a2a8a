/** What a model's outputs mean, before and after they become the API's response. */
import type { DataType, Tensor } from '../tensor.js';

/** Pixels of the model input; 0 x 0 where the input is not a picture. */
export interface InputSize {
  readonly width: number;
  readonly height: number;
}

/** A box in whole pixels of the model input, as the SDK's decoders give it. */
export interface PixelBox {
  readonly label: string;
  /** Index into the block's labels. */
  readonly labelIndex: number;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  /** Confidence, a float32 value, 0..1. */
  readonly value: number;
}

/** A float32 number and what it is the number of. */
export interface LabelledValue {
  readonly label: string;
  readonly value: number;
}

/** A grid of anomaly scores over the picture. */
export interface VisualAnomaly {
  /** Cells that reach the threshold, as boxes of whole pixels with the label `anomaly`. */
  readonly cells: readonly PixelBox[];
  /** All scores, `scores[row][column]`. */
  readonly scores: readonly (readonly number[])[];
  readonly meanScore: number;
  /** Not below 0. */
  readonly maxScore: number;
  /** The one of the two that the block takes as the picture's score. */
  readonly score: number;
}

/** Result of decoding one learn block. */
export type DecodedOutputs =
  | {
      readonly modelType: 'classification' | 'regression';
      /** In label order. */
      readonly values: readonly LabelledValue[];
    }
  | { readonly modelType: 'object-detection'; readonly boxes: readonly PixelBox[] }
  | { readonly modelType: 'freeform'; readonly tensors: readonly Tensor[] }
  | { readonly modelType: 'anomaly'; readonly score: number }
  | ({ readonly modelType: 'visual-anomaly' } & VisualAnomaly);

/** A box as ratios (0..1) of the model input. */
export interface ResponseBox {
  label: string;
  x: number;
  y: number;
  width: number;
  height: number;
  score: number;
}

/** An output tensor as flat, row-major numbers; raw integers if it is quantised. */
export interface ResponseTensor {
  shape: number[];
  dataType: DataType;
  data: number[];
}

/** Visual anomaly of one window; a picture is one window. */
export interface AnomalyWindow {
  boxes: ResponseBox[];
  /** All scores of the grid, rows first. */
  scores: number[][];
  meanScore: number;
  maxScore: number;
}

/** The body of the API's `classifyImage` response, key for key. */
export interface ClassifyImageResponse {
  success: boolean;
  error?: string;
  /** Label to number; classification, regression, anomaly. */
  result?: Record<string, number>;
  boundingBoxes?: ResponseBox[];
  freeformResult?: { outputTensors: ResponseTensor[] };
  anomalyResult?: AnomalyWindow[];
}
