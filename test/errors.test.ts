import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  deserializeError,
  EngineError,
  ERROR_CODES,
  ImpulseError,
  InputError,
  isImpulseError,
  serializeError,
} from '../src/errors.js';
import * as api from '../src/index.js';

const codes = Object.values(ERROR_CODES).flat();

describe('the error catalogue', () => {
  it('has every code once', () => {
    expect(new Set(codes).size).toBe(codes.length);
  });

  it('is documented code by code, under its class, and the document names no other code', () => {
    const document = readFileSync(new URL('../docs/errors.md', import.meta.url), 'utf8');
    const documented: Record<string, string[]> = {};
    let section = '';
    for (const [, level, title] of document.matchAll(/^(##|###) `?(\w+)`?$/gm)) {
      if (level === '##') {
        section = title ?? '';
        documented[section] = [];
      } else documented[section]?.push(title ?? '');
    }
    expect(documented).toEqual(ERROR_CODES);
  });

  it('has an exported class for each of its names', () => {
    for (const name of Object.keys(ERROR_CODES)) {
      const Class = Reflect.get(api, name) as typeof ImpulseError;
      expect(Class.prototype).toBeInstanceOf(ImpulseError);
      expect(Class.prototype.name).toBe(name);
    }
  });
});

describe('an error', () => {
  const cause = new Error('below');
  const error = new InputError('ERR_INPUT_IMAGE', 'not a picture', { cause });

  it('carries class, code, message and cause', () => {
    expect(error).toBeInstanceOf(ImpulseError);
    expect(error).toMatchObject({
      name: 'InputError',
      code: 'ERR_INPUT_IMAGE',
      message: 'not a picture',
      cause,
    });
    expect(String(error)).toBe('InputError: not a picture');
  });

  it('keeps the beginning and the end of a message that quotes too much', () => {
    const { message } = new InputError('ERR_INPUT_IMAGE', `'${'x'.repeat(1e6)}' is no picture.`);
    expect(message).toMatch(/^'x{3000,} \[\.\.\.\] x+' is no picture\.$/);
    expect(message).toHaveLength(4000);
  });

  it('is recognised without instanceof, and others are not', () => {
    expect(isImpulseError(error)).toBe(true);
    for (const other of [new Error('x'), null, undefined, 'text', { code: 'ERR_INPUT_IMAGE' }]) {
      expect(isImpulseError(other)).toBe(false);
    }
  });

  it('keeps class and code across a thread', () => {
    const copy = deserializeError(structuredClone(serializeError(new EngineError('ERR_ENGINE_RUN', 'died'))));
    expect(copy).toBeInstanceOf(EngineError);
    expect(copy).toMatchObject({ code: 'ERR_ENGINE_RUN', message: 'died' });
  });

  it('of a foreign kind crosses a thread as a plain error with its name', () => {
    const copy = deserializeError(structuredClone(serializeError(new RangeError('too far'))));
    expect(copy).toMatchObject({ name: 'RangeError', message: 'too far' });
    expect(isImpulseError(copy)).toBe(false);
    expect(deserializeError(serializeError('just text')).message).toBe('just text');
  });
});
