/**
 * Tries real models: `npm run models` for those in ../shared/models, `npm run models -- FOLDER...` for folders
 * that hold one real download each. Prints one table; exits with 1 if anything is worse than stated.
 */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { catalogue } from './models/catalogue.mjs';
import { tryDownload } from './models/downloads.mjs';
import { readExpected } from './models/expected.mjs';
import { tryModel } from './models/model-files.mjs';
import { tryPlainModel } from './models/plain-models.mjs';
import { formatTable } from './models/table.mjs';

const SHARED = fileURLToPath(new URL('../../shared/models', import.meta.url));
const LIBRARY_FOLDER = /^(src|model-parameters|tflite-model)$/;
const HELP = `Usage: npm run models [-- [options] [FOLDER...]]

Without folders: every model in ../shared/models, on every engine that takes it, against the outputs stated in
its expected.json; then those that a decoder covers, as deployments, on photos.
With folders: each folder (or each one in it) is opened as a download, and compared with the outputs of its models, with the
answers of a real runner, and with its own package. What they are is in the folder of the same name in ../shared/models.
What a download must do is stated in scripts/models/statements.mjs.

Options:
  --only TEXT     only models whose path holds TEXT
  --engine NAME   only this engine
  --json          one JSON object per row, then one with the summary, instead of the table
  --help
`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    only: { type: 'string', default: '' },
    engine: { type: 'string' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  process.stdout.write(HELP);
  process.exit(0);
}
if (!existsSync(SHARED)) {
  process.stderr.write('The folder of real models, ../shared/models, is missing: nothing to compare with.\n');
  process.exit(3);
}

const expected = readExpected(SHARED);

/** Model files on each engine, then as deployments. */
const MODELS = {
  columns: {
    model: 'model',
    opened: 'opened',
    answered: 'answered',
    engine: 'engine',
    difference: 'largest difference',
    why: 'remarks',
  },
  async *rows() {
    for (const [, { folder, entry }] of expected) {
      const file = modelFile(folder, entry);
      if (file.includes(values.only)) yield* tryModel(file, entry, values.engine);
    }
    for (const entry of catalogue(SHARED)) {
      if (!join(entry.folder, entry.file).includes(values.only)) continue;
      yield* tryPlainModel(SHARED, entry, values.engine);
    }
  },
  isWorse: ({ answered }) => answered === 'no',
  summary(rows) {
    const count = (key, value) => rows.filter((row) => row[key] === value).length;
    return (
      `${rows.length} rows: ${count('opened', 'yes')} opened, ${count('answered', 'yes')} answered as stated, ` +
      `${count('answered', 'close')} close, ${count('answered', 'no')} differ, ${count('opened', 'no')} not opened.`
    );
  },
};

const DOWNLOADS = {
  columns: {
    name: 'download',
    format: 'format',
    engine: 'engine',
    compared: 'compared',
    verdict: 'verdict',
    difference: 'largest difference',
    why: 'remarks',
  },
  async *rows() {
    const known = { shared: SHARED, expected, catalogue: catalogue(SHARED), engine: values.engine };
    for (const path of positionals.flatMap((each) => downloadsIn(resolve(each)))) {
      if (path.includes(values.only)) yield* tryDownload(path, known);
    }
  },
  isWorse: ({ worse }) => worse,
  summary(rows) {
    const recorded = rows.filter((row) => row.recorded);
    const given = recorded.filter(({ verdict }) => verdict === 'as recorded').length;
    const count = (verdict) => rows.filter((row) => !row.recorded && row.verdict === verdict).length;
    const share = recorded.length === 0 ? '' : ` (${((100 * given) / recorded.length).toFixed(1)} %)`;
    return (
      `${given} of ${recorded.length}${share} give the recorded answer. Of ${rows.length - recorded.length} without one, ` +
      `${count('runs')} run, ${count('refused')} are refused, ${count('differs')} are wrong. ` +
      `${rows.filter(({ worse }) => worse).length} worse than stated.`
    );
  },
};

const table = positionals.length > 0 ? DOWNLOADS : MODELS;
const rows = [];
for await (const row of table.rows()) {
  rows.push(row);
  if (values.json) process.stdout.write(`${JSON.stringify(row)}\n`);
  else if (process.stderr.isTTY) process.stderr.write(`\r${row.model ?? row.name}`.slice(0, 100).padEnd(100));
}
if (process.stderr.isTTY && !values.json) process.stderr.write(`\r${' '.repeat(100)}\r`);
if (values.json) {
  process.stdout.write(`${JSON.stringify({ summary: table.summary(rows) })}\n`);
} else {
  const cells = rows.map((row) => Object.keys(table.columns).map((column) => row[column]));
  process.stdout.write(`${formatTable(Object.values(table.columns), cells)}\n\n${table.summary(rows)}\n`);
}
process.exitCode = rows.some(table.isWorse) ? 1 : 0;

/** Model arrays of headers are stored as `<symbol>.tflite`. */
function modelFile(folder, { file, embedded_symbol }) {
  const direct = join(folder, file);
  if (embedded_symbol === undefined && existsSync(direct)) return direct;
  const array = join(folder, `${embedded_symbol}.tflite`);
  return existsSync(array) ? array : direct;
}

/** The path itself where it is a download, else those in it: a folder of folders and zips, none of them a part of a library. */
function downloadsIn(path) {
  if (!statSync(path).isDirectory()) return [path];
  const inside = readdirSync(path, { withFileTypes: true }).filter(({ name }) => !name.startsWith('.'));
  const isDownload = inside.some(
    (entry) => !(entry.isDirectory() || entry.name.endsWith('.zip')) || LIBRARY_FOLDER.test(entry.name),
  );
  return isDownload ? [path] : inside.map(({ name }) => join(path, name));
}
