/** From pixel values to the numbers a model was trained on, in float32 as the reference computes them. */
import type { ImageInputScaling } from '../deployment/impulse.js';

const { fround } = Math;

/** Rec. 601 weights of R, G and B in gray, as float32. */
export const GRAY_WEIGHTS: readonly [number, number, number] = [fround(0.299), fround(0.587), fround(0.114)];

/** ImageNet statistics per channel: R, G, B for `torch`; B, G, R for the Caffe models that want BGR. */
const TORCH_MEAN = [fround(0.485), fround(0.456), fround(0.406)] as const;
const TORCH_STD = [fround(0.229), fround(0.224), fround(0.225)] as const;
const BGR_MEAN = [fround(103.939), fround(116.779), fround(123.68)] as const;

/** Position in a period of three values. */
export type Channel = 0 | 1 | 2;

/**
 * One value of the image block (0..1, a float32) as the learn block scales it; every operation rounds to float32.
 *
 * @param channel place of the result in its period of three: R, G, B for `torch`; B, G, R for
 *   `bgr-subtract-imagenet-mean`, whose source channels are reversed; it does not matter for the others
 * @returns a float32 value
 */
export function scaleValue(x: number, scaling: ImageInputScaling, channel: Channel): number {
  switch (scaling) {
    case '0..1':
      return x;
    case '0..255':
      return fround(x * 255);
    case '-1..1':
      return fround(fround(x * 2) - 1);
    case '-128..127':
      return fround(fround(x * 255) - 128);
    case 'torch':
      return fround(fround(x - TORCH_MEAN[channel]) / TORCH_STD[channel]);
    case 'bgr-subtract-imagenet-mean':
      return fround(fround(x * 255) - BGR_MEAN[channel]);
  }
}

/** True for the scalings that take three consecutive values for the channels of one pixel, whatever they are. */
export function stepsByThree(scaling: ImageInputScaling): boolean {
  return scaling === 'torch' || scaling === 'bgr-subtract-imagenet-mean';
}
