/** How the latencies of each way of running are distributed. */
import type { BenchResult } from '../report.js';
import { fittingAxis } from './axis.js';
import { type Chart, chart, milliseconds, type Row } from './chart.js';
import { element, type Markup } from './markup.js';

export function latencyChart(results: readonly BenchResult[]): Chart {
  const least = Math.min(...results.map(({ latencyMs }) => latencyMs.min));
  const most = Math.max(...results.map(({ latencyMs }) => latencyMs.p99));
  return chart({
    title: 'One call after another',
    legend: [
      { name: 'p50, p25 to p75', swatch: (x, y) => halfSwatch(x, y) },
      {
        name: 'p10 to p90',
        swatch: (x, y) => element('rect', { class: 'most', x, y, width: 14, height: 10 }),
      },
      {
        name: 'min to p99',
        swatch: (x, y) => element('line', { class: 'range', x1: x, y1: y + 5, x2: x + 14, y2: y + 5 }),
      },
    ],
    rows: results.map(rowOf),
    axis: fittingAxis(least, most),
  });
}

function halfSwatch(x: number, y: number): Markup {
  return element(
    'g',
    {},
    element('rect', { class: 'half', x, y, width: 14, height: 10 }),
    median(x + 7, y, 10),
  );
}

function rowOf({ name, latencyMs }: BenchResult): Row {
  const { min, p10, p25, p50, p75, p90, p99 } = latencyMs;
  return {
    name,
    value: `p50 ${milliseconds(p50)}`,
    bar: (x, y, height) => {
      const middle = y + height / 2;
      const box = (from: number, to: number): { x: number; width: number } => ({
        x: x(from),
        width: Math.max(1.5, x(to) - x(from)),
      });
      const cap = (value: number): Markup =>
        element('line', { class: 'range', x1: x(value), y1: y + 3, x2: x(value), y2: y + height - 3 });
      return [
        element('line', { class: 'range', x1: x(min), y1: middle, x2: x(p99), y2: middle }),
        cap(min),
        cap(p99),
        element('rect', { class: 'most', ...box(p10, p90), y: y + 1.5, height: height - 3 }),
        element('rect', { class: 'half', ...box(p25, p75), y, height }),
        median(x(p50), y - 2, height + 4),
      ];
    },
  };
}

function median(x: number, y: number, height: number): Markup {
  return element('line', { class: 'median', x1: x, y1: y, x2: x, y2: y + height });
}
