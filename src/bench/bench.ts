/**
 * A whole benchmark: who can run the deployment, then round after round, each trial in a process of its own, in turns: A B C,
 * A B C. So what slows the machine down for a while slows all of them.
 */
import { isImpulseError } from '../errors.js';
import { inspectMachine, type OpenOptions } from '../index.js';
import { type Contender, contendersOf, nameOf } from './contenders.js';
import { type BenchInput, type InputChoice, inputFor } from './input.js';
import type { Extent, Opened, Round } from './protocol.js';
import {
  type BenchReport,
  type BenchResult,
  type BenchSettings,
  type Machine,
  type NotRun,
  SCHEMA,
} from './report.js';
import { figuresOf, ranked } from './results.js';
import { type Failure, runTrial } from './trial-process.js';

export interface BenchPlan {
  readonly source: string;
  readonly options: OpenOptions;
  /** All ways of running it, not just the one of the options. */
  readonly compare: boolean;
  readonly input: InputChoice;
  readonly rounds: number;
  readonly warmup: number;
  /** Of each phase of each process. */
  readonly extent: Extent;
  readonly concurrency?: number;
  readonly timeoutSeconds: number;
}

/** What is told while it goes on. */
export interface BenchWatcher {
  /** So many trials follow: first one of each way of running, to see whether it works, then the rounds. */
  starting(trials: number): void;
  /** What the deployment is, where it could be opened. */
  opened(opened: Opened): void;
  /** A trial is over. */
  advanced(failed: boolean): void;
}

/** A way of running that works, and what it has given. */
interface Entrant {
  readonly name: string;
  readonly options: OpenOptions;
  readonly opened: Opened;
  readonly rounds: Round[];
  readonly failures: (Failure & { readonly round: number })[];
}

interface Entry {
  readonly entrants: readonly Entrant[];
  readonly refused: readonly (Contender & Failure)[];
}

/**
 * A way of running that can't open the deployment, or dies, is told of in the report.
 *
 * @throws {DeploymentError} {InputError} what is wrong with the deployment, the input or an option, where nothing could run
 */
export async function bench(plan: BenchPlan, watcher: BenchWatcher): Promise<BenchReport> {
  const startedAt = new Date().toISOString();
  const machine = await machineFacts();
  const { entrants, refused } = await enter(plan, watcher);
  const [first] = entrants;
  if (first === undefined) throwFault(refused);
  const input = first && (await inputFor(plan.input, first.opened.input));
  if (first !== undefined && input !== undefined) {
    watcher.opened(first.opened);
    watcher.starting(entrants.length * plan.rounds);
    await runRounds(entrants, plan, input, watcher);
  }
  const finished = entrants.filter(({ rounds }) => rounds.length > 0);
  if (finished.length === 0) throwFault(entrants.flatMap(({ failures }) => failures));
  return {
    schema: SCHEMA,
    startedAt,
    machine,
    deployment: { source: plan.source, ...(first !== undefined && deploymentFacts(first.opened)) },
    ...(input !== undefined && { input: { description: input.description, bytes: input.bytes } }),
    settings: settingsOf(plan),
    results: ranked(finished.map(resultOf)),
    notRun: notRun(refused, entrants),
  };
}

/** Each opens it once, to see who can. */
async function enter(
  { source, options, compare, timeoutSeconds }: BenchPlan,
  watcher: BenchWatcher,
): Promise<Entry> {
  const contenders = compare ? contendersOf(options) : [{ name: options.engine ?? 'auto', options }];
  const entrants: Entrant[] = [];
  const refused: (Contender & Failure)[] = [];
  watcher.starting(contenders.length);
  for (const contender of contenders) {
    const outcome = await runTrial({ source, options: contender.options }, timeoutSeconds * 1000);
    watcher.advanced(false);
    if (outcome.kind === 'failed') {
      refused.push({ ...contender, ...outcome });
      continue;
    }
    const { opened } = outcome;
    const name = nameOf(opened);
    if (entrants.some((entrant) => entrant.name === name)) {
      refused.push({ ...contender, reason: sameAs(name, opened) });
    } else {
      entrants.push({ name, options: contender.options, opened, rounds: [], failures: [] });
    }
  }
  return { entrants, refused };
}

function sameAs(name: string, { models, runner }: Opened): string {
  const notes = new Set([...(runner?.notes ?? []), ...models.flatMap(({ notes }) => notes)]);
  return [`It runs as '${name}', which is measured.`, ...notes].join(' ');
}

/** Who fails once does not run again. */
async function runRounds(
  entrants: readonly Entrant[],
  { source, rounds, warmup, extent, concurrency, timeoutSeconds }: BenchPlan,
  { input }: BenchInput,
  watcher: BenchWatcher,
): Promise<void> {
  const measure = { input, warmup, extent, ...(concurrency !== undefined && { concurrency }) };
  for (let round = 1; round <= rounds; round += 1) {
    for (const { options, rounds, failures } of entrants) {
      if (failures.length === 0) {
        const outcome = await runTrial({ source, options, measure }, timeoutSeconds * 1000);
        if (outcome.kind === 'failed') failures.push({ ...outcome, round });
        else if (outcome.round !== undefined) rounds.push(outcome.round);
      }
      watcher.advanced(failures.length > 0);
    }
  }
}

/** What lies with the user, not with a way of running, is an error and no row of a table. */
function throwFault(failures: readonly Failure[]): void {
  const fault = failures.find(
    ({ error }) => error?.name === 'DeploymentError' || error?.name === 'InputError',
  );
  if (fault !== undefined) throw fault.error;
}

function resultOf({ name, options, opened, rounds, failures }: Entrant): Omit<BenchResult, 'ratio'> {
  const { models, runner } = opened;
  return {
    name,
    options,
    models,
    ...(runner !== undefined && { runner }),
    ...figuresOf(rounds),
    rounds,
    failures: failures.map(({ round, reason }) => ({ round, reason })),
  };
}

function notRun(refused: Entry['refused'], entrants: readonly Entrant[]): NotRun[] {
  const failed = entrants.flatMap(({ name, options, rounds, failures }) =>
    rounds.length > 0 ? [] : failures.map((failure) => ({ name, options, ...failure })),
  );
  return [...refused, ...failed].map(({ name, options, reason, error }) => ({
    name,
    options,
    reason,
    ...(isImpulseError(error) && { code: error.code }),
  }));
}

async function machineFacts(): Promise<Machine> {
  const { package: version, node, platform, cpu, libc, memoryBytes, image } = await inspectMachine();
  return { package: version, node, platform, cpu, libc, memoryBytes, image };
}

function deploymentFacts({ format, project, input }: Opened): Pick<Opened, 'format' | 'project' | 'input'> {
  return { format, project, input };
}

function settingsOf({ rounds, warmup, extent, concurrency, timeoutSeconds }: BenchPlan): BenchSettings {
  const size = 'runs' in extent ? extent : { seconds: extent.seconds, atLeastRuns: extent.atLeast };
  return { rounds, warmup, ...size, ...(concurrency !== undefined && { concurrency }), timeoutSeconds };
}
