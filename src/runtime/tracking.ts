/** Tracked objects in the rich form of a result. */
import type { Impulse } from '../deployment/impulse.js';
import { InputError } from '../errors.js';
import { centreOf } from '../postprocess/stateful/motion-filter.js';
import type { TrackedBox } from '../postprocess/stateful/trace.js';
import type { TrackingConfig } from '../postprocess/stateful/tracking.js';
import { trackObjects } from '../postprocess/stateful/tracking.js';
import type { Classification, DetectedBox, TrackedObject } from './classification.js';
import { toOriginal } from './place.js';

/** What is used of an impulse to choose settings. */
export type TrackedImpulse = Pick<Impulse, 'input' | 'learnBlocks' | 'tracking'>;

/** What the studio begins with; a deployment's own settings come first. */
const DEFAULTS: TrackingConfig = { keep_grace: 5, max_observations: 5, threshold: 0.5, use_iou: true };

/**
 * Adds the tracked objects to the result of each next frame, and their ids to the boxes in which they were seen.
 * All detecting blocks share one tracker.
 *
 * @throws {InputError} `ERR_OPTION_INVALID`: the impulse finds no objects; what `trackObjects()` throws
 */
export function followObjects(
  impulse: TrackedImpulse,
  config: TrackingConfig | true,
): (classification: Classification) => Classification {
  const detects = impulse.learnBlocks.some(({ modelType }) => modelType === 'object-detection');
  if (!detects) {
    throw new InputError('ERR_OPTION_INVALID', 'Tracking: this deployment does not detect objects.');
  }
  const tracker = trackObjects(config === true ? (impulse.tracking ?? defaultTracking(impulse)) : config);
  let frame = 0;
  return (classification) => {
    const { boxes = [], geometry } = classification;
    // The tracker only hands the index on; it tells labels by their text.
    const tracked = tracker.push(
      boxes.map(({ label, score, input }) => ({ label, labelIndex: 0, value: score, ...input })),
    );
    const objects = tracked.map((box): TrackedObject => {
      const { label, value, x, y, width, height } = box;
      const input = { x, y, width, height };
      return {
        objectId: box.objectId,
        label,
        score: value,
        input,
        original: toOriginal(input, geometry),
        unseenFrames: frame - box.lastGroundTruthUpdate,
        lastCentroidSegment: box.lastCentroidSegment,
        trail: box.trail.map((point) => {
          const { x, y } = toOriginal({ ...point, width: 0, height: 0 }, geometry);
          return { x, y };
        }),
      };
    });
    const seen = tracked.filter(({ lastGroundTruthUpdate }) => lastGroundTruthUpdate === frame);
    frame += 1;
    return { ...classification, boxes: withIds(boxes, seen), tracked: objects };
  };
}

/** FOMO finds places, whose boxes seldom overlap from frame to frame: there, distance decides. */
function defaultTracking({ input, learnBlocks }: TrackedImpulse): TrackingConfig {
  const finds = learnBlocks.flatMap((block) =>
    block.modelType === 'object-detection' ? [block.lastLayer] : [],
  );
  if (input.inputType !== 'image' || finds.some((lastLayer) => lastLayer !== 'fomo')) return DEFAULTS;
  return { ...DEFAULTS, use_iou: false, threshold: Math.min(input.width, input.height) / 4 };
}

/** The newest point of an object's trail is the centre of the box that showed it. */
function withIds(boxes: readonly DetectedBox[], seen: readonly TrackedBox[]): DetectedBox[] {
  const free = [...seen];
  return boxes.map((box) => {
    const { x, y, width, height } = box.input;
    const index = free.findIndex(({ trail }) => {
      const newest = trail.at(-1);
      return newest?.x === centreOf(x, width) && newest.y === centreOf(y, height);
    });
    const [object] = index < 0 ? [] : free.splice(index, 1);
    return object === undefined ? box : { ...box, objectId: object.objectId };
  });
}
