/** Where a value lies on an axis, and the round values that are written there. */

export interface Axis {
  /** Place of a value, 0..1; values beyond the ends lie on them. */
  place(value: number): number;
  /** Round values on the axis, in ascending order. */
  readonly ticks: readonly number[];
  readonly logarithmic: boolean;
}

/** Factor between the ends from which small values could not be seen any more on a linear axis. */
const WIDE = 20;
const MAX_TICKS = 6;
/** A nanosecond, in milliseconds: nothing that was measured is less, but 0. */
const LEAST = 1e-6;

/** From 0. */
export function linearAxis(max: number): Axis {
  const end = max >= LEAST ? max : 1;
  const step = roundStep(end / (MAX_TICKS - 1));
  const count = Math.floor(end / step + 1e-9) + 1;
  const ticks = Array.from({ length: count }, (_, index) => Number((index * step).toPrecision(12)));
  return { place: (value) => within(value / end), ticks, logarithmic: false };
}

/** Linear from 0, or logarithmic where the values lie far apart. */
export function fittingAxis(min: number, max: number): Axis {
  return min >= LEAST && max / min > WIDE ? logarithmicAxis(min, max) : linearAxis(max);
}

function logarithmicAxis(min: number, max: number): Axis {
  const [from, to] = [Math.log10(min), Math.log10(max)];
  const all = [1, 2, 5].flatMap((digit) => decades(from, to).map((power) => digit * 10 ** power));
  const ticks = all.filter((tick) => tick >= min && tick <= max).sort((a, b) => a - b);
  const powers = ticks.filter((tick) => Number.isInteger(Number(Math.log10(tick).toFixed(9))));
  const few = ticks.length > MAX_TICKS && powers.length > 1 ? thinned(powers) : ticks;
  return {
    place: (value) => within((Math.log10(Math.max(value, min)) - from) / (to - from)),
    ticks: few.map((tick) => Number(tick.toPrecision(12))),
    logarithmic: true,
  };
}

/** Every second, third, ... of too many. */
function thinned(ticks: readonly number[]): number[] {
  const step = Math.ceil(ticks.length / MAX_TICKS);
  return ticks.filter((_, index) => index % step === 0);
}

function decades(from: number, to: number): number[] {
  const first = Math.floor(from);
  return Array.from({ length: Math.ceil(to) - first + 1 }, (_, index) => first + index);
}

/** The next of 1, 2, 5, 10, ... */
function roundStep(step: number): number {
  const power = 10 ** Math.floor(Math.log10(step));
  const digit = [1, 2, 5].find((digit) => digit * power >= step * (1 - 1e-9)) ?? 10;
  return digit * power;
}

function within(share: number): number {
  return Math.max(0, Math.min(1, share));
}
