import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Deployment } from '../../src/index.js';
import { ClosedError, openDeployment } from '../../src/index.js';
import { libraryFiles, zipOf } from '../fixtures/deployment-writer.js';
import { GENERATIONS, type LibraryFacts } from '../fixtures/library-headers.js';
import { COLOURS, tinyClassifier, tinyFomo, tinyFomoLabels, tinyRegression } from '../fixtures/models.js';
import { refusalOf, solid } from './support.js';

const image = { inputType: 'image', inputScaling: '0..1', resizeMode: 'squash' } as const;
const classifier = { input: image, model: { modelType: 'classification', labels: [...COLOURS] } };
const fomo = {
  input: image,
  model: {
    modelType: 'object-detection',
    lastLayer: 'fomo',
    labels: [...tinyFomoLabels()],
    minimumConfidence: 0.5,
  },
};

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'impulse-runtime-test-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** A black picture with one red square, twice as wide as high. */
async function redSquare(): Promise<Buffer> {
  const square = { create: { width: 32, height: 32, channels: 3, background: '#f00' } } as const;
  return sharp({ create: { width: 128, height: 64, channels: 3, background: '#000' } })
    .composite([{ input: square, left: 64, top: 32 }])
    .png()
    .toBuffer();
}

describe('a picture', () => {
  let deployment: Deployment;
  beforeAll(async () => {
    deployment = await openDeployment(tinyClassifier(), { modelInfo: classifier });
  });
  afterAll(() => deployment.close());

  it('gives the same answer as path, Buffer, Uint8Array and raw frame', async () => {
    const frame = solid(2, 20, 10);
    const png = await sharp(frame.data, { raw: { width: 20, height: 10, channels: 3 } })
      .png()
      .toBuffer();
    const path = join(folder, 'blue.png');
    await writeFile(path, png);
    const answers = await Promise.all(
      [path, png, new Uint8Array(png), frame].map((source) => deployment.classifyImage(source)),
    );
    expect(answers[0]?.result?.blue).toBeGreaterThan(0.99);
    for (const answer of answers) expect(answer).toEqual(answers[0]);
  });

  it("of the model's size is used as it is, however its frame is described", async () => {
    const { data } = solid(1, 8, 8);
    const size = { width: 8, height: 8 } as const;
    const frames = [
      { data, ...size, channels: 3 },
      { data, ...size, format: 'RGB' },
      { data, ...size, format: 'RGB', stride: 24 },
      { data: new Uint8ClampedArray(data), ...size, channels: 3 },
      { data: Buffer.from(data), ...size, channels: 3 },
    ] as const;
    const results = await Promise.all(frames.map((frame) => deployment.classify(frame, { tensors: true })));
    for (const { response, geometry, tensors } of results) {
      expect(response).toEqual(results[0]?.response);
      expect(geometry).toEqual(results[0]?.geometry);
      expect(tensors?.[0]?.inputs).toEqual(results[0]?.tensors?.[0]?.inputs);
    }
  });

  it('gives exactly the keys of the API', async () => {
    expect(Object.keys(await deployment.classifyImage(solid(0, 8, 8)))).toEqual(['success', 'result']);
  });

  it('may be a single pixel', async () => {
    expect((await deployment.classifyImage(solid(1, 1, 1))).result?.green).toBeGreaterThan(0.99);
  });

  it('that can not be read leaves the deployment usable', async () => {
    const error = await refusalOf(deployment.classifyImage(new TextEncoder().encode('not a picture')));
    expect(error).toMatchObject({ name: 'InputError', code: 'ERR_INPUT_IMAGE' });
    expect((await deployment.classifyImage(solid(0, 8, 8))).result?.red).toBeGreaterThan(0.99);
  });

  it.each([
    ['nothing', undefined],
    ['null', null],
    ['a number', 3],
    ['an empty object', {}],
    ['a text as tensor', { tensor: 'abc' }],
    ['null as features', { features: null }],
  ])('that is %s is refused with a typed error', async (_name, input) => {
    expect((await refusalOf(deployment.classify(input as never))).name).toBe('InputError');
  });

  it('is told apart from others that are classified at the same time', async () => {
    const answers = await Promise.all(
      Array.from({ length: 60 }, (_, i) => deployment.classifyImage(solid(i % 3, 8, 8))),
    );
    for (const [i, { result }] of answers.entries())
      expect(result?.[COLOURS[i % 3] ?? '']).toBeGreaterThan(0.99);
  });
});

describe('raw features and tensors', () => {
  it('of a picture give what the picture gives', async () => {
    await using deployment = await openDeployment(tinyClassifier(), { modelInfo: classifier });
    const green = await deployment.classifyImage(solid(1, 8, 8));
    const { response } = await deployment.classify({ features: new Array(64).fill(0x00ff00) });
    expect(response).toEqual(green);
    const tensor = Float32Array.from({ length: 192 }, (_, i) => (i % 3 === 1 ? 1 : 0));
    expect((await deployment.classify({ tensor })).response).toEqual(green);
  });

  it('of a wrong number are refused with both numbers', async () => {
    await using deployment = await openDeployment(tinyClassifier(), { modelInfo: classifier });
    for (const input of [{ features: [1, 2, 3] }, { tensor: [1, 2, 3] }]) {
      const error = await refusalOf(deployment.classify(input));
      expect(error.code).toBe('ERR_INPUT_LENGTH');
      expect(error.message).toMatch(/64|192/);
      expect(error.message).toContain('3');
    }
  });

  it('that are not finite are refused', async () => {
    await using deployment = await openDeployment(tinyRegression(), {
      modelInfo: { input: { inputType: 'other' }, model: { modelType: 'regression' } },
    });
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY]) {
      expect((await refusalOf(deployment.classify({ tensor: [1, bad, 3, 4] }))).code).toBe(
        'ERR_INPUT_NOT_FINITE',
      );
    }
    const { response } = await deployment.classify({ features: [1, 2, 3, 4] });
    expect(Object.values(response.result ?? {})[0]).toBeCloseTo(10, 4);
  });

  it('are quantised with the parameters of the tensor', async () => {
    await using deployment = await openDeployment(tinyClassifier({ dataType: 'int8' }), {
      modelInfo: classifier,
    });
    const tensor = Float32Array.from({ length: 192 }, (_, i) => (i % 3 === 2 ? 1 : 0));
    const { response, tensors } = await deployment.classify({ tensor }, { tensors: true });
    expect(response.result?.blue).toBeGreaterThan(0.98);
    expect(tensors?.[0]?.inputs[0]?.data).toBeInstanceOf(Int8Array);
    expect([...(tensors?.[0]?.inputs[0]?.data.slice(0, 3) ?? [])]).toEqual([-128, -128, 127]);
  });

  it('are what an impulse without a picture takes; a picture is refused', async () => {
    await using deployment = await openDeployment(tinyRegression(), {
      modelInfo: { input: { inputType: 'other' }, model: { modelType: 'regression' } },
    });
    const error = await refusalOf(deployment.classifyImage(solid(0, 8, 8)));
    expect(error.code).toBe('ERR_INPUT_TYPE');
    expect(error.message).toContain('features');
  });
});

describe('the rich form', () => {
  it('has boxes in model pixels and in pixels of the original, geometry, timing and engine', async () => {
    await using deployment = await openDeployment(tinyFomo(), { modelInfo: fomo });
    const { response, boxes, geometry, timing, engines, tensors } = await deployment.classify(
      await redSquare(),
    );
    expect(response.boundingBoxes).toHaveLength(1);
    expect(response.boundingBoxes?.[0]).toMatchObject({
      label: 'red',
      x: 0.5,
      y: 0.5,
      width: 0.25,
      height: 0.5,
    });
    expect(boxes?.[0]?.input).toEqual({ x: 16, y: 16, width: 8, height: 16 });
    expect(boxes?.[0]?.original).toEqual({ x: 64, y: 32, width: 32, height: 32 });
    expect(boxes?.[0]?.score).toBe(response.boundingBoxes?.[0]?.score);
    expect(geometry).toMatchObject({
      mode: 'squash',
      originalWidth: 128,
      originalHeight: 64,
      inputWidth: 32,
    });
    for (const value of Object.values(timing)) expect(value).toBeGreaterThanOrEqual(0);
    expect(timing.totalMs).toBeGreaterThan(timing.inferenceMs);
    expect(engines).toEqual([deployment.info().learnBlocks[0]?.model?.engine.engine]);
    expect(tensors).toBeUndefined();
  });

  it('holds raw tensors only on request', async () => {
    await using deployment = await openDeployment(tinyFomo(), { modelInfo: fomo });
    const { tensors } = await deployment.classify(solid(0, 32, 32), { tensors: true });
    expect(tensors?.[0]?.inputs[0]).toMatchObject({ shape: [1, 32, 32, 3], dataType: 'float32' });
    expect(tensors?.[0]?.inputs[0]?.data.slice(0, 3)).toEqual(new Float32Array([1, 0, 0]));
    expect(tensors?.[0]?.outputs[0]?.shape).toEqual([1, 4, 4, 4]);
  });

  it('shows the resize mode that was asked for instead of the own one', async () => {
    await using deployment = await openDeployment(tinyFomo(), { modelInfo: fomo, resizeMode: 'fit-long' });
    const { geometry, boxes } = await deployment.classify(await redSquare());
    expect(geometry?.mode).toBe('fit-long');
    expect(boxes?.[0]?.original.x).toBeCloseTo(64, 0);
  });
});

describe('coordinates', () => {
  it('of the original undo the resize in the response, too', async () => {
    for (const resizeMode of ['squash', 'fit-long'] as const) {
      const options = { modelInfo: fomo, resizeMode, coordinates: 'original' } as const;
      await using deployment = await openDeployment(tinyFomo(), options);
      const { response, boxes } = await deployment.classify(await redSquare());
      const [box] = response.boundingBoxes ?? [];
      const original = boxes?.[0]?.original;
      expect(box?.x).toBeCloseTo((original?.x ?? 0) / 128, 12);
      expect(box?.y).toBeCloseTo((original?.y ?? 0) / 64, 12);
      expect(box?.width).toBeCloseTo((original?.width ?? 0) / 128, 12);
      expect(box?.height).toBeCloseTo((original?.height ?? 0) / 64, 12);
      expect(box?.y).toBeCloseTo(0.5, 1);
    }
  });
});

describe('thresholds', () => {
  it('act from the next call on, on a copy', async () => {
    await using deployment = await openDeployment(tinyFomo(), { modelInfo: fomo });
    const picture = await redSquare();
    expect((await deployment.classifyImage(picture)).boundingBoxes).toHaveLength(1);
    deployment.setThresholds({ min_score: 1 });
    expect((await deployment.classifyImage(picture)).boundingBoxes).toEqual([]);
    expect(deployment.info().learnBlocks[0]?.block).toMatchObject({ thresholds: { min_score: 1 } });
    deployment.setThresholds({ min_score: 0.5 });
    expect((await deployment.classifyImage(picture)).boundingBoxes).toHaveLength(1);
  });

  it('of one call act on no other, though they overlap', async () => {
    await using deployment = await openDeployment(tinyFomo(), { modelInfo: fomo });
    const picture = await redSquare();
    const counts = await Promise.all(
      [undefined, { min_score: 1 }, { '1.min_score': 1 }, undefined].map(async (thresholds) => {
        const options = thresholds === undefined ? {} : { thresholds };
        return (await deployment.classify(picture, options)).boxes?.length;
      }),
    );
    expect(counts).toEqual([1, 0, 0, 1]);
    expect(deployment.info().learnBlocks[0]?.block).toMatchObject({ thresholds: { min_score: 0.5 } });
    const many = deployment.classifyMany([picture, picture], { thresholds: { min_score: 1 } });
    for await (const { boxes } of many) expect(boxes).toEqual([]);
    for await (const { boxes } of deployment.classifyStream([picture], { thresholds: { min_score: 1 } }))
      expect(boxes).toEqual([]);
  });

  it('of one call that are wrong reject it', async () => {
    await using deployment = await openDeployment(tinyFomo(), { modelInfo: fomo });
    const asked = deployment.classify(await redSquare(), { thresholds: { min_score: 2 } });
    await expect(asked).rejects.toMatchObject({ code: 'ERR_THRESHOLD_INVALID' });
  });

  it('that are wrong change nothing', async () => {
    await using deployment = await openDeployment(tinyFomo(), {
      modelInfo: fomo,
      thresholds: { min_score: 0.25 },
    });
    expect(() => deployment.setThresholds({ min_score: 2 })).toThrow(/0 to 1/);
    expect(() => deployment.setThresholds({ min_score: 0.9, min_scores: 0.4 })).toThrow(/min_score/);
    expect(deployment.info().learnBlocks[0]?.block).toMatchObject({ thresholds: { min_score: 0.25 } });
  });
});

describe('close()', () => {
  it('lets the run in progress finish, and then refuses everything', async () => {
    const deployment = await openDeployment(tinyClassifier(), { modelInfo: classifier });
    const running = deployment.classifyImage(solid(0, 8, 8));
    await running;
    await deployment.close();
    await deployment.close();
    await expect(deployment.classifyImage(solid(0, 8, 8))).rejects.toBeInstanceOf(ClosedError);
    expect(() => deployment.info()).toThrow(ClosedError);
    expect(() => deployment.setThresholds({})).toThrow(ClosedError);
  });

  it('answers or refuses every call that it overtakes', async () => {
    const deployment = await openDeployment(tinyClassifier(), { modelInfo: classifier });
    const calls = Array.from({ length: 20 }, () => deployment.classifyImage(solid(0, 8, 8)));
    const [settled] = await Promise.all([Promise.allSettled(calls), deployment.close()]);
    for (const result of settled) {
      if (result.status === 'rejected') expect(result.reason).toBeInstanceOf(ClosedError);
      else expect(result.value.success).toBe(true);
    }
  });
});

describe('a warning of something assumed', () => {
  it('goes when the caller says it', async () => {
    const files = new Map<string, string | Uint8Array>([
      ['trained.tflite', tinyFomo({ dataType: 'int8' })],
      ['labels.txt', ['background', ...tinyFomoLabels()].join('\n')],
    ]);
    const download = await zipOf(files);
    const codes = async (options: object): Promise<string[]> => {
      await using deployment = await openDeployment(download, options);
      return deployment.info().warnings.map(({ code }) => code);
    };
    expect(await codes({})).toEqual(expect.arrayContaining(['RESIZE_MODE_ASSUMED', 'THRESHOLD_ASSUMED']));
    expect(await codes({ resizeMode: 'squash', thresholds: { min_score: 0.4 } })).toEqual([
      'LAST_LAYER_RECOGNISED',
    ]);
  });
});

describe('info()', () => {
  it('is plain data that JSON can hold', async () => {
    await using deployment = await openDeployment(tinyFomo({ dataType: 'int8' }), { modelInfo: fomo });
    const info = deployment.info();
    expect(JSON.parse(JSON.stringify(info))).toEqual(info);
    expect(info.input).toMatchObject({ inputType: 'image', width: 32, height: 32, channels: 'RGB' });
    expect(info.learnBlocks[0]?.model?.inputs[0]?.quantization?.zeroPoint).toBe(-128);
    expect(info.learnBlocks[0]?.model?.bytes).toBe(tinyFomo({ dataType: 'int8' }).length);
  });
});

describe('an impulse with a K-means block beside its model', () => {
  const facts: LibraryFacts = {
    project: { id: 1, owner: 'me', name: 'Fan', deployVersion: 1 },
    labels: ['value'],
    input: { samples: 10, axes: ['x', 'y'], frequencyHz: 100, features: 4 },
    kmeans: { axes: [1, 3], mean: [1, 2], scale: [0.5, 2], clusters: [{ centroid: [0, 0], maxError: 0.25 }] },
  };

  it.each(GENERATIONS)('of %s gives both results', async (generation) => {
    const library = await zipOf(libraryFiles(generation, 'included file', facts, tinyRegression()));
    await using deployment = await openDeployment(library);
    const { response } = await deployment.classify({ tensor: [0, 3, 0, 8] });
    // ((3 - 1) / 0.5, (8 - 2) / 2) is (4, 3), five away from the only centre.
    expect(response).toEqual({ success: true, result: { value: expect.closeTo(11, 4), anomaly: 4.75 } });
    const { learnBlocks } = deployment.info();
    expect(learnBlocks.filter(({ model }) => model === undefined)).toMatchObject([
      { block: { algorithm: 'kmeans', axes: [1, 3] } },
    ]);
    expect(learnBlocks).toHaveLength(2);
  });

  it('refuses features that were quantised already', async () => {
    const library = await zipOf(libraryFiles('G4', 'included file', facts, tinyRegression()));
    await using deployment = await openDeployment(library);
    const error = await refusalOf(deployment.classify({ tensor: new Int8Array(4) }));
    expect(error).toMatchObject({ name: 'InputError', code: 'ERR_INPUT_TYPE' });
  });
});
