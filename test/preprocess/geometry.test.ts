import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CROP_ANCHORS, type ResizeGeometry } from '../../src/deployment/impulse.js';
import { mapBoxToOriginal } from '../../src/preprocess/geometry.js';
import { type BoxesCase, goldenCases } from './golden.js';

describe('boxes of the model input lie in the original picture where the reference puts them (node-sdk)', () => {
  it.each(goldenCases<BoxesCase>('boxes'))('$name', (testCase) => {
    const { mode, originalWidth, originalHeight, targetWidth, targetHeight, boxes, expected } = testCase;
    const geometry = {
      mode,
      originalWidth,
      originalHeight,
      inputWidth: targetWidth,
      inputHeight: targetHeight,
    };
    const mapped = boxes.map((box) => mapBoxToOriginal(box, geometry));
    expect(mapped).toHaveLength(expected.length);
    for (const [index, box] of mapped.entries()) {
      for (const key of ['x', 'y', 'width', 'height'] as const) {
        expect(Math.abs(box[key] - expected[index]![key])).toBeLessThanOrEqual(1e-9);
      }
    }
  });
});

const WHOLE = { x: 0, y: 0, width: 1, height: 1 };

describe('a crop that says which part it kept', () => {
  const wide = {
    mode: 'crop',
    originalWidth: 640,
    originalHeight: 480,
    inputWidth: 96,
    inputHeight: 96,
  } as const;
  const tall = { ...wide, originalWidth: 480, originalHeight: 640 };

  it.each([
    ['top-left', 0, 0],
    ['middle-left', 0, 80],
    ['middle-center', 80, 80],
    ['top-right', 160, 0],
    ['bottom-right', 160, 160],
    ['bottom-center', 80, 160],
  ] as const)('maps the whole input at %s to the part that was kept', (cropAnchor, left, top) => {
    expect(mapBoxToOriginal(WHOLE, { ...wide, cropAnchor })).toEqual({
      x: left,
      y: 0,
      width: 480,
      height: 480,
    });
    expect(mapBoxToOriginal(WHOLE, { ...tall, cropAnchor })).toEqual({
      x: 0,
      y: top,
      width: 480,
      height: 480,
    });
  });

  it('maps at the centre as fit-short does', () => {
    const box = { x: 0.2, y: 0.3, width: 0.4, height: 0.1 };
    expect(mapBoxToOriginal(box, { ...wide, cropAnchor: 'middle-center' })).toEqual(
      mapBoxToOriginal(box, { ...wide, mode: 'fit-short' }),
    );
  });
});

describe('whatever the geometry', () => {
  const side = fc.integer({ min: 1, max: 5000 });
  const ratio = fc.double({ min: 0, max: 1, noNaN: true });
  const geometries: fc.Arbitrary<ResizeGeometry> = fc.record({
    mode: fc.constantFrom('squash', 'fit-short', 'fit-long', 'crop', 'none'),
    cropAnchor: fc.constantFrom(...CROP_ANCHORS),
    originalWidth: side,
    originalHeight: side,
    inputWidth: side,
    inputHeight: side,
  });
  const boxes = fc.record({ x: ratio, y: ratio, width: ratio, height: ratio });

  it('a box of the input stays inside the picture', () => {
    fc.assert(
      fc.property(boxes, geometries, (box, geometry) => {
        const { x, y, width, height } = mapBoxToOriginal(box, geometry);
        expect(Math.min(x, y, width, height)).toBeGreaterThanOrEqual(0);
        expect(x + width).toBeLessThanOrEqual(geometry.originalWidth * (1 + 1e-12));
        expect(y + height).toBeLessThanOrEqual(geometry.originalHeight * (1 + 1e-12));
      }),
    );
  });

  it('a picture that already has the size is mapped onto itself', () => {
    fc.assert(
      fc.property(boxes, geometries, (box, { inputWidth, inputHeight, ...rest }) => {
        const same = {
          ...rest,
          inputWidth,
          inputHeight,
          originalWidth: inputWidth,
          originalHeight: inputHeight,
        };
        const { x, y } = mapBoxToOriginal(box, same);
        expect(x).toBeCloseTo(box.x * inputWidth, 6);
        expect(y).toBeCloseTo(box.y * inputHeight, 6);
      }),
    );
  });
});
