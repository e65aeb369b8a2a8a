import { mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { findTfliteLibrary } from '../../src/native/tflite-library.js';

const folder = mkdtempSync(join(tmpdir(), 'impulse-library-'));
afterAll(() => rmSync(folder, { recursive: true }));

const missing = join(folder, 'missing.so');
const present = join(folder, 'present.so');
writeFileSync(present, '');

describe('findTfliteLibrary()', () => {
  it('refuses an option that names no file, and does not look elsewhere', () => {
    expect(() => findTfliteLibrary(missing, {})).toThrow(
      expect.objectContaining({
        code: 'ERR_ENGINE_LIBRARY',
        message: expect.stringMatching(/missing\.so.*option tfliteLibrary.*no such file/),
      }),
    );
    expect(() => findTfliteLibrary(folder, {})).toThrow(/not a file/);
  });

  it('refuses a variable that names no file, and does not look elsewhere', () => {
    expect(() => findTfliteLibrary(undefined, { IMPULSE_TFLITE_LIBRARY: missing })).toThrow(
      expect.objectContaining({
        code: 'ERR_ENGINE_LIBRARY',
        message: expect.stringContaining('IMPULSE_TFLITE_LIBRARY'),
      }),
    );
  });

  it('prefers the option to the variable, and the variable to the package', () => {
    const env = { IMPULSE_TFLITE_LIBRARY: present };
    expect(() => findTfliteLibrary(missing, env)).toThrow('missing.so');
    expect(findTfliteLibrary(undefined, env)).toEqual({
      found: true,
      path: realpathSync(present),
      source: 'environment',
    });
    expect(findTfliteLibrary(undefined, {})).toMatchObject({ found: true, source: 'package' });
  });

  it('takes an empty variable for none', () => {
    expect(findTfliteLibrary(undefined, { IMPULSE_TFLITE_LIBRARY: '' })).toMatchObject({ source: 'package' });
  });

  it('gives the file behind a link, so that the same library is not opened twice', () => {
    const link = join(folder, 'link.so');
    symlinkSync(present, link);
    expect(findTfliteLibrary(link)).toMatchObject({ path: realpathSync(present), source: 'option' });
  });
});
