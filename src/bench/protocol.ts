/** What the process of a trial is told, and what it answers: JSON over its channel. */
import type { SerializedError } from '../errors.js';
import type { DeploymentInfo, LearnBlockInfo, OpenOptions } from '../index.js';
import type { LoopDelays } from './loop-delay.js';
import type { StageTimes } from './stages.js';
import type { Distribution } from './statistics.js';

/** What is classified, again and again. */
export type TrialInput =
  /** The bytes of an encoded picture. */
  | { readonly kind: 'picture'; readonly base64: string }
  /** A raw RGB frame. */
  | { readonly kind: 'frame'; readonly width: number; readonly height: number; readonly base64: string }
  /** Raw features: of a signal, the samples of one window. */
  | { readonly kind: 'features'; readonly features: readonly number[] };

/** When a phase has measured enough. */
export type Extent =
  | { readonly runs: number }
  /** Until the time is over, and not before `atLeast` runs. */
  | { readonly seconds: number; readonly atLeast: number };

export interface Measurement {
  readonly input: TrialInput;
  /** Calls before anything is measured, after the first. */
  readonly warmup: number;
  readonly extent: Extent;
  /** Of `classifyMany()`, where throughput is measured; its own where it is absent. */
  readonly concurrency?: number;
}

/** Without `measure` it only opens the deployment and says what it is. */
export interface TrialOrder {
  readonly source: string;
  readonly options: OpenOptions;
  readonly measure?: Measurement;
}

/** A model and what runs it. */
export type RanModel = Pick<NonNullable<LearnBlockInfo['model']>, 'name' | 'format' | 'bytes'> &
  NonNullable<LearnBlockInfo['model']>['engine'];

export interface Opened extends Pick<DeploymentInfo, 'format' | 'project' | 'input' | 'runner' | 'warnings'> {
  readonly models: readonly RanModel[];
}

/** What one process measured. */
export interface Round {
  /** Milliseconds from the start of the process to its first answer. */
  readonly firstAnswerMs: FirstAnswer;
  /** Of calls one after another. */
  readonly latencyMs: Distribution;
  /** Medians, of the same calls. */
  readonly stagesMs: StageTimes;
  /** Of `classifyMany()`. */
  readonly throughput: Throughput;
  /** While nothing is done, and during `classifyMany()`. */
  readonly eventLoopDelayMs: { readonly idle: LoopDelays | null; readonly busy: LoopDelays | null };
  readonly memoryBytes: Memory;
}

export interface FirstAnswer {
  /** Node.js itself, up to our first line. */
  readonly start: number;
  readonly import: number;
  readonly open: number;
  readonly classify: number;
  /** The sum. */
  readonly total: number;
}

export interface Throughput {
  readonly perSecond: number;
  readonly count: number;
  /** Inputs that were in work at once. */
  readonly concurrency: number;
}

/** Of the process alone: what isolated models and runners take is in processes of their own. */
export interface Memory {
  /** Resident after importing the package. */
  readonly imported: number;
  /** Resident after opening. */
  readonly opened: number;
  /** The most that was ever resident. */
  readonly peak: number;
  /** JavaScript objects in the end. */
  readonly heapUsed: number;
}

export type FromTrial =
  | { readonly type: 'opened'; readonly opened: Opened }
  /** Still at it: sent now and then. */
  | { readonly type: 'working' }
  | { readonly type: 'measured'; readonly round: Round }
  | { readonly type: 'failed'; readonly error: SerializedError };
