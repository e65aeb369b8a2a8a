import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { findAddon, loadAddon } from '../../src/native/addon.js';

const folder = mkdtempSync(join(tmpdir(), 'impulse-addon-'));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

describe('findAddon()', () => {
  it.each([
    ['does not exist', join(folder, 'missing.node'), 'not installed'],
    ['is no addon', file('text.node', 'This is text.'), /invalid ELF header|file too short|mach-o/i],
    [
      'is of another version',
      file('old.cjs', 'exports.interfaceVersion = 0;'),
      /another version.*interface 0/,
    ],
  ])('tries no other addon when IMPULSE_NATIVE_ADDON %s', (_, path, reason) => {
    const outcome = findAddon({ IMPULSE_NATIVE_ADDON: path });
    expect(outcome).toMatchObject({
      loaded: false,
      attempts: [{ place: `IMPULSE_NATIVE_ADDON=${path}`, reason: expect.stringMatching(reason) }],
      remedy: expect.stringContaining('IMPULSE_NATIVE_ADDON'),
    });
  });

  it('takes IMPULSE_NATIVE_ADDON relative to the working directory', () => {
    const outcome = loadAddon();
    if (!outcome.loaded) throw new Error(JSON.stringify(outcome.attempts));
    const path = relative(process.cwd(), outcome.path);
    expect(findAddon({ IMPULSE_NATIVE_ADDON: path })).toMatchObject({ loaded: true, path: outcome.path });
  });

  it('finds the local build when no package for the platform is installed', () => {
    const outcome = findAddon({});
    expect(outcome).toMatchObject({
      loaded: true,
      path: expect.stringMatching(/native.build.impulse_runtime\.node$/),
    });
  });
});

describe('loadAddon()', () => {
  it('looks once', () => {
    expect(loadAddon()).toBe(loadAddon());
  });
});
