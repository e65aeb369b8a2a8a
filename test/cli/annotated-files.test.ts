import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { planAnnotatedFiles, writeWhole } from '../../src/cli/annotated-files.js';
import type { PictureInput } from '../../src/cli/inputs.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'impulse-annotated-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const file = (path: string): PictureInput => ({ file: path, kind: 'file' });

async function planned(pictures: readonly PictureInput[], target = join(folder, 'out')): Promise<string[]> {
  return (await planAnnotatedFiles(pictures, target)).map(({ path }) => basename(path));
}

describe('planAnnotatedFiles', () => {
  it.each([
    [
      'a file is in the way',
      () => {
        writeFileSync(join(folder, 'taken'), '');
        return join(folder, 'taken');
      },
    ],
    [
      'a file is in the way further up',
      () => {
        writeFileSync(join(folder, 'taken'), '');
        return join(folder, 'taken', 'out');
      },
    ],
    ['the file system holds no such things', () => '/proc/out'],
  ])('refuses where %s', async (_why, target) => {
    await expect(planAnnotatedFiles([file('a.jpg')], target())).rejects.toMatchObject({
      code: 'ERR_OPTION_INVALID',
    });
  });

  it('makes the folder, keeps JPEGs, and turns all else into PNG', async () => {
    const target = join(folder, 'deep', 'out');
    const files = await planAnnotatedFiles(
      [file('x/a.jpg'), file('b.JPEG'), file('c.bmp'), file('d')],
      target,
    );
    expect(files).toEqual([
      { path: join(target, 'a.annotated.jpg'), format: 'jpeg' },
      { path: join(target, 'b.annotated.jpg'), format: 'jpeg' },
      { path: join(target, 'c.annotated.png'), format: 'png' },
      { path: join(target, 'd.annotated.png'), format: 'png' },
    ]);
    expect(readdirSync(target)).toEqual([]);
  });

  it('gives pictures of the same name from different folders names of their own', async () => {
    expect(await planned([file('x/a.jpg'), file('y/a.jpg'), file('z/A.jpg'), file('x/a.png')])).toEqual([
      'a.annotated.jpg',
      'a.annotated-2.jpg',
      'A.annotated-3.jpg',
      'a.annotated.png',
    ]);
  });

  it('never aims at an input, not even through a link', async () => {
    const inputs = join(folder, 'inputs');
    mkdirSync(inputs);
    writeFileSync(join(inputs, 'a.annotated.jpg'), 'a picture');
    symlinkSync(inputs, join(folder, 'out'));
    const names = await planned([file(join(inputs, 'a.jpg')), file(join(inputs, 'a.annotated.jpg'))]);
    expect(names).toEqual(['a.annotated-2.jpg', 'a.annotated.annotated.jpg']);
  });

  it('aims at what an earlier run wrote', async () => {
    expect(await planned([file('a.jpg')])).toEqual(['a.annotated.jpg']);
    writeFileSync(join(folder, 'out', 'a.annotated.jpg'), 'old');
    expect(await planned([file('a.jpg')])).toEqual(['a.annotated.jpg']);
  });

  it('names the picture on stdin', async () => {
    expect(await planned([{ file: '-', kind: 'stdin' }])).toEqual(['stdin.annotated.png']);
  });
});

describe('writeWhole', () => {
  it('replaces the file and leaves nothing beside it', async () => {
    const path = join(folder, 'a.png');
    writeFileSync(path, 'old');
    await writeWhole(path, Buffer.from('new'));
    expect(readFileSync(path, 'utf8')).toBe('new');
    expect(readdirSync(folder)).toEqual(['a.png']);
  });

  it('leaves nothing behind where it fails', async () => {
    const path = join(folder, 'a.png');
    mkdirSync(join(path, 'in the way'), { recursive: true });
    await expect(writeWhole(path, Buffer.from('new'))).rejects.toThrow(path);
    expect(readdirSync(folder)).toEqual(['a.png']);
  });
});
