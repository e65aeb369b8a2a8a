import { ImpulseError } from '../../../src/errors.js';

/** The error of this package that `action` throws. */
export function refusal(action: () => unknown): ImpulseError {
  try {
    action();
  } catch (error) {
    if (error instanceof ImpulseError) return error;
    throw error;
  }
  throw new Error('was accepted');
}
