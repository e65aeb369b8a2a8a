/** Charts as SVG, within a page or as a file. */
import { basename } from 'node:path';
import type { BenchReport } from '../report.js';
import { factsOf, reasonsOf, type SummaryTable, tablesOf } from '../summary.js';
import { type Chart, shortened, text, WIDTH } from './chart.js';
import { latencyChart } from './latency-chart.js';
import { element, type Markup, styleSheet } from './markup.js';
import { stagesChart } from './stages-chart.js';
import { themeCss } from './theme.js';

const NAMESPACE = 'http://www.w3.org/2000/svg';
const GAP = 16;
/** Letters that surely fit in a line. */
const COLUMNS = 56;

/** Sizes and lines; colours are the theme's. */
export const CHART_CSS =
  'text{font:13px system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif}.title{font-weight:600;font-size:15px}' +
  '.end{text-anchor:end}.middle{text-anchor:middle}.grid{stroke-width:1}.range{stroke-width:1.5}.most{fill-opacity:.35}' +
  '.median{stroke-width:2.5}';

/** The file: both charts, one below the other; what a table would say is in its description. */
export function svgFile(report: BenchReport): string {
  const { results } = report;
  const charts = results.length === 0 ? [] : [latencyChart(results), stagesChart(results)];
  const head = headLines(report);
  let y = head.length * 18 + GAP;
  const stacked = charts.map(({ height, content }) => {
    const group = element('g', { transform: `translate(0 ${y})` }, ...content);
    y += height + GAP;
    return group;
  });
  const { markup } = element(
    'svg',
    {
      xmlns: NAMESPACE,
      viewBox: `0 0 ${WIDTH} ${y}`,
      width: WIDTH,
      height: y,
      role: 'img',
      'aria-labelledby': 'title desc',
    },
    element('title', { id: 'title' }, titleOf(report)),
    element('desc', { id: 'desc' }, description(report)),
    styleSheet(CHART_CSS + themeCss()),
    element('rect', { class: 'paper', width: WIDTH, height: y }),
    ...head.map((line, index) => text(8, 20 + index * 18, line, index === 0 ? 'ink title' : 'muted')),
    ...stacked,
  );
  return `<?xml version="1.0" encoding="UTF-8"?>\n${markup}\n`;
}

/** One chart of a page. */
export function inlineSvg({ height, content }: Chart, id: string, { title, ...table }: SummaryTable): Markup {
  return element(
    'svg',
    { viewBox: `0 0 ${WIDTH} ${height}`, role: 'img', 'aria-labelledby': `${id}-title ${id}-desc` },
    element('title', { id: `${id}-title` }, title),
    element('desc', { id: `${id}-desc` }, rowTexts(table).join('\n')),
    ...content,
  );
}

export function titleOf({ deployment }: BenchReport): string {
  return `How fast ${basename(deployment.source)} runs`;
}

function headLines(report: BenchReport): string[] {
  const { machine, input, notRun } = report;
  const lines = [
    titleOf(report),
    `${machine.cpu.model}, usable processors ${machine.cpu.usable}`,
    ...(input === undefined ? [] : [input.description]),
    ...(notRun.length === 0
      ? []
      : [`Not measured: ${[...new Set(notRun.map(({ name }) => name))].join('; ')}`]),
  ];
  return lines.flatMap((line) => wrapped(line, COLUMNS));
}

function wrapped(line: string, columns: number): string[] {
  const lines = [''];
  for (const word of line.split(' ')) {
    const last = lines.at(-1) ?? '';
    if (last !== '' && last.length + 1 + word.length > columns) lines.push(word);
    else lines[lines.length - 1] = last === '' ? word : `${last} ${word}`;
  }
  return lines.map((line) => shortened(line, columns));
}

function description(report: BenchReport): string {
  const facts = factsOf(report).map(([name, value]) => `${name}: ${value}`);
  const tables = tablesOf(report.results).flatMap((table) => [table.title, ...rowTexts(table)]);
  return [...facts, ...tables, ...notMeasured(report)].join('\n');
}

function rowTexts({ columns, rows }: Pick<SummaryTable, 'columns' | 'rows'>): string[] {
  return rows.map(
    ({ name, cells }) => `${name}: ${cells.map((cell, i) => `${columns[i]} ${cell}`).join(', ')}`,
  );
}

function notMeasured({ notRun }: BenchReport): string[] {
  return reasonsOf(notRun).map(({ names, reason }) => `Not measured: ${names.join('; ')}: ${reason}`);
}
