/** `impulse inspect`: what a deployment is, and how it would run here. */
import type { Command } from 'commander';
import { inspectReport, type ProgramFacts, programReport } from './inspect-report.js';
import { toJson } from './json.js';
import { addOpenOptions, type OpenFlags, openOptionsOf } from './open-options.js';
import { styleFor } from './style.js';

interface InspectFlags extends OpenFlags {
  readonly json?: true;
}

const EXAMPLES = `
Examples:
  $ impulse inspect coffee-cups.zip
  $ impulse inspect coffee-cups.zip --json | jq '.learnBlocks[].model.engine'
  $ impulse inspect coffee-cups.zip --engine litert-wasm
  $ impulse inspect yolo.tflite --model-info yolo.json`;

export function addInspect(program: Command): void {
  const command = program
    .command('inspect')
    .summary('show what is in a deployment and how it would run')
    .description('Show what is in a deployment, which engine runs it here, and why not another.')
    .argument(
      '<deployment>',
      'Edge Impulse C++ or Arduino library (zip or folder), or a .tflite / .onnx model',
    )
    .option('--json', 'print the facts as JSON');
  // A stranger's file must not bring down the command that is to say what it is.
  addOpenOptions(command, 'process')
    .addHelpText('after', EXAMPLES)
    .showHelpAfterError("Run 'impulse inspect --help' to see its arguments and options.")
    .action(inspect);
}

/** What the header of an `.eim` states: it is not run to be asked. */
async function describeProgram(path: string): Promise<ProgramFacts | undefined> {
  const { sniffFile } = await import('../deployment/download.js');
  if ((await sniffFile(path)) !== 'eim') return undefined;
  const { recogniseEim } = await import('../deployment/eim.js');
  const file = await recogniseEim(path);
  return file.kind === 'socket' ? undefined : { format: 'eim', ...file };
}

async function inspect(path: string, flags: InspectFlags): Promise<void> {
  const program = flags.allowExec ? undefined : await describeProgram(path);
  if (program !== undefined) {
    process.stdout.write(
      `${flags.json ? toJson(program) : programReport(path, program, styleFor(process.stdout))}\n`,
    );
    return;
  }
  const { openDeployment } = await import('../index.js');
  const deployment = await openDeployment(path, { ...openOptionsOf(flags), warmUp: false });
  try {
    const info = deployment.info();
    const text = flags.json ? toJson(info) : inspectReport(path, info, styleFor(process.stdout));
    process.stdout.write(`${text}\n`);
  } finally {
    await deployment.close();
  }
}
