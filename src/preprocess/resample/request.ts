/** What a resampler plans from. */
import type { CropAnchor, ImageInputResizeMode } from '../../deployment/impulse.js';
import { InputError } from '../../errors.js';
import type { ResizePlan } from './plan.js';

/** Two sizes, in pixels, and the way from one to the other. All are whole numbers of at least 1. */
export interface ResizeRequest {
  readonly sourceWidth: number;
  readonly sourceHeight: number;
  readonly width: number;
  readonly height: number;
  readonly resizeMode: ImageInputResizeMode;
  /** Which part `crop` keeps; the other modes keep the middle. */
  readonly cropAnchor: CropAnchor;
}

/** Where the kept part begins, as a share of what is cut: 0 at the left or top, 1/2 in the middle, 1 at the right or bottom. */
export function keptPart({ resizeMode, cropAnchor }: ResizeRequest): {
  readonly x: number;
  readonly y: number;
} {
  const [vertical, horizontal] = resizeMode === 'crop' ? cropAnchor.split('-') : ['middle', 'center'];
  return {
    x: horizontal === 'left' ? 0 : horizontal === 'right' ? 1 : 0.5,
    y: vertical === 'top' ? 0 : vertical === 'bottom' ? 1 : 0.5,
  };
}

/** The pixels of the target that the resampled picture covers, as a half-open range on each axis. */
export function coveredPart({ width, height, place }: Pick<ResizePlan, 'width' | 'height' | 'place'>) {
  return {
    left: Math.max(0, place.x),
    top: Math.max(0, place.y),
    right: Math.min(width, place.x + place.width),
    bottom: Math.min(height, place.y + place.height),
  };
}

/** @throws {InputError} `ERR_INPUT_IMAGE`: the reference can't resize this picture, and so neither do we */
export function refuse(request: ResizeRequest, resampler: string, why: string, remedy: string): never {
  const { sourceWidth, sourceHeight, width, height, resizeMode } = request;
  throw new InputError(
    'ERR_INPUT_IMAGE',
    `A picture of ${sourceWidth}x${sourceHeight} can't be resized to ${width}x${height} with resizeMode '${resizeMode}' and ` +
      `resampler '${resampler}': ${why}. ${remedy}`,
  );
}
