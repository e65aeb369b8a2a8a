/** The triangle filter of Rust's crate `image` (0.24 up to 0.25.9, one arithmetic), in the geometry of the GStreamer plugin. */
import type { Rect, Resample, Resampler, ResizePlan } from './plan.js';
import type { ResizeRequest } from './request.js';
import { coveredPart, keptPart, refuse } from './request.js';
import type { Taps } from './weighted.js';
import { collectTaps } from './weighted.js';

const { ceil, floor, fround, max, min, round, trunc } = Math;

/** Pixels; so that sums of two sides fit in 32 bits. */
const MAX_PLACED_SIDE = 2 ** 29;

/**
 * `squash` stretches; `fit-short` and `crop` cover the target and cut what sticks out; `fit-long` fits inside it, on black.
 *
 * @throws {InputError} `ERR_INPUT_IMAGE`: so narrow a picture that covering the target makes it enormous
 */
export function planTriangle(request: ResizeRequest): ResizePlan {
  return planPlaced(request, 'triangle', triangle);
}

/** A plan that resamples the whole source to the size that its mode asks for. */
export function planPlaced(
  request: ResizeRequest,
  resampler: Resampler,
  resampleOf: (plan: Omit<ResizePlan, 'resample'>) => Resample,
): ResizePlan {
  const { sourceWidth, sourceHeight, width, height } = request;
  const place = placeOf(request);
  if (max(place.width, place.height) > MAX_PLACED_SIDE) {
    const why = `covering the target makes it ${place.width}x${place.height}`;
    refuse(request, resampler, why, "Use resizeMode 'squash' or 'fit-long'.");
  }
  const crop = { x: 0, y: 0, width: sourceWidth, height: sourceHeight };
  const plan = { sourceWidth, sourceHeight, width, height, crop, place };
  const fits = sourceWidth === place.width && sourceHeight === place.height;
  return { ...plan, resample: fits ? { kind: 'copy' } : resampleOf(plan) };
}

export function triangle(plan: Omit<ResizePlan, 'resample'>): Resample {
  const { crop, place } = plan;
  const { left, top, right, bottom } = coveredPart(plan);
  return {
    kind: 'triangle',
    x: triangleTaps(crop.width, place.width, left - place.x, right - place.x),
    y: triangleTaps(crop.height, place.height, top - place.y, bottom - place.y),
  };
}

/** The size that the source is resampled to, with float32 aspects and scales, and where it lies. */
function placeOf(request: ResizeRequest): Rect {
  const { sourceWidth, sourceHeight, width, height, resizeMode } = request;
  switch (resizeMode) {
    case 'squash':
      return { x: 0, y: 0, width, height };
    case 'fit-long': {
      const aspect = fround(sourceWidth / sourceHeight);
      const wide = aspect > fround(width / height);
      const inside = {
        width: wide ? width : min(width, max(1, trunc(fround(height * aspect)))),
        height: wide ? min(height, max(1, trunc(fround(width / aspect)))) : height,
      };
      return { x: floor((width - inside.width) / 2), y: floor((height - inside.height) / 2), ...inside };
    }
    case 'fit-short':
    case 'crop': {
      const scale = max(fround(width / sourceWidth), fround(height / sourceHeight));
      const over = {
        width: max(width, round(fround(sourceWidth * scale))),
        height: max(height, round(fround(sourceHeight * scale))),
      };
      const at = keptPart(request);
      return {
        x: 0 - floor((over.width - width) * at.x),
        y: 0 - floor((over.height - height) * at.y),
        ...over,
      };
    }
  }
}

/** Weights of the target pixels `from` up to `to` on an axis of `size` pixels, resampled to `placed`. */
function triangleTaps(size: number, placed: number, from: number, to: number): Taps {
  return collectTaps(Array.from({ length: to - from }, (_, index) => tapsOf(size, placed, from + index)));
}

function tapsOf(size: number, placed: number, target: number): [first: number, weights: number[]] {
  const ratio = fround(size / placed);
  const scale = max(1, ratio);
  const centre = fround(fround(target + 0.5) * ratio);
  const first = min(max(floor(fround(centre - scale)), 0), size - 1);
  const end = min(max(ceil(fround(centre + scale)), first + 1), size);
  const middle = fround(centre - 0.5);
  const weights = Array.from({ length: end - first }, (_, index) => {
    const distance = Math.abs(fround(fround(first + index - middle) / scale));
    return distance < 1 ? fround(1 - distance) : 0;
  });
  const sum = weights.reduce((total, weight) => fround(total + weight), 0);
  return [first, weights.map((weight) => fround(weight / sum))];
}
