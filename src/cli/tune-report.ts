/** What was measured, for people. */
import type { MeasuredTrial, Tuning, TuningReport } from '../index.js';
import { isMeasured, settingText } from '../runtime/tuning/tuning.js';
import type { Style } from './style.js';
import { alignColumns, printable } from './text.js';

export function tuneReport(path: string, { tunings, rememberedIn }: TuningReport, style: Style): string {
  const where =
    rememberedIn === undefined ? 'Remembered nowhere.' : `Remembered in ${printable(rememberedIn)}.`;
  return [
    style.bold(printable(path)),
    ...tunings.flatMap((tuning) => ['', ...tuningLines(tuning, style)]),
    '',
    tunings.length === 0 ? 'It has no model: there is nothing to choose.' : where,
  ].join('\n');
}

/** The table, and what was chosen. */
export function tuningLines(tuning: Tuning, style: Style): string[] {
  const { model, chosen, reference, tolerance, trials } = tuning;
  const measured = trials.filter(isMeasured);
  const best = Math.min(...measured.filter(({ disagrees }) => !disagrees).map(({ medianMs }) => medianMs));
  const rows = measured.map((trial) => row(trial, best, settingText(chosen)));
  const head = ['', 'setting', 'kernels', 'median', 'times', 'difference', 'runs'].map(style.dim);
  const table = alignColumns([head, ...rows], ['left', 'left', 'left', 'right', 'right', 'right', 'right']);
  const failed = trials.flatMap((trial) =>
    isMeasured(trial) ? [] : [`  ${settingText(trial.setting)}: ${printable(trial.reason)}`],
  );
  return [
    style.bold(printable(model.name)),
    ...table.map((line) => `  ${line}`),
    ...failed,
    `  chosen: ${style.green(settingText(chosen))}; differences are those from ${settingText(reference)}, ` +
      `as a share of the output's range, at most ${tolerance}`,
  ];
}

function row(trial: MeasuredTrial, best: number, chosen: string): string[] {
  const { setting, delegate, medianMs, difference, disagrees, runs } = trial;
  const text = settingText(setting);
  return [
    text === chosen ? '*' : '',
    text,
    delegate,
    `${medianMs.toFixed(medianMs < 1 ? 3 : 2)} ms`,
    `${(medianMs / best).toFixed(2)}x`,
    disagrees ? `${Number(difference.toPrecision(2))} (too far)` : String(Number(difference.toPrecision(2))),
    String(runs),
  ];
}
