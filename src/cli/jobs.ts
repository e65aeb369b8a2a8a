/** What `classify` works through: the pictures of its arguments, or raw frames on stdin. */
import { InputError } from '../errors.js';
import type { ImageSource } from '../index.js';
import { rawFrames } from '../runtime/frames.js';
import type { Sequence } from '../runtime/one-ahead.js';
import type { AnnotatedFile } from './annotated-files.js';
import { annotatedFrame, makeFolder, planAnnotatedFiles } from './annotated-files.js';
import { expandInputs, pictureSource } from './inputs.js';

/** As a line of JSON begins. */
export type Subject = { readonly file: string } | { readonly frame: number };

/** As a summary or a message begins. */
export function nameOf(subject: Subject): string {
  return 'file' in subject ? subject.file : `frame ${subject.frame}`;
}

export interface Job {
  readonly subject: Subject;
  read(): Promise<ImageSource>;
  /** Where the annotated copy goes. */
  readonly target?: AnnotatedFile | undefined;
}

export interface Jobs {
  readonly jobs: Sequence<Job>;
  /** 0: nobody knows. */
  readonly total: number;
  /** True for one picture that was named itself: its response is printed alone. */
  readonly single: boolean;
}

/** @throws {InputError} `ERR_INPUT_NOT_FOUND`, `ERR_OPTION_INVALID` */
export async function pictureJobs(args: readonly string[], folder: string | undefined): Promise<Jobs> {
  const { pictures, single } = await expandInputs(args);
  const targets = folder === undefined ? [] : await planAnnotatedFiles(pictures, folder);
  const jobs = pictures.map(
    (picture, index): Job => ({
      subject: { file: picture.file },
      read: () => pictureSource(picture),
      target: targets[index],
    }),
  );
  return { jobs, total: jobs.length, single };
}

/** Pixels of the raw frames on stdin. */
export interface FrameSize {
  readonly width: number;
  readonly height: number;
}

/** @throws {InputError} `ERR_INPUT_LIMIT`, `ERR_OPTION_INVALID` */
export async function frameJobs(size: FrameSize, folder: string | undefined): Promise<Jobs> {
  const frames = rawFrames(process.stdin, { ...size, channels: 3 });
  if (folder !== undefined) await makeFolder(folder);
  return { jobs: toJobs(frames, size, folder), total: 0, single: false };
}

async function* toJobs(
  frames: AsyncIterable<ImageSource>,
  { width, height }: FrameSize,
  folder: string | undefined,
): AsyncGenerator<Job, void, undefined> {
  let frame = 0;
  for await (const source of frames) {
    const target = folder === undefined ? undefined : annotatedFrame(folder, frame);
    yield { subject: { frame }, read: async () => source, target };
    frame += 1;
  }
  if (frame > 0) return;
  throw new InputError(
    'ERR_INPUT_LENGTH',
    `stdin ended without a frame: expected ${width} x ${height} x 3 = ${width * height * 3} bytes for each.`,
  );
}
