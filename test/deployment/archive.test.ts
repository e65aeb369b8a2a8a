import { deflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openZip } from '../../src/deployment/archive.js';
import { LIMITS } from '../../src/deployment/file-tree.js';
import { zipOf } from '../fixtures/deployment-writer.js';
import { centralHeaders, localHeaders, zipEntries } from '../fixtures/zip-patches.js';
import { failure } from './failure.js';

const open = (bytes: Uint8Array): Promise<unknown> => openZip(bytes, 'cups.zip');

/** Reads every file. */
async function readAll(bytes: Uint8Array): Promise<void> {
  const tree = await openZip(bytes, 'cups.zip');
  for (const name of tree.names) await tree.read(name);
}

describe('Archives that are refused as a whole', () => {
  it.each([
    ['leave their folder', '../outside.h', "leaves its folder ('..')"],
    ['leave it further in', 'a/b/../../../x', "leaves its folder ('..')"],
    ['end in ..', 'model/..', "leaves its folder ('..')"],
    ['are absolute', '/etc/passwd', 'has an absolute name'],
    ['name a drive', 'C:/windows', 'has an absolute name'],
    ['hold backslashes', '..\\..\\outside', 'has a backslash in its name'],
    ['hold a NUL', 'model.h\0.txt', 'has a NUL character in its name'],
    ['are nothing but slashes and dots', './/./.', 'has an empty name'],
    ['are long', 'x'.repeat(2000), 'has a name of 2000 characters'],
    ['lie deep', `${'x/'.repeat(100)}x`, 'lies 101 folders deep'],
  ])('names that %s', async (_, name, why) => {
    const { code, message } = await failure(async () =>
      open(await zipEntries([{ name: 'good.txt' }, { name }])),
    );
    expect(code).toBe('ERR_ARCHIVE_UNSAFE');
    expect(message).toContain(why);
    expect(message).toMatch(/^cups\.zip: .*The whole archive is refused\.$/);
  });

  it.each([
    ['the same twice', ['a/model.h', 'a/model.h'], "'a/model.h' twice"],
    ['the same but for ./', ['a/model.h', './a//model.h'], "'a/model.h' twice"],
    ['the same but for case', ['a/model.h', 'a/Model.h'], "both 'a/Model.h' and 'a/model.h'"],
    ['the same but for Unicode form', ['Gläser.h', 'Gla\u0308ser.h'], "both 'Gla\u0308ser.h' and 'Gläser.h'"],
    ['a file that is also a folder', ['a/model', 'a/model/x.h'], "both 'a/model' and 'a/model/x.h'"],
  ])('%s', async (_, names, why) => {
    const { code, message } = await failure(async () =>
      open(await zipEntries(names.map((name) => ({ name })))),
    );
    expect(code).toBe('ERR_ARCHIVE_UNSAFE');
    expect(message).toContain(why);
  });

  it.each([
    ['symbolic links', 0o120777, "'link' is a symbolic link"],
    ['devices', 0o060644, "'link' is neither a file nor a folder"],
    ['pipes', 0o010644, "'link' is neither a file nor a folder"],
  ])('%s', async (_, mode, why) => {
    const zip = await zipEntries([{ name: 'link', content: '/etc/passwd', mode }]);
    const { code, message } = await failure(() => open(zip));
    expect(code).toBe('ERR_ARCHIVE_UNSAFE');
    expect(message).toContain(why);
  });

  it('symbolic links of a writer that does not say "made on Unix"', async () => {
    const zip = await zipEntries([{ name: 'link', mode: 0o120777 }]);
    for (const at of centralHeaders(zip)) zip.writeUInt16LE(20, at + 4);
    expect(await failure(() => open(zip))).toMatchObject({ code: 'ERR_ARCHIVE_UNSAFE' });
  });

  it('encrypted entries', async () => {
    const zip = await zipEntries([{ name: 'model.h', content: 'text' }]);
    for (const at of centralHeaders(zip)) zip.writeUInt16LE(zip.readUInt16LE(at + 8) | 1, at + 8);
    expect(await failure(() => open(zip))).toMatchObject({
      code: 'ERR_ARCHIVE_INVALID',
      message: "cups.zip: 'model.h' is encrypted: unpack it, or zip it without a password.",
    });
  });
});

describe('Archives that ask for too much', () => {
  it('hold more files than any deployment', async () => {
    const zip = await zipEntries([{ name: 'model.h' }]);
    zip.writeUInt16LE(LIMITS.entries + 1, zip.length - 22 + 10);
    expect(await failure(() => open(zip))).toMatchObject({
      code: 'ERR_ARCHIVE_LIMIT',
      message: 'cups.zip is refused: 20001 entries, more than the limit of 20000.',
    });
  });

  it('state that one file unpacks to more than the limit', async () => {
    const zip = await zipEntries([{ name: 'model.h', content: 'x' }]);
    for (const at of centralHeaders(zip)) zip.writeUInt32LE(LIMITS.fileBytes + 1, at + 24);
    expect(await failure(() => open(zip))).toMatchObject({
      code: 'ERR_ARCHIVE_LIMIT',
      message: "cups.zip is refused: 'model.h' unpacks to 512 MiB.",
    });
  });

  it('state that all files together do', async () => {
    const zip = await zipEntries(Array.from({ length: 9 }, (_, i) => ({ name: `f${i}`, content: 'x' })));
    for (const at of centralHeaders(zip)) {
      zip.writeUInt32LE(LIMITS.fileBytes / 2, at + 24);
      zip.writeUInt32LE(LIMITS.fileBytes / 4, at + 20);
    }
    expect(await failure(() => open(zip))).toMatchObject({
      code: 'ERR_ARCHIVE_LIMIT',
      message: 'cups.zip is refused: it unpacks to more than 2048 MiB.',
    });
  });

  it('state a ratio that only a bomb has', async () => {
    const zip = await zipEntries([{ name: 'bomb', content: new Uint8Array(17 * 1024 ** 2) }]);
    const { code, message } = await failure(() => open(zip));
    expect(code).toBe('ERR_ARCHIVE_LIMIT');
    expect(message).toMatch(/^cups\.zip is refused: 'bomb' unpacks from \d+ bytes to 17 MiB\.$/);
  });

  it('unpack to more than they state: the bytes count, not the table of contents', async () => {
    const zip = await zipEntries([{ name: 'bomb', content: new Uint8Array(64 * 1024 ** 2) }]);
    for (const at of centralHeaders(zip)) zip.writeUInt32LE(1000, at + 24);
    for (const at of localHeaders(zip)) zip.writeUInt32LE(1000, at + 22);
    const tree = await openZip(zip, 'cups.zip');
    expect(await failure(() => tree.read('bomb'))).toMatchObject({
      code: 'ERR_ARCHIVE_LIMIT',
      message: 'cups.zip: bomb is refused: it unpacks to more than the 1000 bytes that the archive states.',
    });
  });
});

describe('Damaged archives', () => {
  it('cut off anywhere are refused, and say so', async () => {
    const zip = await zipOf(
      new Map([
        ['a/model.h', 'some text'.repeat(50)],
        ['b', 'x'],
      ]),
    );
    for (let length = 0; length < zip.length; length++) {
      expect(await failure(() => readAll(zip.subarray(0, length)))).toMatchObject({
        code: 'ERR_ARCHIVE_INVALID',
      });
    }
    expect((await failure(() => open(zip.subarray(0, -30)))).message).toMatch(
      /table of contents.*cut off: download it again\.$/,
    );
  });

  it('with a changed byte give what was packed, or a typed error', async () => {
    const files = new Map([
      ['a/model.h', 'some text'.repeat(20)],
      ['b', 'x'],
    ]);
    const zip = await zipOf(files);
    await fc.assert(
      fc.asyncProperty(fc.nat(zip.length - 1), fc.integer({ min: 1, max: 255 }), async (at, flip) => {
        const copy = Buffer.from(zip);
        copy[at] = (copy[at] ?? 0) ^ flip;
        const { code } = await failure(() => readAll(copy));
        expect(code).toMatch(/^(none|ERR_ARCHIVE_(INVALID|UNSAFE|LIMIT))$/);
      }),
      { numRuns: 300 },
    );
  });

  it('with other content than the checksum says are refused', async () => {
    const zip = await zipEntries([{ name: 'model.h', content: 'some text', compress: false }]);
    zip.write('some TEXT', zip.indexOf('some text'));
    const tree = await openZip(zip, 'cups.zip');
    expect(await failure(() => tree.read('model.h'))).toMatchObject({
      code: 'ERR_ARCHIVE_INVALID',
      message: 'cups.zip: model.h: its checksum is wrong: the archive is damaged. Download it again.',
    });
  });

  it('with an unknown compression method name it', async () => {
    const zip = await zipEntries([{ name: 'model.h', content: 'some text' }]);
    for (const at of centralHeaders(zip)) zip.writeUInt16LE(14, at + 10);
    const tree = await openZip(zip, 'cups.zip');
    expect((await failure(() => tree.read('model.h'))).message).toMatch(/compression method 14/);
  });

  it('made of any bytes are refused', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
        expect((await failure(() => open(bytes))).code).toBe('ERR_ARCHIVE_INVALID');
      }),
    );
  });
});

describe('Good archives', () => {
  it('give their files by name, sorted, without what macOS adds', async () => {
    const tree = await openZip(
      await zipOf(
        new Map([
          ['b/model.h', 'ü'],
          ['a', ''],
          ['__MACOSX/b/._model.h', 'x'],
          ['.DS_Store', 'x'],
          ['b/.DS_Store', 'x'],
        ]),
      ),
      'cups.zip',
    );
    expect(tree.names).toEqual(['a', 'b/model.h']);
    expect(tree.has('a')).toBe(true);
    expect(tree.has('b')).toBe(false);
    expect(Buffer.from(await tree.read('b/model.h')).toString()).toBe('ü');
    expect(await tree.read('a')).toHaveLength(0);
  });

  it('may have names that begin with ./, folders, and files that are stored as they are', async () => {
    const zip = await zipEntries([
      { name: './a/b.txt', content: 'stored', compress: false },
      { name: 'folder/', mode: 0o040755 },
    ]);
    const tree = await openZip(zip, 'cups.zip');
    expect(tree.names).toEqual(['a/b.txt']);
    expect(Buffer.from(await tree.read('a/b.txt')).toString()).toBe('stored');
  });

  it('may hold text that shrinks a hundredfold, as C arrays of zeros do', async () => {
    const text = '0x00, '.repeat(3 * 1024 ** 2);
    expect(text.length / deflateRawSync(text).length).toBeGreaterThan(100);
    const tree = await openZip(await zipOf(new Map([['small.h', text.slice(0, 1024 ** 2)]])), 'cups.zip');
    expect(await tree.read('small.h')).toHaveLength(1024 ** 2);
  });

  it('any files come back', async () => {
    const name = fc.stringMatching(/^[a-z]{1,4}(\/[a-z]{1,4}){0,2}$/).map((text) => `d/${text}.x`);
    const files = fc.dictionary(name, fc.uint8Array({ maxLength: 100 }));
    await fc.assert(
      fc.asyncProperty(files, async (given) => {
        const tree = await openZip(await zipOf(new Map(Object.entries(given))), 'cups.zip');
        expect(tree.names).toEqual(Object.keys(given).sort());
        for (const file of tree.names) {
          expect(Buffer.compare(await tree.read(file), given[file] ?? Buffer.from('?'))).toBe(0);
        }
      }),
      { numRuns: 50 },
    );
  });
});
