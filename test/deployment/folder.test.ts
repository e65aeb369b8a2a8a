import { writeFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LIMITS } from '../../src/deployment/file-tree.js';
import { openFolder } from '../../src/deployment/folder.js';
import { writeFiles } from '../fixtures/deployment-writer.js';
import { failure } from './failure.js';

let outer: string;
let folder: string;

beforeEach(async () => {
  outer = await mkdtemp(join(tmpdir(), 'impulse-'));
  folder = join(outer, 'cups');
  await mkdir(folder);
});

afterEach(async () => {
  await rm(outer, { recursive: true, force: true });
});

describe('A folder', () => {
  it('refuses to read through a link that leads outside it', async () => {
    await writeFile(join(outer, 'secret'), 'secret');
    await symlink('../secret', join(folder, 'model.h'));
    const tree = await openFolder(folder);
    expect(tree.names).toEqual(['model.h']);
    expect(await failure(() => tree.read('model.h'))).toMatchObject({
      code: 'ERR_ARCHIVE_UNSAFE',
      message: "cups: 'model.h' is a link that leads outside the folder. Put the file itself there.",
    });
  });

  it('does not enter linked folders, nor list links that lead nowhere', async () => {
    await symlink('.', join(folder, 'circle'));
    await symlink(outer, join(folder, 'outside'));
    await symlink('nothing', join(folder, 'dangling'));
    expect((await openFolder(folder)).names).toEqual([]);
  });

  it('refuses more files than any deployment has, and says what to open instead', async () => {
    for (let i = 0; i <= LIMITS.entries; i++) writeFileSync(join(folder, String(i)), '');
    const { code, message } = await failure(() => openFolder(folder));
    expect(code).toBe('ERR_ARCHIVE_LIMIT');
    expect(message).toBe(
      'cups is refused: more than 20000 files. Point at the folder that holds model-parameters/ and tflite-model/.',
    );
  });

  it('refuses folders that lie too deep', async () => {
    await mkdir(join(folder, ...Array<string>(LIMITS.depth + 2).fill('d')), { recursive: true });
    expect(await failure(() => openFolder(folder))).toMatchObject({ code: 'ERR_ARCHIVE_LIMIT' });
  });

  it('gives its files by name, sorted, links inside it included, clutter left out', async () => {
    await writeFiles(
      new Map([
        ['b/model.h', 'text'],
        ['a', ''],
        ['.git/config', 'x'],
        ['b/.DS_Store', 'x'],
      ]),
      folder,
    );
    await symlink('b/model.h', join(folder, 'link.h'));
    const tree = await openFolder(folder);
    expect(tree.names).toEqual(['a', 'b/model.h', 'link.h']);
    expect(Buffer.from(await tree.read('link.h')).toString()).toBe('text');
    expect(tree.has('b')).toBe(false);
  });

  it('may itself be a link', async () => {
    await writeFile(join(folder, 'a'), 'text');
    await symlink(folder, join(outer, 'link'));
    const tree = await openFolder(join(outer, 'link'));
    expect(Buffer.from(await tree.read('a')).toString()).toBe('text');
  });
});
