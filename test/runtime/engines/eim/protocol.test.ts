import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isImpulseError } from '../../../../src/errors.js';
import { decodeResult, readTracked } from '../../../../src/runtime/engines/runner/decode.js';
import { describeRunner, innerEngine } from '../../../../src/runtime/engines/runner/impulse.js';
import {
  parseAnswer,
  readClassifyAnswer,
  readHello,
} from '../../../../src/runtime/engines/runner/protocol.js';
import { pictureHello } from '../../../fixtures/eim/fake-eim.js';

const THRESHOLDS = [
  { id: 4, type: 'object_detection', min_score: 0.5 },
  { id: 5, type: 'anomaly_gmm', min_anomaly_score: 3 },
];
const DETECTOR = pictureHello(['cup'], 4, {
  model_type: 'object_detection',
  has_anomaly: 3,
  thresholds: THRESHOLDS,
});
const BOX = { label: 'cup', value: 0.5, x: 0, y: 0, width: 2, height: 2 };
const ANSWER = {
  id: 1,
  success: true,
  result: {
    bounding_boxes: [BOX],
    object_tracking: [{ ...BOX, object_id: 1 }],
    visual_anomaly_grid: [BOX],
    visual_anomaly_max: 1,
    visual_anomaly_mean: 0.5,
    anomaly: 1,
  },
  timing: { dsp: 1, classification: 1, anomaly: 0 },
};

/** The same with one value somewhere replaced by another, or taken out. */
function changed(value: unknown): fc.Arbitrary<unknown> {
  const other = fc.option(fc.oneof(fc.jsonValue(), fc.constantFrom(-1, 0.5, 1e9, 2 ** 53)), {
    nil: undefined,
  });
  if (typeof value !== 'object' || value === null) return other;
  const entries = Object.entries(value);
  const rebuilt = (key: string, replaced: unknown) =>
    Array.isArray(value)
      ? value.map((old, index) => (String(index) === key ? replaced : old))
      : { ...value, [key]: replaced };
  const deeper = entries.map(([key, old]) => changed(old).map((replaced) => rebuilt(key, replaced)));
  return fc.oneof(other, ...deeper);
}

/** What it gives, or the typed error that it ends in. */
function typed<T>(read: () => T): T | 'refused' {
  try {
    return read();
  } catch (error) {
    if (isImpulseError(error)) return 'refused';
    throw error;
  }
}

const { impulse } = describeRunner(readHello({ ...DETECTOR }));

describe('whatever a runner answers', () => {
  it('to hello, it is an impulse or a typed error', () => {
    fc.assert(
      fc.property(changed(DETECTOR), (body) => {
        const read = typed(() => {
          const hello = readHello(JSON.parse(JSON.stringify(body ?? null)));
          return { ...describeRunner(hello), inner: innerEngine(hello) };
        });
        if (read !== 'refused') expect(read.impulse.learnBlocks.length).toBeGreaterThan(0);
      }),
      { numRuns: 500 },
    );
  });

  it('to a request, it is a result or a typed error', () => {
    fc.assert(
      fc.property(changed(ANSWER), (body) => {
        const read = typed(() => {
          const answer = parseAnswer(JSON.stringify(body ?? null));
          if (answer.error !== undefined) return [];
          const { result } = readClassifyAnswer(answer.body);
          readTracked(result, impulse.learnBlocks);
          return decodeResult(result, impulse, []);
        });
        if (read !== 'refused') expect([0, impulse.learnBlocks.length]).toContain(read.length);
      }),
      { numRuns: 500 },
    );
  });

  it('a grid of more cells than fit in memory is refused', () => {
    const hello = readHello(
      pictureHello([], 10_000, { has_anomaly: 3, thresholds: THRESHOLDS, slice_size: 1 }),
    );
    const cell = { ...BOX, width: 1, height: 1 };
    const { result } = readClassifyAnswer({
      ...ANSWER,
      result: { ...ANSWER.result, visual_anomaly_grid: [cell] },
    });
    expect(() => decodeResult(result, describeRunner(hello).impulse, [])).toThrow(/grid of 10000 x 10000/);
  });

  it('unchanged, it is the result', () => {
    const { result } = readClassifyAnswer(parseAnswer(JSON.stringify(ANSWER)).body);
    const { label, ...place } = BOX;
    expect(decodeResult(result, impulse, [])).toMatchObject([
      { modelType: 'object-detection', boxes: [{ label, labelIndex: 0, ...place }] },
      {
        modelType: 'visual-anomaly',
        scores: [
          [0.5, 0],
          [0, 0],
        ],
        maxScore: 1,
        meanScore: 0.5,
      },
    ]);
  });
});
