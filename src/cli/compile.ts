/** `impulse compile`: a C++ library and the SDK inside it become a runner for this machine. */
import { copyFile } from 'node:fs/promises';
import { type Command, InvalidArgumentError } from 'commander';
import { toJson } from './json.js';
import { type Progress, startProgress } from './progress.js';
import { printable } from './text.js';

interface CompileFlags {
  readonly jobs?: number;
  readonly json?: true;
  readonly quiet?: true;
}

const EXAMPLES = `
Examples:
  $ impulse compile library.zip cups.eim
  $ impulse classify cups.eim photo.jpg --allow-exec
  $ impulse compile library.zip --json --jobs 2

It compiles code of the download, and the runner executes it: only do this with downloads that you trust.`;

export function addCompile(program: Command): void {
  program
    .command('compile')
    .summary('build a C++ library into a runner')
    .description(
      "Build a C++ library into a runner for this machine, with the system's C++ compiler and the SDK inside the " +
        'download. For what can not be read as data: classify and inspect need no compiler for most libraries.',
    )
    .argument('<deployment>', 'Edge Impulse C++ library (zip or folder) with the SDK in it')
    .argument('[out.eim]', 'where to put the runner (default: it stays in the cache, whose path is printed)')
    .option('--jobs <n>', 'compilers that run at once (default: the usable processors)', jobs)
    .option('--json', 'print path and whether it was cached as JSON')
    .option('-q, --quiet', 'no progress bar')
    .addHelpText('after', EXAMPLES)
    .showHelpAfterError("Run 'impulse compile --help' to see its arguments and options.")
    .action(compile);
}

function jobs(value: string): number {
  if (/^[1-9]\d{0,2}$/.test(value)) return Number(value);
  throw new InvalidArgumentError('Expected a whole number from 1.');
}

async function compile(source: string, out: string | undefined, flags: CompileFlags): Promise<void> {
  const { compileDeployment } = await import('../index.js');
  const controller = new AbortController();
  const stop = (): void => controller.abort(new Error('interrupted'));
  process.once('SIGINT', stop);
  let progress: Progress | undefined;
  try {
    const { path, cached } = await compileDeployment(source, {
      ...(flags.jobs !== undefined && { jobs: flags.jobs }),
      signal: controller.signal,
      onProgress: (done, total) => {
        if (done > 0) progress?.advance(false);
        else if (!flags.quiet) progress = startProgress(total);
      },
    });
    if (out !== undefined) await copyFile(path, out);
    const runner = out ?? path;
    const text = `${printable(runner)}${cached ? '  (built before)' : ''}`;
    process.stdout.write(`${flags.json ? toJson({ runner, cached }) : text}\n`);
  } finally {
    progress?.finish();
    process.removeListener('SIGINT', stop);
  }
}
