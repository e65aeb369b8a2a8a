/** What one process measures of an open deployment, warm. */
import type { ClassifyInput, Deployment } from '../index.js';
import { median } from '../runtime/median.js';
import { delaysBeyond, type LoopIntervals, watchLoop } from './loop-delay.js';
import { type Latencies, measureLatency, measureThroughput } from './phases.js';
import type { Measurement, Round } from './protocol.js';
import type { StageTimes } from './stages.js';
import { distribution } from './statistics.js';

/** Milliseconds that the idle event loop is watched. */
const IDLE_MS = 250;

/** @param working is called after each classification */
export async function measure(
  deployment: Deployment,
  input: ClassifyInput,
  { warmup, extent, concurrency }: Measurement,
  working: () => void,
): Promise<Pick<Round, 'latencyMs' | 'stagesMs' | 'throughput' | 'eventLoopDelayMs'>> {
  for (let run = 0; run < warmup; run += 1) {
    await deployment.classify(input);
    working();
  }
  const { calls, stages } = await measureLatency(deployment, input, extent, working);
  const idle = await watchIdleLoop();
  const stopWatching = watchLoop();
  const throughput = await measureThroughput(deployment, input, extent, concurrency, working);
  const busy = stopWatching();
  const interval = idle?.p50 ?? 0;
  return {
    latencyMs: distribution(calls),
    stagesMs: mediansOf(stages),
    throughput,
    eventLoopDelayMs: { idle: delaysBeyond(interval, idle), busy: delaysBeyond(interval, busy) },
  };
}

async function watchIdleLoop(): Promise<LoopIntervals | null> {
  const stopWatching = watchLoop();
  await new Promise((resolve) => setTimeout(resolve, IDLE_MS));
  return stopWatching();
}

function mediansOf(stages: Latencies['stages']): StageTimes {
  const medians = Object.entries(stages).map(([stage, times]) => [stage, median(times)]);
  return Object.fromEntries(medians) as Record<keyof StageTimes, number>;
}
