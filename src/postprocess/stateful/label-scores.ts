/** Scores of one classification, checked to be those a block expects. */
import { InputError } from '../../errors.js';
import { describe } from '../../options.js';
import type { LabelledValue } from '../results.js';

/**
 * @throws {InputError} `ERR_OPTION_INVALID`
 */
export function checkLabels(labels: readonly string[], block: string): readonly string[] {
  const sound =
    Array.isArray(labels) && labels.length > 0 && labels.every((label) => typeof label === 'string');
  if (sound) return [...labels];
  throw new InputError(
    'ERR_OPTION_INVALID',
    `${block}: expected an array with at least one label but received ${describe(labels)}.`,
  );
}

/**
 * Numbers of `values` as float32, one for each label and in that order.
 *
 * @throws {InputError} `ERR_INPUT_LENGTH`, `ERR_INPUT_TYPE` another label, `ERR_INPUT_NOT_FINITE`
 */
export function scoresOf(
  values: readonly LabelledValue[],
  labels: readonly string[],
  block: string,
): Float32Array {
  if (!Array.isArray(values) || values.length !== labels.length) {
    throw new InputError(
      'ERR_INPUT_LENGTH',
      `${block}: expected ${labels.length} scores (${labels.join(', ')}) but received ${describe(values)}.`,
    );
  }
  return Float32Array.from(values, ({ label, value }: LabelledValue, index) => {
    if (label !== labels[index]) {
      throw new InputError(
        'ERR_INPUT_TYPE',
        `${block}: expected the score of '${labels[index]}' at ${index} but received that of ${describe(label)}.`,
      );
    }
    if (Number.isFinite(value)) return value;
    throw new InputError('ERR_INPUT_NOT_FINITE', `${block}: the score of '${label}' is ${describe(value)}.`);
  });
}
