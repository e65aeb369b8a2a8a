import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { InputError } from '../../src/errors.js';
import type { ImageSource } from '../../src/preprocess/image-source.js';
import { MAX_INPUT_PIXELS } from '../../src/preprocess/input-limits.js';
import { resizeImage } from '../../src/preprocess/resize-image.js';
import { refusal } from './refusal.js';

const OPTIONS = { width: 8, height: 8, resizeMode: 'squash' } as const;
const folder = mkdtempSync(join(tmpdir(), 'impulse-images-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Detailed enough that half of the file lacks part of the picture. */
let jpeg: Buffer;
let png: Buffer;
beforeAll(async () => {
  const noise = { type: 'gaussian', mean: 128, sigma: 40 } as const;
  const picture = sharp({ create: { width: 64, height: 48, channels: 3, background: '#888', noise } });
  jpeg = await picture.jpeg().toBuffer();
  png = await picture.png().toBuffer();
});

function saved(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

async function expectRefusal(source: unknown, code: string, ...words: string[]): Promise<void> {
  const error = await refusal(() => resizeImage(source as ImageSource, OPTIONS));
  expect(error).toBeInstanceOf(InputError);
  expect(error.code).toBe(code);
  for (const word of words) expect(error.message).toContain(word);
}

describe('a file that is no usable picture is refused by name', () => {
  it('a missing file', async () => {
    const path = join(folder, 'missing.jpg');
    await expectRefusal(path, 'ERR_INPUT_NOT_FOUND', path, 'no such file');
  });

  it('a folder', () => expectRefusal(folder, 'ERR_INPUT_IMAGE', folder, 'a folder'));

  it('a pipe, without waiting for somebody to write to it', async () => {
    const path = join(folder, 'pipe');
    execFileSync('mkfifo', [path]);
    await expectRefusal(path, 'ERR_INPUT_IMAGE', 'not a regular file');
  });

  it('a path that the system can not hold', () => expectRefusal('photo\0.jpg', 'ERR_INPUT_NOT_FOUND'));

  it('a file of 0 bytes', () =>
    expectRefusal(saved('empty.jpg', ''), 'ERR_INPUT_IMAGE', 'empty.jpg', '0 bytes'));

  it.each([
    ['text', 'To whom it may concern: this is a letter.', 'looks like text'],
    ['a web page', '<!DOCTYPE html><title>404</title>', 'web page'],
    [
      'a Git LFS pointer',
      'version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n',
      'git lfs pull',
    ],
    ['text that begins as a BMP does', 'BM is how this text begins, and then goes on.', 'looks like text'],
  ])('%s called .jpg', (_, content, words) =>
    expectRefusal(saved('fake.jpg', content), 'ERR_INPUT_IMAGE', 'fake.jpg', words),
  );

  it('a JPEG cut in half, within its header, and after its signature', async () => {
    for (const length of [jpeg.length / 2, 100, 20, 3]) {
      await expectRefusal(saved('cut.jpg', jpeg.subarray(0, length)), 'ERR_INPUT_IMAGE', 'cut.jpg');
    }
  });

  it('a PNG cut in half', () =>
    expectRefusal(png.subarray(0, png.length / 2), 'ERR_INPUT_IMAGE', 'a Buffer of'));

  it('more pixels than the limit, before they are decoded', async () => {
    const bomb = Buffer.from(png);
    bomb.writeUInt32BE(9000, 16);
    bomb.writeUInt32BE(9000, 20);
    bomb.writeUInt32BE(crc32(bomb.subarray(12, 29)), 29);
    await expectRefusal(bomb, 'ERR_INPUT_LIMIT', String(MAX_INPUT_PIXELS));
    const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="100000" height="1000"/>');
    await expectRefusal(svg, 'ERR_INPUT_LIMIT', String(MAX_INPUT_PIXELS));
  });
});

describe('bytes that are no image file', () => {
  it('no bytes', () => expectRefusal(new Uint8Array(0), 'ERR_INPUT_IMAGE', '0 bytes'));

  it('any bytes at all, even behind a true signature: a typed error or a picture', async () => {
    const signatures = [
      [0xff, 0xd8, 0xff],
      [0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10],
      [0x47, 0x49, 0x46, 0x38],
      [],
    ];
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...signatures),
        fc.uint8Array({ maxLength: 300 }),
        async (head, tail) => {
          const result = await resizeImage(Uint8Array.from([...head, ...tail]), OPTIONS).catch(
            (error) => error,
          );
          if (result instanceof Error) expect(result).toBeInstanceOf(InputError);
          else expect(result.pixels).toHaveLength(192);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('a JPEG with any byte changed: a typed error or a picture', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(jpeg.length - 1), fc.integer({ min: 0, max: 255 }), async (at, value) => {
        const bytes = Uint8Array.from(jpeg);
        bytes[at] = value;
        const result = await resizeImage(bytes, OPTIONS).catch((error) => error);
        if (result instanceof Error) expect(result).toBeInstanceOf(InputError);
        else expect(result.pixels).toHaveLength(192);
      }),
      { numRuns: 60 },
    );
  });
});

describe('a raw frame whose parts do not fit is refused', () => {
  const data = new Uint8Array(48);
  const frame = { data, width: 4, height: 4, channels: 3 };

  it.each([
    [
      'too few bytes',
      { ...frame, data: data.subarray(1) },
      'expected 4 x 4 RGB = 48 bytes of data but received 47',
    ],
    ['too many bytes', { ...frame, channels: 1 }, '= 16 bytes'],
    ['width 0', { ...frame, width: 0 }, 'received 0 x 4'],
    ['a negative height', { ...frame, height: -4 }, 'received 4 x -4'],
    ['NaN', { ...frame, width: Number.NaN }, 'received NaN x 4'],
    ['infinity', { ...frame, width: Infinity }, 'received Infinity'],
    ['a fraction', { ...frame, width: 4.5 }, 'received 4.5'],
    ['a size as text', { ...frame, width: '4' }, "received '4'"],
    ['five channels', { ...frame, channels: 5 }, 'received 5'],
    ['no channels', { ...frame, channels: undefined }, 'received undefined'],
  ])('%s', (_, source, words) => expectRefusal(source, 'ERR_INPUT_IMAGE', words));

  it.each([
    [2 ** 15, 2 ** 15],
    [2 ** 40, 2 ** 40],
    [Number.MAX_SAFE_INTEGER, 3],
  ])('%i x %i pixels', (width, height) =>
    expectRefusal({ ...frame, width, height }, 'ERR_INPUT_LIMIT', `${width}x${height}`),
  );

  it('data that is no byte array', async () => {
    for (const wrong of [new Float32Array(48), Array(48).fill(0), new ArrayBuffer(48), undefined]) {
      await expectRefusal({ ...frame, data: wrong }, 'ERR_INPUT_TYPE', 'Uint8Array');
    }
  });

  it('data whose memory was given away', async () => {
    const gone = new Uint8Array(48);
    structuredClone(gone, { transfer: [gone.buffer] });
    await expectRefusal({ ...frame, data: gone }, 'ERR_INPUT_IMAGE', 'received 0');
  });
});

it.each([[undefined], [null], [42], [{}], [[1, 2, 3]], [new Float32Array(3)], [() => 1]])(
  'what is no kind of picture is refused: %o',
  (source) => expectRefusal(source, 'ERR_INPUT_TYPE', 'a path, a Buffer or Uint8Array'),
);

describe('options are refused by name', () => {
  const frame = { data: new Uint8Array(3), width: 1, height: 1, channels: 3 } as const;

  it.each([
    [{ width: 0 }, 'ERR_OPTION_INVALID', 'width'],
    [{ height: -1 }, 'ERR_OPTION_INVALID', 'height'],
    [{ width: 1.5 }, 'ERR_OPTION_INVALID', 'width'],
    [{ width: 1e9 }, 'ERR_OPTION_INVALID', 'width'],
    [{ width: 16384, height: 16384 }, 'ERR_INPUT_LIMIT', '16384x16384'],
    [{ resizeMode: 'fit-shortest' }, 'ERR_OPTION_INVALID', "Did you mean 'fit-short'?"],
    [{ resizeMode: undefined }, 'ERR_OPTION_INVALID', 'resizeMode'],
    [{ cropAnchor: 'center' }, 'ERR_OPTION_INVALID', 'cropAnchor'],
    [{ orientation: 'exiff' }, 'ERR_OPTION_INVALID', "Did you mean 'exif'?"],
    [{ limits: { pixels: 0 } }, 'ERR_OPTION_INVALID', 'limits.pixels'],
    [{ limits: { bytes: 1.5 } }, 'ERR_OPTION_INVALID', 'limits.bytes'],
    [{ limits: { pixel: 9 } }, 'ERR_OPTION_UNKNOWN', "Did you mean 'pixels'?"],
    [{ limits: 7 }, 'ERR_OPTION_INVALID', 'limits'],
    [{ resize_mode: 'squash' }, 'ERR_OPTION_UNKNOWN', "Did you mean 'resizeMode'?"],
  ])('%o', async (change, code, words) => {
    const error = await refusal(() => resizeImage(frame, { ...OPTIONS, ...change } as never));
    expect(error.code).toBe(code);
    expect(error.message).toContain(words);
  });
});
