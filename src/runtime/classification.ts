/** What `classify()` takes and gives. */
import type { ResizeGeometry } from '../deployment/impulse.js';
import type { ClassifyImageResponse } from '../postprocess/results.js';
import type { Point, Segment } from '../postprocess/stateful/trace.js';
import type { ImageSource } from '../preprocess/image-source.js';
import type { Tensor, TensorData } from '../tensor.js';
import type { RunnerName } from './impulse-runner.js';
import type { EngineName } from './session.js';

/**
 * - a picture: path, bytes of an encoded image, or a raw frame: `{ data, width, height, channels }` or `{ data, width,
 *   height, format }`;
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
  /** The tracked object that it shows; with `track`. */
  readonly objectId?: number;
}

/** An object that is followed over frames; its box is where it was expected in this frame, as in the SDK. */
export interface TrackedObject extends DetectedBox {
  /** The same over frames, never used again for another object; counts from 0. */
  readonly objectId: number;
  /** Frames since one showed it; 0: this one does. */
  readonly unseenFrames: number;
  /** How its centre has moved since the frame before, in pixels of the model input: what `countCrossings()` takes. */
  readonly lastCentroidSegment: Segment;
  /** Where its centre has been, oldest first, in pixels of the original picture. */
  readonly trail: readonly Point[];
}

/** Milliseconds that each stage took. */
export interface StageTiming {
  /** Decoding the file; holds the resize too where both are one pass. */
  readonly decodeMs: number;
  readonly resizeMs: number;
  /** Waiting for earlier calls. */
  readonly queueMs: number;
  /** Signal processing: the DSP blocks. */
  readonly dspMs: number;
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
  /** With `track`: all objects that are followed, oldest first, also those just out of sight. */
  readonly tracked?: readonly TrackedObject[];
  /** With `frames: 'latest'`: frames that came after the one before this, and were passed over. */
  readonly droppedFrames?: number;
  /** Pictures only. */
  readonly geometry?: ResizeGeometry;
  readonly timing: StageTiming;
  /** Of the models that ran, usually one; or the runner. */
  readonly engines: readonly (EngineName | RunnerName)[];
  /** With `tensors: true`. */
  readonly tensors?: readonly BlockTensors[];
}
