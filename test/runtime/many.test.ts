import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeTfliteModel } from '../../src/deployment/tflite/write.js';
import type { Deployment, RawFrame } from '../../src/index.js';
import { openDeployment } from '../../src/index.js';
import { defaultConcurrency } from '../../src/runtime/many.js';
import { COLOURS, slowModel, tinyClassifier } from '../fixtures/models.js';
import { deployableEngines, refusalOf, solid } from './support.js';

const image = { inputType: 'image', inputScaling: '0..1', resizeMode: 'squash' } as const;
const classifier = { input: image, model: { modelType: 'classification', labels: [...COLOURS] } };
const slow = { input: image, model: { modelType: 'classification', labels: ['a', 'b'] } };

/** Red, green, blue, red, ... of many sizes. */
function* pictures(count: number): Generator<RawFrame, void, undefined> {
  for (let i = 0; i < count; i++) yield solid(i % 3, 8 + (i % 50), 8 + (i % 7));
}

async function winners(deployment: Deployment, count: number, concurrency?: number): Promise<string[]> {
  const found: string[] = [];
  const options = concurrency === undefined ? {} : { concurrency };
  for await (const { response } of deployment.classifyMany(pictures(count), options)) {
    const scores = Object.entries(response.result ?? {});
    found.push(scores.reduce((best, score) => (score[1] > best[1] ? score : best))[0]);
  }
  return found;
}

describe.each(deployableEngines)('classifyMany on %s', (engine) => {
  let deployment: Deployment;
  beforeAll(async () => {
    deployment = await openDeployment(tinyClassifier(), { modelInfo: classifier, engine, sessions: 3 });
  });
  afterAll(() => deployment.close());

  it.each([undefined, 1, 2, 16])('gives all results in order with concurrency %s', async (concurrency) => {
    const expected = Array.from({ length: 60 }, (_, i) => COLOURS[i % 3]);
    expect(await winners(deployment, 60, concurrency)).toEqual(expected);
  });

  it('gives the same as one after the other, tensors too', async () => {
    const alone = await Promise.all(
      [...pictures(12)].map((picture) => deployment.classify(picture, { tensors: true })),
    );
    const together: typeof alone = [];
    for await (const result of deployment.classifyMany(pictures(12), { tensors: true }))
      together.push(result);
    expect(together.map(({ response }) => response)).toEqual(alone.map(({ response }) => response));
    expect(together.map(({ tensors }) => tensors)).toEqual(alone.map(({ tensors }) => tensors));
  });

  it('ends with the error of the first input that can not be used, after the results before it', async () => {
    const inputs = [solid(0, 8, 8), solid(1, 8, 8), new Uint8Array(0), solid(2, 8, 8)];
    const seen: unknown[] = [];
    const run = async () => {
      for await (const { response } of deployment.classifyMany(inputs)) seen.push(response);
    };
    expect((await refusalOf(run())).name).toBe('InputError');
    expect(seen).toHaveLength(2);
    expect((await deployment.classifyImage(solid(2, 8, 8))).result?.blue).toBeGreaterThan(0.99);
  });

  it('ends with the reason of its signal', async () => {
    const abort = new AbortController();
    const run = async () => {
      for await (const _ of deployment.classifyMany(pictures(1000), { signal: abort.signal })) {
        abort.abort(new Error('enough'));
      }
    };
    await expect(run()).rejects.toThrow('enough');
  });
});

describe('classifyMany refuses', () => {
  it.each([
    ['concurrency 0', [], { concurrency: 0 }, 'ERR_OPTION_INVALID', '1 to 256'],
    ['an unknown option', [], { concurency: 2 }, 'ERR_OPTION_UNKNOWN', "'concurrency'"],
    ['a path', 'photos/', {}, 'ERR_INPUT_TYPE', 'framesInFolder()'],
  ])('%s, at once', async (_what, inputs, options, code, text) => {
    await using deployment = await openDeployment(tinyClassifier(), { modelInfo: classifier });
    expect(() => deployment.classifyMany(inputs as never, options as never)).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(text) }),
    );
  });
});

describe('the sessions of a deployment', () => {
  it('run side by side, and info() tells how many there are', async () => {
    const options = { modelInfo: slow, threads: 1 };
    await using one = await openDeployment(slowModel({ convolutions: 8 }), { ...options });
    await using two = await openDeployment(slowModel({ convolutions: 8 }), { ...options, sessions: 2 });
    expect(one.info().learnBlocks[0]?.model?.engine.sessions).toBeUndefined();
    expect(two.info().learnBlocks[0]?.model?.engine.sessions).toBe(2);
    const queued = async (deployment: Deployment) =>
      (await Promise.all([0, 1].map(() => deployment.classify(solid(0, 64, 64))))).map(
        ({ timing }) => timing.queueMs,
      );
    const [, waited = 0] = await queued(one);
    const [, began = 0] = await queued(two);
    // The second call waits for the first where there is one session, and for nothing but its thread where there are two.
    expect(waited).toBeGreaterThan(began);
  });

  it('share out the threads', async () => {
    await using deployment = await openDeployment(tinyClassifier(), { modelInfo: classifier, sessions: 64 });
    expect(deployment.info().learnBlocks[0]?.model?.engine).toMatchObject({ threads: 1, sessions: 64 });
  });

  it('all end with it', async () => {
    const deployment = await openDeployment(tinyClassifier(), { modelInfo: classifier, sessions: 4 });
    const run = deployment.classifyImage(solid(0, 8, 8));
    await run;
    await deployment.close();
    expect((await refusalOf(deployment.classifyImage(solid(0, 8, 8)))).code).toBe('ERR_CLOSED');
  });

  it('are one, with a note, where the model remembers earlier runs', async () => {
    const model = writeTfliteModel({
      tensors: [
        { name: 'x', shape: [1, 4], dataType: 'float32' },
        { name: 'state', shape: [1, 4], dataType: 'float32', isVariable: true },
        { name: 'y', shape: [1, 4], dataType: 'float32' },
      ],
      operators: [{ spec: { type: 'ADD' }, inputs: [0, 1], outputs: [2] }],
      inputs: [0],
      outputs: [2],
    });
    const modelInfo = {
      input: { inputType: 'other' },
      model: { modelType: 'classification', labels: ['a', 'b', 'c', 'd'] },
    };
    await using deployment = await openDeployment(model, { modelInfo, sessions: 3 });
    const details = deployment.info().learnBlocks[0]?.model?.engine;
    expect(details).toMatchObject({ stateful: true, notes: [expect.stringContaining('instead of 3')] });
    expect(details?.sessions).toBeUndefined();
  });

  it.each([0, 65, 1.5, '2'])('can not be %s', async (sessions) => {
    const error = await refusalOf(
      openDeployment(tinyClassifier(), { modelInfo: classifier, sessions: sessions as number }),
    );
    expect(error).toMatchObject({ code: 'ERR_OPTION_INVALID', message: expect.stringContaining('sessions') });
  });
});

describe('how many inputs are in work', () => {
  it('by default is never more than may be asked for, whatever the machine', () => {
    expect(defaultConcurrency(1)).toBeGreaterThan(2);
    expect(defaultConcurrency(10_000)).toBe(256);
  });
});
