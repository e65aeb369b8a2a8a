/** The frame scaling of the GStreamer plugin, which is made for speed. */
import type { Resample, ResizePlan } from './plan.js';
import type { ResizeRequest } from './request.js';
import { coveredPart } from './request.js';
import { planPlaced, triangle } from './triangle-plan.js';

const { floor, fround, min } = Math;

/**
 * Every n-th pixel where both sides shrink by the same whole number of at least two; the pixel in the middle where a side
 * shrinks by more than two; else the triangle filter. The plugin did so with stretched frames only; the other modes here
 * have its later geometry, which is `planTriangle()`'s.
 *
 * @throws as {@link planTriangle}
 */
export function planNearest(request: ResizeRequest): ResizePlan {
  return planPlaced(request, 'nearest', nearest);
}

function nearest(plan: Omit<ResizePlan, 'resample'>): Resample {
  const { crop, place } = plan;
  const ratioX = fround(crop.width / place.width);
  const ratioY = fround(crop.height / place.height);
  const whole = crop.width === place.width * ratioX && crop.height === place.height * ratioY;
  if (whole && ratioX === ratioY && Number.isInteger(ratioX) && ratioX >= 2) {
    return indices(
      plan,
      (x) => x * ratioX,
      (y) => y * ratioY,
    );
  }
  if (ratioX > 2 || ratioY > 2) {
    return indices(plan, middle(ratioX, crop.width), middle(ratioY, crop.height));
  }
  return triangle(plan);
}

function middle(ratio: number, size: number): (target: number) => number {
  return (target) => min(size - 1, floor(fround(fround(target + 0.5) * ratio)));
}

function indices(
  plan: Omit<ResizePlan, 'resample'>,
  column: (x: number) => number,
  row: (y: number) => number,
): Resample {
  const { place } = plan;
  const { left, top, right, bottom } = coveredPart(plan);
  return {
    kind: 'nearest',
    columns: Int32Array.from({ length: right - left }, (_, index) => column(left - place.x + index)),
    rows: Int32Array.from({ length: bottom - top }, (_, index) => row(top - place.y + index)),
  };
}
