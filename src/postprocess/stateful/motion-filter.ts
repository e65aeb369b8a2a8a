/** Where a box will be next: Kalman filters with constant velocity for its centre and its size. */
import type { PixelBox } from '../results.js';

const f = Math.fround;

/** A box without what it is, in pixels. */
export type PixelArea = Pick<PixelBox, 'x' | 'y' | 'width' | 'height'>;

/** One number of a box that changes steadily; float32 values. */
interface Motion {
  position: number;
  /** Per unit of time, of which a step is a tenth. */
  velocity: number;
}

/** Covariance of position (p) and velocity (v); float32 values. */
interface Covariance {
  pp: number;
  pv: number;
  vp: number;
  vv: number;
}

/** Four filters side by side. Mutable: each step changes it. */
export interface MotionFilter {
  readonly centreX: Motion;
  readonly centreY: Motion;
  readonly width: Motion;
  readonly height: Motion;
  /** One for all four: it depends on how often was predicted and measured, not on what. */
  readonly covariance: Covariance;
}

/** Time between frames. */
const STEP = f(0.1);
/** A constant input, which pushes everything a little to the right and down. */
const INPUT = f(0.1);
const PUSH_POSITION = f(f(f(STEP * STEP) / 2) * INPUT);
const PUSH_VELOCITY = f(STEP * INPUT);
/** Variance of the noise, in double: process and measurement have the same. */
const NOISE = f(0.1) ** 2;
/** Process noise: variance * [[dt^4 / 4, dt^3 / 2], [dt^3 / 2, dt^2]]. */
const NOISE_POSITION = f(f(STEP ** 4 / 4) * NOISE);
const NOISE_BETWEEN = f(f(STEP ** 3 / 2) * NOISE);
const NOISE_VELOCITY = f(f(STEP ** 2) * NOISE);
const NOISE_MEASUREMENT = f(NOISE);

/** Filters that have seen `area` once and take it to be still. */
export function startFilter(area: PixelArea): MotionFilter {
  return {
    centreX: { position: centreOf(area.x, area.width), velocity: 0 },
    centreY: { position: centreOf(area.y, area.height), velocity: 0 },
    width: { position: f(area.width), velocity: 0 },
    height: { position: f(area.height), velocity: 0 },
    covariance: { pp: 1, pv: 0, vp: 0, vv: 1 },
  };
}

/**
 * Goes one step on.
 *
 * @returns the box expected there, in whole pixels, not left of or above the picture
 */
export function predictArea({ centreX, centreY, width, height, covariance }: MotionFilter): PixelArea {
  for (const motion of [centreX, centreY, width, height]) advance(motion);
  const { pp, pv, vp, vv } = covariance;
  const across = f(pv + f(STEP * vv));
  covariance.pp = f(f(f(pp + f(STEP * vp)) + f(STEP * across)) + NOISE_POSITION);
  covariance.pv = f(across + NOISE_BETWEEN);
  covariance.vp = f(f(vp + f(STEP * vv)) + NOISE_BETWEEN);
  covariance.vv = f(vv + NOISE_VELOCITY);
  return {
    x: wholePixel(centreX.position - f(width.position / 2)),
    y: wholePixel(centreY.position - f(height.position / 2)),
    width: wholePixel(width.position),
    height: wholePixel(height.position),
  };
}

/** Corrects the filters by where the box was found. */
export function correctFilter(filter: MotionFilter, area: PixelArea): void {
  const { covariance } = filter;
  const { pp, pv, vp, vv } = covariance;
  // The reciprocal goes by the root, as in the SDK, whose matrix inversion is Cholesky's.
  const root = f(1 / f(Math.sqrt(f(pp + NOISE_MEASUREMENT))));
  const inverse = f(root * root);
  const gain = { position: f(pp * inverse), velocity: f(vp * inverse) };
  correct(filter.centreX, centreOf(area.x, area.width), gain);
  correct(filter.centreY, centreOf(area.y, area.height), gain);
  correct(filter.width, f(area.width), gain);
  correct(filter.height, f(area.height), gain);
  const rest = f(1 - gain.position);
  covariance.pp = f(rest * pp);
  covariance.pv = f(rest * pv);
  covariance.vp = f(vp - f(gain.velocity * pp));
  covariance.vv = f(vv - f(gain.velocity * pv));
}

/** Centre of a side that begins at `start`, float32. */
export function centreOf(start: number, length: number): number {
  return f(start + f(length / 2));
}

function advance(motion: Motion): void {
  motion.position = f(f(motion.position + f(STEP * motion.velocity)) + PUSH_POSITION);
  motion.velocity = f(motion.velocity + PUSH_VELOCITY);
}

function correct(motion: Motion, measured: number, gain: Readonly<Motion>): void {
  const error = f(measured - motion.position);
  motion.position = f(motion.position + f(gain.position * error));
  motion.velocity = f(motion.velocity + f(gain.velocity * error));
}

function wholePixel(value: number): number {
  return Math.round(f(Math.max(0, value)));
}
