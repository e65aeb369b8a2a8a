/** Classification of many inputs that have nothing to do with each other. */
import { checkOptionNames, integerInRange } from '../options.js';
import { checkSequence, checkSignal } from './check-sequence.js';
import type { Classification, ClassifyInput } from './classification.js';
import { inOrder } from './in-order.js';
import type { ClassifyOptions } from './options.js';
import { normalizeClassifyOptions } from './options.js';
import { usableProcessors } from './processors.js';

/** Pictures, or other inputs of `classify()`, that are there or come over time. */
export type Inputs = AsyncIterable<ClassifyInput> | Iterable<ClassifyInput>;

const MOST_AT_ONCE = 256;

export interface ManyOptions extends ClassifyOptions {
  /**
   * How many inputs are in work at the same time, 1..256: the next are decoded and resized while this one is on the
   * engine.
   *
   * @default two for each session, and one for each processor that may be used
   */
  readonly concurrency?: number;
  /** Ends the results with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** Two for each session, so that none of them ever waits for its next input, and one for each processor, to decode. */
export function defaultConcurrency(sessions: number): number {
  return Math.min(MOST_AT_ONCE, 2 * sessions + usableProcessors());
}

/**
 * @param concurrencyHere where the options say none
 * @throws {InputError} `ERR_INPUT_TYPE`: not a sequence; `ERR_OPTION_*`
 */
export function classifyInputs(
  inputs: Inputs,
  options: ManyOptions,
  concurrencyHere: number,
  classify: (input: ClassifyInput, options: ClassifyOptions) => Promise<Classification>,
): AsyncGenerator<Classification, void, undefined> {
  const where = 'classifyMany()';
  checkOptionNames(options, ['concurrency', 'signal', 'tensors', 'thresholds'], where);
  const { concurrency = concurrencyHere, signal, ...rest } = options;
  const classifyOptions = normalizeClassifyOptions(rest);
  integerInRange(concurrency, 1, MOST_AT_ONCE, `${where}: concurrency`);
  checkSignal(signal, where);
  checkSequence(inputs, where);
  return inOrder(inputs, (input) => classify(input, classifyOptions), { concurrency, signal });
}
