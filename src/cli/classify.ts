/** `impulse classify`: pictures in, results out. */
import type { Command } from 'commander';
import { isImpulseError } from '../errors.js';
import type { Classification, Deployment, DeploymentInfo, ImageSource, StageTiming } from '../index.js';
import type { AnnotatedFile } from './annotated-files.js';
import { planAnnotatedFiles, writeWhole } from './annotated-files.js';
import { engineNotes } from './engine-notes.js';
import { EXIT, exitCodeOf } from './exit-codes.js';
import { inOrder } from './in-order.js';
import type { PictureInput } from './inputs.js';
import { expandInputs, pictureSource } from './inputs.js';
import { errorText, printError, printWarning } from './messages.js';
import { addOpenOptions, type OpenFlags, openOptionsOf } from './open-options.js';
import { startProgress } from './progress.js';
import type { SetExitCode } from './run.js';
import { styleFor } from './style.js';
import { summaryOf } from './summary.js';
import { timingTable } from './timing.js';

interface ClassifyFlags extends OpenFlags {
  readonly json?: true;
  readonly annotate?: string;
  readonly timing?: true;
  readonly quiet?: true;
}

type Outcome =
  | { readonly file: string; readonly classification: Classification; readonly annotated?: string }
  | { readonly file: string; readonly error: Error };

/** While one picture is on the engine, the next is decoded. */
const CONCURRENCY = 2;

const EXAMPLES = `
Examples:
  $ impulse classify coffee-cups.zip photo.jpg
  $ impulse classify coffee-cups.zip photo.jpg --json | jq .boundingBoxes
  $ impulse classify coffee-cups.zip frames/ --json --annotate out > results.jsonl
  $ impulse classify coffee-cups.zip photo.jpg --threshold min_score=0.4 --timing
  $ impulse classify yolo.tflite photo.jpg --model-info yolo.json --engine litert-wasm
  $ curl -s http://camera.local/snapshot.jpg | impulse classify coffee-cups.zip -`;

export function addClassify(program: Command, setExitCode: SetExitCode): void {
  const command = program
    .command('classify')
    .summary('classify pictures, or find objects in them')
    .description('Classify pictures, or find objects in them, as the hosted classifyImage does.')
    .argument(
      '<deployment>',
      'Edge Impulse C++ or Arduino library (zip or folder), or a .tflite / .onnx model',
    )
    .argument('<image...>', 'pictures, folders of pictures, or - for one picture on stdin')
    .option('--json', 'print the classifyImage response; for several pictures JSON Lines, with "file" first')
    .option(
      '--annotate <dir>',
      'write copies of the pictures with the results drawn on them into this folder',
    )
    .option('--timing', 'print the time of each stage to stderr')
    .option('-q, --quiet', 'no warnings, no progress bar');
  addOpenOptions(command)
    .addHelpText('after', EXAMPLES)
    .showHelpAfterError("Run 'impulse classify --help' to see its arguments and options.")
    .action(async (path: string, images: string[], flags: ClassifyFlags) => {
      refuseTwoStdins(images, command);
      setExitCode(await classify(path, images, flags));
    });
}

function refuseTwoStdins(images: readonly string[], command: Command): void {
  const times = images.filter((image) => image === '-').length;
  if (times > 1) command.error("error: '-' (one picture on stdin) was given more than once");
  if (times === 1 && process.stdin.isTTY) {
    command.error(
      "error: '-' reads a picture from stdin, but stdin is a terminal; send it a file: - < photo.jpg",
    );
  }
}

async function classify(path: string, images: readonly string[], flags: ClassifyFlags): Promise<number> {
  const { openDeployment } = await import('../index.js');
  const { pictures, single } = await expandInputs(images);
  const targets = flags.annotate === undefined ? [] : await planAnnotatedFiles(pictures, flags.annotate);
  const deployment = await openDeployment(path, openOptionsOf(flags));
  try {
    const info = deployment.info();
    if (!flags.quiet) printNotes(info, flags);
    const jobs = pictures.map((picture, index) => ({ picture, target: targets[index] }));
    const outcomes = inOrder(jobs, CONCURRENCY, (job) => runJob(deployment, info, job));
    return await report(outcomes, pictures.length, single, info, flags);
  } finally {
    await deployment.close();
  }
}

function printNotes(info: DeploymentInfo, flags: ClassifyFlags): void {
  for (const { code, message } of info.warnings) printWarning(message, code);
  const settings = flags.threads !== undefined || flags.tfliteLibrary !== undefined;
  for (const note of engineNotes(info, flags.engine ?? 'auto', settings)) printWarning(note);
}

interface Job {
  readonly picture: PictureInput;
  readonly target: AnnotatedFile | undefined;
}

/** A picture that can't be used is an outcome like another; a result that can't be written ends the run. */
async function runJob(
  deployment: Deployment,
  info: DeploymentInfo,
  { picture, target }: Job,
): Promise<Outcome> {
  const { file } = picture;
  let source: ImageSource;
  let classification: Classification;
  try {
    source = await pictureSource(picture);
    classification = await deployment.classify(source);
  } catch (error) {
    if (!isImpulseError(error)) throw error;
    return { file, error };
  }
  if (target === undefined) return { file, classification };
  const { annotateImage } = await import('../index.js');
  const { path, format } = target;
  await writeWhole(path, await annotateImage(source, classification, { info, format }));
  return { file, classification, annotated: path };
}

async function report(
  outcomes: AsyncIterable<Outcome>,
  total: number,
  single: boolean,
  info: DeploymentInfo,
  flags: ClassifyFlags,
): Promise<number> {
  const progress = startProgress(flags.quiet ? 0 : total);
  const timings: StageTiming[] = [];
  let code: number = EXIT.ok;
  try {
    for await (const outcome of outcomes) {
      progress.around(() => printOutcome(outcome, single, info, flags));
      if ('error' in outcome) code = Math.max(code, exitCodeOf(outcome.error));
      else timings.push(outcome.classification.timing);
      progress.advance('error' in outcome);
    }
  } finally {
    progress.finish();
  }
  if (flags.timing && !flags.json && timings.length > 0) process.stderr.write(timingTable(timings));
  return code;
}

function printOutcome(outcome: Outcome, single: boolean, info: DeploymentInfo, flags: ClassifyFlags): void {
  const { file } = outcome;
  if ('error' in outcome) {
    printError(outcome.error, single ? undefined : file);
    const response = { success: false, error: errorText(outcome.error) };
    if (flags.json) printLine(JSON.stringify(single ? response : { file, ...response }));
    return;
  }
  const { response, timing, engines } = outcome.classification;
  if (flags.json) {
    printLine(JSON.stringify(single ? response : { file, ...response }));
    if (flags.timing) process.stderr.write(`${JSON.stringify({ file, engines, timing })}\n`);
  } else {
    printLine(summaryOf(outcome, info, styleFor(process.stdout)));
  }
}

function printLine(text: string): void {
  process.stdout.write(`${text}\n`);
}
