import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Classification, Deployment, RawFrame } from '../../src/index.js';
import { countCrossings, framesInFolder, openDeployment, rawFrames } from '../../src/index.js';
import { COLOURS, tinyClassifier, tinyFomo, tinyFomoLabels } from '../fixtures/models.js';
import { solid } from './support.js';

const image = { inputType: 'image', inputScaling: '0..1', resizeMode: 'squash' } as const;

let classifier: Deployment;
let detector: Deployment;
beforeAll(async () => {
  classifier = await openDeployment(tinyClassifier(), {
    modelInfo: { input: image, model: { modelType: 'classification', labels: [...COLOURS] } },
  });
  const model = {
    modelType: 'object-detection',
    lastLayer: 'fomo',
    labels: [...tinyFomoLabels()],
    minimumConfidence: 0.5,
  };
  detector = await openDeployment(tinyFomo({ size: 64 }), { modelInfo: { input: image, model } });
});
afterAll(async () => {
  await classifier.close();
  await detector.close();
});

async function collect<T>(results: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const result of results) all.push(result);
  return all;
}

/** Black, 128 x 64 (the model sees 64 x 64), with full squares of one cell: 16 x 8 pixels at column and row. */
function scene(...squares: readonly (readonly [colour: number, column: number, row: number])[]): RawFrame {
  const data = new Uint8Array(128 * 64 * 3);
  for (const [colour, column, row] of squares) {
    for (let y = row * 8; y < row * 8 + 8; y++) {
      for (let x = column * 16; x < column * 16 + 16; x++) data[(y * 128 + x) * 3 + colour] = 255;
    }
  }
  return { data, width: 128, height: 64, channels: 3 };
}

describe('classifyStream refuses', () => {
  it.each([
    ['the path of a folder', 'frames/', undefined, 'ERR_INPUT_TYPE', 'framesInFolder()'],
    ['bytes of one picture', new Uint8Array(4), undefined, 'ERR_INPUT_TYPE', 'classify()'],
    ['one frame', { data: new Uint8Array(3) }, undefined, 'ERR_INPUT_TYPE', 'iterable'],
    ['nothing', undefined, undefined, 'ERR_INPUT_TYPE', 'undefined'],
    ['an unknown option', [], { tracks: true }, 'ERR_OPTION_UNKNOWN', "'track'"],
    ['frames of no known kind', [], { frames: 'newest' }, 'ERR_OPTION_INVALID', 'all, latest'],
    ['a signal that is none', [], { signal: {} }, 'ERR_OPTION_INVALID', 'AbortSignal'],
    ['tracking settings without all values', [], { track: { keep_grace: 2 } }, 'ERR_', 'use_iou'],
  ])('%s, at once', (_what, frames, options, code, text) => {
    let error: unknown;
    try {
      detector.classifyStream(frames as never, options as never);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toMatchObject({
      name: 'InputError',
      code: expect.stringContaining(code),
      message: expect.stringContaining(text),
    });
  });

  it('to track where nothing is detected', () => {
    expect(() => classifier.classifyStream([], { track: true })).toThrow('does not detect objects');
  });

  it('a closed deployment', async () => {
    const deployment = await openDeployment(tinyClassifier(), {
      modelInfo: { input: image, model: { modelType: 'classification', labels: [...COLOURS] } },
    });
    const results = deployment.classifyStream([solid(0, 8, 8), solid(1, 8, 8)]);
    await deployment.close();
    await expect(results.next()).rejects.toMatchObject({ code: 'ERR_CLOSED' });
    expect(() => deployment.classifyStream([])).toThrow('was closed');
  });
});

describe('classifyStream', () => {
  it('gives for each frame, in order, what classify() gives', async () => {
    const frames = Array.from({ length: 12 }, (_, index) => solid(index % 3, 8, 8));
    const expected = await Promise.all(frames.map((frame) => classifier.classifyImage(frame)));
    async function* later() {
      for (const frame of frames) yield frame;
    }
    for (const source of [frames, later(), new Set(frames)]) {
      const results = await collect(classifier.classifyStream(source));
      expect(results.map(({ response }) => response)).toEqual(expected);
    }
  });

  it('takes raw frames from a stream of bytes', async () => {
    const bytes = Buffer.concat([0, 2, 1].map((colour) => Uint8Array.from(solid(colour, 8, 8).data)));
    const frames = rawFrames(Readable.from([bytes.subarray(0, 100), bytes.subarray(100)]), {
      width: 8,
      height: 8,
      channels: 3,
    });
    const labels = (await collect(classifier.classifyStream(frames))).map(({ response }) => {
      const [best] = Object.entries(response.result ?? {}).sort(([, a], [, b]) => b - a);
      return best?.[0];
    });
    expect(labels).toEqual(['red', 'blue', 'green']);
  });

  it('takes the pictures of a folder', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'impulse-stream-'));
    try {
      for (const [name, colour] of [['f10', 2] as const, ['f9', 1] as const]) {
        const { data, ...raw } = solid(colour, 8, 8);
        await sharp(data, { raw }).toFile(join(folder, `${name}.png`));
      }
      const results = await collect(classifier.classifyStream(await framesInFolder(folder)));
      expect(results[0]?.response.result?.green).toBeGreaterThan(0.99);
      expect(results[1]?.response.result?.blue).toBeGreaterThan(0.99);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('hands tensors on where they are asked for', async () => {
    const [result] = await collect(classifier.classifyStream([solid(0, 8, 8)], { tensors: true }));
    expect(result?.tensors).toHaveLength(1);
    expect(result?.tracked).toBeUndefined();
  });

  it('ends with the error of the first frame that can not be used, after the results before it', async () => {
    const seen: Classification[] = [];
    const run = async () => {
      const frames = [solid(0, 8, 8), Buffer.from('no picture'), solid(0, 8, 8)];
      for await (const result of classifier.classifyStream(frames)) seen.push(result);
    };
    await expect(run()).rejects.toMatchObject({ code: 'ERR_INPUT_IMAGE' });
    expect(seen).toHaveLength(1);
    expect((await classifier.classifyImage(solid(0, 8, 8))).success).toBe(true);
  });

  it('ends with the reason of its signal', async () => {
    const abort = new AbortController();
    const results = classifier.classifyStream([solid(0, 8, 8), solid(0, 8, 8), solid(0, 8, 8)], {
      signal: abort.signal,
    });
    await results.next();
    abort.abort(new Error('camera off'));
    await expect(results.next()).rejects.toThrow('camera off');
  });
});

describe('tracking', () => {
  const moving = Array.from({ length: 5 }, (_, n) => scene([0, 1 + n, 1], [2, 6 - n, 5]));

  it('gives an object the same id in every frame, and its place in pixels of model and picture', async () => {
    const results = await collect(detector.classifyStream(moving, { track: true }));
    for (const [n, { boxes = [], tracked = [] }] of results.entries()) {
      expect(tracked.map(({ objectId, unseenFrames }) => [objectId, unseenFrames])).toEqual([
        [0, 0],
        [1, 0],
      ]);
      expect(tracked.map(({ label }) => label)).toEqual(['red', 'blue']);
      expect(boxes.map(({ label, objectId }) => [label, objectId]).sort()).toEqual([
        ['blue', 1],
        ['red', 0],
      ]);
      const [red] = tracked;
      expect(red?.trail.at(-1)).toEqual({ x: 16 * (1 + n) + 8, y: 8 + 4 });
      expect(red?.trail.length).toBe(Math.min(n + 1, 5));
      expect(red?.original.x).toBeCloseTo((red?.input.x ?? 0) * 2);
      expect(red?.original.y).toBeCloseTo(red?.input.y ?? -1);
    }
  });

  it('leaves the response as it is', async () => {
    const results = await collect(detector.classifyStream(moving, { track: true }));
    const plain = await Promise.all(moving.map((frame) => detector.classifyImage(frame)));
    expect(results.map(({ response }) => response)).toEqual(plain);
  });

  it('remembers an object that is out of sight, and then gives it up', async () => {
    const track = { keep_grace: 1, max_observations: 5, threshold: 16, use_iou: false };
    const frames = [scene([0, 2, 2]), scene(), scene(), scene([0, 2, 2])];
    const results = await collect(detector.classifyStream(frames, { track }));
    expect(
      results.map(({ tracked = [] }) =>
        tracked.map(({ objectId, unseenFrames }) => [objectId, unseenFrames]),
      ),
    ).toEqual([[[0, 0]], [[0, 1]], [], [[1, 0]]]);
  });

  it('begins anew with each stream', async () => {
    for (let run = 0; run < 2; run++) {
      const [result] = await collect(detector.classifyStream([scene([1, 3, 3])], { track: true }));
      expect(result?.tracked?.map(({ objectId }) => objectId)).toEqual([0]);
    }
  });

  it('gives what counting takes', async () => {
    const counter = countCrossings([[32, 0, 32, 63]]);
    let counts: number[] = [];
    for await (const { tracked = [] } of detector.classifyStream(moving, { track: true })) {
      counts = counter.push(tracked);
    }
    expect(counts).toEqual([2]);
  });
});

describe('classifyStream of the newest frames', () => {
  it('passes over the frames that come while the model is busy, and counts them', async () => {
    const count = 400;
    async function* camera() {
      for (let i = 0; i < count; i++) {
        yield scene([0, i % 8, 0]);
        await new Promise(setImmediate);
      }
    }
    const seen: Classification[] = [];
    for await (const result of detector.classifyStream(camera(), { frames: 'latest' })) {
      seen.push(result);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    const dropped = seen.reduce((sum, { droppedFrames = Number.NaN }) => sum + droppedFrames, 0);
    expect(dropped).toBeGreaterThan(0);
    expect(seen.length + dropped).toBe(count);
    // The last frame is never passed over.
    expect(seen.at(-1)?.boxes?.[0]?.input.x).toBe(((count - 1) % 8) * 8);
  });

  it('tracks over what is left of them', async () => {
    const results = await collect(
      detector.classifyStream([scene([0, 1, 1])], { frames: 'latest', track: true }),
    );
    expect(results).toMatchObject([{ droppedFrames: 0, tracked: [{ objectId: 0 }] }]);
  });
});
