/** `impulse tune`: measures which engine, kernels and threads are the fastest for a deployment here. */
import { type Command, InvalidArgumentError } from 'commander';
import { toJson } from './json.js';
import { addContentOptions, type ContentFlags, contentOptionsOf } from './open-options.js';
import { type Progress, startProgress } from './progress.js';
import { styleFor } from './style.js';
import { tuneReport } from './tune-report.js';

interface TuneFlags extends ContentFlags {
  readonly input?: string;
  readonly beside?: true;
  readonly dryRun?: true;
  readonly tolerance?: number;
  readonly json?: true;
  readonly quiet?: true;
}

const EXAMPLES = `
Examples:
  $ impulse tune coffee-cups.zip                    remembered in your cache folder, for every later run
  $ impulse tune coffee-cups.zip --beside           remembered in coffee-cups.zip.tuning.json
  $ impulse tune coffee-cups.zip --input photo.jpg  measured with your own picture
  $ impulse inspect coffee-cups.zip                 shows what was measured, and what came of it

What was measured holds for this model, processor and versions; elsewhere it is ignored. Nothing else should run
meanwhile.`;

export function addTune(program: Command): void {
  const command = program
    .command('tune')
    .summary('measure which engine runs a deployment fastest here')
    .description(
      'Run a deployment on every engine, with every kind of kernels and number of threads that this machine has, check that ' +
        'the answers agree, and remember the fastest way: every later run takes it.',
    )
    .argument(
      '<deployment>',
      'Edge Impulse C++ or Arduino library (zip or folder), or a .tflite / .onnx model',
    )
    .option('--input <picture>', 'what to measure with (default: something made up for the purpose)')
    .option('--beside', 'remember it beside the deployment, as <deployment>.tuning.json')
    .option('--dry-run', 'only measure: remember nothing')
    .option(
      '--tolerance <share>',
      "how far an answer may be from the reference's, as a share of its range (default: 0.1)",
      tolerance,
    )
    .option('--json', 'print what was measured as JSON')
    .option('-q, --quiet', 'no progress bar');
  addContentOptions(command)
    .addHelpText('after', EXAMPLES)
    .showHelpAfterError("Run 'impulse tune --help' to see its arguments and options.")
    .action(tune);
}

function tolerance(value: string): number {
  const share = Number(value);
  if (value.trim() !== '' && share >= 0 && share <= 1) return share;
  throw new InvalidArgumentError('Expected a number from 0 to 1.');
}

async function tune(path: string, flags: TuneFlags): Promise<void> {
  const { tuneDeployment } = await import('../index.js');
  let progress: Progress | undefined;
  try {
    const report = await tuneDeployment(path, {
      ...contentOptionsOf(flags),
      ...(flags.input !== undefined && { input: flags.input }),
      ...(flags.tolerance !== undefined && { tolerance: flags.tolerance }),
      remember: flags.dryRun ? 'nowhere' : flags.beside ? 'beside' : 'cache',
      onProgress: (done, total) => {
        if (done > 0) progress?.advance(false);
        else if (!flags.quiet) progress = startProgress(total);
      },
    });
    progress?.finish();
    progress = undefined;
    const text = flags.json ? toJson(report) : tuneReport(path, report, styleFor(process.stdout));
    process.stdout.write(`${text}\n`);
  } finally {
    progress?.finish();
  }
}
