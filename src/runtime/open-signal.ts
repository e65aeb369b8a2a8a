/** The signal processing of an open impulse. */
import type { Impulse } from '../deployment/impulse.js';
import { UnsupportedError } from '../errors.js';
import type { SignalProcessor } from '../preprocess/signal.js';
import { makeSignalProcessor } from '../preprocess/signal.js';

/**
 * Undefined for pictures. A block that is not computed here is refused when samples come, not when the deployment is
 * opened: its models can still be run with `{ tensor }`.
 *
 * @throws {DeploymentError} `ERR_METADATA_INVALID`, `ERR_DEPLOYMENT_INCONSISTENT`: parameters that can't be
 */
export function openSignal(impulse: Impulse): SignalProcessor | undefined {
  if (impulse.input.inputType === 'image') return undefined;
  try {
    return makeSignalProcessor(impulse);
  } catch (error) {
    if (!(error instanceof UnsupportedError)) throw error;
    return { features: () => Promise.reject(error), close() {} };
  }
}
