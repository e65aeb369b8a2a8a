import { describe, expect, it } from 'vitest';
import { OBJECT_DETECTION_LAST_LAYERS } from '../../src/deployment/impulse.js';
import { decodeOutputs } from '../../src/postprocess/decode.js';
import type { PixelBox } from '../../src/postprocess/results.js';
import type { GoldenBox } from './golden.js';
import { goldenBlock, goldenCases, goldenInput, goldenTensors } from './golden.js';

describe.each(OBJECT_DETECTION_LAST_LAYERS)('%s', (lastLayer) => {
  it.each(goldenCases(lastLayer).map((golden) => [golden.name, golden] as const))(
    'gives the boxes of the reference SDK in its order: %s',
    (_, golden) => {
      const decoded = decodeOutputs(
        goldenBlock(lastLayer, golden),
        goldenTensors(golden),
        goldenInput(golden),
      );
      if (decoded.modelType !== 'object-detection') throw new Error('decoded as something else');
      expectBoxes(decoded.boxes, golden.expected.boundingBoxes ?? []);
    },
  );
});

/** Integers and labels are equal; scores within 1e-5. */
function expectBoxes(boxes: readonly PixelBox[], expected: readonly GoldenBox[]): void {
  const integers = ({ label, x, y, width, height }: GoldenBox) => ({ label, x, y, width, height });
  expect(boxes.map(integers)).toEqual(expected.map(integers));
  for (const [index, { value }] of boxes.entries()) {
    expect(Math.abs(value - (expected[index]?.value ?? Number.NaN))).toBeLessThanOrEqual(1e-5);
  }
}
