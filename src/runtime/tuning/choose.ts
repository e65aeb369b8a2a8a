/** Which of the measured settings is taken. */
import type { Setting, Trial } from './tuning.js';
import { isMeasured } from './tuning.js';

/** Within this much of the fastest, fewer threads are better: they leave processors to others. */
const AS_GOOD = 1.03;

/** @param trials at least one was measured and agrees */
export function chooseSetting(trials: readonly Trial[]): Setting {
  const usable = trials.filter(isMeasured).filter(({ disagrees }) => !disagrees);
  const best = Math.min(...usable.map(({ medianMs }) => medianMs));
  const good = usable.filter(({ medianMs }) => medianMs <= best * AS_GOOD);
  const [first, ...others] = good;
  if (first === undefined) throw new RangeError('The reference always agrees with itself.');
  const frugal = (a: (typeof good)[number], b: (typeof good)[number]) =>
    b.setting.threads < a.setting.threads ? b : a;
  return others.reduce(frugal, first).setting;
}
