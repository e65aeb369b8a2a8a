/** `impulse classify`: pictures in, results out. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { InputError, isImpulseError } from '../errors.js';
import type {
  Classification,
  ClassifyInput,
  Deployment,
  DeploymentInfo,
  FrameFormat,
  FrameFormatAlias,
  ImageSource,
  StageTiming,
} from '../index.js';
import { pixelsFromFeatures } from '../preprocess/features.js';
import { FRAME_FORMAT_ALIASES, FRAME_FORMATS } from '../preprocess/frame-format.js';
import { type InOrderOptions, inOrder, ONE_AHEAD } from '../runtime/in-order.js';
import { latestOf } from '../runtime/latest.js';
import type { PictureOptions } from '../runtime/prepare.js';
import { followObjects } from '../runtime/tracking.js';
import { writeWhole } from './annotated-files.js';
import { engineNotes } from './engine-notes.js';
import type { SetExitCode } from './exit-codes.js';
import { EXIT, exitCodeOf } from './exit-codes.js';
import { explainPicture } from './explain.js';
import { writeExplanation } from './explain-files.js';
import { featureJobs, frameJobs, type Job, type Jobs, pictureJobs, type Targets } from './jobs.js';
import { jsonLine } from './json-line.js';
import { errorText, printError, printWarning } from './messages.js';
import {
  addOpenOptions,
  addPictureOptions,
  type OpenFlags,
  oneOf,
  openOptionsOf,
  type PictureFlags,
  pictureOptionsOf,
} from './open-options.js';
import { startProgress } from './progress.js';
import { styleFor } from './style.js';
import { nameOf, type Subject } from './subject.js';
import { summaryOf } from './summary.js';
import { timingTable } from './timing.js';

/** Pixels of the raw frames on stdin. */
interface FrameSize {
  readonly width: number;
  readonly height: number;
}

interface ClassifyFlags extends OpenFlags, PictureFlags {
  readonly json?: true;
  readonly annotate?: string;
  readonly explain?: string;
  readonly features?: string;
  readonly frames?: FrameSize;
  readonly latest?: true;
  readonly frameFormat?: FrameFormat | FrameFormatAlias;
  readonly track?: true;
  readonly timing?: true;
  readonly quiet?: true;
}

interface Success {
  readonly subject: Subject;
  /** Absent where the input was the samples of a signal. */
  readonly picture: ImageSource | undefined;
  readonly targets: Targets;
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
  $ impulse classify coffee-cups.zip photo.jpg --explain why
  $ impulse classify coffee-cups.zip --features features.txt
  $ curl -s http://camera.local/snapshot.jpg | impulse classify coffee-cups.zip -
  $ ffmpeg -v error -i cups.mp4 -s 640x480 -pix_fmt rgb24 -f rawvideo - | impulse classify coffee-cups.zip - --frames 640x480 --json --track
  $ v4l2-ctl --stream-mmap --stream-to=- | impulse classify coffee-cups.zip - --frames 640x480 --frame-format YUYV`;

export function addClassify(program: Command, setExitCode: SetExitCode): void {
  const command = program
    .command('classify')
    .summary('classify pictures, or find objects in them')
    .description('Classify pictures, or find objects in them, as the hosted classifyImage does.')
    .argument(
      '<deployment>',
      'Edge Impulse C++ or Arduino library (zip or folder), or a .tflite / .onnx model',
    )
    .argument('[image...]', 'pictures, folders of pictures, or - for stdin: one picture, or --frames')
    .option('--json', 'print the classifyImage response; for several pictures JSON Lines, with "file" first')
    .option('--frames <WxH>', 'stdin is a stream of raw frames of this size, for example 640x480', frameSize)
    .addOption(
      new Option(
        '--frame-format <name>',
        `layout of the raw frames: ${FRAME_FORMATS.join(', ')} (default: RGB)`,
      ).argParser(oneOf([...FRAME_FORMATS, ...aliases])),
    )
    .option(
      '--latest',
      'with --frames: classify the newest frame whenever the model is free, and pass over the others',
    )
    .option(
      '--features <file>',
      'classify raw features as the studio shows them, in place of pictures; - for stdin',
    )
    .option('--track', 'follow objects over the pictures of a folder or the frames: each gets an id')
    .option(
      '--annotate <dir>',
      'write copies of the pictures with the results drawn on them into this folder',
    )
    .option(
      '--explain <dir>',
      'write what was done to each picture into this folder: the resized picture, every step in words and as JSON',
    )
    .option('--timing', 'print the time of each stage to stderr')
    .option('-q, --quiet', 'no warnings, no progress bar');
  addPictureOptions(addOpenOptions(command))
    .addHelpText('after', EXAMPLES)
    .showHelpAfterError("Run 'impulse classify --help' to see its arguments and options.")
    .action(async (path: string, images: string[], flags: ClassifyFlags) => {
      refuseContradictions(images, flags, command);
      setExitCode(await classify(path, images, flags));
    });
}

const aliases = Object.keys(FRAME_FORMAT_ALIASES) as FrameFormatAlias[];

function refuseContradictions(images: readonly string[], flags: ClassifyFlags, command: Command): void {
  const { features, frames, frameFormat, latest } = flags;
  if (features !== undefined && (images.length > 0 || frames !== undefined)) {
    command.error('error: --features takes the place of pictures: give no <image> and no --frames');
  }
  if (features === undefined && images.length === 0)
    command.error("error: missing required argument 'image'");
  if (frames !== undefined && (images.length !== 1 || images[0] !== '-')) {
    command.error("error: --frames reads raw frames from stdin: give '-' as the only image");
  }
  if (latest && frames === undefined) {
    command.error('error: --latest is about frames that come by themselves: give their size with --frames');
  }
  if (frameFormat !== undefined && frames === undefined) {
    command.error('error: --frame-format is about raw frames: give their size with --frames');
  }
  refuseTwoStdins(features === undefined ? images : [features], command);
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
  const work = await jobsOf(images, flags);
  const pictures = pictureOptionsOf(flags);
  const deployment = await openDeployment(path, { ...openOptionsOf(flags), ...pictures, warmUp: false });
  try {
    const info = deployment.info();
    refuseFilesOfSignals(info, flags);
    if (!flags.quiet) printNotes(info, flags);
    // While one picture is on the engine, the next is decoded, and the one before is drawn and written.
    const jobs = flags.latest ? newestOf(work.jobs, flags) : work.jobs;
    const found = inOrder(jobs, (job) => classifyJob(deployment, job, info), inWork(flags));
    const outcomes = flags.track ? tracked(found, info) : found;
    const writes = flags.annotate !== undefined || flags.explain !== undefined;
    const written = writes
      ? inOrder(outcomes, (outcome) => writeFiles(outcome, info, pictures), ONE_AHEAD)
      : outcomes;
    return await report(written, work, info, flags);
  } finally {
    await deployment.close();
  }
}

/** While each session works on a picture, another is decoded; a frame that waits would not be the newest. */
function inWork({ sessions = 1, latest }: ClassifyFlags): InOrderOptions {
  return { concurrency: latest ? 1 : 2 * sessions };
}

/** What was passed over shows in the numbers of the frames, and is counted in the end. */
async function* newestOf(jobs: Jobs['jobs'], { quiet }: ClassifyFlags): AsyncGenerator<Job, void, undefined> {
  let passedOver = 0;
  for await (const { item, dropped } of latestOf(jobs)) {
    passedOver += dropped;
    yield item;
  }
  if (passedOver > 0 && !quiet)
    printWarning(`${passedOver} frames were passed over, because newer ones had come`);
}

function jobsOf(images: readonly string[], flags: ClassifyFlags): Promise<Jobs> {
  const { frames, frameFormat = 'RGB', features } = flags;
  if (features !== undefined) return featureJobs(features, flags);
  return frames === undefined
    ? pictureJobs(images, flags)
    : frameJobs({ ...frames, format: frameFormat }, flags);
}

function refuseFilesOfSignals({ input }: DeploymentInfo, { annotate, explain }: ClassifyFlags): void {
  if (input.inputType === 'image' || (annotate === undefined && explain === undefined)) return;
  throw new InputError(
    'ERR_OPTION_INVALID',
    `${annotate === undefined ? '--explain' : '--annotate'} is about pictures, but this impulse takes ${input.inputType} data.`,
  );
}

function printNotes(info: DeploymentInfo, flags: ClassifyFlags): void {
  for (const { code, message } of info.warnings) printWarning(message, code);
  const { threads, tfliteLibrary, tfliteDelegate, executionProvider } = flags;
  const settings = [threads, tfliteLibrary, tfliteDelegate, executionProvider].some(
    (flag) => flag !== undefined,
  );
  for (const note of engineNotes(info, flags.engine ?? 'auto', settings)) printWarning(note);
}

/** A picture that can't be used is an outcome like another. */
async function classifyJob(deployment: Deployment, job: Job, info: DeploymentInfo): Promise<Outcome> {
  const { subject, read, targets } = job;
  try {
    const input = await read();
    // A runner does not show its tensors.
    const tensors = targets.explained !== undefined && info.runner === undefined;
    const classification = await deployment.classify(input, { tensors });
    return { subject, picture: pictureOf(input, info), targets, classification };
  } catch (error) {
    if (!isImpulseError(error)) throw error;
    return { subject, error };
  }
}

/** Features of a picture are one, of the model's size. */
function pictureOf(given: ClassifyInput, { input }: DeploymentInfo): ImageSource | undefined {
  if (typeof given === 'string' || !('features' in given || 'tensor' in given)) return given;
  if (input.inputType !== 'image' || !('features' in given)) return undefined;
  const { width, height } = input;
  return { data: pixelsFromFeatures(given.features, width, height), width, height, format: 'RGB' };
}

/** A picture that can't be used is no frame to the tracker. */
async function* tracked(outcomes: AsyncIterable<Outcome>, info: DeploymentInfo): AsyncGenerator<Outcome> {
  const learnBlocks = info.learnBlocks.map(({ block }) => block);
  const follow = followObjects({ input: info.input, learnBlocks }, true);
  for await (const outcome of outcomes) {
    yield 'error' in outcome ? outcome : { ...outcome, classification: follow(outcome.classification) };
  }
}

/** A file that can't be written ends the run. */
async function writeFiles(outcome: Outcome, info: DeploymentInfo, options: PictureOptions): Promise<Outcome> {
  if ('error' in outcome || outcome.picture === undefined) return outcome;
  const { subject, picture, classification, targets } = outcome;
  if (targets.annotated !== undefined) {
    const { annotateImage } = await import('../index.js');
    const { path, format } = targets.annotated;
    await writeWhole(path, await annotateImage(picture, classification, { info, format }));
  }
  const { input } = info;
  if (targets.explained !== undefined && input.inputType === 'image') {
    const explained = await explainPicture(subject, picture, classification, { ...info, input }, options);
    await writeExplanation(targets.explained, explained);
  }
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
  const { classification, targets } = outcome;
  if (flags.json) {
    const { timing, engines } = classification;
    printLine(jsonLine(named, classification, flags.coordinates ?? 'model-input'));
    if (flags.timing) process.stderr.write(`${JSON.stringify({ ...subject, engines, timing })}\n`);
  } else {
    const { annotated, explained } = targets;
    const files = [annotated?.path, explained?.text].filter((path) => path !== undefined);
    const summary = { file: nameOf(subject), classification, files };
    printLine(summaryOf(summary, info, styleFor(process.stdout)));
  }
}

function printLine(text: string): void {
  process.stdout.write(`${text}\n`);
}
