/** A whole impulse's signal processing, on one thread and without waiting: what the main thread or a worker calls. */
import type { Impulse } from '../../deployment/impulse.js';
import { DeploymentError, InputError } from '../../errors.js';
import { makeContinuousComputation } from './continuous.js';
import type { ComputationKind, SignalComputation, SignalImpulse } from './signal-computation.js';
import { makeWindowComputation } from './window.js';

/** Numbers in a window: 1 GiB. Hours of sound have less. */
const MAX_SAMPLES = 2 ** 28;
/** Float operations in a window, some ten seconds: a hundred times what minutes of sound need. */
const MAX_OPERATIONS = 1e10;

/**
 * @throws {UnsupportedError} {DeploymentError} as `makeDspBlock`; `ERR_METADATA_INVALID` also where a window would not fit
 *   into memory or take many seconds
 */
export function makeComputation(kind: ComputationKind, impulse: SignalImpulse): SignalComputation {
  const { featureCount } = impulse.input;
  if (featureCount > MAX_SAMPLES) throw tooMuch(`has ${featureCount} numbers`, `${MAX_SAMPLES}`);
  const computation = kind === 'window' ? makeWindowComputation(impulse) : makeContinuousComputation(impulse);
  const { operations } = computation;
  if (operations > MAX_OPERATIONS) {
    throw tooMuch(`needs ${operations.toExponential(0)} operations`, MAX_OPERATIONS.toExponential(0));
  }
  return computation;
}

function tooMuch(what: string, limit: string): DeploymentError {
  return new DeploymentError(
    'ERR_METADATA_INVALID',
    `By its headers a window of this impulse ${what}; at most ${limit} are computed. Download the deployment again.`,
  );
}

/** @throws {InputError} `ERR_INPUT_TYPE`: an image impulse */
export function signalImpulse({ input, dspBlocks }: Pick<Impulse, 'input' | 'dspBlocks'>): SignalImpulse {
  if (input.inputType !== 'image') return { input, dspBlocks };
  throw new InputError('ERR_INPUT_TYPE', 'This impulse takes pictures, not the samples of a signal.');
}
