/** `impulse classify`: pictures in, results out. */
import { type Command, InvalidArgumentError } from 'commander';
import { isImpulseError } from '../errors.js';
import type { Classification, Deployment, DeploymentInfo, ImageSource, StageTiming } from '../index.js';
import { oneAhead } from '../runtime/one-ahead.js';
import { followObjects } from '../runtime/tracking.js';
import { type AnnotatedFile, writeWhole } from './annotated-files.js';
import { engineNotes } from './engine-notes.js';
import { EXIT, exitCodeOf } from './exit-codes.js';
import { type FrameSize, frameJobs, type Job, type Jobs, nameOf, pictureJobs, type Subject } from './jobs.js';
import { jsonLine } from './json-line.js';
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
  readonly frames?: FrameSize;
  readonly track?: true;
  readonly timing?: true;
  readonly quiet?: true;
}

interface Success {
  readonly subject: Subject;
  readonly source: ImageSource;
  readonly target: AnnotatedFile | undefined;
  readonly classification: Classification;
}

type Outcome = Success | { readonly subject: Subject; readonly error: Error };

const EXAMPLES = `
Examples:
  $ impulse classify coffee-cups.zip photo.jpg
  $ impulse classify coffee-cups.zip photo.jpg --json | jq .boundingBoxes
  $ impulse classify coffee-cups.zip frames/ --json --annotate out > results.jsonl
  $ impulse classify coffee-cups.zip photo.jpg --threshold min_score=0.4 --timing
  $ impulse classify yolo.tflite photo.jpg --model-info yolo.json --engine litert-wasm
  $ curl -s http://camera.local/snapshot.jpg | impulse classify coffee-cups.zip -
  $ ffmpeg -v error -i cups.mp4 -s 640x480 -pix_fmt rgb24 -f rawvideo - | impulse classify coffee-cups.zip - --frames 640x480 --json --track`;

export function addClassify(program: Command, setExitCode: SetExitCode): void {
  const command = program
    .command('classify')
    .summary('classify pictures, or find objects in them')
    .description('Classify pictures, or find objects in them, as the hosted classifyImage does.')
    .argument(
      '<deployment>',
      'Edge Impulse C++ or Arduino library (zip or folder), or a .tflite / .onnx model',
    )
    .argument('<image...>', 'pictures, folders of pictures, or - for stdin: one picture, or --frames')
    .option('--json', 'print the classifyImage response; for several pictures JSON Lines, with "file" first')
    .option(
      '--frames <WxH>',
      'stdin is a stream of raw RGB frames of this size, for example 640x480',
      frameSize,
    )
    .option('--track', 'follow objects over the pictures of a folder or the frames: each gets an id')
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
      if (flags.frames !== undefined && (images.length !== 1 || images[0] !== '-')) {
        command.error("error: --frames reads raw frames from stdin: give '-' as the only image");
      }
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

function frameSize(value: string): FrameSize {
  const [, width, height] = /^(\d+)x(\d+)$/i.exec(value) ?? [];
  if (Number(width) > 0 && Number(height) > 0) return { width: Number(width), height: Number(height) };
  throw new InvalidArgumentError('Expected WIDTHxHEIGHT in pixels, for example 640x480.');
}

async function classify(path: string, images: readonly string[], flags: ClassifyFlags): Promise<number> {
  const { openDeployment } = await import('../index.js');
  const { frames, annotate } = flags;
  const work = frames === undefined ? await pictureJobs(images, annotate) : await frameJobs(frames, annotate);
  const deployment = await openDeployment(path, openOptionsOf(flags));
  try {
    const info = deployment.info();
    if (!flags.quiet) printNotes(info, flags);
    // While one picture is on the engine, the next is decoded, and the one before is drawn and written.
    const found = oneAhead(work.jobs, (job) => classifyJob(deployment, job));
    const outcomes = flags.track ? tracked(found, info) : found;
    const written =
      annotate === undefined ? outcomes : oneAhead(outcomes, (outcome) => writeCopy(outcome, info));
    return await report(written, work, info, flags);
  } finally {
    await deployment.close();
  }
}

function printNotes(info: DeploymentInfo, flags: ClassifyFlags): void {
  for (const { code, message } of info.warnings) printWarning(message, code);
  const settings = flags.threads !== undefined || flags.tfliteLibrary !== undefined;
  for (const note of engineNotes(info, flags.engine ?? 'auto', settings)) printWarning(note);
}

/** A picture that can't be used is an outcome like another. */
async function classifyJob(deployment: Deployment, { subject, read, target }: Job): Promise<Outcome> {
  try {
    const source = await read();
    return { subject, source, target, classification: await deployment.classify(source) };
  } catch (error) {
    if (!isImpulseError(error)) throw error;
    return { subject, error };
  }
}

/** A picture that can't be used is no frame to the tracker. */
async function* tracked(outcomes: AsyncIterable<Outcome>, info: DeploymentInfo): AsyncGenerator<Outcome> {
  const learnBlocks = info.learnBlocks.map(({ block }) => block);
  const follow = followObjects({ input: info.input, learnBlocks }, true);
  for await (const outcome of outcomes) {
    yield 'error' in outcome ? outcome : { ...outcome, classification: follow(outcome.classification) };
  }
}

/** A copy that can't be written ends the run. */
async function writeCopy(outcome: Outcome, info: DeploymentInfo): Promise<Outcome> {
  if ('error' in outcome || outcome.target === undefined) return outcome;
  const { annotateImage } = await import('../index.js');
  const { source, classification, target } = outcome;
  await writeWhole(target.path, await annotateImage(source, classification, { info, format: target.format }));
  return outcome;
}

async function report(
  outcomes: AsyncIterable<Outcome>,
  { total, single }: Jobs,
  info: DeploymentInfo,
  flags: ClassifyFlags,
): Promise<number> {
  const progress = startProgress(flags.quiet ? 0 : total);
  const timings: StageTiming[] = [];
  const wantsTable = flags.timing && !flags.json;
  let code: number = EXIT.ok;
  try {
    for await (const outcome of outcomes) {
      progress.around(() => printOutcome(outcome, single, info, flags));
      if ('error' in outcome) code = Math.max(code, exitCodeOf(outcome.error));
      else if (wantsTable) timings.push(outcome.classification.timing);
      progress.advance('error' in outcome);
    }
  } finally {
    progress.finish();
  }
  if (timings.length > 0) process.stderr.write(timingTable(timings));
  return code;
}

function printOutcome(outcome: Outcome, single: boolean, info: DeploymentInfo, flags: ClassifyFlags): void {
  const { subject } = outcome;
  const named = single ? undefined : subject;
  if ('error' in outcome) {
    printError(outcome.error, named && nameOf(named));
    const response = { success: false, error: errorText(outcome.error) };
    if (flags.json) printLine(JSON.stringify({ ...named, ...response }));
    return;
  }
  const { classification, target } = outcome;
  if (flags.json) {
    const { timing, engines } = classification;
    printLine(jsonLine(named, classification, flags.coordinates ?? 'model-input'));
    if (flags.timing) process.stderr.write(`${JSON.stringify({ ...subject, engines, timing })}\n`);
  } else {
    const annotated = target && { annotated: target.path };
    const summary = { file: nameOf(subject), classification, ...annotated };
    printLine(summaryOf(summary, info, styleFor(process.stdout)));
  }
}

function printLine(text: string): void {
  process.stdout.write(`${text}\n`);
}
