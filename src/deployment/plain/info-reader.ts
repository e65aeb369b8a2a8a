/** Checks single values of a description, and says where and what a wrong one is. */
import { DeploymentError } from '../../errors.js';
import { describe, suggest } from '../../options.js';
import type { DeploymentWarning } from '../contents.js';

export type Json = Readonly<Record<string, unknown>>;

/** Every method throws `ERR_METADATA_INVALID` with the path that it is given. */
export class InfoReader {
  readonly #where: string;
  readonly #warn: (warning: DeploymentWarning) => void;

  constructor(where: string, warn: (warning: DeploymentWarning) => void) {
    this.#where = where;
    this.#warn = warn;
  }

  object(value: unknown, path: string): Json {
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Json;
    return this.fail(path, 'an object', value);
  }

  oneOf<T extends string>(value: unknown, valid: readonly T[], path: string): T {
    const found = valid.find((candidate) => candidate === value);
    if (found !== undefined) return found;
    const hint = typeof value === 'string' ? ` ${suggest(value, valid)}` : '';
    throw this.error(path, `expected one of ${valid.join(', ')} but received ${describe(value)}.${hint}`);
  }

  number(value: unknown, path: string): number {
    return typeof value === 'number' && Number.isFinite(value) ? value : this.fail(path, 'a number', value);
  }

  positive(value: unknown, path: string): number {
    const number = this.number(value, path);
    return number > 0 ? number : this.fail(path, 'a number above 0', value);
  }

  confidence(value: unknown, path: string): number {
    const number = this.number(value, path);
    return number >= 0 && number <= 1 ? number : this.fail(path, 'a number from 0 to 1', value);
  }

  labels(value: unknown, path: string): string[] {
    if (!Array.isArray(value) || value.length === 0)
      return this.fail(path, 'an array of at least one string', value);
    return value.map((label, index) =>
      typeof label === 'string' ? label : this.fail(`${path}[${index}]`, 'a string', label),
    );
  }

  /** Objects of the API may hold more than we read; a near miss is most likely a slip. */
  onlyKnown(object: Json, known: readonly string[], path: string): void {
    for (const key of Object.keys(object)) {
      if (!known.includes(key))
        this.warn('UNKNOWN_FIELD', `${path}${key} is ignored. ${suggest(key, known)}`);
    }
  }

  warn(code: string, message: string): void {
    this.#warn({ code, message: `${this.#where}: ${message}` });
  }

  at(path: string): string {
    return path === '' ? `${this.#where}: ` : `${this.#where}: ${path}: `;
  }

  error(path: string, problem: string): DeploymentError {
    return new DeploymentError('ERR_METADATA_INVALID', `${this.at(path)}${problem}`);
  }

  fail(path: string, expected: string, value: unknown): never {
    throw this.error(path, `expected ${expected} but received ${describe(value)}.`);
  }
}
