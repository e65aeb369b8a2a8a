/** Which part of a picture the model saw, and where: the whole pixels that a resampler really takes, for explanations. */
import type { ResizeGeometry } from '../deployment/impulse.js';
import type { Rect, Resampler } from './resample/plan.js';
import { planResize } from './resample/plan-resize.js';

/** `crop` of the picture is resampled to the size of `place`, and laid there on the black model input. */
export interface Placement {
  readonly crop: Rect;
  /** Pixels of the model input; may stick out of it, and is cut off then. */
  readonly place: Rect;
}

const { max, min } = Math;

/** @throws {InputError} `ERR_INPUT_IMAGE`: this resampler can't resize such a picture */
export function placementOf(geometry: ResizeGeometry, resampler: Resampler): Placement {
  const {
    mode,
    cropAnchor = 'middle-center',
    originalWidth,
    originalHeight,
    inputWidth,
    inputHeight,
  } = geometry;
  const { crop, place } = planResize({
    resampler,
    linearGray: false,
    sourceWidth: originalWidth,
    sourceHeight: originalHeight,
    width: inputWidth,
    height: inputHeight,
    // Without a resize both sizes are the same.
    resizeMode: mode === 'none' ? 'squash' : mode,
    cropAnchor,
  });
  return { crop, place };
}

/** The part of the picture that the model saw, in its pixels, not rounded. */
export function seenPart({ crop, place }: Placement, { inputWidth, inputHeight }: ResizeGeometry): Rect {
  const [scaleX, scaleY] = [crop.width / place.width, crop.height / place.height];
  return {
    x: crop.x + max(0, -place.x) * scaleX,
    y: crop.y + max(0, -place.y) * scaleY,
    width: (min(inputWidth, place.x + place.width) - max(0, place.x)) * scaleX,
    height: (min(inputHeight, place.y + place.height) - max(0, place.y)) * scaleY,
  };
}
