import fc from 'fast-check';
import { CROP_ANCHORS, IMAGE_INPUT_RESIZE_MODES } from '../../../src/deployment/impulse.js';
import type { Frame } from '../../../src/preprocess/frame-format.js';
import { bandsOf, frameBytes, minStride } from '../../../src/preprocess/frame-format.js';
import type { ResizeRequest } from '../../../src/preprocess/resample/request.js';

/** Sides that have little to do with each other, lines of a few pixels among them. */
function sides(most: number) {
  const side = fc.oneof(
    { weight: 5, arbitrary: fc.integer({ min: 1, max: most }) },
    fc.integer({ min: 1, max: 4 }),
  );
  return fc.record({ sourceWidth: side, sourceHeight: side, width: side, height: side });
}

/** Sides whose quotients are ratios of small numbers, so that pixels fall exactly between others. */
const ratios = fc
  .tuple(...Array.from({ length: 6 }, () => fc.integer({ min: 1, max: 12 })))
  .map(([a, b, c, d, e, f]) => ({
    sourceWidth: a! * c!,
    width: b! * c!,
    sourceHeight: d! * f!,
    height: e! * f!,
  }));

export function requests(most: number): fc.Arbitrary<ResizeRequest> {
  return fc
    .tuple(
      fc.oneof(sides(most), ratios),
      fc.constantFrom(...IMAGE_INPUT_RESIZE_MODES),
      fc.constantFrom(...CROP_ANCHORS),
    )
    .map(([size, resizeMode, cropAnchor]) => ({ ...size, resizeMode, cropAnchor }));
}

export interface Content {
  readonly seed: number;
  /** Whether bytes are 0 or 255 only: the largest sums. */
  readonly hard: boolean;
}

export const contents: fc.Arbitrary<Content> = fc.record({ seed: fc.integer(), hard: fc.boolean() });

export function noise(length: number, { seed, hard }: Content): Uint8Array {
  let state = seed;
  return new Uint8Array(length).map(() => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return hard ? state >> 31 : state >>> 24;
  });
}

/** @param padding bytes after each row of the first plane */
export function noisyFrame(
  format: Frame['format'],
  { sourceWidth, sourceHeight }: ResizeRequest,
  content: Content,
  padding = 0,
): Frame {
  const shape = {
    format,
    width: sourceWidth,
    height: sourceHeight,
    stride: minStride(format, sourceWidth) + padding,
  };
  return { ...shape, data: noise(frameBytes(shape).needed, content) };
}

/** As sharp describes raw frames. */
export function sharpRaw({ width, height, format }: Frame) {
  return { raw: { width, height, channels: bandsOf(format) } };
}
