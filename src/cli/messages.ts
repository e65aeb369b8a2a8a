/** What goes to stderr: errors, warnings and notes. Results go to stdout and nowhere else. */
import { isImpulseError } from '../errors.js';
import { styleFor } from './style.js';
import { printable } from './text.js';

/**
 * `impulse: <message> [CODE]`; the stack too where `IMPULSE_DEBUG=1` asks for it.
 *
 * @param subject what it happened to, where the message may not name it
 */
export function printError(error: unknown, subject?: string): void {
  const { red } = styleFor(process.stderr);
  const text = errorText(error);
  const named = subject === undefined || text.includes(subject) ? text : `${subject}: ${text}`;
  process.stderr.write(`${red('impulse:')} ${lines(named)}\n`);
  if (process.env.IMPULSE_DEBUG === '1' && error instanceof Error) console.error(error);
}

export function printWarning(text: string, code?: string): void {
  const { yellow } = styleFor(process.stderr);
  process.stderr.write(`${yellow('impulse: warning:')} ${lines(withCode(text, code))}\n`);
}

/** The message with its code at the end of the first line. */
export function errorText(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (isImpulseError(error)) return withCode(error.message, error.code);
  const code: unknown = 'code' in error ? error.code : undefined;
  return withCode(
    error.message,
    typeof code === 'string' ? code : error.name === 'Error' ? undefined : error.name,
  );
}

/** Messages quote names from downloads: each line is made safe for the terminal. */
function lines(text: string): string {
  return text.split('\n').map(printable).join('\n');
}

function withCode(text: string, code: string | undefined): string {
  if (code === undefined) return text;
  const [first = '', ...rest] = text.split('\n');
  return [`${first} [${code}]`, ...rest].join('\n');
}
