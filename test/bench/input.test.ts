import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, describe, expect, it } from 'vitest';
import { fileInput, inputFor } from '../../src/bench/input.js';
import type { ImpulseInput } from '../../src/deployment/impulse.js';

const folder = mkdtempSync(join(tmpdir(), 'impulse-bench-'));
afterAll(() => rmSync(folder, { recursive: true }));

const PICTURE: ImpulseInput = {
  inputType: 'image',
  width: 32,
  height: 24,
  channels: 'RGB',
  resizeMode: 'squash',
  cropAnchor: 'middle-center',
};
const SOUND: ImpulseInput = { inputType: 'audio', featureCount: 1000, axes: ['audio'], frequencyHz: 16_000 };

function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

describe('a file', () => {
  it.each([
    ['as the studio shows them', '0x383e42, 0x3a4044', [0x383e42, 0x3a4044]],
    ['as impulse features prints them', '{"features": [1, 2]}', [1, 2]],
    ['of C', '{ -1.5f, .5f }', [-1.5, 0.5]],
    ['in a column', '1\n2\n', [1, 2]],
  ])('of numbers %s is raw features', async (_, text, features) => {
    const { input } = await fileInput(file('features.txt', text));
    expect(input).toEqual({ kind: 'features', features });
  });

  it('of anything else is a picture, byte for byte', async () => {
    const create = { width: 4, height: 3, channels: 3, background: '#123456' } as const;
    for (const format of ['png', 'jpeg', 'webp', 'gif', 'tiff'] as const) {
      const bytes = await sharp({ create }).toFormat(format).toBuffer();
      expect((await fileInput(file('picture', bytes))).input).toEqual({
        kind: 'picture',
        base64: bytes.toString('base64'),
      });
    }
    const svg = '<svg xmlns="http://www.w3.org/2000/svg"/>';
    expect((await fileInput(file('a.svg', svg))).input.kind).toBe('picture');
  });

  it('that is not there is refused', async () => {
    await expect(fileInput(join(folder, 'missing.jpg'))).rejects.toMatchObject({
      code: 'ERR_INPUT_NOT_FOUND',
    });
  });
});

describe('an input that is made', () => {
  it('is a JPEG of 640 x 480 for pictures, about as large as a photo, and the same every time', async () => {
    const [first, second] = await Promise.all([1, 2].map(() => inputFor({ kind: 'generated' }, PICTURE)));
    expect(first).toEqual(second);
    if (first?.input.kind !== 'picture') throw new TypeError('It is no picture.');
    const bytes = Buffer.from(first.input.base64, 'base64');
    expect(await sharp(bytes).metadata()).toMatchObject({ format: 'jpeg', width: 640, height: 480 });
    expect(bytes.length).toBe(first.bytes);
    expect(bytes.length).toBeGreaterThan(40_000);
    expect(bytes.length).toBeLessThan(100_000);
  });

  it("is a frame of the model's size where one was asked for", async () => {
    const { input } = await inputFor({ kind: 'frame' }, PICTURE);
    expect(input).toMatchObject({ kind: 'frame', width: 32, height: 24 });
    if (input.kind === 'frame') expect(Buffer.from(input.base64, 'base64').length).toBe(32 * 24 * 3);
  });

  it('is a window of the right length for signals, of whole numbers for sound', async () => {
    const { input } = await inputFor({ kind: 'generated' }, SOUND);
    if (input.kind !== 'features') throw new TypeError('It is no window.');
    expect(input.features.length).toBe(1000);
    for (const value of input.features) {
      expect(Number.isInteger(value)).toBe(true);
      expect(Math.abs(value)).toBeLessThan(32_768);
    }
    const motion = {
      inputType: 'time-series',
      featureCount: 375,
      axes: ['x', 'y', 'z'],
      frequencyHz: 0,
    } as const;
    const { input: other } = await inputFor({ kind: 'generated' }, motion);
    if (other.kind !== 'features') throw new TypeError('It is no window.');
    expect(other.features.length).toBe(375);
    expect(other.features.every(Number.isFinite)).toBe(true);
  });

  it('is no frame for signals', async () => {
    await expect(inputFor({ kind: 'frame' }, SOUND)).rejects.toMatchObject({ code: 'ERR_OPTION_INVALID' });
  });
});
