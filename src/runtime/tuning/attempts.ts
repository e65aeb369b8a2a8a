/** Why the engines that were measured were not taken. */
import type { EngineAttempt } from '../engines/index.js';
import type { MeasuredTrial, Tuning } from './tuning.js';
import { isMeasured, settingText } from './tuning.js';

/** The same attempt; where the engine was measured, with what it took. */
export function measuredAttempt(attempt: EngineAttempt, { trials, chosen }: Tuning): EngineAttempt {
  const measured = trials.filter(isMeasured);
  const best = measured.find(({ setting }) => setting.engine === attempt.engine);
  const winner = measured.find(({ setting }) => sameSetting(setting, chosen));
  if (best === undefined || winner === undefined) return attempt;
  const reason = best.disagrees
    ? `its answer was measured to differ by ${percent(best.difference)} of the range`
    : `it was measured to take ${milliseconds(best)}, and the one chosen ${milliseconds(winner)}`;
  return { engine: attempt.engine, reason };
}

function sameSetting(a: Tuning['chosen'], b: Tuning['chosen']): boolean {
  return settingText(a) === settingText(b);
}

function milliseconds({ medianMs }: MeasuredTrial): string {
  return `${Number(medianMs.toPrecision(3))} ms`;
}

function percent(share: number): string {
  return `${Number((share * 100).toPrecision(2))} %`;
}
