import fc from 'fast-check';
import { expect, it } from 'vitest';
import { CROP_ANCHORS, IMAGE_INPUT_RESIZE_MODES } from '../../../src/deployment/impulse.js';
import { ImpulseError } from '../../../src/errors.js';
import type { Frame } from '../../../src/preprocess/frame-format.js';
import { planArea } from '../../../src/preprocess/resample/area-plan.js';
import { planNearest } from '../../../src/preprocess/resample/nearest-plan.js';
import type { ResizePlan } from '../../../src/preprocess/resample/plan.js';
import { resizePixelsPortable } from '../../../src/preprocess/resample/portable.js';
import type { ResizeRequest } from '../../../src/preprocess/resample/request.js';
import { planSdk } from '../../../src/preprocess/resample/sdk-plan.js';
import { planTriangle } from '../../../src/preprocess/resample/triangle-plan.js';
import { describeWithAddon } from '../kernels.js';
import { rgbFrame } from './kernels-portable.js';
import { request } from './pictures.js';

const PLANNERS = { sdk: planSdk, area: planArea, triangle: planTriangle, nearest: planNearest };

const side = fc.oneof(fc.integer({ min: 1, max: 90 }), fc.integer({ min: 1, max: 8 }));

/** Two sizes that have little to do with each other, or one a whole multiple of the other. */
const sizes = fc.oneof(
  fc.record({ sourceWidth: side, sourceHeight: side, width: side, height: side }),
  fc
    .record({
      width: fc.integer({ min: 1, max: 20 }),
      height: fc.integer({ min: 1, max: 20 }),
      byX: fc.integer({ min: 1, max: 6 }),
      byY: fc.integer({ min: 1, max: 6 }),
    })
    .map(({ width, height, byX, byY }) => ({
      sourceWidth: width * byX,
      sourceHeight: height * byY,
      width,
      height,
    })),
);

const requests: fc.Arbitrary<ResizeRequest> = fc
  .tuple(sizes, fc.constantFrom(...IMAGE_INPUT_RESIZE_MODES), fc.constantFrom(...CROP_ANCHORS))
  .map(([size, resizeMode, cropAnchor]) => ({ ...size, resizeMode, cropAnchor }));

function noise(length: number, seed: number): Uint8Array {
  let state = seed;
  return new Uint8Array(length).map(() => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return state >>> 24;
  });
}

/** A refusal is no plan. */
function planOf(
  plan: (request: ResizeRequest) => ResizePlan,
  request: ResizeRequest,
): ResizePlan | undefined {
  try {
    return plan(request);
  } catch (error) {
    if (error instanceof ImpulseError) return undefined;
    throw error;
  }
}

describeWithAddon('the native kernels', (addon) => {
  it.each(Object.entries(PLANNERS))(
    '%s: the bytes of the TypeScript kernel, for every plan',
    (_, planner) => {
      const kinds = new Set<string>();
      fc.assert(
        fc.property(requests, fc.nat(5), fc.integer(), (asked, padding, seed) => {
          const plan = planOf(planner, asked);
          if (plan === undefined) return;
          kinds.add(plan.resample.kind);
          const { sourceWidth, sourceHeight, width, height } = plan;
          const stride = sourceWidth * 3 + padding;
          // In the middle of other bytes, so that what is read or written beside the picture shows.
          const data = noise(stride * sourceHeight + 32, seed).subarray(16, -16);
          const frame: Frame = { format: 'RGB', width: sourceWidth, height: sourceHeight, stride, data };
          const out = new Uint8Array(width * height * 3 + 32).fill(77);
          addon.resizeFrame(frame, plan, out.subarray(16, -16));
          const expected = resizePixelsPortable(frame, plan, new Uint8Array(width * height * 3));
          expect(Buffer.from(out.subarray(16, -16)).equals(expected)).toBe(true);
          expect([...out.subarray(0, 16), ...out.subarray(-16)].every((byte) => byte === 77)).toBe(true);
        }),
        { numRuns: 1500, seed: 20240612 },
      );
      expect(kinds.size).toBeGreaterThan(1);
    },
  );

  /** A plan that was tampered with: 7 x 5 pixels to 4 x 3, and what becomes of its arithmetic. */
  const refused: [string, (request: ResizeRequest) => ResizePlan, object][] = [
    ['steps that lead out of the source', planSdk, { stepX: 16384 * 3 }],
    ['steps that overflow', planSdk, { stepY: 2 ** 52 }],
    ['half a step', planSdk, { stepX: 0.5 }],
    ['taps that begin before the source', planTriangle, { x: { first: Int32Array.of(-1, 1, 2, 3) } }],
    ['taps that lead out of the source', planTriangle, { x: { first: Int32Array.of(0, 1, 2, 6) } }],
    ['too few taps', planTriangle, { y: { first: Int32Array.of(0, 1) } }],
    ['pixels without weights', planTriangle, { y: { start: Int32Array.of(0, 0, 3, 5) } }],
    ['weights that do not exist', planTriangle, { y: { start: Int32Array.of(0, 3, 6, 900) } }],
    ['weights that are no numbers', planTriangle, { y: { weights: new Float32Array(9).fill(Number.NaN) } }],
    ['weights of another type', planArea, { x: { weights: new Float64Array(9) } }],
    ['no weights', planArea, { y: { weights: undefined } }],
    ['columns outside the source', planNearest, { columns: Int32Array.of(0, 1, 2, 9) }],
    ['too few rows', planNearest, { rows: Int32Array.of(0) }],
  ];

  it.each(refused)('refuse %s', (_, planner, change) => {
    const source = planner === planNearest ? ([9, 5] as const) : ([7, 5] as const);
    const plan = planner(request(source, [4, 3]));
    const data = new Uint8Array(plan.sourceWidth * plan.sourceHeight * 3);
    const resize = (tampered: ResizePlan) =>
      addon.resizeFrame(rgbFrame(data, plan), tampered, new Uint8Array(4 * 3 * 3));
    resize(plan);
    expect(() => resize(merged(plan, change))).toThrow(/resize plan: /);
  });
});

/** With the fields of `change` in its `resample`; those of an axis among the axis' own. */
function merged(plan: ResizePlan, change: object): ResizePlan {
  const resample: Record<string, unknown> = { ...plan.resample };
  for (const [key, value] of Object.entries(change)) {
    resample[key] = key === 'x' || key === 'y' ? { ...(resample[key] as object), ...value } : value;
  }
  return { ...plan, resample } as unknown as ResizePlan;
}
