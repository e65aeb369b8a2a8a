/** Errors about EON code. */
import { DeploymentError, UnsupportedError } from '../../errors.js';
import { WHAT_TO_DOWNLOAD } from '../sniff.js';

/** What can be done with EON code that is sound, but can't be read as data. */
const OTHER_WAYS = `'impulse compile' builds and runs the library's own code instead. Or: ${WHAT_TO_DOWNLOAD}`;

/** What was found can name anything that the file holds. */
const MAX_LENGTH = 300;

/** The code is not of the regular form that is read as data. */
export function irregular(name: string, found: string): UnsupportedError {
  return new UnsupportedError(
    'ERR_UNSUPPORTED_ENGINE',
    `${name} is EON code of a form that can't be read as data: ${found.slice(0, MAX_LENGTH)}. ${OTHER_WAYS}`,
  );
}

/** An operator, or a way of using it, that has no place in the models that we write. */
export function unsupportedOperator(name: string, found: string): UnsupportedError {
  return new UnsupportedError(
    'ERR_UNSUPPORTED_OPERATOR',
    `${name} can't be rebuilt as a TFLite model: ${found.slice(0, MAX_LENGTH)}. ${OTHER_WAYS}`,
  );
}

export function unsupportedDataType(name: string, found: string): UnsupportedError {
  return new UnsupportedError(
    'ERR_UNSUPPORTED_DATA_TYPE',
    `${name} can't be rebuilt as a TFLite model: ${found.slice(0, MAX_LENGTH)}. ${OTHER_WAYS}`,
  );
}

/** Of the right form, but wrong in itself. */
export function damaged(name: string, found: string): DeploymentError {
  return new DeploymentError(
    'ERR_MODEL_INVALID',
    `${name} is damaged: ${found.slice(0, MAX_LENGTH)}. Download the deployment again.`,
  );
}

export function truncated(name: string, found: string): DeploymentError {
  return new DeploymentError(
    'ERR_DEPLOYMENT_TRUNCATED',
    `${name} is cut short: ${found.slice(0, MAX_LENGTH)}. Download the deployment again.`,
  );
}
