/** OpenCV's `INTER_AREA` for 8-bit pictures, in the geometry of the Python SDK. */
import type { AreaLinearResample, LinearTaps } from './area-linear.js';
import type { Rect, Resample, ResizePlan } from './plan.js';
import { coveredPart, keptPart, type ResizeRequest, refuse } from './request.js';
import { collectTaps, roundHalfEven, type Taps } from './weighted.js';

const { ceil, floor, fround, min, trunc } = Math;

/**
 * `squash` stretches; `fit-short` and `crop` cut the target's shape out of the source; `fit-long` fits inside the target,
 * on black.
 *
 * @throws {InputError} `ERR_INPUT_IMAGE`: a side would have no pixels
 */
export function planArea(request: ResizeRequest): ResizePlan {
  const { sourceWidth, sourceHeight, width, height, resizeMode } = request;
  const cut = resizeMode === 'fit-short' || resizeMode === 'crop';
  const crop = cut ? cutOf(request) : { x: 0, y: 0, width: sourceWidth, height: sourceHeight };
  const place = resizeMode === 'fit-long' ? insideOf(request) : { x: 0, y: 0, width, height };
  for (const side of [crop.width, crop.height, place.width, place.height]) {
    if (side > 0) continue;
    const why = 'one side would have no pixels';
    refuse(request, 'area', why, "Use resizeMode 'squash', or resampler 'vips'.");
  }
  const plan = { sourceWidth, sourceHeight, width, height, crop, place };
  return { ...plan, resample: resampleOf(plan) };
}

function cutOf(request: ResizeRequest): Rect {
  const { sourceWidth, sourceHeight, width, height } = request;
  const aspect = width / height;
  const wide = sourceWidth / sourceHeight > aspect;
  const cutWidth = wide ? trunc(sourceHeight * aspect) : sourceWidth;
  const cutHeight = wide ? sourceHeight : trunc(sourceWidth / aspect);
  const at = keptPart(request);
  return {
    x: floor((sourceWidth - cutWidth) * at.x),
    y: floor((sourceHeight - cutHeight) * at.y),
    width: cutWidth,
    height: cutHeight,
  };
}

function insideOf({ sourceWidth, sourceHeight, width, height }: ResizeRequest): Rect {
  const scale = min(width / sourceWidth, height / sourceHeight);
  const placeWidth = trunc(sourceWidth * scale);
  const placeHeight = trunc(sourceHeight * scale);
  return {
    x: floor((width - placeWidth) / 2),
    y: floor((height - placeHeight) / 2),
    width: placeWidth,
    height: placeHeight,
  };
}

/**
 * One of four: a copy; the mean of whole blocks; the mean of the covered area; or, where a side is enlarged, bilinear
 * interpolation. The scale is the reciprocal of a quotient, as there, so that a whole ratio may miss by an ulp (49 does).
 */
function resampleOf(plan: Omit<ResizePlan, 'resample'>): Resample {
  const { crop, place } = plan;
  if (crop.width === place.width && crop.height === place.height) return { kind: 'copy' };
  const scaleX = 1 / (place.width / crop.width);
  const scaleY = 1 / (place.height / crop.height);
  if (scaleX < 1 || scaleY < 1) return linear(plan, scaleX, scaleY);
  const blockX = roundHalfEven(scaleX);
  const blockY = roundHalfEven(scaleY);
  if (Math.abs(scaleX - blockX) < Number.EPSILON && Math.abs(scaleY - blockY) < Number.EPSILON) {
    return { kind: 'area-blocks', blockX, blockY };
  }
  const { left, top, right, bottom } = coveredPart(plan);
  return {
    kind: 'area',
    x: areaTaps(crop.width, scaleX, left - place.x, right - place.x),
    y: areaTaps(crop.height, scaleY, top - place.y, bottom - place.y),
  };
}

/** The share of each source pixel in the target pixels `from` up to `to`; shares of 0.001 pixels and less are dropped. */
function areaTaps(size: number, scale: number, from: number, to: number): Taps {
  return collectTaps(Array.from({ length: to - from }, (_, index) => tapsOf(size, scale, from + index)));
}

function tapsOf(size: number, scale: number, target: number): [first: number, weights: number[]] {
  const begin = target * scale;
  const end = begin + scale;
  const cell = min(scale, size - begin);
  const lastWhole = min(floor(end), size - 1);
  const firstWhole = min(ceil(begin), lastWhole);
  const weights: number[] = [];
  const before = firstWhole - begin > 1e-3;
  if (before) weights.push(fround((firstWhole - begin) / cell));
  for (let pixel = firstWhole; pixel < lastWhole; pixel++) weights.push(fround(1 / cell));
  if (end - lastWhole > 1e-3) weights.push(fround(min(min(end - lastWhole, 1), cell) / cell));
  return [before ? firstWhole - 1 : firstWhole, weights];
}

function linear(plan: Omit<ResizePlan, 'resample'>, scaleX: number, scaleY: number): AreaLinearResample {
  const { crop, place } = plan;
  const { left, top, right, bottom } = coveredPart(plan);
  const x = linearTaps(place.width / crop.width, scaleX, left - place.x, right - place.x);
  const y = linearTaps(place.height / crop.height, scaleY, top - place.y, bottom - place.y);
  return {
    kind: 'area-linear',
    x: atEdge(x, crop.width),
    y: { ...y, first: y.first.map((row) => min(row, crop.height - 1)) },
  };
}

function linearTaps(inverse: number, scale: number, from: number, to: number): LinearTaps {
  const first = new Int32Array(to - from);
  const weights = new Int16Array((to - from) * 2);
  for (let index = 0; index < first.length; index++) {
    const target = from + index;
    const pixel = floor(target * scale);
    const past = fround(target + 1 - (pixel + 1) * inverse);
    const fraction = past <= 0 ? 0 : fround(past - floor(past));
    first[index] = pixel;
    weights[index * 2] = roundHalfEven(fround(fround(1 - fraction) * 2048));
    weights[index * 2 + 1] = roundHalfEven(fround(fraction * 2048));
  }
  return { first, weights };
}

/** Columns from the last pixel on take that pixel alone. */
function atEdge({ first, weights }: LinearTaps, size: number): LinearTaps {
  const inside = Int16Array.from(weights, (weight, index) =>
    first[index >> 1]! < size - 1 ? weight : index % 2 === 0 ? 2048 : 0,
  );
  return { first: first.map((pixel) => min(pixel, size - 1)), weights: inside };
}
