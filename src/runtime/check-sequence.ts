/** Checks what is given to be classified one after the other. */
import { InputError } from '../errors.js';
import { describe } from '../options.js';

/**
 * A text or bytes would be taken apart into letters or numbers.
 *
 * @throws {InputError} `ERR_INPUT_TYPE`
 */
export function checkSequence(inputs: unknown, where: string): void {
  const sequence =
    typeof inputs === 'object' &&
    inputs !== null &&
    !ArrayBuffer.isView(inputs) &&
    (Symbol.asyncIterator in inputs || Symbol.iterator in inputs);
  if (sequence) return;
  throw new InputError(
    'ERR_INPUT_TYPE',
    `${where}: expected an iterable or async iterable of pictures but received ${describe(inputs)}. ` +
      'Use classify() for one picture, framesInFolder() for a folder, rawFrames() for a stream of raw frames.',
  );
}

/** @throws {InputError} `ERR_OPTION_INVALID` */
export function checkSignal(signal: unknown, where: string): void {
  if (signal === undefined || signal instanceof AbortSignal) return;
  throw new InputError(
    'ERR_OPTION_INVALID',
    `${where}: signal: expected an AbortSignal but received ${describe(signal)}.`,
  );
}
