import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openZip } from '../../src/deployment/archive.js';
import type { FileTree } from '../../src/deployment/file-tree.js';
import { openFolder } from '../../src/deployment/folder.js';
import { findWasm, readWasm } from '../../src/deployment/wasm.js';
import { zipOf } from '../fixtures/deployment-writer.js';
import { meanModule } from '../fixtures/wasm/binary.js';
import { failure } from './failure.js';

const JS = 'edge-impulse-standalone.js';
const WASM = 'edge-impulse-standalone.wasm';

async function treeOf(
  names: readonly string[],
  content: Record<string, string | Uint8Array> = {},
): Promise<FileTree> {
  const files = names.map((name): [string, string | Uint8Array] => [
    name,
    content[name] ?? (name.endsWith('.wasm') ? meanModule() : 'glue'),
  ]);
  return openZip(await zipOf(new Map(files)), 'cups.zip');
}

describe('which two files of a download are the module', () => {
  it.each([
    ['the pair at the top, 2020 to 2023', ['index.html', 'run-impulse.js', 'server.py', JS, WASM], ''],
    ['the pair in a folder', [`cups/${JS}`, `cups/${WASM}`], 'cups/'],
    [
      'the one for browsers, of two',
      [`browser/${JS}`, `browser/${WASM}`, `node/${JS}`, `node/${WASM}`, 'node/run-impulse.js'],
      'browser/',
    ],
    ['the one for Node.js, where it is alone', [`node/${JS}`, `node/${WASM}`, 'README.md'], 'node/'],
    ['the whole one, where the other is half', [`browser/${JS}`, `node/${JS}`, `node/${WASM}`], 'node/'],
    [
      'two flavours further in',
      [`a/browser/${JS}`, `a/browser/${WASM}`, `a/node/${JS}`, `a/node/${WASM}`],
      'a/browser/',
    ],
  ])('%s', async (_, names, folder) => {
    expect(findWasm(await treeOf(names))).toEqual({ glue: folder + JS, binary: folder + WASM });
  });

  it.each([
    ['nothing of the kind', ['model.tflite', 'model.wasm', 'app.js']],
    ['names that only end so', [`my-${JS}`, `my-${WASM}`]],
  ])('%s', async (_, names) => {
    expect(findWasm(await treeOf(names))).toBeUndefined();
  });

  it.each([
    [[`cups/${JS}`, 'index.html'], `cups.zip holds cups/${JS} but not ${WASM} beside it`],
    [[WASM], `cups.zip holds ${WASM} but not ${JS} beside it`],
    [[`browser/${JS}`, `node/${WASM}`], `cups.zip holds browser/${JS} but not ${WASM} beside it`],
  ])('half a pair is refused: %s', async (names, message) => {
    const tree = await treeOf(names);
    expect(await failure(() => findWasm(tree))).toMatchObject({
      name: 'DeploymentError',
      code: 'ERR_MODEL_MISSING',
      message: expect.stringContaining(message),
    });
  });
});

describe('a download with several impulses', () => {
  const names = [
    `public/sound/${JS}`,
    `public/sound/${WASM}`,
    `public/image/browser/${JS}`,
    `public/image/browser/${WASM}`,
    `public/image/node/${JS}`,
    `public/image/node/${WASM}`,
  ];

  it.each([
    ['sound', 'public/sound/'],
    ['public/sound', 'public/sound/'],
    ['public/sound/', 'public/sound/'],
    ['image', 'public/image/browser/'],
  ])('gives the one that %s names', async (impulse, folder) => {
    expect(findWasm(await treeOf(names), impulse)).toEqual({ glue: folder + JS, binary: folder + WASM });
  });

  it.each([
    [undefined, "cups.zip holds 2 WebAssembly impulses: 'public/image', 'public/sound'. Choose one"],
    ['sond', "cups.zip holds no WebAssembly impulse 'sond'. Did you mean 'sound'?"],
  ])('asks which one is meant: %s', async (impulse, message) => {
    const tree = await treeOf(names);
    expect(await failure(() => findWasm(tree, impulse))).toMatchObject({
      code: 'ERR_DEPLOYMENT_AMBIGUOUS',
      message: expect.stringContaining(message),
    });
  });
});

describe('reading the two files', () => {
  const pair = { glue: JS, binary: WASM };

  it('gives the glue as text and the module as bytes, of a folder as of a zip', async () => {
    const binary = meanModule();
    const expected = { name: `cups.zip (${WASM})`, glue: 'var Module = "ä";' };
    const zipped = await readWasm(await treeOf([JS, WASM], { [JS]: expected.glue }), pair);
    expect(zipped).toMatchObject(expected);
    expect([...zipped.binary]).toEqual([...binary]);

    const folder = await mkdtemp(join(tmpdir(), 'impulse-wasm-'));
    try {
      await writeFile(join(folder, JS), expected.glue);
      await writeFile(join(folder, WASM), binary);
      const unpacked = await readWasm(await openFolder(folder), pair);
      expect([...unpacked.binary]).toEqual([...binary]);
      expect(unpacked.glue).toBe(expected.glue);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it.each([
    [
      'a Git LFS pointer',
      WASM,
      'version https://git-lfs.github.com/spec/v1\n',
      'ERR_DEPLOYMENT_UNRECOGNISED',
      'git lfs pull',
    ],
    ['a web page', WASM, '<!DOCTYPE html><html>', 'ERR_DEPLOYMENT_UNRECOGNISED', 'is a web page'],
    ['a web page for the glue', JS, '<!DOCTYPE html><html>', 'ERR_DEPLOYMENT_UNRECOGNISED', 'is a web page'],
    ['something else', WASM, new Uint8Array([1, 2, 3]), 'ERR_MODEL_INVALID', 'is not a WebAssembly module'],
  ])('refuses %s', async (_, name, content, code, message) => {
    const tree = await treeOf([JS, WASM], { [name]: content });
    expect(await failure(() => readWasm(tree, pair))).toMatchObject({
      code,
      message: expect.stringContaining(message),
    });
  });
});
