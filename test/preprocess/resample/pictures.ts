/** Pictures for the resamplers, and the reference's. */
import type { CropAnchor, ImageInputResizeMode } from '../../../src/deployment/impulse.js';
import type { ResizeRequest } from '../../../src/preprocess/resample/request.js';
import { bytesOf, type GoldenPicture, goldenCases } from '../golden.js';

/** Width x height to width x height. */
export function request(
  [sourceWidth, sourceHeight]: readonly [number, number],
  [width, height]: readonly [number, number],
  resizeMode: ImageInputResizeMode = 'squash',
  cropAnchor: CropAnchor = 'middle-center',
): ResizeRequest {
  return { sourceWidth, sourceHeight, width, height, resizeMode, cropAnchor };
}

/** Gray pixels as R = G = B. */
export function gray(...values: readonly number[]): Uint8Array {
  return Uint8Array.from(values.flatMap((value) => [value, value, value]));
}

/** One channel of pixels. */
export function channel(pixels: Uint8Array, index = 0): number[] {
  return [...pixels].filter((_, at) => at % 3 === index);
}

export interface GoldenResize {
  readonly name: string;
  readonly op: string;
  readonly reference: string;
  readonly input: GoldenPicture;
  readonly mode: ImageInputResizeMode;
  readonly targetWidth: number;
  readonly targetHeight: number;
  /** Which filter, where the reference has several. */
  readonly filter?: string;
  readonly expected: GoldenPicture | { readonly error: true; readonly code: number };
}

export function goldenResizes(file: string): readonly GoldenResize[] {
  return goldenCases<GoldenResize>(file);
}

export function requestOf({ input, targetWidth, targetHeight, mode }: GoldenResize): ResizeRequest {
  return request([input.width, input.height], [targetWidth, targetHeight], mode);
}

/** Pixels as R G B; every kernel treats channels alike, so gray vectors hold for all three. */
export function rgbOf({ channels, data }: GoldenPicture): Uint8Array {
  const bytes = bytesOf(data);
  return channels === 1 ? gray(...bytes) : bytes;
}
