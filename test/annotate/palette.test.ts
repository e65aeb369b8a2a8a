import { describe, expect, it } from 'vitest';
import { INK, LABEL_COLOURS, labelColours } from '../../src/annotate/palette.js';

/** Relative luminance, WCAG 2. */
function luminance(colour: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const value = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

describe('the palette', () => {
  it.each(LABEL_COLOURS)('%s carries dark text with a contrast of at least 7 (WCAG AAA)', (colour) => {
    expect((luminance(colour) + 0.05) / (luminance(INK) + 0.05)).toBeGreaterThanOrEqual(7);
  });

  it('holds no colour twice', () => {
    expect(new Set(LABEL_COLOURS).size).toBe(LABEL_COLOURS.length);
  });
});

describe('labelColours', () => {
  it('goes by the place in the list of labels, round and round', () => {
    const labels = Array.from({ length: 12 }, (_, index) => `label ${index}`);
    const colourOf = labelColours(labels);
    expect(labels.slice(0, 10).map(colourOf)).toEqual(LABEL_COLOURS);
    expect(colourOf('label 10')).toBe(LABEL_COLOURS[0]);
  });

  it('gives an unlisted label the same colour every time', () => {
    expect(labelColours([])('cup')).toBe(labelColours([])('cup'));
    expect(LABEL_COLOURS).toContain(labelColours([])('cup'));
  });
});
