/** Starts the process of a trial, listens, and ends it; however it ends, that is an outcome. */
import { type ChildProcess, fork } from 'node:child_process';
import { createRequire } from 'node:module';
import { deserializeError } from '../errors.js';
import { atExit } from '../runtime/engines/eim/at-exit.js';
import { describeEnd, OutputTail } from '../runtime/engines/output-tail.js';
import type { FromTrial, Opened, Round, TrialOrder } from './protocol.js';

const { resolve: resolvePath } = createRequire(import.meta.url);

/** Why a trial gave nothing. */
export interface Failure {
  readonly reason: string;
  /** What the package threw; absent where the process ended, or hung. */
  readonly error?: Error;
}

export type TrialOutcome =
  | { readonly kind: 'done'; readonly opened: Opened; readonly round?: Round }
  | ({ readonly kind: 'failed' } & Failure);

/** Milliseconds that a process gets to leave by itself. */
const GRACE_MS = 2_000;
/** Characters of what a process printed that a reason repeats. */
const QUOTED = 300;
const OUT_OF_MEMORY = ' (as the system does where memory runs out)';

/**
 * @param silenceMs how long it may take to open, for the first answer, and for any later sign of life; then it is ended
 * @returns when the process is gone; never rejects
 */
export async function runTrial(order: TrialOrder, silenceMs: number): Promise<TrialOutcome> {
  let child: ChildProcess;
  try {
    child = fork(resolvePath('#bench-trial'), [], {
      execArgv: [],
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      detached: true, // so that a terminal's Ctrl-C reaches us alone, and we can tell it to end
    });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    return { kind: 'failed', reason: `The process could not be started: ${reason}.` };
  }
  const forget = atExit(() => child.kill('SIGTERM'));
  return conversation(child, order, silenceMs).finally(forget);
}

/** What has been heard so far. */
interface Heard {
  opened?: Opened;
  round?: Round;
  failure?: Failure;
}

function conversation(child: ChildProcess, order: TrialOrder, silenceMs: number): Promise<TrialOutcome> {
  const printed = new OutputTail(
    [child.stdout, child.stderr].filter((stream) => stream !== null && stream !== undefined),
  );
  const heard: Heard = {};
  return new Promise((resolve) => {
    const finish = (end: string): void => {
      clearTimeout(timer);
      resolve(outcomeOf(heard, order, end, printed.text));
    };
    const giveUp = (): void => {
      heard.failure ??= { reason: silence(heard, silenceMs) };
      endProcess(child);
    };
    let timer = setTimeout(giveUp, silenceMs);
    child.on('message', (message: FromTrial) => {
      clearTimeout(timer);
      timer = setTimeout(giveUp, silenceMs);
      note(message, heard);
    });
    child.on('error', ({ message }) => {
      // Where it runs, its end will be told.
      if (child.pid === undefined) finish(`could not be started (${message})`);
    });
    // Once all that it printed is known.
    child.once('close', (code, signal) => {
      finish(`${describeEnd(code, signal)}${signal === 'SIGKILL' ? OUT_OF_MEMORY : ''}`);
    });
    // A message that can't be sent has no reader: then the process's end is heard of.
    child.send(order, () => {});
  });
}

function note(message: FromTrial, heard: Heard): void {
  switch (message.type) {
    case 'opened':
      heard.opened = message.opened;
      break;
    case 'measured':
      heard.round = message.round;
      break;
    case 'failed': {
      const error = deserializeError(message.error);
      heard.failure = { reason: error.message, error };
      break;
    }
    case 'working':
      break;
  }
}

/** @param end how the process ended, after 'it'. What it had measured by then counts. */
function outcomeOf(heard: Heard, order: TrialOrder, end: string, printed: string): TrialOutcome {
  const { opened, round, failure } = heard;
  const complete = order.measure === undefined || round !== undefined;
  if (opened !== undefined && complete) return { kind: 'done', opened, ...(round && { round }) };
  if (failure !== undefined) return { kind: 'failed', ...failure };
  const doing = opened === undefined ? 'opened the deployment' : 'classified';
  const quoted = printed === '' ? '' : `; it printed: ${printed.slice(-QUOTED)}`;
  return { kind: 'failed', reason: `The process ${end} while it ${doing}${quoted}.` };
}

function silence({ opened }: Heard, silenceMs: number): string {
  const doing = opened === undefined ? 'opened the deployment' : 'answered';
  return `The process has not ${doing} within ${silenceMs / 1000} s, and was ended.`;
}

/** The regular way first, which also ends what it has started; then with all that is left of its group. */
function endProcess(child: ChildProcess): void {
  child.kill('SIGTERM');
  const timer = setTimeout(() => {
    try {
      process.kill(-(child.pid ?? Number.NaN), 'SIGKILL');
    } catch {
      // It has ended.
    }
  }, GRACE_MS);
  child.once('close', () => clearTimeout(timer));
}
