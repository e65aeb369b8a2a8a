/** Reports of benchmarks that never ran. */
import type { Round } from '../../src/bench/protocol.js';
import { type BenchReport, type BenchResult, type NotRun, SCHEMA } from '../../src/bench/report.js';
import { figuresOf, ranked } from '../../src/bench/results.js';
import { distribution } from '../../src/bench/statistics.js';

/** A round whose calls took about so many milliseconds. */
export function round(ms: number): Round {
  const calls = [0.9, 0.95, 1, 1.05, 1.2, 1.6].map((factor) => factor * ms);
  return {
    firstAnswerMs: { start: 50, import: 200, open: 30, classify: 10, total: 290 },
    latencyMs: distribution(calls),
    stagesMs: {
      decode: ms * 0.4,
      resize: 0,
      dsp: 0.001 * ms,
      queue: 0.02 * ms,
      tensor: 0.03 * ms,
      inference: 0.45 * ms,
      postprocess: 0.05 * ms,
      other: 0.04 * ms,
      total: ms,
    },
    throughput: { perSecond: 1500 / Math.max(ms, 0.001), count: 6, concurrency: 3 },
    eventLoopDelayMs: { idle: { p50: 0, p99: 0.1, max: 0.5 }, busy: null },
    memoryBytes: { imported: 80e6, opened: 90e6, peak: 110e6, heapUsed: 12e6 },
  };
}

export function result(name: string, ms: number): Omit<BenchResult, 'ratio'> {
  const rounds = [round(ms), round(ms * 1.1), round(ms * 1.02)];
  return { name, options: {}, models: [], ...figuresOf(rounds), rounds, failures: [] };
}

export function report(
  results: readonly Omit<BenchResult, 'ratio'>[],
  notRun: readonly NotRun[] = [],
  source = 'cups.zip',
): BenchReport {
  return {
    schema: SCHEMA,
    startedAt: '2026-01-02T03:04:05.678Z',
    machine: {
      package: '0.1.0',
      node: '22.12.0',
      platform: 'linux-arm64',
      cpu: { model: 'Cortex-A76', features: [], usable: 4 },
      libc: 'glibc 2.36',
      memoryBytes: 8e9,
      image: { sharp: '0.35.5', libvips: '8.18.7' },
    },
    deployment: { source },
    input: { description: 'photo.jpg, 65.0 KiB', bytes: 66_560 },
    settings: { rounds: 3, warmup: 10, runs: 6, timeoutSeconds: 60 },
    results: ranked(results),
    notRun,
  };
}
