import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { GLYPHS, MARKS } from '../../src/annotate/glyphs.js';
import { drawLine, escapeXml, fitLine, joinLines, layoutText } from '../../src/annotate/text.js';

async function inkOf(svg: string): Promise<{ left: number; right: number; pixels: number }> {
  const page = `<svg xmlns="http://www.w3.org/2000/svg" width="400" height="60">${svg}</svg>`;
  const { data, info } = await sharp(Buffer.from(page)).raw().toBuffer({ resolveWithObject: true });
  let left = info.width;
  let right = -1;
  let pixels = 0;
  for (let index = 0; index < info.width * info.height; index++) {
    if ((data[index * info.channels + info.channels - 1] ?? 0) < 64) continue;
    const x = index % info.width;
    left = Math.min(left, x);
    right = Math.max(right, x);
    pixels += 1;
  }
  return { left, right, pixels };
}

describe('the stroke font', () => {
  it('has every printable ASCII character but the space', () => {
    const ascii = Array.from({ length: 94 }, (_, index) => String.fromCharCode(33 + index));
    expect(ascii.filter((character) => !GLYPHS.has(character))).toEqual([]);
  });

  it.each([...GLYPHS.keys()])('draws %s within the width it states', async (character) => {
    const line = await layoutText(character);
    const { left, right, pixels } = await inkOf(drawLine(line, 20, 40, 30, '#000'));
    expect(pixels).toBeGreaterThan(4);
    expect(left).toBeGreaterThanOrEqual(20 - 1);
    expect(right).toBeLessThanOrEqual(20 + line.width * 30 + 1);
  });

  it.each(['é', 'Å', 'ñ', 'ç', 'Ž', 'ő', 'ą', 'ï'])(
    'draws %s as its letter with a mark, not with a system font',
    async (text) => {
      const svg = drawLine(await layoutText(text), 20, 40, 30, '#000');
      expect(svg).not.toContain('<text');
      const bare = drawLine(await layoutText(text.normalize('NFD')[0] ?? ''), 20, 40, 30, '#000');
      expect((await inkOf(svg)).pixels).not.toBe((await inkOf(bare)).pixels);
    },
  );

  it('gives every mark a drawing', () => {
    for (const { path } of MARKS.values()) expect(path).toMatch(/^M/);
  });
});

describe('layoutText', () => {
  it.each(['日本語', '😀', 'кот', 'عربى'])(
    'leaves %s to the fonts of the system, and knows its width',
    async (text) => {
      const line = await layoutText(text);
      expect(drawLine(line, 0, 40, 30, '#000')).toContain(`>${text}</text>`);
      expect(line.width).toBeGreaterThan(0.3);
    },
  );

  it.each(['\u0000', '\u001b[31m', '\ud800', '\ufffe', 'a\u202eb'])(
    'draws %j without breaking the SVG',
    async (text) => {
      const svg = drawLine(await layoutText(text), 20, 40, 30, '#000');
      await expect(inkOf(svg)).resolves.toMatchObject({ pixels: expect.any(Number) });
    },
  );

  it('cuts endless labels before it measures them', async () => {
    const line = await layoutText('x'.repeat(100_000));
    expect(line.pieces.length).toBeLessThan(100);
  });
});

describe('fitLine', () => {
  it('keeps what fits and shortens the rest with an ellipsis', async () => {
    const line = await layoutText('golden retriever');
    expect(fitLine(line, line.width)).toBe(line);
    const short = fitLine(line, 4);
    expect(short.width).toBeLessThanOrEqual(4);
    expect(short.pieces.length).toBeGreaterThan(2);
    expect(short.pieces.length).toBeLessThan(line.pieces.length);
  });

  it('gives an empty line where not even an ellipsis fits', async () => {
    expect(fitLine(await layoutText('dog'), 0.1)).toEqual({ pieces: [], width: 0 });
  });
});

it('joinLines adds up widths', async () => {
  const dog = await layoutText('dog');
  const score = await layoutText(' 0.93');
  expect(joinLines(dog, score).width).toBeCloseTo(dog.width + score.width, 9);
});

it('escapeXml leaves no markup and no character that XML forbids', () => {
  expect(escapeXml('<b a="1">&\'\u0001\ud800')).toBe('&#60;b a=&#34;1&#34;&#62;&#38;&#39;\ufffd\ufffd');
});
