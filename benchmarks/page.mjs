/**
 * `docs/performance.md`, rendered whole from the latest results of each benchmark, which lie in `benchmarks/results`.
 *
 * @typedef {{ date: string, command: string, machine: Readonly<Record<string, string>>, tables: readonly import('./support/table.mjs').Table[] }} Result
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { BENCHMARKS } from './catalogue.mjs';
import { tableAsMarkdown } from './support/table.mjs';

const RESULTS = new URL('./results/', import.meta.url);
const PAGE = new URL('../docs/performance.md', import.meta.url);

const HEAD = `# Performance

Written by \`npm run bench\`; what is measured, and how, is in \`benchmarks/\`. \`npm run bench -- NAME...\` measures again and replaces
those sections, \`npm run bench -- --help\` lists them.

- Each trial runs in a fresh process, after a warm-up. Contenders take turns (A B C A B C ...); figures are medians over the
  rounds of the medians of each trial.
- Threads are stated. Everybody gets the same model, the same input and as many threads.
- "Wanted" is what we ask of ourselves. Where it is not met, or where somebody else is faster, the table says so.
- What others use is installed apart (\`benchmarks/package.json\`), without running anything of theirs, and used as their own
  documentation says. Where one does not run here, its row says why.
`;

/** Keeps a result, and writes the page anew. @param {string} name @param {Result} result */
export function publish(name, result) {
  mkdirSync(RESULTS, { recursive: true });
  writeFileSync(fileOf(name), `${JSON.stringify(result, null, 2)}\n`);
  writeFileSync(PAGE, renderPage(readResults()));
}

/** @param {ReadonlyMap<string, Result>} results in the order of their sections @returns {string} */
export function renderPage(results) {
  const latest = [...results.values()].reduce((a, b) => (a.date > b.date ? a : b));
  const sections = [...results].map(([name, result]) => section(name, result, latest.machine));
  return `${[HEAD.trimEnd(), machineList(latest.machine), ...sections].join('\n\n')}\n`;
}

function readResults() {
  const names = Object.keys(BENCHMARKS).filter((name) => existsSync(fileOf(name)));
  return new Map(names.map((name) => [name, JSON.parse(readFileSync(fileOf(name), 'utf8'))]));
}

function machineList(machine) {
  return ['Measured on:', '', ...Object.entries(machine).map(([what, value]) => `- ${what}: ${value}`)].join(
    '\n',
  );
}

function section(name, { date, command, machine, tables }, usual) {
  const { about, text } = BENCHMARKS[name];
  const elsewhere = isDeepStrictEqual(machine, usual)
    ? []
    : [`Not with what stands above: ${unlike(machine, usual)}.`];
  return [
    `## ${about[0].toUpperCase()}${about.slice(1)}`,
    `\`${command}\`, ${date.slice(0, 10)}.`,
    ...elsewhere,
    ...(text === undefined ? [] : [text]),
    ...tables.map(tableAsMarkdown),
  ].join('\n\n');
}

function unlike(machine, usual) {
  return Object.entries(machine)
    .filter(([what, value]) => value !== usual[what])
    .map(([what, value]) => `${what} ${value}`)
    .join('; ');
}

function fileOf(name) {
  return new URL(`${name}.json`, RESULTS);
}
