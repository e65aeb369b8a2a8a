/**
 * Runs cases in a process of its own, which may crash, hang or be ended. What it does it says on file descriptor 3, a
 * line each, written before anything can happen:
 *
 *     > TARGET INDEX     the case begins
 *     ! TARGET INDEX JSON     it broke a rule: { found, signature }
 *     = TARGET JSON     counts so far: { accepted, refused, slowestMs, slowest }
 *
 * `node child.mjs JOBS`, where JOBS is JSON: a list of {@link Job}.
 */
import { writeSync } from 'node:fs';
import { basename } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { readCase, writeCase } from './case-file.mjs';
import { Random } from './random.mjs';
import { judge } from './verdict.mjs';

/**
 * @typedef {object} Job
 * @property {string} target
 * @property {string} [file] a kept case; or:
 * @property {string} [seed]
 * @property {number} [from] index of the first case
 * @property {number} [count] of cases
 * @property {number} [millis] after which no further case begins
 * @property {boolean} [print] write the first case to standard output, and do not run it
 */

/** Sooner than the limit of memory, so that a leak of many cases is told from one case that takes all. */
const RECYCLE_BYTES = 700 * 1024 ** 2;
const TALLY_MS = 250;

const say = (line) => writeSync(3, `${line}\n`);
let current = 'none 0';

for (const event of ['uncaughtException', 'unhandledRejection']) {
  process.on(event, (error) => {
    say(
      `! ${current} ${JSON.stringify(judge(error, `${event}: `) ?? { found: `${event}: ${error}`, signature: `${event}: ${error?.message}` })}`,
    );
  });
}

for (const job of JSON.parse(process.argv[2])) await work(job);
// Whatever a case has left running does not count.
process.exit(0);

async function work(job) {
  const { default: target } = await import(`./targets/${job.target}.mjs`);
  if (job.print) {
    writeAll(writeCase(job.target, '', makeCase(target, job, await target.seeds(), job.from)));
    return;
  }
  if (job.file !== undefined) {
    await target.seeds();
    return runCase(target, `${job.target}/${basename(job.file)}`, 0, readCase(job.file).case, newTally());
  }
  await hunt(target, job, await target.seeds());
}

/** A pipe may take only a part at a time. */
function writeAll(text) {
  const bytes = Buffer.from(text);
  for (let done = 0; done < bytes.length; ) done += writeSync(1, bytes, done);
}

/** @returns {unknown} the same each time */
function makeCase(target, { target: name, seed }, seeds, index) {
  return target.make(new Random(name, seed, index), seeds);
}

async function hunt(target, job, seeds) {
  const { target: name, from, count = Infinity, millis = Infinity } = job;
  const tally = newTally();
  const started = performance.now();
  let tallied = started;
  for (let index = from; index < from + count && performance.now() - started < millis; index++) {
    await runCase(target, name, index, makeCase(target, job, seeds, index), tally);
    if (performance.now() - tallied < TALLY_MS) continue;
    tallied = performance.now();
    say(`= ${name} ${JSON.stringify(tally)}`);
    // Timers and freed memory get their turn.
    await setImmediate();
    if (process.memoryUsage.rss() > RECYCLE_BYTES) {
      globalThis.gc?.();
      if (process.memoryUsage.rss() > RECYCLE_BYTES) break;
    }
  }
  say(`= ${name} ${JSON.stringify(tally)}`);
}

function newTally() {
  return { accepted: 0, refused: 0, slowestMs: 0, slowest: 0 };
}

async function runCase(target, name, index, value, tally) {
  current = `${name} ${index}`;
  say(`> ${current}`);
  const started = performance.now();
  try {
    await target.run(value);
    tally.accepted++;
  } catch (error) {
    const broken = target.refuses?.(error) ? undefined : judge(error);
    if (broken === undefined) tally.refused++;
    else say(`! ${current} ${JSON.stringify(broken)}`);
  }
  const taken = performance.now() - started;
  if (taken > tally.slowestMs) Object.assign(tally, { slowestMs: Math.round(taken), slowest: index });
}
