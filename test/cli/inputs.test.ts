import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { expandInputs } from '../../src/cli/inputs.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'impulse-inputs-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function files(...names: string[]): void {
  for (const name of names) writeFileSync(join(folder, name), 'x');
}

describe('expandInputs', () => {
  it('refuses a folder without pictures', async () => {
    files('notes.txt');
    await expect(expandInputs([folder])).rejects.toMatchObject({ code: 'ERR_INPUT_NOT_FOUND' });
  });

  it('takes one file alone as a single picture', async () => {
    files('a.jpg');
    const path = join(folder, 'a.jpg');
    expect(await expandInputs([path])).toEqual({ pictures: [{ file: path, kind: 'file' }], single: true });
  });

  it('takes a missing file and a file of any name as they are: each fails or not in its turn', async () => {
    const { pictures } = await expandInputs([join(folder, 'missing.jpg'), join(folder, 'photo')]);
    expect(pictures.map(({ kind }) => kind)).toEqual(['file', 'file']);
  });

  it('takes the pictures of a folder in natural order, and nothing else', async () => {
    files(
      'f10.png',
      'f2.PNG',
      'f1.jpeg',
      '.hidden.jpg',
      'readme.md',
      'f1.annotated.jpg',
      'f1.annotated-2.png',
    );
    mkdirSync(join(folder, 'inner.jpg'));
    const { pictures, single } = await expandInputs([folder]);
    expect(pictures.map(({ file }) => file)).toEqual(
      ['f1.jpeg', 'f2.PNG', 'f10.png'].map((name) => join(folder, name)),
    );
    expect(single).toBe(false);
  });

  it('is not single for a folder with one picture', async () => {
    files('a.jpg');
    expect((await expandInputs([folder])).single).toBe(false);
  });

  it('knows stdin and pipes', async () => {
    const pipe = join(folder, 'pipe');
    execFileSync('mkfifo', [pipe]);
    expect((await expandInputs(['-', pipe])).pictures).toEqual([
      { file: '-', kind: 'stdin' },
      { file: pipe, kind: 'pipe' },
    ]);
  });
});
