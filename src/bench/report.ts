/** What `impulse bench --json` prints: one document, whose names are part of the interface. */
import type { DeploymentInfo, MachineReport, OpenOptions } from '../index.js';
import type { FirstAnswer, Memory, Opened, Round, Throughput } from './protocol.js';
import type { StageTimes } from './stages.js';
import type { Distribution } from './statistics.js';

export const SCHEMA = 'impulse-bench/1';

export interface BenchReport {
  readonly schema: typeof SCHEMA;
  /** ISO 8601 */
  readonly startedAt: string;
  readonly machine: Machine;
  /** Where it could be opened, what it is, too. */
  readonly deployment: { readonly source: string } & Partial<
    Pick<DeploymentInfo, 'format' | 'project' | 'input'>
  >;
  /** What was classified; absent where nothing could be. */
  readonly input?: { readonly description: string; readonly bytes: number };
  readonly settings: BenchSettings;
  /** Fastest first. */
  readonly results: readonly BenchResult[];
  readonly notRun: readonly NotRun[];
}

export type Machine = Pick<
  MachineReport,
  'package' | 'node' | 'platform' | 'cpu' | 'libc' | 'memoryBytes' | 'image'
>;

export interface BenchSettings {
  /** Processes for each way of running, one after another, in turns with the others. */
  readonly rounds: number;
  /** Calls of each process that are not measured. */
  readonly warmup: number;
  /** Calls of each process, where their number was set. */
  readonly runs?: number;
  /** Else: seconds of each process for each of the two phases, */
  readonly seconds?: number;
  /** and the calls below which none ends. */
  readonly atLeastRuns?: number;
  /** Inputs at once where throughput is measured; where it was not set, each result has its own. */
  readonly concurrency?: number;
  /** Seconds without a sign of life after which a process was ended. */
  readonly timeoutSeconds: number;
}

/** One way of running: medians of its rounds. */
export interface BenchResult {
  readonly name: string;
  readonly options: OpenOptions;
  readonly models: Opened['models'];
  readonly runner?: NonNullable<Opened['runner']>;
  /** `latencyMs.p50` as a multiple of the fastest's. */
  readonly ratio: number;
  /** Of calls one after another; `min` and `max` of all rounds, `count` their sum. */
  readonly latencyMs: Distribution;
  readonly stagesMs: StageTimes;
  /** Of `classifyMany()`; `count` of all rounds. */
  readonly throughput: Throughput;
  readonly firstAnswerMs: FirstAnswer;
  readonly eventLoopDelayMs: Round['eventLoopDelayMs'];
  readonly memoryBytes: Memory;
  /** As they were measured. */
  readonly rounds: readonly Round[];
  /** A round that gave nothing: it was the last. */
  readonly failures: readonly { readonly round: number; readonly reason: string }[];
}

export interface NotRun {
  readonly name: string;
  readonly options: OpenOptions;
  readonly reason: string;
  /** Of the error, where there was one of ours. */
  readonly code?: string;
}
