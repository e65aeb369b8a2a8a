/** From rounds to one result: medians. */

import { median } from '../runtime/median.js';
import type { LoopDelays } from './loop-delay.js';
import type { Round, Throughput } from './protocol.js';
import type { BenchResult } from './report.js';
import { medianDistribution } from './statistics.js';

/** The figures of a result. */
export type Figures = Pick<
  BenchResult,
  'latencyMs' | 'stagesMs' | 'throughput' | 'firstAnswerMs' | 'eventLoopDelayMs' | 'memoryBytes'
>;

/** @param rounds at least one */
export function figuresOf(rounds: readonly Round[]): Figures {
  return {
    latencyMs: medianDistribution(rounds.map(({ latencyMs }) => latencyMs)),
    stagesMs: medians(rounds.map(({ stagesMs }) => stagesMs)),
    throughput: medianThroughput(rounds.map(({ throughput }) => throughput)),
    firstAnswerMs: medians(rounds.map(({ firstAnswerMs }) => firstAnswerMs)),
    eventLoopDelayMs: {
      idle: medianDelays(rounds.map(({ eventLoopDelayMs }) => eventLoopDelayMs.idle)),
      busy: medianDelays(rounds.map(({ eventLoopDelayMs }) => eventLoopDelayMs.busy)),
    },
    memoryBytes: medians(rounds.map(({ memoryBytes }) => memoryBytes)),
  };
}

function medianThroughput(rounds: readonly Throughput[]): Throughput {
  return { ...medians(rounds), count: rounds.reduce((sum, { count }) => sum + count, 0) };
}

/** Fastest first, each with its ratio to that one. */
export function ranked<Result extends Figures>(results: readonly Result[]): (Result & { ratio: number })[] {
  const sorted = [...results].sort((a, b) => a.latencyMs.p50 - b.latencyMs.p50);
  const best = sorted[0]?.latencyMs.p50 ?? 0;
  return sorted.map((result) => ({ ...result, ratio: best > 0 ? result.latencyMs.p50 / best : 1 }));
}

/** The median of each field. */
function medians<Fields extends { readonly [name in keyof Fields]: number }>(
  rounds: readonly Fields[],
): Fields {
  const [first] = rounds;
  const names = Object.keys(first ?? {}) as (keyof Fields)[];
  return Object.fromEntries(
    names.map((name) => [name, median(rounds.map((round) => round[name]))]),
  ) as Fields;
}

/** Of the rounds that were long enough to be watched. */
function medianDelays(rounds: readonly (LoopDelays | null)[]): LoopDelays | null {
  const watched = rounds.filter((delays) => delays !== null);
  return watched.length === 0 ? null : medians(watched);
}
