/** `--timing`: where the milliseconds went. */
import { quantile } from '../bench/statistics.js';
import type { StageTiming } from '../index.js';
import { alignColumns, counted } from './text.js';

const STAGES: readonly (readonly [keyof StageTiming, string])[] = [
  ['decodeMs', 'decode'],
  ['resizeMs', 'resize'],
  ['dspMs', 'dsp'],
  ['queueMs', 'queue'],
  ['tensorMs', 'tensor'],
  ['inferenceMs', 'inference'],
  ['postprocessMs', 'postprocess'],
  ['totalMs', 'total'],
];

/** One column for a single picture; median, 95th percentile and maximum for several. */
export function timingTable(timings: readonly StageTiming[]): string {
  const single = timings.length === 1;
  const header = single ? ['stage', 'ms'] : ['stage', 'median ms', 'p95 ms', 'max ms'];
  const rows = STAGES.map(([stage, name]) => {
    const sorted = timings.map((timing) => timing[stage]).sort((a, b) => a - b);
    const shares = single ? [1] : [0.5, 0.95, 1];
    return [name, ...shares.map((share) => quantile(sorted, share).toFixed(2))];
  });
  const lines = alignColumns([header, ...rows], ['left', 'right', 'right', 'right']);
  const title = single ? [] : [`Time of ${counted(timings.length, 'picture')}`];
  return `${[...title, ...lines].join('\n')}\n`;
}
