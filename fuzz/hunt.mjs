/** Hunts for what breaks a target: starts processes, watches them, and makes sure of what is found. */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { OUT } from './corpus.mjs';

const CHILD = fileURLToPath(new URL('./child.mjs', import.meta.url));

/** A case may take no longer. */
const HANG_MS = 5_000;
/** Loading the package and its engines, on a busy machine. */
const START_MS = 60_000;
const MAX_RSS_BYTES = 1536 * 1024 ** 2;
const OLD_SPACE_MIB = 1024;
const LOOK_MS = 100;
/** Of one target and of different kinds, after which it is left. */
const MOST_FINDINGS = 8;

/**
 * @typedef {object} Finding
 * @property {string} target
 * @property {number} index of the case
 * @property {string} found
 * @property {string} signature
 * @property {string} [file] where the case was written
 */

/**
 * @typedef {object} Hunted
 * @property {number} cases
 * @property {number} accepted
 * @property {number} refused
 * @property {number} slowestMs
 * @property {number} slowest index of that case
 * @property {Finding[]} findings
 * @property {string[]} notes what was seen once and not again
 */

/**
 * @param {string} target
 * @param {string} seed
 * @param {{ from?: number, millis?: number, count?: number, onProgress?: (hunted: Hunted) => void }} limits
 * @returns {Promise<Hunted>}
 */
export async function hunt(target, seed, { from = 0, millis, count, onProgress = () => {} }) {
  const hunted = { cases: 0, accepted: 0, refused: 0, slowestMs: 0, slowest: from, findings: [], notes: [] };
  const found = new Set();
  let next = from;
  let left = millis ?? Infinity;
  const end = from + (count ?? Infinity);
  while (next < end && left > 0 && hunted.findings.length < MOST_FINDINGS) {
    const run = await runChild(
      [{ target, seed, from: next, count: finite(end - next), millis: finite(left) }],
      ({ last, tallies }) => {
        onProgress(sumOf(hunted, last === undefined ? 0 : last.index + 1 - next, tallies.get(target)));
      },
    );
    Object.assign(
      hunted,
      sumOf(hunted, run.last === undefined ? 0 : run.last.index + 1 - next, run.tallies.get(target)),
    );
    left -= run.workedMs;
    for (const broken of [...run.broken, ...(run.fatal === undefined ? [] : [run.fatal])]) {
      if (found.has(broken.signature) || hunted.findings.length >= MOST_FINDINGS) continue;
      found.add(broken.signature);
      await confirm(hunted, { ...broken, target: broken.target ?? target }, seed);
    }
    if (run.last === undefined) break;
    next = run.last.index + 1;
  }
  return hunted;
}

/** Runs kept cases, each in a process of its own. */
export async function replay(target, file) {
  const { broken, fatal } = await runChild([{ target, file }]);
  return fatal ?? broken[0];
}

/**
 * Runs several jobs in one process: quicker, where none is expected to break anything.
 *
 * @returns {Promise<{ broken: Finding[], accepted: Map<string, number> }>} `accepted`: cases, by target
 */
export async function runJobs(jobs) {
  const { broken, fatal, tallies } = await runChild(jobs);
  return {
    broken: fatal === undefined ? broken : [...broken, fatal],
    accepted: new Map([...tallies].map(([target, { accepted }]) => [target, accepted])),
  };
}

function sumOf(hunted, cases, { accepted = 0, refused = 0, slowestMs = 0, slowest = 0 } = {}) {
  return {
    ...hunted,
    cases: hunted.cases + cases,
    accepted: hunted.accepted + accepted,
    refused: hunted.refused + refused,
    ...(slowestMs > hunted.slowestMs && { slowestMs, slowest }),
  };
}

/** Writes the case down and runs it again by itself: what comes of other cases, or of a busy machine, is only noted. */
async function confirm(hunted, finding, seed) {
  const { target, index, signature } = finding;
  const file = writeFinding(finding, seed);
  const again = file === undefined ? finding : await replay(target, file);
  if (again === undefined) hunted.notes.push(`case ${index}, not again by itself: ${finding.found}`);
  else
    hunted.findings.push({
      target,
      index,
      found: again.found,
      signature,
      ...(file !== undefined && { file }),
    });
}

/** @returns {string | undefined} the path, relative to the project; undefined if the case can't even be made */
function writeFinding({ target, index, found }, seed) {
  const job = { target, seed, from: index, print: true };
  const { status, stdout } = spawnSync(process.execPath, [CHILD, JSON.stringify([job])], {
    encoding: 'utf8',
    maxBuffer: 2 ** 30,
    stdio: ['ignore', 'pipe', 'ignore', 'ignore'],
  });
  if (status !== 0) return undefined;
  const text = stdout.replace('"found": ""', () => `"found": ${JSON.stringify(found)}`);
  const name = createHash('sha256').update(stdout).digest('hex').slice(0, 12);
  const folder = join(OUT, 'findings', target);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${name}.json`), text);
  return relative(process.cwd(), join(folder, `${name}.json`));
}

/**
 * One process, until it ends or must be ended.
 *
 * @returns `last`: the case that began last; `broken`: rules that were broken; `fatal`: what ended it
 */
function runChild(jobs, onProgress = () => {}) {
  return new Promise((resolve) => {
    const options = ['--expose-gc', `--max-old-space-size=${OLD_SPACE_MIB}`];
    const child = spawn(process.execPath, [...options, CHILD, JSON.stringify(jobs)], {
      stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
    });
    const state = { last: undefined, tallies: new Map(), broken: [], fatal: undefined, workedMs: 0 };
    let began = performance.now();
    let firstBegan;
    let printed = '';
    let ended;
    const stop = (found, kind) => {
      ended = { found, signature: kind };
      child.kill('SIGKILL');
    };
    const watch = setInterval(() => {
      onProgress(state);
      const limit = state.last === undefined ? START_MS : HANG_MS;
      if (performance.now() - began > limit) return stop(`took longer than ${limit / 1000} s`, 'hang');
      const rss = residentBytes(child.pid);
      if (rss > MAX_RSS_BYTES) stop(`took ${Math.round(rss / 1024 ** 2)} MiB of memory`, 'memory');
    }, LOOK_MS);
    linesOf(child.stdio[3], (line) => {
      const [kind, target, rest] = split(line, 3);
      if (kind === '=') state.tallies.set(target, JSON.parse(rest));
      if (kind === '!') {
        const [index, json] = split(rest, 2);
        state.broken.push({ target, index: Number(index), ...JSON.parse(json) });
      }
      if (kind !== '>') return;
      began = performance.now();
      firstBegan ??= began;
      state.last = { target, index: Number(rest) };
    });
    child.stderr.on('data', (text) => {
      printed = (printed + text).slice(-4_000);
    });
    child.on('close', (code, signal) => {
      clearInterval(watch);
      if (firstBegan !== undefined) state.workedMs = performance.now() - firstBegan;
      const why = ended ?? (code === 0 ? undefined : crash(code, signal, printed));
      if (why !== undefined) state.fatal = { target: jobs[0].target, index: 0, ...state.last, ...why };
      resolve(state);
    });
  });
}

function crash(code, signal, printed) {
  // 13: a promise that nothing settles.
  const how =
    code === 13
      ? 'never ended, and waits for nothing'
      : `the process ended with ${signal ?? `exit code ${code}`}`;
  const words =
    printed
      .trim()
      .split('\n')
      .find((line) => /error|fatal|assert|terminate/i.test(line)) ?? '';
  return {
    found: `${how}${words === '' ? '' : `: ${words.slice(0, 300)}`}`,
    signature: `${how} ${words.replace(/\d+/g, 'N').slice(0, 80)}`,
  };
}

function linesOf(stream, take) {
  let rest = '';
  stream.setEncoding('utf8');
  stream.on('data', (text) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop();
    for (const line of lines) take(line);
  });
}

/** The first words of a line, and the rest of it. */
function split(line, count) {
  const words = line.split(' ');
  return [...words.slice(0, count - 1), words.slice(count - 1).join(' ')];
}

/** JSON has no infinity. */
function finite(number) {
  return Number.isFinite(number) ? number : undefined;
}

/** 0 where the system does not tell. */
function residentBytes(pid) {
  try {
    return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}
