import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { crc32, deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { resizeImage } from '../../src/preprocess/resize-image.js';
import { refusal } from './refusal.js';

const OPTIONS = { width: 8, height: 8, resizeMode: 'squash' } as const;

function pngChunk(type: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const chunk = Buffer.alloc(body.length + 8);
  chunk.writeUInt32BE(data.length, 0);
  body.copy(chunk, 4);
  chunk.writeUInt32BE(crc32(body), body.length + 4);
  return chunk;
}

const PNG_SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10]);

/** A header that states this size, and next to nothing behind it. */
function png(width: number, height: number): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const pixels = deflateSync(new Uint8Array(100));
  return Buffer.concat([
    PNG_SIGNATURE,
    pngChunk('IHDR', header),
    pngChunk('IDAT', pixels),
    pngChunk('IEND', new Uint8Array(0)),
  ]);
}

/** A true file of 16 x 16, whose header is made to state another size. */
async function stating(
  format: 'jpeg' | 'webp' | 'gif' | 'tiff' | 'avif',
  change: (bytes: Buffer) => void,
): Promise<Buffer> {
  const canvas = { width: 16, height: 16, channels: 3 as const, background: '#c83c28' };
  const options = format === 'webp' ? { lossless: true } : format === 'tiff' ? { compression: 'none' } : {};
  const bytes = await sharp({ create: canvas }).toFormat(format, options).toBuffer();
  change(bytes);
  return bytes;
}

/** Two-byte sides of the frame header (SOF0 or SOF2). */
function jpegSize(bytes: Buffer): void {
  const frame = bytes.findIndex((byte, at) => byte === 0xff && [0xc0, 0xc2].includes(bytes[at + 1] ?? 0));
  bytes.writeUInt16BE(65500, frame + 5);
  bytes.writeUInt16BE(65500, frame + 7);
}

/** 14 bits for each side, less one, behind the signature byte 0x2f. */
function webpSize(bytes: Buffer): void {
  const at = bytes.indexOf('VP8L') + 9;
  const flags = bytes.readUInt32LE(at) & ~0xfffffff;
  bytes.writeUInt32LE((flags | 16382 | (16382 << 14)) >>> 0, at);
}

/** The logical screen, and the one frame on it. */
function gifSize(bytes: Buffer): void {
  for (const at of [6, bytes.lastIndexOf(Buffer.from([0x2c, 0, 0, 0, 0])) + 5]) {
    bytes.writeUInt16LE(50000, at);
    bytes.writeUInt16LE(50000, at + 2);
  }
}

/** Tags 256 and 257 of the first directory. */
function tiffSize(bytes: Buffer): void {
  const directory = bytes.readUInt32LE(4);
  for (let entry = 0; entry < bytes.readUInt16LE(directory); entry++) {
    const at = directory + 2 + entry * 12;
    if (![256, 257].includes(bytes.readUInt16LE(at))) continue;
    bytes.writeUInt16LE(4, at + 2);
    bytes.writeUInt32LE(50000, at + 8);
  }
}

/** The property box that states the extent. */
function avifSize(bytes: Buffer): void {
  const at = bytes.indexOf('ispe') + 8;
  bytes.writeUInt32BE(50000, at);
  bytes.writeUInt32BE(50000, at + 4);
}

function bmp(width: number, height: number): Buffer {
  const bytes = Buffer.alloc(54 + 64);
  bytes.write('BM', 'latin1');
  bytes.writeUInt32LE(54, 10);
  bytes.writeUInt32LE(40, 14);
  bytes.writeInt32LE(width, 18);
  bytes.writeInt32LE(height, 22);
  bytes.writeUInt16LE(1, 26);
  bytes.writeUInt16LE(24, 28);
  return bytes;
}

const svg = (attributes: string, content = ''): Buffer =>
  Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg" ${attributes}>${content}</svg>`);

/** Small files of enormous pictures. None has the pixels that it states: to decode one would be another error. */
const BOMBS: readonly (readonly [string, () => Promise<Buffer> | Buffer])[] = [
  ['PNG', () => png(50_000, 50_000)],
  ['JPEG', () => stating('jpeg', jpegSize)],
  ['WebP', () => stating('webp', webpSize)],
  ['GIF', () => stating('gif', gifSize)],
  ['TIFF', () => stating('tiff', tiffSize)],
  ['AVIF', () => stating('avif', avifSize)],
  ['BMP', () => bmp(50_000, 50_000)],
  ['SVG', () => svg('width="50000" height="50000"')],
  ['SVG of a viewBox alone', () => svg('viewBox="0 0 50000 50000"')],
];

describe('a picture of more pixels than the limit is refused by its header', () => {
  it.each(BOMBS)('%s', async (_, make) => {
    const bytes = await make();
    expect(bytes.length).toBeLessThan(2000);
    const error = await refusal(() => resizeImage(bytes, OPTIONS));
    expect(error.message).toContain('limit of 67108864 pixels (64 megapixels)');
    expect(error.code).toBe('ERR_INPUT_LIMIT');
  });

  it('without the memory that its pixels would need', async () => {
    const module = fileURLToPath(new URL('../../dist/preprocess/index.js', import.meta.url));
    const program = `
      import { resizeImage } from ${JSON.stringify(module)};
      const bytes = Buffer.from(process.argv[1], 'base64');
      const error = await resizeImage(bytes, ${JSON.stringify(OPTIONS)}).catch((error) => error);
      console.log(error.code, process.resourceUsage().maxRSS);`;
    const args = ['--input-type=module', '-e', program, png(50_000, 50_000).toString('base64')];
    const [code, kibibytes] = execFileSync(process.execPath, args, { encoding: 'utf8' }).trim().split(' ');
    expect(code).toBe('ERR_INPUT_LIMIT');
    // The pixels are 7.5 GB.
    expect(Number(kibibytes)).toBeLessThan(512 * 1024);
  });
});

describe('other ways for a small file to be large', () => {
  it('a PNG with less behind its header than it states is damaged, not black', async () => {
    expect((await refusal(() => resizeImage(png(4000, 4000), OPTIONS))).code).toBe('ERR_INPUT_IMAGE');
  });

  it('a text in a PNG that inflates to 200 MB is not kept', async () => {
    const [head, tail] = [png(4, 4).subarray(0, 33), png(4, 4).subarray(33)];
    const text = Buffer.concat([Buffer.from('Comment\0\0', 'latin1'), deflateSync(new Uint8Array(200e6))]);
    const bytes = Buffer.concat([head, pngChunk('zTXt', text), tail]);
    const before = process.memoryUsage().rss;
    const result = await resizeImage(bytes, OPTIONS).catch((error) => error);
    if (result instanceof Error) expect(result).toMatchObject({ name: 'InputError' });
    expect(process.memoryUsage().rss - before).toBeLessThan(150e6);
  });

  it('an SVG whose entities multiply', async () => {
    const entities = Array.from(
      { length: 12 },
      (_, index) => `<!ENTITY e${index + 1} "${`&e${index};`.repeat(10)}">`,
    );
    const doctype = `<!DOCTYPE svg [<!ENTITY e0 "bomb">${entities.join('')}]>`;
    const bytes = Buffer.concat([Buffer.from(doctype), svg('width="8" height="8"', '<text>&e12;</text>')]);
    expect((await refusal(() => resizeImage(bytes, OPTIONS))).code).toBe('ERR_INPUT_IMAGE');
  });

  it('an SVG reads no other file', async () => {
    const picture = fileURLToPath(new URL('../../examples/shapes.jpg', import.meta.url));
    for (const href of [picture, `file://${picture}`]) {
      const bytes = svg('width="8" height="8"', `<image href="${href}" width="8" height="8"/>`);
      const { pixels } = await resizeImage(bytes, OPTIONS);
      expect(new Set(pixels)).toEqual(new Set([0]));
    }
  });

  it('an animation of many frames costs its first', async () => {
    const frame = await sharp({ create: { width: 64, height: 64, channels: 3, background: '#c83c28' } })
      .png()
      .toBuffer();
    const frames = Array.from({ length: 40 }, () => frame);
    const gif = await sharp(frames, { join: { animated: true } })
      .gif()
      .toBuffer();
    const result = await resizeImage(gif, { ...OPTIONS, limits: { pixels: 64 * 64 } });
    expect(result.geometry).toMatchObject({ originalWidth: 64, originalHeight: 64 });
  });
});

describe('limits can be set', () => {
  const encoded = sharp({ create: { width: 40, height: 30, channels: 3, background: '#888' } });
  const frame = { data: new Uint8Array(40 * 30 * 3), width: 40, height: 30, format: 'RGB' } as const;

  it('pixels, of files and frames alike: the limit itself is allowed', async () => {
    for (const source of [await encoded.png().toBuffer(), await encoded.jpeg().toBuffer(), frame]) {
      const allowed = { ...OPTIONS, limits: { pixels: 1200 } };
      expect((await resizeImage(source, allowed)).pixels).toHaveLength(192);
      const error = await refusal(() => resizeImage(source, { ...OPTIONS, limits: { pixels: 1199 } }));
      expect(error.code).toBe('ERR_INPUT_LIMIT');
      expect(error.message).toContain('1199 pixels');
      expect(error.message).toContain('limits.pixels');
    }
  });

  it('bytes', async () => {
    const bytes = await encoded.png().toBuffer();
    expect((await resizeImage(bytes, { ...OPTIONS, limits: { bytes: bytes.length } })).pixels).toHaveLength(
      192,
    );
    const error = await refusal(() =>
      resizeImage(bytes, { ...OPTIONS, limits: { bytes: bytes.length - 1 } }),
    );
    expect(error.code).toBe('ERR_INPUT_LIMIT');
    expect(error.message).toContain(`has ${bytes.length} bytes; the limit is ${bytes.length - 1}`);
  });

  it('above the default', async () => {
    const [width, height] = [8200, 8200];
    const large = { data: new Uint8Array(width * height), width, height, format: 'GRAY' } as const;
    expect((await refusal(() => resizeImage(large, OPTIONS))).code).toBe('ERR_INPUT_LIMIT');
    const { geometry } = await resizeImage(large, { ...OPTIONS, limits: { pixels: width * height } });
    expect(geometry).toMatchObject({ originalWidth: width, originalHeight: height });
  });
});
