/** Thresholds on their way to a runner. */
import type { LearnBlock } from '../../../deployment/impulse.js';
import { InputError } from '../../../errors.js';

/** Body of a `set_threshold` request: the block's id, and values by name. */
export type ThresholdRequest = Readonly<Record<string, number>>;

/** Names that runners use. Anything else is never sent: a brace in it would put the runner out of step for good. */
const NAME = /^[A-Za-z0-9_]+$/;

/**
 * What has to be told so that `before` becomes `after`. How visual anomaly scores are summed up is not told: runners
 * give the maximum and the mean.
 *
 * @throws {InputError} `ERR_THRESHOLD_UNKNOWN`: the runner has no such threshold
 */
export function thresholdRequests(
  before: readonly LearnBlock[],
  after: readonly LearnBlock[],
): ThresholdRequest[] {
  return after.flatMap((block, index) => {
    const old = before[index];
    if (old === undefined || !('thresholds' in block) || !('thresholds' in old)) return [];
    const known = old.thresholds;
    const changed = Object.entries(block.thresholds).filter(([key, value]) => known[key] !== value);
    for (const [key] of changed) {
      if (Object.hasOwn(known, key) && NAME.test(key)) continue;
      throw new InputError(
        'ERR_THRESHOLD_UNKNOWN',
        `The runner has no threshold '${key}' that can be changed${
          Object.keys(known).length === 0
            ? ': runners built before 2025 have none. Build it again in the Studio'
            : ''
        }.`,
      );
    }
    return changed.length === 0 ? [] : [{ id: block.id, ...Object.fromEntries(changed) }];
  });
}
