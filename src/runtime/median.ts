/** The median, as all of our figures mean it. */

/** Of an even number of values the lower of the two in the middle, so always one that was measured; NaN where there are none. */
export function median(values: Iterable<number>): number {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.ceil(sorted.length / 2) - 1] ?? Number.NaN;
}
