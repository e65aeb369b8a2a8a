/** From a raw frame to pixels of the model's size, with our own resamplers. */
import { loadAddon } from '../native/addon.js';
import type { Frame } from './frame-format.js';
import { minStride } from './frame-format.js';
import { packPixels } from './pack-pixels.js';
import type { Packing, PixelElements } from './packing.js';
import { planResize, type ResizePlan } from './resample/index.js';
import { resizePixelsPortable } from './resample/portable.js';
import type { ResizeTarget } from './resize-options.js';

/** Pixels of the target up to which the kernels that look at a few source pixels for each take less than a thread hop. */
const INLINE_PIXELS = 25_000;

/** What the resized pixels become, in the same go where that is possible. */
export interface Packed {
  readonly packing: Packing;
  readonly elements: PixelElements;
}

/**
 * Off the main thread, unless it would take longer to get there.
 *
 * @param target with `none`, of the frame's own size
 * @returns `target.out` or, where a frame fits as it is, its own memory
 * @throws {InputError} `ERR_INPUT_IMAGE`: this resampler can't resize such a picture
 */
export async function resizeFrame(frame: Frame, target: ResizeTarget, packed?: Packed): Promise<Uint8Array> {
  if (fitsAsItIs(frame, target)) return pack(pixelsOf(frame, target.out), packed);
  const plan = planResize({
    ...target,
    sourceWidth: frame.width,
    sourceHeight: frame.height,
    // Without a resize both sizes are the same.
    resizeMode: target.resizeMode === 'none' ? 'squash' : target.resizeMode,
    linearGray: target.gray === 'linear',
  });
  const out = target.out ?? new Uint8Array(target.width * target.height * 3);
  const native = loadAddon();
  if (!native.loaded) return pack(resizePixelsPortable(frame, plan, out), packed);
  const { addon } = native;
  if (isCheap(frame, plan)) return pack(addon.resizeFrame(frame, plan, out), packed);
  if (packed === undefined) return addon.resizeFrameAsync(frame, plan, out);
  return addon.resizeFrameAsync(frame, plan, out, packed.packing, packed.elements);
}

/** On this thread. */
export function pack(pixels: Uint8Array, packed: Packed | undefined): Uint8Array {
  if (packed !== undefined) packPixels(pixels, packed.packing, packed.elements);
  return pixels;
}

function fitsAsItIs({ format, width, height }: Frame, target: ResizeTarget): boolean {
  return format === 'RGB' && width === target.width && height === target.height && target.gray === '601';
}

/** Rows without the padding between them; the frame's own memory where there is none and nothing is asked for. */
function pixelsOf({ data, width, height, stride }: Frame, out: Uint8Array | undefined): Uint8Array {
  const row = minStride('RGB', width);
  if (stride === row) {
    const pixels = data.subarray(0, row * height);
    if (out === undefined) return pixels;
    out.set(pixels);
    return out;
  }
  const pixels = out ?? new Uint8Array(row * height);
  for (let y = 0; y < height; y++) pixels.set(data.subarray(y * stride, y * stride + row), y * row);
  return pixels;
}

function isCheap({ format }: Frame, { width, height, resample, linearGray }: ResizePlan): boolean {
  const few = resample.kind === 'nearest' || resample.kind === 'sdk' || resample.kind === 'copy';
  return few && format === 'RGB' && linearGray === undefined && width * height <= INLINE_PIXELS;
}
