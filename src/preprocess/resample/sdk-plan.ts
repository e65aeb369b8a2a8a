/** Geometry of the C++ SDK's own resize, as firmware runs it. */
import type { Rect, ResizePlan } from './plan.js';
import type { ResizeRequest } from './request.js';
import { keptPart, refuse } from './request.js';
import type { SdkResample } from './sdk.js';

const { fround, trunc } = Math;

/**
 * `squash` stretches. `fit-short` and `crop` cut the target's shape out of the source, by comparing the source's own
 * sides; `fit-long` puts the whole source in the middle, on black.
 *
 * @throws {InputError} `ERR_INPUT_IMAGE` where the reference fails: a cut that would be larger than the source (its code
 *   -1008), fewer than two rows, or a side that shrinks to nothing
 */
export function planSdk(request: ResizeRequest): ResizePlan {
  const { sourceWidth, sourceHeight, width, height, resizeMode } = request;
  const long = resizeMode === 'fit-long';
  const cut = resizeMode === 'fit-short' || resizeMode === 'crop';
  const crop = cut ? cutOf(request) : { x: 0, y: 0, width: sourceWidth, height: sourceHeight };
  const place = long ? insideOf(request) : { x: 0, y: 0, width, height };
  return {
    sourceWidth,
    sourceHeight,
    width,
    height,
    crop,
    place,
    resample: resampleOf(request, crop, place),
  };
}

function cutOf(request: ResizeRequest): Rect {
  const { sourceWidth, sourceHeight, width, height } = request;
  const wide = sourceWidth > sourceHeight;
  const cutWidth = wide ? trunc((width * sourceHeight) / height) : sourceWidth;
  const cutHeight = wide ? sourceHeight : trunc((height * sourceWidth) / width);
  if (cutWidth > sourceWidth || cutHeight > sourceHeight) {
    const why = `it cuts ${cutWidth}x${cutHeight} out of the source, which is smaller (the reference's error -1008)`;
    refuse(request, 'sdk', why, "Use resizeMode 'squash' or 'fit-long', or resampler 'vips'.");
  }
  if (cutWidth === 0 || cutHeight === 0) refuseNothing(request);
  const at = keptPart(request);
  return {
    x: trunc((sourceWidth - cutWidth) * at.x),
    y: trunc((sourceHeight - cutHeight) * at.y),
    width: cutWidth,
    height: cutHeight,
  };
}

function insideOf(request: ResizeRequest): Rect {
  const { sourceWidth, sourceHeight, width, height } = request;
  const aspect = fround(sourceWidth / sourceHeight);
  const wide = aspect > fround(width / height);
  const placeWidth = wide ? width : trunc(fround(height * aspect));
  const placeHeight = wide ? trunc(fround(width / aspect)) : height;
  if (placeWidth === 0 || placeHeight === 0) refuseNothing(request);
  return {
    x: trunc((width - placeWidth) / 2),
    y: trunc((height - placeHeight) / 2),
    width: placeWidth,
    height: placeHeight,
  };
}

function resampleOf(
  request: ResizeRequest,
  crop: Rect,
  place: Rect,
): SdkResample | { readonly kind: 'copy' } {
  if (crop.width === place.width && crop.height === place.height) return { kind: 'copy' };
  if (crop.height < 2) {
    const why = 'its arithmetic needs two rows of pixels';
    refuse(request, 'sdk', why, "Use another resampler, such as 'vips'.");
  }
  return {
    kind: 'sdk',
    stepX: trunc((crop.width * 16384) / place.width),
    stepY: trunc((crop.height * 16384) / place.height),
  };
}

function refuseNothing(request: ResizeRequest): never {
  refuse(request, 'sdk', 'one side would have no pixels', "Use resizeMode 'squash', or resampler 'vips'.");
}
