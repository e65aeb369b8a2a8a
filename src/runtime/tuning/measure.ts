/** Times every way to run one learn block, on one input, side by side. */
import type { Impulse } from '../../deployment/impulse.js';
import { EngineError } from '../../errors.js';
import type { BlockInput, ModelBlock } from '../learn-block.js';
import { runBlock } from '../learn-block.js';
import { median } from '../median.js';
import type { Answer } from './agreement.js';
import { answerOf, differenceOf } from './agreement.js';
import type { FailedTrial, MeasuredTrial, Setting, Trial } from './tuning.js';
import { isMeasured, settingText } from './tuning.js';

const WARM_UP_RUNS = 2;
/** A first look at each, to tell the slow ones. */
const FIRST_LOOK = { runs: 5, ms: 120 } as const;
/** Slower than the fastest by more than this: no second look. */
const HOPELESS = 1.5;
/** The others are timed in turns, so that none has the machine's good moment to itself. */
const ROUNDS = 4;
const ROUND = { runs: 8, ms: 100 } as const;

export interface Measurement {
  readonly impulse: Impulse;
  readonly input: BlockInput;
  readonly tolerance: number;
  readonly signal?: AbortSignal | undefined;
  /** Opens the model; undefined where it comes out as another setting does. */
  open(setting: Setting): Promise<ModelBlock | undefined>;
  /** A setting was looked at. */
  onLooked(): void;
}

export interface Comparison {
  readonly reference: Setting;
  /** Fastest first; those that failed last. */
  readonly trials: readonly Trial[];
}

interface Candidate {
  readonly setting: Setting;
  readonly open: ModelBlock;
  readonly answer: Answer;
  /** Milliseconds of each run. */
  readonly times: number[];
}

/**
 * @param settings the first that runs is the reference of the answers
 * @throws {EngineError} `ERR_ENGINE_RUN`: none runs; the signal's reason
 */
export async function compareSettings(
  settings: readonly Setting[],
  measurement: Measurement,
): Promise<Comparison> {
  const { tolerance, onLooked } = measurement;
  const trials: Trial[] = [];
  let running: Candidate[] = [];
  let reference: Candidate | undefined;
  const leave = async (candidate: Candidate): Promise<void> => {
    running = running.filter((other) => other !== candidate);
    trials.push(measuredTrial(candidate, (reference ?? candidate).answer, tolerance));
    await candidate.open.session.close();
  };
  try {
    for (const setting of settings) {
      const looked = await lookAt(setting, measurement);
      if (looked !== undefined && 'reason' in looked) trials.push(looked);
      else if (looked !== undefined) {
        reference ??= looked;
        running.push(looked);
        for (const candidate of hopeless(running, reference, tolerance)) await leave(candidate);
      }
      onLooked();
    }
    if (reference === undefined) throw nothingRuns(trials);
    for (let round = 0; round < ROUNDS && running.length > 1; round++) {
      for (const candidate of running) await timeRuns(candidate, ROUND, measurement);
    }
    for (const candidate of [...running]) await leave(candidate);
    return { reference: reference.setting, trials: trials.sort(bySpeed) };
  } finally {
    await Promise.all(running.map(({ open }) => open.session.close()));
  }
}

async function lookAt(
  setting: Setting,
  measurement: Measurement,
): Promise<Candidate | FailedTrial | undefined> {
  const { impulse, input, signal } = measurement;
  signal?.throwIfAborted();
  let open: ModelBlock | undefined;
  try {
    open = await measurement.open(setting);
    if (open === undefined) return undefined;
    const { tensors } = await runBlock(open, impulse, input, true);
    const answer = answerOf(open.block, tensors?.outputs ?? []);
    const candidate = { setting, open, answer, times: [] };
    for (let i = 0; i < WARM_UP_RUNS; i++) await runBlock(open, impulse, input, false);
    await timeRuns(candidate, FIRST_LOOK, measurement);
    return candidate;
  } catch (error) {
    await open?.session.close();
    signal?.throwIfAborted();
    return { setting, reason: error instanceof Error ? error.message : String(error) };
  }
}

/** At least `runs`, and more until `ms` have gone by. */
async function timeRuns(
  { open, times }: Candidate,
  { runs, ms }: { readonly runs: number; readonly ms: number },
  { impulse, input, signal }: Measurement,
): Promise<void> {
  const end = performance.now() + ms;
  for (let i = 0; i < runs || performance.now() < end; i++) {
    signal?.throwIfAborted();
    const started = performance.now();
    await runBlock(open, impulse, input, false);
    times.push(performance.now() - started);
  }
}

function hopeless(running: readonly Candidate[], reference: Candidate, tolerance: number): Candidate[] {
  const wrong = running.filter(({ answer }) => differenceOf(reference.answer, answer) > tolerance);
  const right = running.filter((candidate) => !wrong.includes(candidate));
  const best = Math.min(...right.map(({ times }) => median(times)));
  return [...wrong, ...right.filter(({ times }) => median(times) > best * HOPELESS)];
}

function measuredTrial(
  { setting, open, answer, times }: Candidate,
  reference: Answer,
  tolerance: number,
): MeasuredTrial {
  const difference = differenceOf(reference, answer);
  return {
    setting,
    delegate: open.session.details.delegate,
    medianMs: median(times),
    minMs: Math.min(...times),
    runs: times.length,
    difference,
    ...(difference > tolerance && { disagrees: true }),
  };
}

function bySpeed(a: Trial, b: Trial): number {
  const speed = (trial: Trial): number => (isMeasured(trial) ? trial.medianMs : Number.MAX_VALUE);
  return speed(a) - speed(b);
}

function nothingRuns(trials: readonly Trial[]): EngineError {
  const reasons = trials.map(
    (trial) => `  ${settingText(trial.setting)}: ${'reason' in trial ? trial.reason : ''}`,
  );
  return new EngineError('ERR_ENGINE_RUN', `No engine runs this model:\n${reasons.join('\n')}`);
}
