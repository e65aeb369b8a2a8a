/** One run of the command, from its arguments to its exit code. */
import { Command, CommanderError } from 'commander';
import { packageVersion } from '../package-version.js';
import { addBench } from './bench.js';
import { addBuild } from './build.js';
import { addClassify } from './classify.js';
import { addCompile } from './compile.js';
import { addConvert } from './convert.js';
import { addDoctor } from './doctor.js';
import { addDownload } from './download.js';
import { EXIT, exitCodeOf, type SetExitCode } from './exit-codes.js';
import { addFeatures } from './features.js';
import { addInspect } from './inspect.js';
import { printError } from './messages.js';
import { addModels } from './models.js';
import { takeRegistered } from './registered.js';
import { addServe } from './serve.js';
import { addTune } from './tune.js';

const EXAMPLES = `
Examples:
  $ impulse classify coffee-cups.zip photo.jpg                       a summary
  $ impulse classify coffee-cups.zip photo.jpg --json                exactly the classifyImage response
  $ impulse classify coffee-cups.zip photos/ --json --annotate out   JSON Lines, and pictures with boxes drawn
  $ impulse inspect coffee-cups.zip                                  what is in it, which engine runs it, and why
  $ impulse convert coffee-cups.zip cups.zip                         the same as one package that opens fast
  $ impulse tune coffee-cups.zip                                     measure which engine is the fastest here
  $ impulse bench coffee-cups.zip --compare                          how fast each engine runs it here
  $ impulse serve coffee-cups.zip                                    the hosted API and a page, on this device
  $ impulse models ls                                                models that are kept on this device
  $ impulse doctor                                                   what this machine can do

Exit codes: 0 success, 1 bad deployment or picture, 2 bad usage, 3 engine or environment.`;

/** @param args the command line without `node` and the script */
export async function runCommandLine(args: readonly string[]): Promise<number> {
  let code: number = EXIT.ok;
  const program = makeProgram((result) => {
    code = result;
  });
  try {
    await program.parseAsync([...args], { from: 'user' });
    return code;
  } catch (error) {
    // Commander has printed its own errors already.
    if (!(error instanceof CommanderError)) printError(error);
    return exitCodeOf(error);
  }
}

function makeProgram(setExitCode: SetExitCode): Command {
  const program = new Command('impulse')
    .description(
      'Run trained edge models (Edge Impulse deployments, TFLite, ONNX) on this machine, with no network.',
    )
    .version(packageVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand('help [command]', 'print the help of a command')
    .addHelpText('after', EXAMPLES)
    .showHelpAfterError("Run 'impulse --help' to see what there is.")
    .configureOutput({
      outputError: (text, write) => write(text.replace(/^error: /, 'impulse: ')),
    })
    .exitOverride()
    .hook('preAction', (_program, command) => takeRegistered(command));
  addClassify(program, setExitCode);
  addInspect(program);
  addFeatures(program, setExitCode);
  addConvert(program);
  addBuild(program);
  addDownload(program);
  addCompile(program);
  addTune(program);
  addBench(program, setExitCode);
  addServe(program, setExitCode);
  addModels(program);
  addDoctor(program, setExitCode);
  return program;
}
