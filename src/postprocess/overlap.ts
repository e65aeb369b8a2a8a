/** How much two boxes overlap. */
import type { Corners } from './boxes.js';

const f = Math.fround;

/** A box with its smaller corner first. */
export interface Rectangle {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
  readonly area: number;
}

export function toRectangle({ x1, y1, x2, y2 }: Corners): Rectangle {
  const left = Math.min(x1, x2);
  const top = Math.min(y1, y2);
  const right = Math.max(x1, x2);
  const bottom = Math.max(y1, y2);
  return { left, top, right, bottom, area: f(f(right - left) * f(bottom - top)) };
}

/**
 * Intersection over union, 0..1, in float32 with one rounding an operation. 0 where either box has no area:
 * such boxes neither suppress nor are suppressed.
 */
export function intersectionOverUnion(a: Rectangle, b: Rectangle): number {
  const meet = a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
  if (!meet || a.area <= 0 || b.area <= 0) return 0;
  const across = f(Math.min(a.right, b.right) - Math.max(a.left, b.left));
  const down = f(Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top));
  const common = f(across * down);
  return f(common / f(f(a.area + b.area) - common));
}
