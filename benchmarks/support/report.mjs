/** Where a benchmark's tables go: to the terminal and, under `npm run bench`, to the page of results. */
import { appendFileSync } from 'node:fs';
import { tableAsText } from './table.mjs';

/** Names the file that takes one table a line, as JSON. */
export const TABLES_FILE = 'IMPULSE_BENCH_TABLES';

/** @param {import('./table.mjs').Table} table */
export function report(table) {
  process.stdout.write(`${tableAsText(table)}\n`);
  const file = process.env[TABLES_FILE];
  if (file !== undefined) appendFileSync(file, `${JSON.stringify(table)}\n`);
}

/** Says on standard error how far a long benchmark is. @param {string} text */
export function progress(text) {
  process.stderr.write(`  ${text}\n`);
}
