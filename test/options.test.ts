import { describe, expect, it } from 'vitest';
import { InputError } from '../src/errors.js';
import { checkOptionNames, integerInRange, oneOf, suggest } from '../src/options.js';
import { normalizeClassifyOptions, normalizeOpenOptions } from '../src/runtime/options.js';

function refusal(action: () => unknown): InputError {
  try {
    action();
  } catch (error) {
    if (error instanceof InputError) return error;
    throw error;
  }
  throw new Error('was accepted');
}

describe('options of openDeployment()', () => {
  it.each([
    ['engin', 'engine'],
    ['Threads', 'threads'],
    ['modelinfo', 'modelInfo'],
    ['tflite_library', 'tfliteLibrary'],
  ])('refuses %s and names %s', (slip, right) => {
    const error = refusal(() => normalizeOpenOptions({ [slip]: 1 }));
    expect(error.code).toBe('ERR_OPTION_UNKNOWN');
    expect(error.message).toContain(`'${slip}'`);
    expect(error.message).toContain(`Did you mean '${right}'?`);
  });

  it.each([
    [{ engine: 'tensorrt' }, 'engine'],
    [{ threads: 0 }, 'threads'],
    [{ threads: 1.5 }, 'threads'],
    [{ threads: '2' }, 'threads'],
    [{ resizeMode: 'stretch' }, 'resizeMode'],
    [{ lastLayer: 'yolov8' }, 'lastLayer'],
    [{ cropAnchor: 'left' }, 'cropAnchor'],
    [{ coordinates: 'pixels' }, 'coordinates'],
    [{ xnnpack: 'no' }, 'xnnpack'],
    [{ tfliteLibrary: '' }, 'tfliteLibrary'],
    [{ impulse: 3 }, 'impulse'],
  ])('refuses %o', (options, name) => {
    const error = refusal(() => normalizeOpenOptions(options as object));
    expect(error.code).toBe('ERR_OPTION_INVALID');
    expect(error.message).toContain(name);
  });

  it.each([null, 'fast', 3, []])('refuses %o in place of an options object', (options) => {
    expect(refusal(() => normalizeOpenOptions(options as object)).code).toBe('ERR_OPTION_INVALID');
  });

  it('fills in the defaults', () => {
    const options = normalizeOpenOptions({});
    expect(options).toMatchObject({ engine: 'auto', thresholds: {} });
    expect(options.threads).toBeGreaterThanOrEqual(1);
    expect(options.threads).toBeLessThanOrEqual(4);
  });

  it('keeps what was given', () => {
    const given = { engine: 'onnx', threads: 2, resizeMode: 'crop', cropAnchor: 'top-left' } as const;
    expect(normalizeOpenOptions(given)).toMatchObject(given);
  });
});

describe('options of classify()', () => {
  it('refuses unknown names and wrong types', () => {
    expect(refusal(() => normalizeClassifyOptions({ tensor: true } as object)).message).toContain(
      "'tensors'",
    );
    expect(refusal(() => normalizeClassifyOptions({ tensors: 1 } as unknown as object)).code).toBe(
      'ERR_OPTION_INVALID',
    );
  });

  it('returns no tensors unless asked', () => {
    expect(normalizeClassifyOptions({})).toEqual({ tensors: false });
  });
});

describe('a suggestion', () => {
  it('is the nearest name, or the list where nothing is near', () => {
    expect(suggest('theads', ['threads', 'engine'])).toBe("Did you mean 'threads'?");
    expect(suggest('colour', ['threads', 'engine'])).toBe('Valid are: threads, engine.');
    expect(suggest('colour', [])).toBe('There are none here.');
    expect(suggest('threads'.repeat(1e6), ['threads'])).toBe('Valid are: threads.');
  });
});

describe('a checked value', () => {
  it('passes through unchanged', () => {
    expect(oneOf('b', ['a', 'b'], 'x')).toBe('b');
    expect(integerInRange(3, 1, 4, 'x')).toBe(3);
    expect(() => checkOptionNames({ a: 1 }, ['a'], 'x')).not.toThrow();
  });
});
