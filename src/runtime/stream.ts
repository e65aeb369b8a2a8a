/** Classification of frame after frame. */
import { InputError } from '../errors.js';
import { checkOptionNames, describe } from '../options.js';
import type { TrackingConfig } from '../postprocess/stateful/tracking.js';
import type { Classification, ClassifyInput } from './classification.js';
import { oneAhead } from './one-ahead.js';
import type { ClassifyOptions } from './options.js';
import { normalizeClassifyOptions } from './options.js';
import type { TrackedImpulse } from './tracking.js';
import { followObjects } from './tracking.js';

/** Pictures, or other inputs of `classify()`, that are there or come over time. */
export type Frames = AsyncIterable<ClassifyInput> | Iterable<ClassifyInput>;

export interface StreamOptions extends ClassifyOptions {
  /** Ends the stream with the signal's reason, also while it waits for a frame. */
  readonly signal?: AbortSignal;
  /**
   * Follows objects over the frames: `true` for the studio's default settings (for FOMO by the distance of centres,
   * up to a quarter of the model input's shorter side).
   *
   * @default false
   */
  readonly track?: TrackingConfig | boolean;
}

type Classify = (frame: ClassifyInput, options: ClassifyOptions) => Promise<Classification>;

/** @throws {InputError} `ERR_INPUT_TYPE`: not a sequence of frames; `ERR_OPTION_*` */
export function classifyFrames(
  frames: Frames,
  options: StreamOptions,
  impulse: TrackedImpulse,
  classify: Classify,
): AsyncGenerator<Classification, void, undefined> {
  const where = 'classifyStream()';
  checkOptionNames(options, ['signal', 'track', 'tensors'], where);
  const { signal, track = false, ...rest } = options;
  const classifyOptions = normalizeClassifyOptions(rest);
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw new InputError(
      'ERR_OPTION_INVALID',
      `${where}: signal: expected an AbortSignal but received ${describe(signal)}.`,
    );
  }
  checkFrames(frames, where);
  const follow = track === false ? undefined : followObjects(impulse, track);
  const results = oneAhead(frames, (frame) => classify(frame, classifyOptions), signal);
  return follow === undefined ? results : followed(results, follow);
}

async function* followed(
  results: AsyncIterable<Classification>,
  follow: (classification: Classification) => Classification,
): AsyncGenerator<Classification, void, undefined> {
  for await (const classification of results) yield follow(classification);
}

/** A text or bytes would be taken apart into letters or numbers. */
function checkFrames(frames: unknown, where: string): void {
  const sequence =
    typeof frames === 'object' &&
    frames !== null &&
    !ArrayBuffer.isView(frames) &&
    (Symbol.asyncIterator in frames || Symbol.iterator in frames);
  if (sequence) return;
  throw new InputError(
    'ERR_INPUT_TYPE',
    `${where}: expected an iterable or async iterable of pictures but received ${describe(frames)}. ` +
      'Use classify() for one picture, framesInFolder() for a folder, rawFrames() for a stream of raw frames.',
  );
}
