/** Classification of a signal without end, slice by slice. */
import type { Classification } from './classification.js';

/** Made by `deployment.continuous()`; belongs to one signal. */
export interface ContinuousClassifier {
  /** Numbers in a slice: samples x axes. */
  readonly sliceLength: number;
  /**
   * The result for the window that ends with this slice.
   *
   * @param slice the next samples, axes interleaved; copied at once
   * @returns undefined until as many samples as a window has have come
   * @throws {InputError} `ERR_INPUT_LENGTH`, `ERR_INPUT_NOT_FINITE`; {EngineError} the engine failed;
   *   {ClosedError} after `close()` of the deployment
   */
  push(slice: ArrayLike<number>): Promise<Classification | undefined>;
  /** Frees what it holds; the deployment stays open. */
  close(): void;
}
