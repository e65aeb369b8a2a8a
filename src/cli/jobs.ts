/** What `classify` works through: the pictures of its arguments, raw frames on stdin, or raw features. */

import { InputError } from '../errors.js';
import type { ClassifyInput, RawFormat } from '../index.js';
import { frameBytes } from '../preprocess/frame-format.js';
import { DEFAULT_LIMITS } from '../preprocess/input-limits.js';
import { describeShape, frameShape } from '../preprocess/raw-frame.js';
import { rawFrames } from '../runtime/frames.js';
import type { Sequence } from '../runtime/in-order.js';
import type { AnnotatedFile } from './annotated-files.js';
import { annotatedFrame, makeFolder, planAnnotatedFiles } from './annotated-files.js';
import type { ExplainFiles } from './explain-files.js';
import { explainedFrame, planExplainFiles } from './explain-files.js';
import type { PictureInput } from './inputs.js';
import { expandInputs, pictureSource, readFeatures } from './inputs.js';
import type { Subject } from './subject.js';

/** What is written about each picture. */
export interface Targets {
  /** The annotated copy. */
  readonly annotated?: AnnotatedFile | undefined;
  readonly explained?: ExplainFiles | undefined;
}

/** The folders of `--annotate` and `--explain`. */
export interface TargetFolders {
  readonly annotate?: string;
  readonly explain?: string;
}

export interface Job {
  readonly subject: Subject;
  read(): Promise<ClassifyInput>;
  readonly targets: Targets;
}

export interface Jobs {
  readonly jobs: Sequence<Job>;
  /** 0: nobody knows. */
  readonly total: number;
  /** True for one picture that was named itself: its response is printed alone. */
  readonly single: boolean;
}

/** @throws {InputError} `ERR_INPUT_NOT_FOUND`, `ERR_OPTION_INVALID` */
export async function pictureJobs(args: readonly string[], folders: TargetFolders): Promise<Jobs> {
  const { pictures, single } = await expandInputs(args);
  const targets = await planTargets(pictures, folders);
  const jobs = pictures.map(
    (picture, index): Job => ({
      subject: { file: picture.file },
      read: () => pictureSource(picture),
      targets: targets[index] ?? {},
    }),
  );
  return { jobs, total: jobs.length, single };
}

/** @throws {InputError} `ERR_OPTION_INVALID` */
export async function featureJobs(file: string, folders: TargetFolders): Promise<Jobs> {
  const [targets = {}] = await planTargets([{ file, kind: file === '-' ? 'stdin' : 'file' }], folders);
  const read = async (): Promise<ClassifyInput> => ({ features: await readFeatures(file) });
  return { jobs: [{ subject: { file }, read, targets }], total: 1, single: true };
}

async function planTargets(
  pictures: readonly PictureInput[],
  { annotate, explain }: TargetFolders,
): Promise<Targets[]> {
  const annotated = annotate === undefined ? [] : await planAnnotatedFiles(pictures, annotate);
  const explained = explain === undefined ? [] : await planExplainFiles(pictures, explain);
  return pictures.map((_, index) => ({ annotated: annotated[index], explained: explained[index] }));
}

/** @throws {InputError} `ERR_INPUT_LIMIT`, `ERR_OPTION_INVALID` */
export async function frameJobs(format: RawFormat, folders: TargetFolders): Promise<Jobs> {
  const frames = rawFrames(process.stdin, format);
  if (folders.annotate !== undefined) await makeFolder(folders.annotate, '--annotate');
  if (folders.explain !== undefined) await makeFolder(folders.explain, '--explain');
  return { jobs: toJobs(frames, format, folders), total: 0, single: false };
}

async function* toJobs(
  frames: AsyncIterable<ClassifyInput>,
  format: RawFormat,
  { annotate, explain }: TargetFolders,
): AsyncGenerator<Job, void, undefined> {
  let frame = 0;
  for await (const source of frames) {
    const annotated = annotate === undefined ? undefined : annotatedFrame(annotate, frame);
    const explained = explain === undefined ? undefined : explainedFrame(explain, frame);
    yield { subject: { frame }, read: async () => source, targets: { annotated, explained } };
    frame += 1;
  }
  if (frame > 0) return;
  const shape = frameShape(format, DEFAULT_LIMITS.pixels);
  throw new InputError(
    'ERR_INPUT_LENGTH',
    `stdin ended without a frame: expected ${describeShape(shape)} = ${frameBytes(shape).full} bytes for each.`,
  );
}
