/** `impulse doctor`: what this machine can do, and what would mend what it can't. */
import type { Command } from 'commander';
import { doctorReport } from './doctor-report.js';
import type { SetExitCode } from './exit-codes.js';
import { EXIT } from './exit-codes.js';
import { toJson } from './json.js';
import { styleFor } from './style.js';

const EXAMPLES = `
Examples:
  $ impulse doctor
  $ impulse doctor --json

It ends with exit code 0 where at least one engine works, else 3.`;

export function addDoctor(program: Command, setExitCode: SetExitCode): void {
  program
    .command('doctor')
    .summary('show what this machine can do')
    .description(
      'Show what this machine can do: processor, libraries, each engine, and what would mend a missing one.',
    )
    .option('--json', 'print the facts as JSON')
    .addHelpText('after', EXAMPLES)
    .showHelpAfterError("Run 'impulse doctor --help' to see its options.")
    .action(async (flags: { readonly json?: true }) => {
      const { inspectMachine } = await import('../index.js');
      const report = await inspectMachine();
      const text = flags.json ? toJson(report) : doctorReport(report, styleFor(process.stdout));
      process.stdout.write(`${text}\n`);
      setExitCode(report.engines.some(({ available }) => available) ? EXIT.ok : EXIT.environment);
    });
}
