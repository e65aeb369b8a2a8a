/** Thresholds of stateful blocks, which may change while they run. */
import { InputError } from '../../errors.js';
import type { Range } from '../thresholds.js';
import { checkRange, thresholdEntries, validNames } from '../thresholds.js';

export const SCORE: Range = { min: 0, max: 1 };

/**
 * Those of `values` that are given, checked against their limits.
 *
 * @throws {InputError} `ERR_THRESHOLD_UNKNOWN`, `ERR_THRESHOLD_INVALID`; both name the block
 */
export function checkThresholdValues<Key extends string>(
  values: Partial<Readonly<Record<Key, number>>>,
  valid: Readonly<Record<Key, Range>>,
  block: string,
): Partial<Record<Key, number>> {
  const names = Object.keys(valid);
  const entries = thresholdEntries(values, `${names.at(-1)}: 0.5`);
  for (const [name, value] of entries) {
    if (!Object.hasOwn(valid, name)) {
      throw new InputError(
        'ERR_THRESHOLD_UNKNOWN',
        `Unknown threshold '${name}' of ${block}. ${validNames(name, names)}`,
      );
    }
    checkRange(name, value, valid[name as Key]);
  }
  return Object.fromEntries(entries) as Partial<Record<Key, number>>;
}
