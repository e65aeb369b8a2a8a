/** What is measured of an open deployment: calls one after another, and calls at once. */
import type { ClassifyInput, Deployment } from '../index.js';
import type { Extent, Throughput } from './protocol.js';
import { STAGES, type StageTimes, stageTimes } from './stages.js';
import { Table } from './table.js';

export interface Latencies {
  /** Milliseconds of each call, as the caller sees it. */
  readonly calls: Float64Array;
  /** Of the same calls, in the same order. */
  readonly stages: Readonly<Record<keyof StageTimes, Float64Array>>;
}

/** @param working is called after each call, outside of what is measured */
export async function measureLatency(
  deployment: Deployment,
  input: ClassifyInput,
  extent: Extent,
  working: () => void,
): Promise<Latencies> {
  const table = new Table(['call', ...STAGES]);
  const goesOn = lasting(extent);
  while (goesOn(table.rows)) {
    const started = performance.now();
    const { timing } = await deployment.classify(input);
    table.add({ call: performance.now() - started, ...stageTimes(timing) });
    working();
  }
  const { call, ...stages } = table.columns();
  return { calls: call, stages };
}

/**
 * @param concurrency as of `classifyMany()`
 * @param working is called after each result
 */
export async function measureThroughput(
  deployment: Deployment,
  input: ClassifyInput,
  extent: Extent,
  concurrency: number | undefined,
  working: () => void,
): Promise<Throughput> {
  const goesOn = lasting(extent);
  let [taken, given, most] = [0, 0, 0];
  function* inputs(): Generator<ClassifyInput> {
    while (goesOn(taken)) {
      taken += 1;
      most = Math.max(most, taken - given);
      yield input;
    }
  }
  const started = performance.now();
  for await (const _ of deployment.classifyMany(inputs(), concurrency === undefined ? {} : { concurrency })) {
    given += 1;
    working();
  }
  return { perSecond: (given * 1000) / (performance.now() - started), count: given, concurrency: most };
}

/** Whether one more is to be measured after so many; the time begins now. */
function lasting(extent: Extent): (count: number) => boolean {
  if ('runs' in extent) return (count) => count < extent.runs;
  const end = performance.now() + extent.seconds * 1000;
  return (count) => count < extent.atLeast || performance.now() < end;
}
