import { isImpulseError } from '../../src/errors.js';

/** Class, code and message of the typed error that `run` ends in; anything untyped is thrown on. */
export async function failure(run: () => unknown): Promise<{ name: string; code: string; message: string }> {
  try {
    await run();
  } catch (error) {
    if (isImpulseError(error)) return { name: error.name, code: error.code, message: error.message };
    throw error;
  }
  return { name: 'none', code: 'none', message: 'no error' };
}
