/** `impulse bench`: how fast a deployment runs here, and on which engine it is fastest. */
import { extname } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import type { BenchPlan, BenchWatcher } from '../bench/bench.js';
import type { InputChoice } from '../bench/input.js';
import type { PlotFormat } from '../bench/plot/plot.js';
import type { Extent } from '../bench/protocol.js';
import { writeWhole } from './annotated-files.js';
import { benchReport } from './bench-report.js';
import { EXIT, type SetExitCode } from './exit-codes.js';
import { toJson } from './json.js';
import { printWarning } from './messages.js';
import {
  addOpenOptions,
  addPictureOptions,
  type OpenFlags,
  openOptionsOf,
  type PictureFlags,
  pictureOptionsOf,
} from './open-options.js';
import { type Progress, startProgress } from './progress.js';
import { styleFor } from './style.js';

interface BenchFlags extends OpenFlags, PictureFlags {
  readonly compare?: true;
  readonly runs?: number;
  readonly seconds?: number;
  readonly rounds: number;
  readonly warmup: number;
  readonly concurrency?: number;
  readonly input?: string;
  readonly frame?: true;
  readonly timeout: number;
  readonly plot?: Plot;
  readonly json?: true;
  readonly quiet?: true;
}

interface Plot {
  readonly path: string;
  readonly format: PlotFormat;
}

const DEFAULT_SECONDS = 3;
/** Of the default extent, so that a slow model has some, too. */
const DEFAULT_RUNS = 30;

const EXAMPLES = `
Examples:
  $ impulse bench coffee-cups.zip
  $ impulse bench coffee-cups.zip --compare
  $ impulse bench coffee-cups.zip --compare --plot engines.html
  $ impulse bench coffee-cups.zip --input photo.jpg --runs 200 --json > bench.json
  $ impulse bench coffee-cups.zip --frame --engine litert-wasm
  $ impulse bench keywords.zip --input features.txt --seconds 10

A picture that it draws itself is a JPEG of 640 x 480, so that decoding and resizing are part of a call; --frame leaves both out.`;

export function addBench(program: Command, setExitCode: SetExitCode): void {
  const command = program
    .command('bench')
    .summary('measure how fast a deployment runs')
    .description(
      'Measure how fast a deployment runs here: latency, its stages, throughput, the first answer, memory, and the delay ' +
        'of the event loop. Everything is measured in processes of their own, as a program would run it.',
    )
    .argument('<deployment>', 'Edge Impulse library (zip or folder), a package, or a .tflite / .onnx model')
    .option(
      '--compare',
      'run it on every engine that can, with each set of kernels, on one thread and on all processors',
    )
    .option('--runs <n>', 'calls to measure, one after another and again at once, over all rounds', count)
    .option(
      '--seconds <s>',
      `how long to measure instead, over all rounds (default: ${DEFAULT_SECONDS}, and at least ${DEFAULT_RUNS} calls)`,
      seconds,
    )
    .option('--rounds <n>', 'processes to measure in, one after another; their medians count', count, 3)
    .option('--warmup <n>', 'calls of each process before anything is measured', wholeNumber, 10)
    .option(
      '--concurrency <n>',
      'inputs at once where throughput is measured (default: that of classifyMany())',
      count,
    )
    .option('--input <file>', 'picture, or raw features, to classify (default: one that it makes)')
    .option('--frame', "a ready raw frame of the model's size instead of a JPEG: nothing to decode or resize")
    .option(
      '--timeout <s>',
      'seconds that a process may take to open, or for a call, before it is ended',
      seconds,
      60,
    )
    .option('--plot <file>', 'draw the comparison: .html with tables beside it, or .svg', plot)
    .option('--json', 'print all figures as one JSON document')
    .option('-q, --quiet', 'no warnings, no progress bar');
  addPictureOptions(addOpenOptions(command))
    .addHelpText('after', EXAMPLES)
    .showHelpAfterError("Run 'impulse bench --help' to see its arguments and options.")
    .action(async (path: string, flags: BenchFlags) => {
      refuseContradictions(flags, command);
      setExitCode(await run(path, flags));
    });
}

function refuseContradictions({ runs, seconds, input, frame }: BenchFlags, command: Command): void {
  if (runs !== undefined && seconds !== undefined) {
    command.error('error: --runs and --seconds both say how much is measured: give one of them');
  }
  if (input !== undefined && frame) {
    command.error('error: --input and --frame both say what is classified: give one of them');
  }
}

async function run(source: string, flags: BenchFlags): Promise<number> {
  const { bench } = await import('../bench/bench.js');
  const { watcher, finish } = watch(flags);
  const plan = await planOf(source, flags);
  const report = await bench(plan, watcher).finally(finish);
  process.stdout.write(`${flags.json ? toJson(report) : benchReport(report, styleFor(process.stdout))}\n`);
  if (flags.plot !== undefined) {
    const { plotOf } = await import('../bench/plot/plot.js');
    await writeWhole(flags.plot.path, Buffer.from(plotOf(report, flags.plot.format)));
  }
  return report.results.length > 0 ? EXIT.ok : EXIT.environment;
}

async function planOf(source: string, flags: BenchFlags): Promise<BenchPlan> {
  const { warmup, concurrency, timeout } = flags;
  const rounds = Math.min(flags.rounds, flags.runs ?? flags.rounds);
  return {
    source,
    options: { ...openOptionsOf(flags), ...pictureOptionsOf(flags) },
    compare: flags.compare === true,
    input: await inputChoice(flags),
    rounds,
    warmup,
    extent: extentOf(flags, rounds),
    ...(concurrency !== undefined && { concurrency }),
    timeoutSeconds: timeout,
  };
}

/** What each of the rounds measures. */
function extentOf({ runs, seconds }: BenchFlags, rounds: number): Extent {
  if (runs !== undefined) return { runs: Math.ceil(runs / rounds) };
  const atLeast = seconds === undefined ? Math.ceil(DEFAULT_RUNS / rounds) : 1;
  return { seconds: (seconds ?? DEFAULT_SECONDS) / rounds, atLeast };
}

async function inputChoice({ input, frame }: BenchFlags): Promise<InputChoice> {
  if (input === undefined) return { kind: frame ? 'frame' : 'generated' };
  const { fileInput } = await import('../bench/input.js');
  return { kind: 'file', input: await fileInput(input) };
}

/** What is told on stderr meanwhile. */
function watch({ quiet }: BenchFlags): { readonly watcher: BenchWatcher; finish(): void } {
  let progress: Progress | undefined;
  const finish = (): void => progress?.finish();
  const watcher: BenchWatcher = {
    starting(trials) {
      finish();
      if (!quiet) progress = startProgress(trials);
    },
    opened({ warnings }) {
      finish();
      if (!quiet) for (const { code, message } of warnings) printWarning(message, code);
    },
    advanced: (failed) => progress?.advance(failed),
  };
  return { watcher, finish };
}

function wholeNumber(value: string): number {
  if (/^\d{1,9}$/.test(value)) return Number(value);
  throw new InvalidArgumentError('Expected a whole number.');
}

function count(value: string): number {
  if (/^[1-9]\d{0,8}$/.test(value)) return Number(value);
  throw new InvalidArgumentError('Expected a whole number from 1.');
}

function seconds(value: string): number {
  // Longer, and a timer would end at once.
  if (/^(\d+\.?\d*|\.\d+)$/.test(value) && Number(value) > 0 && Number(value) <= 86_400) return Number(value);
  throw new InvalidArgumentError('Expected seconds, more than 0 and at most 86400.');
}

function plot(path: string): Plot {
  const extension = extname(path).toLowerCase();
  if (extension === '.svg') return { path, format: 'svg' };
  if (extension === '.html' || extension === '.htm') return { path, format: 'html' };
  throw new InvalidArgumentError('Expected a file name that ends with .html or .svg.');
}
