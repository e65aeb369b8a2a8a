/** The page: facts, charts, and tables with the same figures. */
import type { BenchReport } from '../report.js';
import { factsOf, failuresOf, reasonsOf, type SummaryTable, tablesOf } from '../summary.js';
import { latencyChart } from './latency-chart.js';
import { element, type Markup, styleSheet } from './markup.js';
import { stagesChart } from './stages-chart.js';
import { CHART_CSS, inlineSvg, titleOf } from './svg.js';
import { DARK, LIGHT, type Theme, themeCss } from './theme.js';

export function page(report: BenchReport): string {
  const title = titleOf(report);
  const { markup } = element(
    'html',
    { lang: 'en' },
    element(
      'head',
      {},
      element('meta', { charset: 'utf-8' }),
      element('meta', { name: 'viewport', content: 'width=device-width, initial-scale=1' }),
      element('title', {}, title),
      styleSheet(`${PAGE_CSS}${CHART_CSS}${themeCss()}`),
    ),
    element('body', {}, element('main', {}, element('h1', {}, title), ...body(report))),
  );
  return `<!DOCTYPE html>\n${markup}\n`;
}

function body(report: BenchReport): Markup[] {
  const { results, notRun } = report;
  const tables = tablesOf(results);
  const reasons = reasonsOf(notRun).map(({ names, reason }): [string, string] => [names.join('; '), reason]);
  const failures = failuresOf(results).map(({ name, text }): [string, string] => [name, text]);
  return [
    definitions([...factsOf(report), ['date', report.startedAt]], 'facts'),
    ...charts(report, tables),
    ...tables.flatMap(tableMarkup),
    ...listMarkup('Failed on the way', failures),
    ...listMarkup('Not measured', reasons),
  ];
}

/** The first two tables in pictures. */
function charts({ results }: BenchReport, [latency, stages]: readonly SummaryTable[]): Markup[] {
  if (latency === undefined || stages === undefined) return [];
  const pictures = [
    inlineSvg(latencyChart(results), 'latency', latency),
    inlineSvg(stagesChart(results), 'stages', stages),
  ];
  return [element('div', { class: 'charts' }, ...pictures.map((picture) => element('figure', {}, picture)))];
}

/** Wider than a phone: it scrolls by itself, also by keyboard, and its title stays. */
function tableMarkup({ title, columns, rows }: SummaryTable, index: number): Markup[] {
  const id = `table-${index + 1}`;
  const head = ['way of running', ...columns].map((name) => element('th', { scope: 'col' }, name));
  const lines = rows.map(({ name, cells }) =>
    element('tr', {}, element('th', { scope: 'row' }, name), ...cells.map((cell) => element('td', {}, cell))),
  );
  const table = element(
    'table',
    { 'aria-labelledby': id },
    element('thead', {}, element('tr', {}, ...head)),
    element('tbody', {}, ...lines),
  );
  return [
    element('h2', { id }, title),
    element('div', { class: 'scroll', role: 'region', 'aria-labelledby': id, tabindex: 0 }, table),
  ];
}

function listMarkup(title: string, items: readonly (readonly [string, string])[]): Markup[] {
  return items.length === 0 ? [] : [element('h2', {}, title), definitions(items, 'reasons')];
}

function definitions(items: readonly (readonly [string, string])[], kind: 'facts' | 'reasons'): Markup {
  const terms = items.flatMap(([name, value]) => [element('dt', {}, name), element('dd', {}, value)]);
  return element('dl', { class: kind }, ...terms);
}

const PAGE_CSS =
  ':root{color-scheme:light dark}*{box-sizing:border-box}' +
  'body{margin:0;font:16px/1.45 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}' +
  'main{max-width:68rem;margin:0 auto;padding:1rem}h1{font-size:1.4rem;margin:.4rem 0;overflow-wrap:anywhere}' +
  'h2{font-size:1rem;margin:1.6rem 0 .3rem}dl{margin:.6rem 0}dd{margin:0;overflow-wrap:anywhere;white-space:pre-line}' +
  '.facts{display:grid;grid-template-columns:max-content 1fr;gap:.15rem .8rem}.reasons dd{margin:0 0 .6rem}' +
  '.charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,22rem),1fr));gap:1rem;margin:1rem 0}' +
  'figure{margin:0}figure svg{display:block;width:100%;max-width:34rem;height:auto}' +
  '.scroll{overflow-x:auto}table{border-collapse:collapse;font-variant-numeric:tabular-nums}' +
  'th,td{padding:.25rem .6rem;text-align:right;white-space:nowrap;border-bottom:1px solid}' +
  'th:first-child{text-align:left;padding-left:0}thead th,dt{font-weight:400}tbody th{font-weight:500}' +
  `${pageRules(LIGHT)}@media (prefers-color-scheme:dark){${pageRules(DARK)}}`;

function pageRules({ paper, ink, muted, grid }: Theme): string {
  return `body{background:${paper};color:${ink}}dt,thead th{color:${muted}}th,td{border-color:${grid}}`;
}
