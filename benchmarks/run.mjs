/** `npm run bench`: measures, prints, and writes `docs/performance.md`. See `--help`. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { BENCHMARKS } from './catalogue.mjs';
import { publish } from './page.mjs';
import { INSTALL_COMMAND, installPeers } from './peers/install.mjs';
import { describeMachine } from './support/machine.mjs';
import { TABLES_FILE } from './support/report.mjs';

const LIST = Object.entries(BENCHMARKS)
  .map(([name, { about, peers }]) => `  ${name.padEnd(18)} ${about}${peers ? ' *' : ''}`)
  .join('\n');
const HELP = `Usage: npm run bench [-- [options] [NAME...]]

Measures everything, or what is named, one after the other, each in a process of its own; prints the tables and writes
them to docs/performance.md, where sections that were not measured stay as they are. About a quarter of an hour in all,
on a machine that should do nothing else.

${LIST}

* needs other people's packages, which are installed into benchmarks/node_modules, none of their scripts run
  (${INSTALL_COMMAND}). Models of ../shared/models that are missing are left out, aloud.

Options:
  --full       soak: at least 1,000 openings and 100,000 classifications of each engine, instead of 300 and 10,000; some minutes more
  --dry-run    prints, and writes nothing
  --help
`;

const { values, positionals } = parseOptions();
if (values.help) {
  process.stdout.write(HELP);
  process.exit(0);
}
const machine = describeMachine();
for (const [what, value] of Object.entries(machine)) process.stdout.write(`${what}: ${value}\n`);
const names = Object.keys(BENCHMARKS).filter(
  (name) => positionals.length === 0 || positionals.includes(name),
);
if (names.some((name) => BENCHMARKS[name].peers)) tryInstallPeers();
for (const name of names) {
  process.stdout.write(`\n## ${name}: ${BENCHMARKS[name].about}\n\n`);
  const tables = measure(name);
  if (tables === undefined) process.exitCode = 1;
  else if (!values['dry-run'])
    publish(name, { date: new Date().toISOString(), command: commandOf(name), machine, tables });
}

function parseOptions() {
  try {
    const options = { full: { type: 'boolean' }, 'dry-run': { type: 'boolean' }, help: { type: 'boolean' } };
    const parsed = parseArgs({ allowPositionals: true, options });
    const unknown = parsed.positionals.find((name) => !(name in BENCHMARKS));
    if (unknown !== undefined) throw new Error(`There is no benchmark '${unknown}'.`);
    return parsed;
  } catch (error) {
    process.stderr.write(`${error.message} There are:\n${LIST}\n`);
    process.exit(2);
  }
}

/** Without them, their rows say that they are missing. */
function tryInstallPeers() {
  try {
    installPeers();
  } catch (error) {
    process.stderr.write(`${error.message}\n`);
  }
}

/** @returns the tables of a benchmark; undefined if it failed */
function measure(name) {
  const folder = mkdtempSync(join(tmpdir(), 'impulse-bench-'));
  const tables = join(folder, 'tables');
  try {
    writeFileSync(tables, '');
    const file = fileURLToPath(new URL(BENCHMARKS[name].file, import.meta.url));
    const { status } = spawnSync(process.execPath, [file, ...fullOption(name)], {
      stdio: 'inherit',
      env: { ...process.env, [TABLES_FILE]: tables },
    });
    if (status !== 0) return undefined;
    return readFileSync(tables, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function commandOf(name) {
  return ['npm run bench --', ...fullOption(name), name].join(' ');
}

function fullOption(name) {
  return values.full && BENCHMARKS[name].full ? ['--full'] : [];
}
