/** Object counting: how many tracked objects have crossed a line. */
import { InputError } from '../../errors.js';
import { describe } from '../../options.js';
import type { Segment, TrackedBox } from './trace.js';

export interface CrossingCounter {
  /**
   * Takes the objects of the next frame, as the tracker gives them.
   *
   * @returns for each line the crossings so far, in either direction
   */
  push(tracked: readonly Pick<TrackedBox, 'lastCentroidSegment'>[]): number[];
  /** All counts become 0. */
  reset(): void;
}

/**
 * Counts objects whose centre crosses a line from one frame to the next, as the SDK's object counting does.
 * A centre exactly on a line counts as on one side of it, so that a slow crossing counts once.
 *
 * @param segments lines from (x1, y1) to (x2, y2), in pixels of the model input
 * @throws {InputError} `ERR_OPTION_INVALID`
 */
export function countCrossings(segments: readonly Segment[]): CrossingCounter {
  const lines = checkSegments(segments);
  const counts = lines.map(() => 0);
  return {
    push(tracked) {
      for (const { lastCentroidSegment } of tracked) {
        for (const [index, line] of lines.entries()) {
          if (cross(lastCentroidSegment, line)) counts[index] = (counts[index] ?? 0) + 1;
        }
      }
      return [...counts];
    },
    reset() {
      counts.fill(0);
    },
  };
}

/** Each one's ends lie on different sides of the other. */
function cross([ax, ay, bx, by]: Segment, [cx, cy, dx, dy]: Segment): boolean {
  return (
    turnsLeft(ax, ay, cx, cy, dx, dy) !== turnsLeft(bx, by, cx, cy, dx, dy) &&
    turnsLeft(ax, ay, bx, by, cx, cy) !== turnsLeft(ax, ay, bx, by, dx, dy)
  );
}

function turnsLeft(ax: number, ay: number, bx: number, by: number, cx: number, cy: number): boolean {
  return (cy - ay) * (bx - ax) > (by - ay) * (cx - ax);
}

function checkSegments(segments: readonly Segment[]): readonly Segment[] {
  if (!Array.isArray(segments)) {
    throw new InputError(
      'ERR_OPTION_INVALID',
      `Object counting: expected an array of lines [x1, y1, x2, y2] but received ${describe(segments)}.`,
    );
  }
  return segments.map((segment: Segment, index): Segment => {
    if (Array.isArray(segment) && segment.length === 4 && segment.every(Number.isFinite)) {
      const [x1, y1, x2, y2] = segment;
      return [x1, y1, x2, y2];
    }
    throw new InputError(
      'ERR_OPTION_INVALID',
      `Object counting: line ${index}: expected [x1, y1, x2, y2] but received ${Array.isArray(segment) ? `[${segment.join(', ')}]` : describe(segment)}.`,
    );
  });
}
