/** Contenders in turns: A B C A B C ..., each time in a fresh process, so that none inherits what another left behind. */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { median } from './statistics.mjs';

const OWN_TRIAL = fileURLToPath(new URL('./own-trial.mjs', import.meta.url));

/** Of one trial: numbers by name. @typedef {Readonly<Record<string, number>>} Figures */

/**
 * Medians over the rounds of each contender's figures.
 *
 * @template {string} Name
 * @param {Readonly<Record<Name, () => Figures>>} contenders
 * @param {number} rounds
 * @returns {Record<Name, Figures | { failed: string }>} `failed`: why a contender could not run; it is tried once
 */
export function interleave(contenders, rounds) {
  const names = Object.keys(contenders);
  const trials = Object.fromEntries(names.map((name) => [name, []]));
  const failures = {};
  for (let round = 0; round < rounds; round++) {
    for (const name of names) {
      if (name in failures) continue;
      try {
        trials[name].push(contenders[name]());
      } catch (error) {
        failures[name] = { failed: reasonOf(error) };
      }
    }
  }
  return Object.fromEntries(names.map((name) => [name, failures[name] ?? mediansOf(trials[name])]));
}

/**
 * A trial of ours: `classify()`, as `own-trial.mjs` says.
 *
 * @param {import('./own-trial.mjs').OwnTrial} spec
 * @returns {() => Figures} throws if it fails: then there is nothing to compare
 */
export function ownTrial(spec) {
  return nodeTrial(OWN_TRIAL, spec);
}

/**
 * @param {string | URL} script prints its figures as JSON in its last line
 * @param {object} spec its only argument, as JSON
 * @param {readonly string[]} [prefix] a command that runs Node.js
 * @returns {() => Figures}
 */
export function nodeTrial(script, spec, prefix = []) {
  const file = script instanceof URL ? fileURLToPath(script) : script;
  return () => {
    const options = { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], maxBuffer: 2 ** 26 };
    const [program, ...args] = [...prefix, process.execPath, file, JSON.stringify(spec)];
    const output = execFileSync(program, args, options);
    return JSON.parse(output.trim().split('\n').at(-1));
  };
}

/** What a result says of a contender that must not fail. @param {Figures | { failed: string }} result @returns {Figures} */
export function required(result) {
  if ('failed' in result) throw new Error(result.failed);
  return result;
}

function mediansOf(trials) {
  const names = Object.keys(trials[0] ?? {});
  return Object.fromEntries(names.map((name) => [name, median(trials.map((figures) => figures[name]))]));
}

/** How Node.js prints what nobody caught. */
const UNCAUGHT = /^(?:<ref \*1> )?\w*Error(?: \[\w+\])?: /;
const FOLDERS = /(?:file:\/\/)?(?:\/[^\s/'":]+)+\/([^\s/'":]+)/g;

/** The line of a failed process that says why, without the folders of this machine. */
function reasonOf(error) {
  const lines = String(error.stderr ?? '')
    .trim()
    .split('\n');
  const said = lines.findLast((line) => UNCAUGHT.test(line)) ?? lines.at(-1);
  return (said || error.message).trim().replace(UNCAUGHT, '').replace(FOLDERS, '$1');
}
