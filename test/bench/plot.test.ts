import fc from 'fast-check';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { type PlotFormat, plotOf } from '../../src/bench/plot/plot.js';
import { DARK, LIGHT, STAGE_COLOURS } from '../../src/bench/plot/theme.js';
import { report, result } from './reports.js';

const FORMATS: readonly PlotFormat[] = ['html', 'svg'];
const RESULTS = [result('tflite, XNNPACK, 1 thread', 2), result('litert-wasm, 1 thread', 7)];
const NOT_RUN = [{ name: 'onnx, 1 thread', options: {}, reason: 'It runs ONNX models.' }];

/** As XML, which forgives nothing: by the parser of libvips' SVG reader. */
async function parse(document: string): Promise<void> {
  const [, head = '', rest = ''] = /^(<!DOCTYPE html>|<\?xml .*?\?>)\n(.*)$/s.exec(document) ?? [];
  const wrapped = `<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><foreignObject>${rest}</foreignObject></svg>`;
  await sharp(Buffer.from(head === '<!DOCTYPE html>' ? wrapped : document)).metadata();
}

function count(document: string, pattern: RegExp): number {
  return document.match(pattern)?.length ?? 0;
}

describe.each(FORMATS)('a plot as %s', (format) => {
  const document = plotOf(report(RESULTS, NOT_RUN), format);

  it('parses', async () => {
    await parse(document);
    await expect(parse(document.replace('</text>', ''))).rejects.toThrow();
  });

  it('asks nobody for anything', () => {
    expect(document.replace('xmlns="http://www.w3.org/2000/svg"', '')).not.toMatch(
      /https?:|\/\/|url\(|@import|<script/,
    );
  });

  it('has light and dark colours', () => {
    expect(document).toContain('@media (prefers-color-scheme:');
    expect(document).toContain(LIGHT.ink);
    expect(document).toContain(DARK.ink);
  });

  it('says in words what is drawn', () => {
    const description = document.match(/<desc[^>]*>(.*?)<\/desc>/s)?.[1] ?? '';
    for (const { name } of RESULTS) expect(description).toContain(name);
    expect(document).toMatch(/role="img" aria-labelledby="(\S+) (\S+)"/);
    const [, title = '', desc = ''] = /aria-labelledby="(\S+) (\S+)"><title/.exec(document) ?? [];
    expect(document).toContain(`<title id="${title}">`);
    expect(document).toContain(`<desc id="${desc}">`);
  });

  it('names what was not measured, and why', () => {
    expect(document).toContain('onnx, 1 thread');
    expect(document).toContain('It runs ONNX models.');
  });

  it('is a document, too, where nothing could be measured', async () => {
    const empty = plotOf(report([], NOT_RUN), format);
    await parse(empty);
    expect(empty).toContain('It runs ONNX models.');
    expect(empty).not.toMatch(/NaN|Infinity|undefined/);
  });

  it('parses whatever names and reasons hold', async () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom(
        '<script>alert(1)</script>',
        '"><img src=x>',
        ']]>',
        '&lt;',
        '\u0000\u001b[31m',
        '\ud800',
      ),
    );
    await fc.assert(
      fc.asyncProperty(text, text, async (name, reason) => {
        const hostile = report([result(name, 1)], [{ name, options: {}, reason }], name);
        const document = plotOf(hostile, format);
        await parse(document);
        expect(document).not.toMatch(/<script|<img/);
      }),
      { numRuns: 60 },
    );
  });

  it('has no number that is none, whatever was measured', () => {
    // The clock tells nanoseconds.
    const ms = fc.oneof(fc.constant(0), fc.double({ min: 1e-6, max: 1e7, noNaN: true }));
    fc.assert(
      fc.property(fc.array(ms, { minLength: 1, maxLength: 9 }), (times) => {
        const document = plotOf(report(times.map((time, index) => result(`way ${index}`, time))), format);
        expect(document).not.toMatch(/NaN|Infinity|undefined|(width|height)="-/);
      }),
    );
  });
});

describe('the page', () => {
  const document = plotOf(report(RESULTS, NOT_RUN), 'html');

  it('has the figures in tables, with heads for rows and columns', () => {
    expect(count(document, /<table/g)).toBe(4);
    expect(count(document, /<th scope="row">/g)).toBe(4 * RESULTS.length);
    expect(count(document, /<th scope="col">/g)).toBeGreaterThan(4 * 4);
  });

  it('fits a phone: as wide as the screen, and what is wider scrolls by itself', () => {
    expect(document).toContain('<meta name="viewport" content="width=device-width, initial-scale=1"/>');
    expect(count(document, /class="scroll" role="region" aria-labelledby="table-\d" tabindex="0"/g)).toBe(4);
  });

  it('gives every id once, and names none that is not there', () => {
    const ids = [...document.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
    const named = [...document.matchAll(/aria-labelledby="([^"]+)"/g)].flatMap(([, text = '']) =>
      text.split(' '),
    );
    expect(new Set(ids).size).toBe(ids.length);
    for (const id of named) expect(ids).toContain(id);
  });
});

/** Contrast as WCAG 2 defines it. */
function contrast(a: string, b: string): number {
  const [dark = 0, light = 0] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (light + 0.05) / (dark + 0.05);
}

function luminance(colour: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const share = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return share <= 0.040_45 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

describe.each([
  ['light', LIGHT],
  ['dark', DARK],
])('the %s theme', (_, { paper, ink, muted, accent }) => {
  it('has text that can be read', () => {
    for (const text of [ink, muted]) expect(contrast(text, paper)).toBeGreaterThanOrEqual(4.5);
  });

  it('has marks that can be seen', () => {
    for (const colour of [accent, ...Object.values(STAGE_COLOURS)]) {
      expect(contrast(colour, paper), colour).toBeGreaterThanOrEqual(3);
    }
  });
});
