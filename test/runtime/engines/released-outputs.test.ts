import { describe, expect, it } from 'vitest';
import { tfliteEngine } from '../../../src/runtime/engines/tflite.js';
import type { Engine, ModelSession } from '../../../src/runtime/session.js';
import { tinyClassifier } from '../../fixtures/models.js';
import { missingAddon } from '../../support/not-tested.js';
import { openModel, plainColour, plainNumbers, WORKER_ENGINES } from './engines.js';

interface Case {
  readonly engine: Engine;
  readonly classifier: Uint8Array;
  readonly layout: 'NHWC' | 'NCHW';
}

const tflite: Case = { engine: tfliteEngine, classifier: tinyClassifier(), layout: 'NHWC' };
const cases: readonly Case[] = missingAddon === undefined ? [tflite, ...WORKER_ENGINES] : WORKER_ENGINES;

describe.each(cases)('outputs of $engine.name', ({ engine, classifier, layout }) => {
  const red = plainColour([1, 0, 0], layout);
  const blue = plainColour([0, 0, 1], layout);
  const memoryOf = async (session: ModelSession, input: Float32Array) => {
    const result = await session.run([input]);
    return { ...result, data: result.outputs[0]?.data };
  };

  it('that are kept stay as they are whatever runs later', async () => {
    const session = await openModel(engine, classifier);
    const kept = await memoryOf(session, red);
    const before = plainNumbers(kept.data);
    for (let i = 0; i < 5; i++) (await memoryOf(session, blue)).release();
    expect(plainNumbers(kept.data)).toEqual(before);
    await session.close();
  });

  it('that were given back hold the values of the run that they are given to next', async () => {
    const session = await openModel(engine, classifier);
    const [first, second] = [await memoryOf(session, red), await memoryOf(session, blue)];
    const [ofRed, ofBlue] = [plainNumbers(first.data), plainNumbers(second.data)];
    first.release();
    second.release();
    for (let i = 0; i < 6; i++) {
      const again = await memoryOf(session, i % 2 === 0 ? red : blue);
      expect(plainNumbers(again.data)).toEqual(i % 2 === 0 ? ofRed : ofBlue);
      again.release();
    }
    await session.close();
  });

  it('of runs that overlap never share memory', async () => {
    const session = await openModel(engine, classifier);
    (await memoryOf(session, red)).release();
    const inputs = Array.from({ length: 12 }, (_, i) => (i % 3 === 0 ? red : blue));
    const results = await Promise.all(inputs.map((input) => memoryOf(session, input)));
    expect(new Set(results.map(({ data }) => data?.buffer)).size).toBe(inputs.length);
    for (const [i, { data }] of results.entries()) {
      expect(plainNumbers(data)[i % 3 === 0 ? 0 : 2]).toBeGreaterThan(0.99);
    }
    for (const { release } of results) release();
    await session.close();
  });
});
