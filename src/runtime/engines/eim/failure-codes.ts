/** What the runner's error texts mean to the caller. */
import { EngineError } from '../../../errors.js';

/** Codes behind `error code was N`. */
const SDK_CODES: Readonly<Record<number, string>> = {
  [-1]: 'shapes of the model and its input differ',
  [-5]: 'signal processing failed',
  [-33]: 'an output of the model was not found',
  [-34]: 'it has no such threshold',
};

/**
 * A request that the runner refused; it runs on.
 *
 * @param output what it has printed of late: there it says why
 */
export function refusedRequest(error: string, output: string): EngineError {
  const meaning = SDK_CODES[Number(/error (?:code was )?(-\d+)/.exec(error)?.[1])];
  return new EngineError(
    'ERR_ENGINE_RUN',
    `The runner refused: ${error}${meaning === undefined ? '' : ` (${meaning})`}.` +
      `${output === '' ? '' : ` It has printed: ${output}`}`,
  );
}
