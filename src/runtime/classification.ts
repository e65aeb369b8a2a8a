/** What `classify()` takes and gives. */
import type { ResizeGeometry } from '../deployment/impulse.js';
import type { ClassifyImageResponse } from '../postprocess/results.js';
import type { ImageSource } from '../preprocess/image-source.js';
import type { Tensor, TensorData } from '../tensor.js';
import type { EngineName } from './session.js';

/**
 * - a picture: path, bytes of an encoded image, or a raw frame `{ data, width, height, channels }`;
 * - `features`: raw features as the studio shows them (images: one packed 0xRRGGBB number per pixel;
 *   signals: the samples of one window, axes interleaved);
 * - `tensor`: the model's own input, after all preprocessing but before quantisation.
 */
export type ClassifyInput =
  | ImageSource
  | { readonly features: ArrayLike<number> }
  | { readonly tensor: ArrayLike<number> | TensorData };

/** Position and size in pixels. */
export interface PixelRect {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface DetectedBox {
  readonly label: string;
  /** 0..1 */
  readonly score: number;
  /** Whole pixels of the model input. */
  readonly input: PixelRect;
  /** Pixels of the picture as it was given, not rounded. */
  readonly original: PixelRect;
}

/** Milliseconds that each stage took. */
export interface StageTiming {
  /** Decoding the file; holds the resize too where both are one pass. */
  readonly decodeMs: number;
  readonly resizeMs: number;
  /** Waiting for earlier calls. */
  readonly queueMs: number;
  /** Scaling, quantising and laying out into the model's memory. */
  readonly tensorMs: number;
  readonly inferenceMs: number;
  readonly postprocessMs: number;
  /** From the call to the result. */
  readonly totalMs: number;
}

/** Tensors of one learn block. */
export interface BlockTensors {
  readonly blockId: number;
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
}

export interface Classification {
  /** Exactly what `classifyImage()` returns. */
  readonly response: ClassifyImageResponse;
  /** Object detection only; same order as `response.boundingBoxes`. */
  readonly boxes?: readonly DetectedBox[];
  /** Pictures only. */
  readonly geometry?: ResizeGeometry;
  readonly timing: StageTiming;
  /** Of the models that ran; usually one. */
  readonly engines: readonly EngineName[];
  /** With `tensors: true`. */
  readonly tensors?: readonly BlockTensors[];
}
