/** Samples to ask about: a window of them at a time. Knows no browser. */
import type { SignalInput } from './api-types.js';

export interface Signal {
  readonly kind: 'signal';
  readonly name: string;
  /** Axes interleaved. */
  readonly values: readonly number[];
  /** What was done to them, in words. */
  readonly notes: readonly string[];
}

/** Samples of each axis by which a window can be moved; undefined where there is no whole window. */
export function freedom({ values }: Signal, { featureCount, axes }: SignalInput): number | undefined {
  const rest = values.length - featureCount;
  return rest < 0 ? undefined : Math.floor(rest / axisCount(axes));
}

/** @param start in samples of each axis */
export function windowAt({ values }: Signal, start: number, { featureCount, axes }: SignalInput): number[] {
  const first = start * axisCount(axes);
  return values.slice(first, first + featureCount);
}

export function axisCount(axes: readonly string[]): number {
  return Math.max(1, axes.length);
}

/** Whether a microphone can give it. Old deployments call sound a time series whose axis is `audio`. */
export function isSound({ inputType, axes, frequencyHz }: SignalInput): boolean {
  return frequencyHz > 0 && (inputType === 'audio' || (axes.length === 1 && axes[0] === 'audio'));
}

/** Where a window lies, in seconds where the input has time. */
export function windowInWords(start: number, { featureCount, axes, frequencyHz }: SignalInput): string {
  const end = start + Math.floor(featureCount / axisCount(axes));
  return frequencyHz > 0
    ? `${(start / frequencyHz).toFixed(2)} to ${(end / frequencyHz).toFixed(2)} s`
    : `${start + 1} to ${end}`;
}

/** `312 of 375 numbers`, with what that means. */
export function countInWords(count: number, { featureCount }: SignalInput): string {
  const of = `${count.toLocaleString('en')} of ${featureCount.toLocaleString('en')} numbers`;
  if (count === 0) return `${featureCount.toLocaleString('en')} numbers make a window`;
  if (count < featureCount) return `${of}: ${(featureCount - count).toLocaleString('en')} are missing`;
  if (count === featureCount) return of;
  return `${of}: the window can be moved`;
}
