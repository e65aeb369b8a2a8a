import { ImpulseError } from '../../src/errors.js';

/** The typed error of an action that must fail. */
export async function refusal(action: () => unknown): Promise<ImpulseError> {
  try {
    await action();
  } catch (error) {
    if (error instanceof ImpulseError) return error;
    throw error;
  }
  throw new Error('The call was accepted.');
}
