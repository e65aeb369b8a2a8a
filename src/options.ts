/** Options objects are checked once, at the door: what comes after trusts them. */
import { closest, distance } from 'fastest-levenshtein';
import { InputError } from './errors.js';

const LONGEST_NAME = 200;

/** "Did you mean ...?" for a misspelt name, or the whole list where nothing is near. */
export function suggest(name: string, valid: readonly string[]): string {
  if (valid.length === 0) return 'There are none here.';
  // Nobody mistypes so much, and comparing takes time.
  if (name.length > LONGEST_NAME) return `Valid are: ${valid.join(', ')}.`;
  const nearest = closest(name, [...valid]);
  const near =
    distance(name.toLowerCase(), nearest.toLowerCase()) <= Math.max(2, Math.floor(name.length / 3));
  return near ? `Did you mean '${nearest}'?` : `Valid are: ${valid.join(', ')}.`;
}

/**
 * Refuses what is not a plain options object, and every key that is not in `valid`.
 *
 * @throws {InputError} `ERR_OPTION_INVALID`, `ERR_OPTION_UNKNOWN`
 */
export function checkOptionNames(options: unknown, valid: readonly string[], where: string): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new InputError(
      'ERR_OPTION_INVALID',
      `${where}: expected an options object but received ${describe(options)}.`,
    );
  }
  for (const key of Object.keys(options)) {
    if (!valid.includes(key)) {
      throw new InputError('ERR_OPTION_UNKNOWN', `${where}: unknown option '${key}'. ${suggest(key, valid)}`);
    }
  }
}

/** @throws {InputError} `ERR_OPTION_INVALID` */
export function oneOf<T extends string>(value: unknown, valid: readonly T[], name: string): T {
  const found = valid.find((candidate) => candidate === value);
  if (found !== undefined) return found;
  throw new InputError(
    'ERR_OPTION_INVALID',
    `${name}: expected one of ${valid.join(', ')} but received ${describe(value)}.` +
      (typeof value === 'string' ? ` ${suggest(value, valid)}` : ''),
  );
}

/** @throws {InputError} `ERR_OPTION_INVALID` */
export function integerInRange(value: unknown, min: number, max: number, name: string): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) return value;
  throw new InputError(
    'ERR_OPTION_INVALID',
    `${name}: expected an integer from ${min} to ${max} but received ${describe(value)}.`,
  );
}

/** @throws {InputError} `ERR_OPTION_INVALID` */
export function aBoolean(value: unknown, name: string): boolean {
  if (typeof value === 'boolean') return value;
  throw new InputError('ERR_OPTION_INVALID', `${name}: expected a boolean but received ${describe(value)}.`);
}

/** A value as an error message shows it: short, and with its type. */
export function describe(value: unknown): string {
  if (typeof value === 'string') {
    return `'${value.length > 60 ? `${value.slice(0, 57)}...` : value}'`;
  }
  if (value === null || value === undefined || typeof value === 'number' || typeof value === 'boolean') {
    return String(value);
  }
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (ArrayBuffer.isView(value)) return `a ${value.constructor.name} of ${value.byteLength} bytes`;
  return typeof value === 'object'
    ? `an object of class ${value.constructor?.name ?? 'null'}`
    : `a ${typeof value}`;
}
