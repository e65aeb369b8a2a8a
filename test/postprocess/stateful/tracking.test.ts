import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InputError } from '../../../src/errors.js';
import type { PixelBox } from '../../../src/postprocess/results.js';
import type { TrackingConfig } from '../../../src/postprocess/stateful/tracking.js';
import { trackObjects } from '../../../src/postprocess/stateful/tracking.js';
import { refusal } from './refusal.js';

const CONFIG: TrackingConfig = { keep_grace: 2, max_observations: 4, threshold: 0.3, use_iou: true };
const BY_DISTANCE: TrackingConfig = { ...CONFIG, threshold: 20, use_iou: false };

function box(x: number, y: number, width = 20, height = 20, label = 'cat', value = 0.75): PixelBox {
  return { label, labelIndex: label === 'cat' ? 0 : 1, x, y, width, height, value };
}

const pixel = fc.integer({ min: 0, max: 300 });
const anyBox = fc
  .record({
    x: pixel,
    y: pixel,
    width: pixel,
    height: pixel,
    label: fc.constantFrom('cat', 'dog'),
    value: fc.float({ min: 0, max: 1, noNaN: true }),
  })
  .map(({ x, y, width, height, label, value }) => box(x, y, width, height, label, value));
const anyFrames = fc.array(fc.array(anyBox, { maxLength: 6 }), { maxLength: 12 });
const anyConfig = fc.oneof(
  fc.record({
    keep_grace: fc.integer({ min: 0, max: 4 }),
    max_observations: fc.integer({ min: 2, max: 6 }),
    threshold: fc.double({ min: 0, max: 1, noNaN: true }),
    use_iou: fc.constant(true),
  }),
  fc.record({
    keep_grace: fc.integer({ min: 0, max: 4 }),
    max_observations: fc.integer({ min: 2, max: 6 }),
    threshold: fc.double({ min: 0, max: 200, noNaN: true }),
    use_iou: fc.constant(false),
  }),
);

describe('trackObjects()', () => {
  it.each<readonly [Record<string, unknown>, string, string]>([
    [{ keep_grace: -1 }, 'ERR_THRESHOLD_INVALID', "'keep_grace': expected an integer from 0"],
    [{ keep_grace: 1.5 }, 'ERR_THRESHOLD_INVALID', "'keep_grace'"],
    [
      { max_observations: 1 },
      'ERR_THRESHOLD_INVALID',
      "'max_observations': expected an integer from 2 to 65535",
    ],
    [{ threshold: 1.1 }, 'ERR_THRESHOLD_INVALID', "'threshold': expected a number from 0 to 1"],
    [{ threshold: -1, use_iou: false }, 'ERR_THRESHOLD_INVALID', "'threshold'"],
    [{ threshold: undefined }, 'ERR_THRESHOLD_INVALID', "'threshold'"],
    [{ use_iou: 1 }, 'ERR_OPTION_INVALID', 'use_iou: expected a boolean'],
    [{ iou_threshold: 0.5 }, 'ERR_OPTION_UNKNOWN', 'threshold'],
  ])('refuses %o', (change, code, says) => {
    const error = refusal(() => trackObjects({ ...CONFIG, ...change } as TrackingConfig));
    expect(error).toBeInstanceOf(InputError);
    expect(error.code).toBe(code);
    expect(error.message).toContain(says);
  });

  it.each<readonly [unknown, string, string]>([
    [{ min_score: 0.5 }, 'ERR_THRESHOLD_UNKNOWN', 'keep_grace, max_observations, threshold'],
    [{ use_iou: 1 }, 'ERR_THRESHOLD_UNKNOWN', 'object tracking'],
    [{ keepgrace: 3 }, 'ERR_THRESHOLD_UNKNOWN', "Did you mean 'keep_grace'?"],
    [{ constructor: 3 }, 'ERR_THRESHOLD_UNKNOWN', 'constructor'],
    [{ threshold: Number.NaN }, 'ERR_THRESHOLD_INVALID', "'threshold'"],
    [{ threshold: '0.5' }, 'ERR_THRESHOLD_INVALID', "'0.5'"],
    [{ threshold: 0.9, keep_grace: -1 }, 'ERR_THRESHOLD_INVALID', "'keep_grace'"],
    [null, 'ERR_THRESHOLD_INVALID', '{ threshold: 0.5 }'],
  ])('refuses the thresholds %o and keeps the old ones', (thresholds, code, says) => {
    const tracker = trackObjects(CONFIG);
    const error = refusal(() => tracker.setThresholds(thresholds as never));
    expect(error.code).toBe(code);
    expect(error.message).toContain(says);
    tracker.push([box(50, 50)]);
    // An overlap of 9/11: below 0.9, above 0.3.
    expect(tracker.push([box(52, 50)]).map(({ objectId }) => objectId)).toEqual([0]);
  });

  it.each([
    ['x', Number.NaN],
    ['height', Number.POSITIVE_INFINITY],
    ['value', undefined],
  ])('refuses a box whose %s is %o, and does not count that frame', (name, value) => {
    const tracker = trackObjects(CONFIG);
    const error = refusal(() => tracker.push([box(1, 2), { ...box(3, 4), [name]: value }]));
    expect(error.code).toBe('ERR_INPUT_NOT_FINITE');
    expect(error.message).toContain('box 1');
    expect(tracker.push([box(1, 2)])).toMatchObject([{ objectId: 0, lastGroundTruthUpdate: 0 }]);
  });

  it('refuses what is no list of boxes', () => {
    expect(refusal(() => trackObjects(CONFIG).push({ boxes: [] } as never)).code).toBe('ERR_INPUT_TYPE');
  });

  it('follows an object that moves, one frame behind with its score, and shows where it has been', () => {
    const tracker = trackObjects(CONFIG);
    expect(tracker.push([box(50, 50, 20, 20, 'cat', 0.5)])).toEqual([
      {
        ...box(50, 50, 20, 20, 'cat', 0.5),
        objectId: 0,
        lastGroundTruthUpdate: 0,
        lastCentroidSegment: [0, 0, 0, 0],
        trail: [{ x: 60, y: 60 }],
      },
    ]);
    expect(tracker.push([box(54, 50, 21, 20, 'cat', 0.75)])).toEqual([
      {
        ...box(50, 50, 20, 20, 'cat', 0.5),
        objectId: 0,
        lastGroundTruthUpdate: 1,
        lastCentroidSegment: [60, 60, 64, 60],
        trail: [
          { x: 60, y: 60 },
          { x: 64.5, y: 60 },
        ],
      },
    ]);
    for (const x of [58, 62, 66]) tracker.push([box(x, 50)]);
    expect(tracker.push([box(70, 50)])[0]?.trail.map(({ x }) => x)).toEqual([68, 72, 76, 80]);
  });

  it('gives new objects their ids by place, not by the order of the boxes', () => {
    const boxes = [box(200, 0), box(0, 100), box(0, 0), box(100, 0)];
    const tracked = trackObjects(CONFIG).push(boxes);
    expect(tracked.map(({ objectId, x, y }) => [objectId, x, y])).toEqual([
      [0, 0, 0],
      [1, 0, 100],
      [2, 100, 0],
      [3, 200, 0],
    ]);
  });

  it('keeps the label that an object had first, whatever it is taken for later', () => {
    const tracker = trackObjects(CONFIG);
    tracker.push([box(50, 50, 20, 20, 'cat')]);
    for (let frame = 0; frame < 5; frame++) {
      expect(tracker.push([box(50, 50, 20, 20, 'dog')])).toMatchObject([
        { objectId: 0, label: 'cat', labelIndex: 0 },
      ]);
    }
  });

  it('keeps an object that is out of sight for keep_grace frames, then gives it up', () => {
    const tracker = trackObjects(CONFIG);
    tracker.push([box(50, 50)]);
    const seen = [[], [], [], []].map((frame) => tracker.push(frame).map(({ objectId }) => objectId));
    expect(seen).toEqual([[0], [0], [], []]);
    expect(tracker.push([box(50, 50)])).toMatchObject([{ objectId: 1, lastGroundTruthUpdate: 5 }]);
  });

  it('takes another keep_grace from the next frame on', () => {
    const tracker = trackObjects({ ...CONFIG, keep_grace: 0 });
    tracker.push([box(50, 50)]);
    tracker.setThresholds({ keep_grace: 3 });
    expect([[], [], [], []].map((frame) => tracker.push(frame).length)).toEqual([1, 1, 1, 0]);
  });

  it('takes another threshold from the next frame on, where equal is not enough', () => {
    const overlapsByHalf = [box(0, 0, 20, 30), box(0, 10, 20, 30)] as const;
    for (const [threshold, ids] of [
      [0.5, [1]],
      [0.49, [0]],
    ] as const) {
      const tracker = trackObjects({ ...CONFIG, keep_grace: 0, threshold: 1 });
      tracker.push([overlapsByHalf[0]]);
      tracker.setThresholds({ threshold });
      expect(tracker.push([overlapsByHalf[1]]).map(({ objectId }) => objectId)).toEqual(ids);
    }
  });

  it('takes another max_observations for objects that appear later', () => {
    const tracker = trackObjects({ ...CONFIG, max_observations: 3 });
    tracker.push([box(0, 0)]);
    tracker.setThresholds({ max_observations: 2 });
    const scene = [box(0, 0), box(100, 100)];
    for (let frame = 0; frame < 5; frame++) tracker.push(scene);
    expect(tracker.push(scene).map(({ trail }) => trail.length)).toEqual([3, 2]);
  });

  it('matches boxes that do not overlap by the distance of their centres, if so set', () => {
    const frames = [[box(0, 0, 4, 4)], [box(15, 0, 4, 4)]];
    const lastIds = (config: TrackingConfig) => {
      const tracker = trackObjects(config);
      return frames.map((frame) => tracker.push(frame).map(({ objectId }) => objectId)).at(-1);
    };
    expect(lastIds(BY_DISTANCE)).toEqual([0]);
    expect(lastIds({ ...BY_DISTANCE, threshold: 15 })).toEqual([0, 1]);
    expect(lastIds(CONFIG)).toEqual([0, 1]);
  });

  it('keeps the ids of a scene that does not change, whatever the order of its boxes', () => {
    const scene = fc.uniqueArray(
      fc.record({
        x: pixel,
        y: pixel,
        width: fc.integer({ min: 1, max: 80 }),
        height: fc.integer({ min: 1, max: 80 }),
      }),
      { selector: (area) => JSON.stringify(area), maxLength: 8 },
    );
    fc.assert(
      fc.property(scene, fc.infiniteStream(fc.boolean()), (areas, turns) => {
        const boxes = areas.map(({ x, y, width, height }) => box(x, y, width, height));
        const tracker = trackObjects({ ...CONFIG, keep_grace: 0, threshold: 0.99 });
        const first = tracker.push(boxes);
        expect(first).toHaveLength(boxes.length);
        for (let frame = 1; frame < 20; frame++) {
          const tracked = tracker.push(turns.next().value ? boxes.toReversed() : boxes);
          expect(tracked.map(placeAndId)).toEqual(first.map(placeAndId));
        }
      }),
    );
  });

  it('never uses an id twice, lists objects by id, and gives whole finite pixels', () => {
    fc.assert(
      fc.property(anyConfig, anyFrames, (config, frames) => {
        const tracker = trackObjects(config);
        let newest = -1;
        let open = new Set<number>();
        for (const [index, frame] of frames.entries()) {
          const tracked = tracker.push(frame);
          const ids = tracked.map(({ objectId }) => objectId);
          expect(ids).toEqual([...new Set(ids)].sort((a, b) => a - b));
          for (const id of ids) expect(open.has(id) || id > newest).toBe(true);
          newest = Math.max(newest, ...ids);
          open = new Set(ids);
          for (const object of tracked) {
            const { x, y, width, height, value, lastCentroidSegment, lastGroundTruthUpdate, trail } = object;
            for (const whole of [x, y, width, height, ...lastCentroidSegment]) {
              expect(Number.isSafeInteger(whole)).toBe(true);
              expect(whole).toBeGreaterThanOrEqual(0);
            }
            expect(value).toBeGreaterThanOrEqual(0);
            expect(value).toBeLessThanOrEqual(1);
            expect(index - lastGroundTruthUpdate).toBeLessThanOrEqual(config.keep_grace);
            expect(trail.length).toBeLessThanOrEqual(config.max_observations);
            for (const point of trail) expect(Number.isFinite(point.x + point.y)).toBe(true);
          }
        }
      }),
    );
  });

  it('shows every box of the frame as an object', () => {
    fc.assert(
      fc.property(anyConfig, anyFrames, (config, frames) => {
        const tracker = trackObjects(config);
        for (const [index, frame] of frames.entries()) {
          const seen = tracker.push(frame).filter((object) => object.lastGroundTruthUpdate === index);
          expect(seen).toHaveLength(frame.length);
        }
      }),
    );
  });

  it('does not change what it is given, nor what it has given', () => {
    fc.assert(
      fc.property(anyConfig, anyFrames, (config, frames) => {
        const before = structuredClone(frames);
        const tracker = trackObjects(config);
        const results = frames.map((frame) => {
          const tracked = tracker.push(frame);
          return { tracked, copy: structuredClone(tracked) };
        });
        expect(frames).toEqual(before);
        for (const { tracked, copy } of results) expect(tracked).toEqual(copy);
      }),
    );
  });

  it('is as good as new after reset(), but for its thresholds', () => {
    fc.assert(
      fc.property(anyConfig, anyFrames, anyFrames, (config, earlier, frames) => {
        const used = trackObjects({ ...config, keep_grace: 9 });
        for (const frame of earlier) used.push(frame);
        used.setThresholds({ keep_grace: config.keep_grace });
        used.reset();
        const fresh = trackObjects(config);
        for (const frame of frames) expect(used.push(frame)).toEqual(fresh.push(frame));
      }),
    );
  });
});

function placeAndId({ objectId, x, y, width, height }: PixelBox & { readonly objectId: number }) {
  return [objectId, x, y, width, height];
}
