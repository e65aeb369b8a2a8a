/** A result as one line of JSON. */
import type { Classification, TrackedObject } from '../index.js';
import type { Coordinates } from '../runtime/options.js';
import type { Subject } from './subject.js';

/** The response; what it is of before it, the tracked objects after it. */
export function jsonLine(
  subject: Subject | undefined,
  classification: Classification,
  coordinates: Coordinates,
): string {
  const { response, tracked } = classification;
  return JSON.stringify({
    ...subject,
    ...response,
    ...(tracked && { tracked: tracked.map((object) => trackedItem(object, classification, coordinates)) }),
  });
}

/** Spelled and measured as the items of `boundingBoxes`. */
function trackedItem(object: TrackedObject, { geometry }: Classification, coordinates: Coordinates) {
  const { objectId, label, score, unseenFrames } = object;
  const original = coordinates === 'original';
  const { x, y, width, height } = original ? object.original : object.input;
  const [across, down] =
    geometry === undefined
      ? [1, 1]
      : original
        ? [geometry.originalWidth, geometry.originalHeight]
        : [geometry.inputWidth, geometry.inputHeight];
  return {
    object_id: objectId,
    label,
    x: x / across,
    y: y / down,
    width: width / across,
    height: height / down,
    score,
    unseen_frames: unseenFrames,
  };
}
