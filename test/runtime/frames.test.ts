import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { Readable } from 'node:stream';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { framesInFolder, rawFrames } from '../../src/index.js';

const FORMAT = { width: 3, height: 2, channels: 3 } as const;

async function framesOf(chunks: AsyncIterable<unknown> | Iterable<unknown>, format = FORMAT) {
  const frames = [];
  for await (const frame of rawFrames(chunks, format)) frames.push(frame);
  return frames;
}

describe('rawFrames refuses', () => {
  it.each([
    ['a width of 0', { ...FORMAT, width: 0 }, 'ERR_OPTION_INVALID', 'width'],
    ['half a pixel', { ...FORMAT, height: 1.5 }, 'ERR_OPTION_INVALID', 'height'],
    ['five channels', { ...FORMAT, channels: 5 }, 'ERR_OPTION_INVALID', 'channels'],
    ['an unknown format', { width: 3, height: 2, format: 'NV21' }, 'ERR_OPTION_INVALID', 'NV12'],
    ['more pixels than any picture has', { ...FORMAT, width: 1e5, height: 1e5 }, 'ERR_INPUT_LIMIT', '100000'],
    ['a stride beside channels', { ...FORMAT, stride: 9 }, 'ERR_OPTION_INVALID', 'stride'],
    ['an unknown key', { ...FORMAT, strides: 9 }, 'ERR_OPTION_UNKNOWN', "'stride'"],
  ])('%s at once', (_what, format, code, text) => {
    let error: unknown;
    try {
      rawFrames([], format as typeof FORMAT);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toMatchObject({ name: 'InputError', code, message: expect.stringContaining(text) });
  });

  it('a stream that ends within a frame, after the frames before', async () => {
    const frames = rawFrames([new Uint8Array(25)], FORMAT);
    expect((await frames.next()).done).toBe(false);
    await expect(frames.next()).rejects.toMatchObject({
      code: 'ERR_INPUT_LENGTH',
      message: expect.stringMatching(/within frame 1: expected 3 x 2 RGB = 18 bytes but received 7/),
    });
  });

  it('chunks of text', async () => {
    await expect(framesOf(Readable.from(['abc']))).rejects.toMatchObject({ code: 'ERR_INPUT_TYPE' });
  });
});

describe('rawFrames', () => {
  it('gives the same frames however the bytes are cut', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 4 }),
        fc.array(fc.integer({ min: 0, max: 40 }), { maxLength: 30 }),
        async (count, cuts) => {
          const bytes = Uint8Array.from({ length: count * 18 }, (_, index) => index % 251);
          const chunks: Uint8Array[] = [];
          let at = 0;
          for (const cut of cuts) {
            chunks.push(bytes.subarray(at, at + cut));
            at += cut;
          }
          chunks.push(bytes.subarray(at));
          const frames = await framesOf(chunks);
          expect(frames.map(({ data }) => [...data])).toEqual(
            Array.from({ length: count }, (_, index) => [...bytes.subarray(index * 18, index * 18 + 18)]),
          );
          for (const { width, height, channels } of frames)
            expect({ width, height, channels }).toEqual(FORMAT);
        },
      ),
    );
  });

  it('cuts frames of several planes, and with padded rows', async () => {
    const nv12 = { width: 3, height: 2, format: 'NV12', stride: 4 } as const;
    const frames = [];
    for await (const frame of rawFrames([new Uint8Array(24)], nv12)) frames.push(frame);
    expect(frames).toEqual([
      { ...nv12, data: new Uint8Array(12) },
      { ...nv12, data: new Uint8Array(12) },
    ]);
  });

  it('gives each frame memory of its own', async () => {
    const chunk = new Uint8Array(18).fill(1);
    async function* reused() {
      yield chunk;
      chunk.fill(2);
      yield chunk;
    }
    expect((await framesOf(reused())).map(({ data }) => data[0])).toEqual([1, 2]);
  });

  it('closes the stream when its consumer stops', async () => {
    const stream = Readable.from([new Uint8Array(18), new Uint8Array(18)]);
    for await (const frame of rawFrames(stream, FORMAT)) {
      expect(frame.data.length).toBe(18);
      break;
    }
    expect(stream.destroyed).toBe(true);
  });
});

describe('framesInFolder', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'impulse-frames-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('lists the pictures in natural order, without hidden files, other files, folders and annotated copies', async () => {
    mkdirSync(join(folder, 'inner.png'));
    for (const name of ['f10.png', 'f9.JPG', 'f1.webp', '.f0.png', 'notes.txt', 'f9.annotated.jpg']) {
      writeFileSync(join(folder, name), '');
    }
    expect((await framesInFolder(folder)).map((path) => basename(path))).toEqual([
      'f1.webp',
      'f9.JPG',
      'f10.png',
    ]);
  });

  it.each([
    ['without pictures', 'empty'],
    ['that is not there', 'missing'],
  ])('refuses a folder %s', async (_what, name) => {
    if (name === 'empty') mkdirSync(join(folder, name));
    await expect(framesInFolder(join(folder, name))).rejects.toMatchObject({ code: 'ERR_INPUT_NOT_FOUND' });
  });
});
