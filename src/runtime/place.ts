/** Where something that was found in the model input lies in the picture that was given. */
import type { ResizeGeometry } from '../deployment/impulse.js';
import { mapBoxToOriginal } from '../preprocess/geometry.js';
import type { PixelRect } from './classification.js';

/**
 * @param rect pixels of the model input
 * @returns pixels of the original picture, not rounded; the same where the input was no picture
 */
export function toOriginal(rect: PixelRect, geometry: ResizeGeometry | undefined): PixelRect {
  if (geometry === undefined) return rect;
  const { inputWidth, inputHeight } = geometry;
  const { x, y, width, height } = rect;
  return mapBoxToOriginal(
    { x: x / inputWidth, y: y / inputHeight, width: width / inputWidth, height: height / inputHeight },
    geometry,
  );
}
