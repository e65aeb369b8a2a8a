import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compileFakeLibrary } from '../native/fake-library/compile.js';
import { itUnless, missingAddon } from '../support/not-tested.js';
import { impulse } from './command.js';
import { makeWorkspace, type Workspace } from './deployments.js';

let space: Workspace;
const folder = mkdtempSync(join(tmpdir(), 'impulse-libraries-'));
beforeAll(() => {
  space = makeWorkspace();
});
afterAll(() => {
  space.remove();
  rmSync(folder, { recursive: true });
});

describe('where impulse inspect opens models', () => {
  it('is a process of its own, and the report says so', async () => {
    const { code, stdout } = await impulse(['inspect', space.detector]);
    expect(stdout).toMatch(/\n {2}engine +\S.*, isolated process\n/);
    expect(code).toBe(0);
  });

  it('is the command itself with --isolation none', async () => {
    const { code, stdout } = await impulse(['inspect', space.detector, '--isolation', 'none']);
    expect(stdout).not.toContain('isolated process');
    expect(code).toBe(0);
  });

  itUnless(missingAddon, 'inspect of a model that crashes its library')(
    'keeps a model that crashes its library from ending the command',
    async () => {
      const args = [
        'inspect',
        space.detector,
        '--tflite-library',
        compileFakeLibrary(folder, 'CRASHING_LOAD'),
      ];
      const apart = await impulse(args);
      expect(apart.stderr).toMatch(/SIGSEGV while it opened the model.*ERR_ENGINE_LOAD/s);
      expect(apart).toMatchObject({ code: 3, signal: null });
      // What it is kept from.
      const here = await impulse([...args, '--isolation', 'none']);
      expect(here).toMatchObject({ code: null, signal: 'SIGSEGV' });
    },
  );

  it('is named among what there is to choose', async () => {
    const { code, stderr } = await impulse(['inspect', space.detector, '--isolation', 'thread']);
    expect(stderr).toContain('Valid are: none, process.');
    expect(code).toBe(2);
  });
});
