/** From resized RGB bytes to the elements of a model's input tensor: the plan, as plain data. */

/**
 * A plan that any thread can carry out (structured-cloneable). For RGB it is three look-up tables, which
 * hold scaling and quantisation at once; for grayscale the weighted sum is arithmetic, in float32.
 */
export type Packing = RgbPacking | GrayPacking;

interface PackingBase {
  /** Pixels of the model input. */
  readonly width: number;
  readonly height: number;
  readonly dataType: 'float32' | 'int8' | 'uint8';
}

export interface RgbPacking extends PackingBase {
  readonly channels: 3;
  readonly layout: 'NHWC' | 'NCHW';
  /** Source channel (0 = R, 1 = G, 2 = B) of each output channel: 0,1,2 or, for BGR models, 2,1,0. */
  readonly source: readonly [number, number, number];
  /** 3 x 256: the element for output channel c and source byte v is `table[c * 256 + v]`. */
  readonly table: Float32Array | Int8Array | Uint8Array;
}

export interface GrayPacking extends PackingBase {
  readonly channels: 1;
  /**
   * 3 x 256: the share of byte v of R, G or B in gray, a float32: its weight times f32(v / 255), or what the shortcut has
   * instead. Gray is their sum, R + G first, rounded to float32 each time.
   */
  readonly weighted: Float32Array;
  /** Applied to gray, every operation rounded to float32; three consecutive pixels share one period for `torch` and `bgr`. */
  readonly scaling: 'none' | '0..255' | '-1..1' | '-128..127' | 'torch' | 'bgr-subtract-imagenet-mean';
  /** Absent for float32. */
  readonly quantization?: GrayQuantization;
}

export interface GrayQuantization {
  readonly scale: number;
  readonly zeroPoint: number;
  /**
   * From x to an element, with q = f32(x / scale):
   *
   * - `saturate`: clamp(roundAway(q) + zeroPoint);
   * - `wrap`: the low 8 bits of roundAway(q) + zeroPoint;
   * - `truncate`: clamp(trunc(q) + zeroPoint).
   */
  readonly rule: 'saturate' | 'wrap' | 'truncate';
}

/** Elements of an image tensor. */
export type PixelElements = Float32Array | Int8Array | Uint8Array;
