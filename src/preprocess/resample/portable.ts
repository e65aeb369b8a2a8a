/** Carries resize plans out in TypeScript: the oracle of `native/resize.cc`. */
import type { Bands, Frame } from '../frame-format.js';
import { bandsOf } from '../frame-format.js';
import { unpackFramePortable } from '../unpack-frame.js';
import { resampleAreaBlocks } from './area-blocks.js';
import { resampleAreaLinear } from './area-linear.js';
import { toLinearGray } from './linear-gray.js';
import { resampleNearest } from './nearest.js';
import type { ResizePlan } from './plan.js';
import { coveredPart } from './request.js';
import { resampleSdk } from './sdk.js';
import { resampleVips } from './vips.js';
import { resampleArea, resampleTriangle } from './weighted.js';

/**
 * @param frame of the plan's source size
 * @param out width x height x 3 bytes of the target: R G B interleaved, all of which are written
 */
export function resizePixelsPortable(frame: Frame, plan: ResizePlan, out: Uint8Array): Uint8Array {
  const bands = bandsOf(frame.format);
  const pixels = unpackFramePortable(frame, new Uint8Array(frame.width * frame.height * bands));
  out.fill(0);
  if (plan.resample.kind === 'vips') resampleVips(pixels, bands, plan, plan.resample, out);
  else resampleRgb(toRgb(pixels, bands), plan, out);
  if (plan.linearGray !== undefined && bands >= 3) toLinearGray(plan.linearGray, out);
  return out;
}

/** Kernels that know R G B only. */
function resampleRgb(source: Uint8Array, plan: ResizePlan, out: Uint8Array): void {
  const { resample } = plan;
  switch (resample.kind) {
    case 'copy':
      copy(source, plan, out);
      break;
    case 'sdk':
      resampleSdk(source, plan, resample, out);
      break;
    case 'area':
      resampleArea(source, plan, resample, out);
      break;
    case 'area-blocks':
      resampleAreaBlocks(source, plan, resample, out);
      break;
    case 'area-linear':
      resampleAreaLinear(source, plan, resample, out);
      break;
    case 'triangle':
      resampleTriangle(source, plan, resample, out);
      break;
    case 'nearest':
      resampleNearest(source, plan, resample, out);
      break;
  }
}

function copy(source: Uint8Array, plan: ResizePlan, out: Uint8Array): void {
  const { sourceWidth, crop, place, width } = plan;
  const { left, top, right, bottom } = coveredPart(plan);
  for (let y = top; y < bottom; y++) {
    const from = ((crop.y + y - place.y) * sourceWidth + crop.x + left - place.x) * 3;
    out.set(source.subarray(from, from + (right - left) * 3), (y * width + left) * 3);
  }
}

/** Gray is repeated, alpha dropped. */
function toRgb(pixels: Uint8Array, bands: Bands): Uint8Array {
  if (bands === 3) return pixels;
  const rgb = new Uint8Array((pixels.length / bands) * 3);
  const green = bands === 4 ? 1 : 0;
  for (let from = 0, to = 0; from < pixels.length; from += bands, to += 3) {
    rgb[to] = pixels[from]!;
    rgb[to + 1] = pixels[from + green]!;
    rgb[to + 2] = pixels[from + green * 2]!;
  }
  return rgb;
}
