/** How late the event loop is: what other work of the same process would feel. */
import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks';

/** Milliseconds by which a timer came late. */
export interface LoopDelays {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** Intervals between two ticks of a timer, in milliseconds. */
export type LoopIntervals = LoopDelays;

/** Milliseconds between two ticks. */
const RESOLUTION_MS = 1;
const NANOSECONDS = 1e6;

/** Watches until it is told to stop; null where it ticked not even once. */
export function watchLoop(): () => LoopIntervals | null {
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  histogram.enable();
  return () => {
    histogram.disable();
    return intervalsOf(histogram);
  };
}

function intervalsOf(histogram: IntervalHistogram): LoopIntervals | null {
  if (histogram.max === 0) return null;
  const [p50, p99] = [histogram.percentile(50), histogram.percentile(99)];
  return { p50: p50 / NANOSECONDS, p99: p99 / NANOSECONDS, max: histogram.max / NANOSECONDS };
}

/** Beyond `interval`, which is how often the timer ticks here where nothing is done. */
export function delaysBeyond(interval: number, intervals: LoopIntervals | null): LoopDelays | null {
  if (intervals === null) return null;
  const beyond = (value: number): number => Math.max(0, value - interval);
  return { p50: beyond(intervals.p50), p99: beyond(intervals.p99), max: beyond(intervals.max) };
}
