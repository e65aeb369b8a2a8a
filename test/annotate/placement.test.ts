import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { overlap, placeTag, type Rect } from '../../src/annotate/placement.js';

const PICTURE = { width: 640, height: 480 };
const TAG = { width: 60, height: 20 };

describe('placeTag', () => {
  it('sits on top of the box, flush left', () => {
    const place = placeTag({ x: 100, y: 100, width: 80, height: 50 }, TAG, PICTURE, []);
    expect(place).toEqual({ x: 100, y: 80, width: 60, height: 20 });
  });

  it('goes below a box at the upper edge, and stays inside at the right edge', () => {
    const place = placeTag({ x: 620, y: 0, width: 20, height: 30 }, TAG, PICTURE, []);
    expect(place).toEqual({ x: 580, y: 30, width: 60, height: 20 });
  });

  it('goes inside a box that fills the picture', () => {
    const place = placeTag({ x: 0, y: 0, ...PICTURE }, TAG, PICTURE, []);
    expect(place).toEqual({ x: 0, y: 0, width: 60, height: 20 });
  });

  it('keeps clear of tags that stand already', () => {
    const box = { x: 100, y: 100, width: 80, height: 50 };
    const taken: Rect[] = [];
    for (let count = 0; count < 6; count++) taken.push(placeTag(box, TAG, PICTURE, taken));
    for (const [index, one] of taken.entries()) {
      for (const other of taken.slice(index + 1)) expect(overlap(one, other)).toBe(0);
    }
  });

  it('never leaves the picture, whatever the box', () => {
    const side = fc.integer({ min: -50, max: 800 });
    fc.assert(
      fc.property(
        fc.record({ x: side, y: side, width: fc.nat(900), height: fc.nat(900) }),
        fc.record({ width: fc.integer({ min: 1, max: 640 }), height: fc.integer({ min: 1, max: 480 }) }),
        fc.array(fc.record({ x: side, y: side, width: fc.nat(900), height: fc.nat(900) }), { maxLength: 5 }),
        fc.integer({ min: 0, max: 4 }),
        (box, size, taken, gap) => {
          const { x, y, width, height } = placeTag(box, size, PICTURE, taken, gap);
          expect({ width, height }).toEqual(size);
          expect(x).toBeGreaterThanOrEqual(0);
          expect(y).toBeGreaterThanOrEqual(0);
          expect(x + width).toBeLessThanOrEqual(PICTURE.width);
          expect(y + height).toBeLessThanOrEqual(PICTURE.height);
        },
      ),
    );
  });
});
