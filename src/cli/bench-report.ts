/** A benchmark for people: a few tables. */
import type { BenchReport } from '../bench/report.js';
import { factsOf, failuresOf, reasonsOf, type SummaryTable, tablesOf } from '../bench/summary.js';
import type { Style } from './style.js';
import { alignColumns, nameValueLines, printable } from './text.js';

export function benchReport(report: BenchReport, style: Style): string {
  const { deployment, results, notRun } = report;
  return [
    style.bold(printable(deployment.source)),
    ...nameValueLines(factsOf(report).map(([name, value]) => [style.dim(name), printable(value)])),
    ...tablesOf(results).flatMap((table) => tableLines(table, style)),
    ...listLines(
      'Failed on the way',
      failuresOf(results).map(({ name, text }) => [name, text]),
      style,
    ),
    ...listLines(
      'Not measured',
      reasonsOf(notRun).map(({ names, reason }) => [names.join('; '), reason]),
      style,
    ),
  ].join('\n');
}

function tableLines({ title, columns, rows }: SummaryTable, style: Style): string[] {
  const header = ['', ...columns.map((name) => style.dim(name))];
  const lines = alignColumns(
    [header, ...rows.map(({ name, cells }) => [printable(name), ...cells])],
    header.map((_, column) => (column === 0 ? 'left' : 'right')),
  );
  return ['', style.bold(title), ...lines.map((line) => `  ${line}`)];
}

function listLines(title: string, items: readonly (readonly [string, string])[], style: Style): string[] {
  if (items.length === 0) return [];
  const lines = items.flatMap(([name, reason]) => [
    `  ${style.yellow(printable(name))}`,
    ...reason.split('\n').map((line) => `    ${printable(line)}`),
  ]);
  return ['', style.bold(title), ...lines];
}
