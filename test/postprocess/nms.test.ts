import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { NmsLimits } from '../../src/deployment/impulse.js';
import { Candidates } from '../../src/postprocess/candidates.js';
import { suppressPerClass, suppressTogether, survivorsTogether } from '../../src/postprocess/nms.js';
import { dequeue, enqueue } from '../../src/postprocess/score-heap.js';
import { IntList } from '../../src/postprocess/scratch.js';
import { detectionBlock } from './blocks.js';

interface Candidate {
  readonly x1: number;
  readonly y1: number;
  readonly x2: number;
  readonly y2: number;
  readonly score: number;
  readonly labelIndex: number;
}

const f = Math.fround;
const LIMITS = { confidence: 0, iou: 0.5 };
const coordinate = fc.float({ min: -20, max: 120, noNaN: true });
const candidates = fc.array(
  fc.record<Candidate>({
    x1: coordinate,
    y1: coordinate,
    x2: coordinate,
    y2: coordinate,
    score: fc.integer({ min: 0, max: 8 }).map((eighths) => eighths / 8),
    labelIndex: fc.constant(0),
  }),
  { maxLength: 30 },
);

function box(x1: number, y1: number, x2: number, y2: number, score: number): Candidate {
  return { x1, y1, x2, y2, score, labelIndex: 0 };
}

function columnsOf(given: readonly Candidate[]): Candidates {
  const columns = new Candidates();
  for (const { x1, y1, x2, y2, score, labelIndex } of given) columns.add(x1, y1, x2, y2, score, labelIndex);
  return columns;
}

function suppress(given: readonly Candidate[], limits: NmsLimits): Candidate[] {
  return survivorsTogether(columnsOf(given), limits).map((index) => given[index] as Candidate);
}

function descendingByHeap(scores: Float32Array): number[] {
  const queue = new IntList();
  for (const index of scores.keys()) enqueue(queue, scores, index);
  return Array.from(scores, () => dequeue(queue, scores));
}

/** The definition, written the slow way. */
function iou(a: Candidate, b: Candidate): number {
  const area = ({ x1, y1, x2, y2 }: Candidate) => f(f(Math.abs(x2 - x1)) * f(Math.abs(y2 - y1)));
  if (area(a) <= 0 || area(b) <= 0) return 0;
  const overlap = (a1: number, a2: number, b1: number, b2: number) =>
    Math.max(
      0,
      f(Math.min(Math.max(a1, a2), Math.max(b1, b2)) - Math.max(Math.min(a1, a2), Math.min(b1, b2))),
    );
  const common = f(overlap(a.x1, a.x2, b.x1, b.x2) * overlap(a.y1, a.y2, b.y1, b.y2));
  return f(common / f(f(area(a) + area(b)) - common));
}

describe('suppress()', () => {
  it('leaves out candidates that score no more than the confidence limit', () => {
    const at = f(0.3);
    const kept = suppress([box(0, 0, 9, 9, at), box(20, 0, 29, 9, f(0.31))], { confidence: 0.3, iou: 0.5 });
    expect(kept.map(({ score }) => score)).toEqual([f(0.31)]);
  });

  it('drops a box from the overlap limit on, and keeps it just below', () => {
    const whole = box(0, 0, 10, 10, 0.9);
    const half = box(0, 0, 10, 5, 0.8); // IoU 0.5
    expect(suppress([half, whole], LIMITS)).toEqual([whole]);
    expect(suppress([half, whole], { confidence: 0, iou: 0.51 })).toEqual([whole, half]);
  });

  it('takes boxes without area neither as suppressing nor as suppressed', () => {
    const line = box(5, 5, 5, 9, 0.9);
    const around = box(0, 0, 10, 10, 0.8);
    expect(suppress([line, around, line], LIMITS)).toEqual([line, line, around]);
  });

  it('knows no classes', () => {
    const cat = box(0, 0, 10, 10, 0.9);
    const dog = { ...box(0, 0, 10, 10, 0.8), labelIndex: 1 };
    expect(suppress([cat, dog], LIMITS)).toEqual([cat]);
  });

  it('compares limits as float32', () => {
    const a = box(0, 0, 10, 10, 0.9);
    const b = box(0, 0, 10, 2, 0.8); // IoU f(0.2), which is more than the double 0.2
    expect(iou(a, b)).toBe(f(0.2));
    expect(suppress([a, b], { confidence: 0, iou: 0.2 })).toEqual([a]);
  });

  it('keeps the best ones, far enough apart, and drops nothing that overlaps none of them', () => {
    fc.assert(
      fc.property(candidates, fc.double({ min: 0.01, max: 1, noNaN: true }), (given, limit) => {
        const kept = suppress(given, { confidence: 0, iou: limit });
        for (const [index, one] of kept.entries()) {
          for (const other of kept.slice(index + 1)) {
            expect(other.score).toBeLessThanOrEqual(one.score);
            expect(iou(one, other)).toBeLessThan(f(limit));
          }
        }
        for (const dropped of given.filter((one) => one.score > 0 && !kept.includes(one))) {
          expect(kept.some((one) => one.score >= dropped.score && iou(one, dropped) >= f(limit))).toBe(true);
        }
      }),
    );
  });

  it('changes nothing when applied again', () => {
    const distinct = candidates.map((given) =>
      given.map((one, index) => ({ ...one, score: f(one.score + (index + 1) / 1000) })),
    );
    fc.assert(
      fc.property(distinct, (given) => {
        const once = suppress(given, LIMITS);
        expect(suppress(once, LIMITS)).toEqual(once);
      }),
    );
  });
});

/** Every candidate, from the best, against every one that stays. */
function suppressNaively(given: readonly Candidate[], limit: number): Candidate[] {
  const kept: Candidate[] = [];
  for (const index of descendingByHeap(Float32Array.from(given, ({ score }) => score))) {
    const candidate = given[index] as Candidate;
    if (!kept.some((better) => iou(better, candidate) >= f(limit))) kept.push(candidate);
  }
  return kept;
}

interface Way {
  readonly count: number;
  readonly sides: readonly number[];
  readonly spread: number;
  readonly place: { readonly range: number; readonly offset: number };
  readonly whole: boolean;
  /** How many different ones. */
  readonly scores: number;
  readonly seed: number;
}

describe('suppression of many boxes', () => {
  const side = fc.constantFrom(0, 1, 2, 3, 5, 8, 40, 200, 1e-3, 1.5, 3e6);
  const place = fc.record({
    range: fc.constantFrom(4, 60, 700, 3e6),
    offset: fc.constantFrom(0, -300, 0.25),
  });
  const ways = fc.record<Way>({
    count: fc.integer({ min: 300, max: 900 }),
    sides: fc.array(side, { minLength: 1, maxLength: 4 }),
    spread: fc.constantFrom(0, 0.1, 1, 30),
    place,
    whole: fc.boolean(),
    scores: fc.constantFrom(3, 1000),
    seed: fc.integer(),
  });

  /** Boxes of like sizes in one region: from all apart to all on top of each other. */
  function boxesOf({ count, sides, spread, place, whole, scores, seed }: Way): Candidate[] {
    let state = seed;
    const random = () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return state / 2 ** 32;
    };
    const pixel = whole ? Math.round : f;
    return Array.from({ length: count }, () => {
      const x = pixel(place.offset + random() * place.range);
      const y = pixel(place.offset + random() * place.range);
      const size = () => (sides[Math.floor(random() * sides.length)] as number) + random() * spread;
      const score = f((1 + Math.floor(random() * scores)) / scores);
      return box(x, y, f(x + pixel(size())), f(y + pixel(size())), score);
    });
  }

  it.each([0, 0.01, 0.05, 0.2, 0.45, 0.5, 0.7, 0.9, 0.99, 1])(
    'keeps the same boxes as comparing all with all: limit %f',
    (limit) => {
      fc.assert(
        fc.property(ways, (way) => {
          const given = boxesOf(way);
          const expected = suppressNaively(given, limit);
          expect(suppress(given, { confidence: 0, iou: limit })).toEqual(expected);
        }),
        { numRuns: 20 },
      );
    },
  );

  it('keeps neighbours whose overlap is the limit exactly, among a thousand others', () => {
    const apart = Array.from({ length: 1000 }, (_, index) =>
      box(
        30 * (index % 40),
        30 * Math.floor(index / 40),
        30 * (index % 40) + 10,
        30 * Math.floor(index / 40) + 10,
        0.9,
      ),
    );
    const halves = apart.map(({ x1, y1, x2 }) => box(x1, y1, x2, y1 + 5, 0.8)); // IoU 0.5
    expect(suppress([...apart, ...halves], LIMITS)).toHaveLength(1000);
    expect(suppress([...apart, ...halves], { confidence: 0, iou: 0.501 })).toHaveLength(2000);
  });
});

describe('descendingByHeap()', () => {
  it('gives every index once, from the highest score to the lowest', () => {
    fc.assert(
      fc.property(fc.float32Array({ noNaN: true, maxLength: 60 }), (scores) => {
        const order = [...descendingByHeap(scores)];
        expect([...order].sort((a, b) => a - b)).toEqual([...scores.keys()]);
        const sorted = order.map((index) => scores[index] as number);
        expect(sorted).toEqual([...sorted].sort((a, b) => b - a));
      }),
    );
  });

  // Orders of `std::priority_queue` of libstdc++ for these scores.
  it.each([
    [
      [1, 1, 1, 1],
      [0, 2, 1, 3],
    ],
    [
      [1, 1, 1, 1, 1],
      [0, 2, 4, 1, 3],
    ],
    [
      [2, 1, 3, 0, 0, 1, 3, 1, 3],
      [2, 6, 8, 0, 5, 7, 1, 3, 4],
    ],
    [
      [1, 2, 2, 2, 3, 3, 3, 2, 3, 1, 2, 0],
      [4, 5, 6, 8, 2, 10, 7, 3, 1, 0, 9, 11],
    ],
    [
      [0, 1, 2, 2, 3, 3, 2, 1, 1, 0, 0, 0, 1, 3, 3, 2, 1, 3, 2, 2, 1, 0, 0, 3, 2, 2, 2, 3, 1, 1, 3],
      [
        4, 5, 13, 14, 30, 27, 23, 17, 6, 25, 26, 24, 3, 19, 2, 15, 18, 29, 12, 28, 1, 20, 8, 16, 7, 21, 11,
        22, 0, 10, 9,
      ],
    ],
  ])('gives equal scores in the order of the GNU heap, not in theirs: %o', (scores, order) => {
    expect([...descendingByHeap(Float32Array.from(scores))]).toEqual(order);
  });
});

describe('suppressTogether()', () => {
  it('clips to the picture, then truncates corners, then takes their difference', () => {
    const block = detectionBlock('yolov5', { labels: ['cat'] });
    const input = { width: 64, height: 48 };
    expect(suppressTogether(columnsOf([box(-3.5, 10.9, 50.7, 99.2, 0.5)]), block, input)).toEqual([
      { label: 'cat', labelIndex: 0, x: 0, y: 10, width: 50, height: 38, value: 0.5 },
    ]);
  });
});

describe('suppressPerClass()', () => {
  it('keeps the best 200 of all classes, however many a class has', () => {
    const apart = (labelIndex: number, count: number, score: (index: number) => number) =>
      Array.from({ length: count }, (_, index) => ({
        ...box(
          2 * (index % 20),
          2 * Math.floor(index / 20),
          2 * (index % 20) + 1,
          2 * Math.floor(index / 20) + 1,
          f(score(index)),
        ),
        labelIndex,
      }));
    const cats = apart(0, 300, (index) => 0.5 + index / 1000);
    const dogs = apart(1, 300, (index) => 0.5005 + index / 1000);
    const block = detectionBlock('yolov11', { nms: LIMITS });
    const boxes = suppressPerClass(columnsOf([...cats, ...dogs]), block, { width: 64, height: 64 });
    const best = [...cats, ...dogs].map(({ score }) => score).sort((a, b) => b - a);
    expect(boxes.map(({ value }) => value)).toEqual(best.slice(0, 200));
  });

  it('suppresses each class on its own, and leaves equal scores in class order', () => {
    const block = detectionBlock('yolov11', { nms: LIMITS });
    const boxes = suppressPerClass(
      columnsOf([
        { ...box(0, 0, 10, 10, 0.5), labelIndex: 1 },
        { ...box(20, 0, 30, 10, 0.75), labelIndex: 1 },
        { ...box(0, 0, 10, 10, 0.5), labelIndex: 0 },
        { ...box(0, 0, 10, 9, 0.25), labelIndex: 0 },
      ]),
      block,
      { width: 64, height: 64 },
    );
    expect(boxes.map(({ labelIndex, value }) => [labelIndex, value])).toEqual([
      [1, 0.75],
      [0, 0.5],
      [1, 0.5],
    ]);
  });
});
