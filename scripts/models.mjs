/**
 * Tries real models: `npm run models` for those in ../shared/models, `npm run models -- FOLDER...` for folders
 * that hold one real download each. Prints one table; exits with 1 if anything differs from its reference.
 */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { catalogue } from './models/catalogue.mjs';
import { tryDownload } from './models/downloads.mjs';
import { readExpected } from './models/expected.mjs';
import { tryModel } from './models/model-files.mjs';
import { tryPlainModel } from './models/plain-models.mjs';
import { formatTable } from './models/table.mjs';

const SHARED = fileURLToPath(new URL('../../shared/models', import.meta.url));
const HELP = `Usage: npm run models [-- [options] [FOLDER...]]

Without folders: every model in ../shared/models, on every engine that takes it, against the outputs stated in
its expected.json; then those that a decoder covers, as deployments, on photos.
With folders: each folder (or each folder in it) is opened as a downloaded deployment.

Options:
  --only TEXT     only models whose path holds TEXT
  --engine NAME   only this engine
  --json          one JSON object per row instead of the table
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
const rows = positionals.length > 0 ? downloads() : models();
const printed = [];
for await (const row of rows) {
  printed.push(row);
  if (values.json) process.stdout.write(`${JSON.stringify(row)}\n`);
  else if (process.stderr.isTTY) process.stderr.write(`\r${row.model}`.slice(0, 100).padEnd(100));
}
if (process.stderr.isTTY && !values.json) process.stderr.write(`\r${' '.repeat(100)}\r`);
if (!values.json) printTable(printed);
process.exitCode = printed.some(({ answered }) => answered === 'no') ? 1 : 0;

/** Model files on each engine, then as deployments. */
async function* models() {
  for (const [hash, { folder, entry }] of expected) {
    const file = modelFile(folder, entry);
    if (!file.includes(values.only)) continue;
    yield* tryModel(file, hash, entry, values.engine);
  }
  for (const entry of catalogue(SHARED)) {
    if (!join(entry.folder, entry.file).includes(values.only)) continue;
    yield* tryPlainModel(SHARED, entry, values.engine);
  }
}

async function* downloads() {
  for (const folder of positionals.flatMap((path) => deploymentFolders(resolve(path)))) {
    if (!folder.includes(values.only)) continue;
    yield* tryDownload(folder, join(SHARED, basename(folder)), expected, values.engine);
  }
}

/** Model arrays of headers are stored as `<symbol>.tflite`. */
function modelFile(folder, { file, embedded_symbol }) {
  const direct = join(folder, file);
  if (embedded_symbol === undefined && existsSync(direct)) return direct;
  const array = join(folder, `${embedded_symbol}.tflite`);
  return existsSync(array) ? array : direct;
}

/** The folder itself where it is a download, else those in it. */
function deploymentFolders(path) {
  if (!statSync(path).isDirectory()) return [path];
  const inside = readdirSync(path, { withFileTypes: true });
  const isDownload = readdirSync(path, { recursive: true, encoding: 'utf8' }).some((name) =>
    /(^|\/)model-parameters\/model_metadata\.h$/.test(name),
  );
  const several = inside.every(
    (entry) => entry.isDirectory() || entry.name.startsWith('.') || entry.name.endsWith('.json'),
  );
  if (isDownload && !(several && inside.filter((entry) => entry.isDirectory()).length > 3)) return [path];
  return inside.filter((entry) => entry.isDirectory()).map((entry) => join(path, entry.name));
}

function printTable(rows) {
  const cells = rows.map(({ model, opened, answered, engine, difference, why }) => [
    model,
    opened,
    answered,
    engine,
    difference,
    why,
  ]);
  const header = ['model', 'opened', 'answered', 'engine', 'largest difference', 'remarks'];
  process.stdout.write(`${formatTable(header, cells)}\n\n`);
  const count = (key, value) => rows.filter((row) => row[key] === value).length;
  process.stdout.write(
    `${rows.length} rows: ${count('opened', 'yes')} opened, ${count('answered', 'yes')} answered as stated, ` +
      `${count('answered', 'close')} close, ${count('answered', 'no')} differ, ${count('opened', 'no')} not opened.\n`,
  );
}
