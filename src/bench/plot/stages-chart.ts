/** Where the milliseconds of a call go, stage upon stage. */
import type { BenchResult } from '../report.js';
import { STAGES, type Stage } from '../stages.js';
import { linearAxis } from './axis.js';
import { type Chart, chart, milliseconds, type Row, withTooltip } from './chart.js';
import { element } from './markup.js';

type Part = Exclude<Stage, 'total'>;

const PARTS = STAGES.filter((stage): stage is Part => stage !== 'total');

/** Share of a call below which a stage would be a hair; the table has it. */
const VISIBLE = 0.005;

export function stagesChart(results: readonly BenchResult[]): Chart {
  const sums = results.map(({ stagesMs }) => PARTS.reduce((sum, part) => sum + stagesMs[part], 0));
  const used = PARTS.filter((part) =>
    results.some(({ stagesMs }) => stagesMs[part] > VISIBLE * stagesMs.total),
  );
  return chart({
    title: 'Stages of a call, medians',
    legend: used.map((part) => ({
      name: part,
      swatch: (x, y) => element('rect', { class: `stage-${part}`, x, y, width: 14, height: 10 }),
    })),
    rows: results.map((result) => rowOf(result, used)),
    axis: linearAxis(Math.max(...sums)),
  });
}

function rowOf({ name, stagesMs }: BenchResult, parts: readonly Part[]): Row {
  return {
    name,
    value: `total ${milliseconds(stagesMs.total)}`,
    bar: (x, y, height) => {
      let begin = 0;
      return parts.map((part) => {
        const [from, to] = [x(begin), x(begin + stagesMs[part])];
        begin += stagesMs[part];
        // A hair of paper between two parts, which may be hairs themselves.
        const width = Math.max((to - from) / 2, to - from - 1);
        const place = { x: from, y, width, height };
        return withTooltip(
          'rect',
          { class: `stage-${part}`, ...place },
          `${part} ${milliseconds(stagesMs[part])}`,
        );
      });
    },
  };
}
