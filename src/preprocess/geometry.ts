/** From boxes of the model input back to the picture that was given. */
import type { CropAnchor, ResizeGeometry } from '../deployment/impulse.js';

/** Position and size; ratios or pixels as the function that takes it says. */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Pixels of the original picture per pixel of the model input, and where the input's corner lies in it. */
interface Mapping {
  readonly scaleX: number;
  readonly scaleY: number;
  readonly left: number;
  readonly top: number;
}

/**
 * Where a box of the model input lies in the original picture: the mapping that the vendor's own tools share.
 * It takes the ideal, unrounded offsets of the crop or the padding, and clamps to the picture; the width is not
 * reduced where the left edge was clamped up to 0.
 *
 * Where a `crop` geometry does not say which part it kept, the box is all zeros, as in those tools; the geometry
 * that `resizeImage()` returns always says.
 *
 * @param box ratios (0..1) of the model input's width and height
 * @returns pixels of the original picture, not rounded
 */
export function mapBoxToOriginal(box: Box, geometry: ResizeGeometry): Box {
  const mapping = inputToOriginal(geometry);
  if (mapping === undefined) return { x: 0, y: 0, width: 0, height: 0 };
  const { originalWidth, originalHeight, inputWidth, inputHeight } = geometry;
  const x = clamp(box.x * inputWidth * mapping.scaleX + mapping.left, originalWidth);
  const y = clamp(box.y * inputHeight * mapping.scaleY + mapping.top, originalHeight);
  return {
    x,
    y,
    width: Math.min(box.width * inputWidth * mapping.scaleX, originalWidth - x),
    height: Math.min(box.height * inputHeight * mapping.scaleY, originalHeight - y),
  };
}

/**
 * The same place as ratios (0..1) of the original picture's width and height.
 *
 * @param box ratios (0..1) of the model input's width and height
 */
export function ratiosOfOriginal(box: Box, geometry: ResizeGeometry): Box {
  const { originalWidth, originalHeight } = geometry;
  const { x, y, width, height } = mapBoxToOriginal(box, geometry);
  return {
    x: x / originalWidth,
    y: y / originalHeight,
    width: width / originalWidth,
    height: height / originalHeight,
  };
}

function inputToOriginal(geometry: ResizeGeometry): Mapping | undefined {
  const { mode, originalWidth, originalHeight, inputWidth, inputHeight, cropAnchor } = geometry;
  const scaleX = originalWidth / inputWidth;
  const scaleY = originalHeight / inputHeight;
  const wider = originalWidth / originalHeight > inputWidth / inputHeight;
  switch (mode) {
    case 'squash':
    case 'none':
      return { scaleX, scaleY, left: 0, top: 0 };
    case 'fit-long':
      return anchored(geometry, wider ? scaleX : scaleY, 'middle-center');
    case 'fit-short':
      return anchored(geometry, wider ? scaleY : scaleX, 'middle-center');
    case 'crop':
      return cropAnchor === undefined ? undefined : anchored(geometry, wider ? scaleY : scaleX, cropAnchor);
  }
}

/** Same scale on both axes; what is cut (or, negative, padded) is shared out as the anchor says. */
function anchored(geometry: ResizeGeometry, scale: number, anchor: CropAnchor): Mapping {
  const [vertical, horizontal] = anchor.split('-');
  const restX = geometry.originalWidth - geometry.inputWidth * scale;
  const restY = geometry.originalHeight - geometry.inputHeight * scale;
  return {
    scaleX: scale,
    scaleY: scale,
    left: horizontal === 'left' ? 0 : horizontal === 'right' ? restX : restX / 2,
    top: vertical === 'top' ? 0 : vertical === 'bottom' ? restY : restY / 2,
  };
}

function clamp(value: number, max: number): number {
  return Math.min(Math.max(value, 0), max);
}
