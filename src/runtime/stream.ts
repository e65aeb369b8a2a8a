/** Classification of frame after frame. */
import { checkOptionNames, oneOf } from '../options.js';
import type { TrackingConfig } from '../postprocess/stateful/tracking.js';
import { checkSequence, checkSignal } from './check-sequence.js';
import type { Classification, ClassifyInput } from './classification.js';
import { inOrder, ONE_AHEAD } from './in-order.js';
import { latestOf } from './latest.js';
import type { ClassifyOptions } from './options.js';
import { normalizeClassifyOptions } from './options.js';
import type { TrackedImpulse } from './tracking.js';
import { followObjects } from './tracking.js';

/** Pictures, or other inputs of `classify()`, that are there or come over time. */
export type Frames = AsyncIterable<ClassifyInput> | Iterable<ClassifyInput>;

const STREAM_FRAMES = ['all', 'latest'] as const;

export interface StreamOptions extends ClassifyOptions {
  /**
   * Where frames come faster than they are classified: `all` makes the source wait; `latest` reads on, classifies
   * the newest frame whenever the model is free, and counts the others as `droppedFrames`.
   *
   * @default 'all'
   */
  readonly frames?: (typeof STREAM_FRAMES)[number];
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
  checkOptionNames(options, ['signal', 'track', 'tensors', 'thresholds', 'frames'], where);
  const { signal, track = false, frames: which = 'all', ...rest } = options;
  const classifyOptions = normalizeClassifyOptions(rest);
  checkSignal(signal, where);
  oneOf(which, STREAM_FRAMES, `${where}: frames`);
  checkSequence(frames, where);
  const follow = track === false ? undefined : followObjects(impulse, track);
  const classifyFrame = (frame: ClassifyInput) => classify(frame, classifyOptions);
  const results =
    which === 'latest'
      ? newestOf(frames, classifyFrame, signal)
      : inOrder(frames, classifyFrame, { ...ONE_AHEAD, signal });
  return follow === undefined ? results : followed(results, follow);
}

/** One at a time: a frame that is read ahead is old when its turn comes. */
function newestOf(
  frames: Frames,
  classify: (frame: ClassifyInput) => Promise<Classification>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Classification, void, undefined> {
  return inOrder(
    latestOf(frames),
    async ({ item, dropped }) => ({ ...(await classify(item)), droppedFrames: dropped }),
    { concurrency: 1, signal },
  );
}

async function* followed(
  results: AsyncIterable<Classification>,
  follow: (classification: Classification) => Classification,
): AsyncGenerator<Classification, void, undefined> {
  for await (const classification of results) yield follow(classification);
}
