/** Times of one call after another, and how late the event loop runs meanwhile. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setImmediate } from 'node:timers/promises';
import { quantile } from './statistics.mjs';

const RESOLUTION_MS = 1;

/**
 * @param {() => unknown} call awaited if it is asynchronous
 * @param {{ warmup: number, runs: number }} counts
 * @param {(result: unknown) => number} less milliseconds of a call that are not to be counted
 * @returns {Promise<{ p50Ms: number, p99Ms: number }>}
 */
export async function timesOf(call, { warmup, runs }, less = () => 0) {
  const times = [];
  for (let i = -warmup; i < runs; i++) {
    const started = performance.now();
    const result = await call();
    if (i >= 0) times.push(performance.now() - started - less(result));
  }
  return { p50Ms: quantile(times, 0.5), p99Ms: quantile(times, 0.99) };
}

/**
 * How late a timer of 1 ms fires while `call` runs again and again, with a turn of the event loop between calls,
 * as a program has that also does something else.
 *
 * @param {() => unknown} call @param {number} ms for how long
 * @returns {Promise<{ lateP50Ms: number, lateP99Ms: number, lateMaxMs: number }>}
 */
export async function latenessOf(call, ms) {
  const end = performance.now() + ms;
  return watchLateness(async () => {
    while (performance.now() < end) {
      await call();
      await setImmediate();
    }
  });
}

/**
 * How late a timer of 1 ms fires until `work` is done. What Node.js measures is the time from one firing to the next, so
 * the millisecond itself is taken off.
 *
 * @param {() => Promise<unknown>} work
 */
export async function watchLateness(work) {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delay.enable();
  await work();
  delay.disable();
  const late = (ns) => Math.max(0, ns / 1e6 - RESOLUTION_MS);
  return {
    lateP50Ms: late(delay.percentile(50)),
    lateP99Ms: late(delay.percentile(99)),
    lateMaxMs: late(delay.max),
  };
}

/** Ends a trial: its figures are the last line it prints. @param {object} figures */
export function printFigures(figures) {
  process.stdout.write(`\n${JSON.stringify(figures)}\n`);
}
