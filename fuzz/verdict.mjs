/** What may be thrown at a caller, and what may not. */
import { ERROR_CODES, isImpulseError } from '../dist/index.js';

/** A message is for people. */
const LONGEST_MESSAGE = 5_000;

/** Asked for by a target: what was accepted must be so. */
export class BrokenPromise extends Error {}

/**
 * @param {unknown} error
 * @returns {{ found: string, signature: string } | undefined} undefined if it is a refusal as promised. Equal signatures
 *   are most likely one fault.
 */
export function judge(error, prefix = '') {
  const where = placeOf(error);
  const broken = (what) => ({
    found: `${prefix}${what}${where === '' ? '' : ` at ${where}`}`,
    signature: `${prefix}${what.replace(/\d+/g, 'N').slice(0, where === '' ? 60 : 20)} ${where}`,
  });
  if (!(error instanceof Error)) return broken(`threw ${typeof error} ${String(error).slice(0, 200)}`);
  const { name, message } = error;
  if (!isImpulseError(error)) return broken(`${name}: ${message.slice(0, 300)}`);
  if (!ERROR_CODES[name]?.includes(error.code)) return broken(`${name} with the code ${error.code}`);
  if (message.length > LONGEST_MESSAGE)
    return broken(`a message of ${message.length} characters: ${message.slice(0, 100)}`);
  return undefined;
}

/** The first place in our own code. */
function placeOf(error) {
  const line = /(?:dist|fuzz\/targets)\/[\w./-]+:\d+/.exec(error?.stack?.replace(error.message, '') ?? '');
  return line?.[0] ?? '';
}
