/** A report as facts and tables of text: what the terminal and the page both show. */
import { figure } from './figure.js';
import type { LoopDelays } from './loop-delay.js';
import type { BenchReport, BenchResult, BenchSettings, NotRun } from './report.js';
import { STAGES } from './stages.js';

export interface SummaryTable {
  readonly title: string;
  /** Without the first, which holds the names. */
  readonly columns: readonly string[];
  readonly rows: readonly { readonly name: string; readonly cells: readonly string[] }[];
}

/** Names and values. */
export function factsOf({ machine, input, settings, results }: BenchReport): [string, string][] {
  const { rounds, warmup } = settings;
  const processes = rounds === 1 ? '1 process' : `${rounds} processes`;
  const { cpu, platform, node, package: version } = machine;
  const extent = extentText(settings);
  const engines = new Set(
    results.flatMap(({ models }) => models.map(({ engine, version }) => `${engine} ${version}`)),
  );
  const facts = {
    ...(input !== undefined && { input: input.description }),
    measured: `${processes}, each: ${warmup} calls to warm up, ${extent} one after another, ${extent} several at once`,
    machine: `${cpu.model}, usable processors ${cpu.usable}, ${platform}, Node.js ${node}, impulse-runtime ${version}`,
    ...(engines.size > 0 && { engines: [...engines].join(', ') }),
  };
  return Object.entries(facts);
}

/** Of one phase. */
function extentText({ runs, seconds = 0, atLeastRuns = 1 }: BenchSettings): string {
  if (runs !== undefined) return String(runs);
  return `${figure(seconds)} s${atLeastRuns > 1 ? ` (at least ${atLeastRuns})` : ''}`;
}

/** Milliseconds, unless the title says otherwise. */
export function tablesOf(results: readonly BenchResult[]): SummaryTable[] {
  if (results.length === 0) return [];
  const stages = STAGES.filter((stage) => results.some(({ stagesMs }) => stagesMs[stage] > 0));
  return [
    table('One call after another (ms)', results, {
      p50: ({ latencyMs }) => figure(latencyMs.p50),
      p90: ({ latencyMs }) => figure(latencyMs.p90),
      p99: ({ latencyMs }) => figure(latencyMs.p99),
      min: ({ latencyMs }) => figure(latencyMs.min),
      mean: ({ latencyMs }) => figure(latencyMs.mean),
      calls: ({ latencyMs }) => String(latencyMs.count),
      'to the best': ({ ratio }) => `x ${ratio.toFixed(2)}`,
    }),
    table(
      'Stages of a call (ms, medians)',
      results,
      Object.fromEntries(stages.map((stage) => [stage, ({ stagesMs }) => figure(stagesMs[stage])])),
    ),
    table(
      'Several at once: throughput, and how late the event loop is meanwhile (ms; in brackets idle)',
      results,
      {
        'items/s': ({ throughput }) => figure(throughput.perSecond),
        'at once': ({ throughput }) => String(throughput.concurrency),
        p50: ({ eventLoopDelayMs }) => delayText(eventLoopDelayMs, 'p50'),
        p99: ({ eventLoopDelayMs }) => delayText(eventLoopDelayMs, 'p99'),
        max: ({ eventLoopDelayMs }) => delayText(eventLoopDelayMs, 'max'),
      },
    ),
    table('First answer of a new process (ms), and its memory (MiB)', results, {
      start: ({ firstAnswerMs }) => figure(firstAnswerMs.start),
      import: ({ firstAnswerMs }) => figure(firstAnswerMs.import),
      open: ({ firstAnswerMs }) => figure(firstAnswerMs.open),
      classify: ({ firstAnswerMs }) => figure(firstAnswerMs.classify),
      total: ({ firstAnswerMs }) => figure(firstAnswerMs.total),
      opened: ({ memoryBytes }) => mebibytes(memoryBytes.opened),
      peak: ({ memoryBytes }) => mebibytes(memoryBytes.peak),
      heap: ({ memoryBytes }) => mebibytes(memoryBytes.heapUsed),
    }),
  ];
}

function table(
  title: string,
  results: readonly BenchResult[],
  columns: Readonly<Record<string, (result: BenchResult) => string>>,
): SummaryTable {
  const cells = Object.values(columns);
  const rows = results.map((result) => ({ name: result.name, cells: cells.map((cell) => cell(result)) }));
  return { title, columns: Object.keys(columns), rows };
}

function delayText({ busy, idle }: BenchResult['eventLoopDelayMs'], share: keyof LoopDelays): string {
  const text = (delays: LoopDelays | null): string => (delays === null ? '-' : figure(delays[share]));
  return `${text(busy)} (${text(idle)})`;
}

function mebibytes(bytes: number): string {
  return figure(bytes / 2 ** 20);
}

/** Each reason once, with all to whom it applies. */
export function reasonsOf(
  notRun: readonly NotRun[],
): { readonly names: readonly string[]; readonly reason: string }[] {
  const names = new Map<string, string[]>();
  for (const { name, reason } of notRun) names.set(reason, [...(names.get(reason) ?? []), name]);
  return [...names].map(([reason, names]) => ({ names, reason }));
}

/** Rounds that gave nothing, of those that have figures all the same. */
export function failuresOf(
  results: readonly BenchResult[],
): { readonly name: string; readonly text: string }[] {
  return results.flatMap(({ name, failures }) =>
    failures.map(({ round, reason }) => ({ name, text: `round ${round}: ${reason}` })),
  );
}
