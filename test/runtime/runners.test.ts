import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Deployment, openDeployment } from '../../src/index.js';
import { zipOf } from '../fixtures/deployment-writer.js';
import { pictureHello, removeFakeEims, soundHello, writeFakeEim } from '../fixtures/eim/fake-eim.js';
import { AUDIO, DETECTION, type FixtureFacts, wasmFiles } from '../fixtures/wasm/deployment.js';
import { refusalOf, solid } from './support.js';

afterAll(removeFakeEims);

const DETECTOR = {
  hello: pictureHello(['cup', 'glass'], 16, {
    model_type: 'object_detection',
    image_resize_mode: 'squash',
    thresholds: [{ id: 12, type: 'object_detection', min_score: 0.5 }],
  }),
  result: { bounding_boxes: [{ label: 'glass', value: 0.75, x: 4, y: 8, width: 8, height: 4 }] },
};

describe('An .eim', () => {
  it('is not run unasked, and the refusal names the option', async () => {
    const error = await refusalOf(openDeployment(writeFakeEim(DETECTOR)));
    expect(error).toMatchObject({ name: 'InputError', code: 'ERR_OPTION_INVALID' });
    expect(error.message).toContain('allowExecution: true');
  });

  it.each([
    ['sessions', { sessions: 2 }],
    ['tune', { tune: true }],
  ])('refuses %s: it runs as a whole', async (name, options) => {
    const refusal = refusalOf(openDeployment(writeFakeEim(DETECTOR), { allowExecution: true, ...options }));
    expect(await refusal).toMatchObject({
      code: 'ERR_OPTION_INVALID',
      message: expect.stringContaining(`${name}: a runner`),
    });
  });

  it('is not run from bytes', async () => {
    const bytes = Buffer.concat([
      Buffer.from('\x7fELF', 'latin1'),
      Buffer.alloc(100),
      Buffer.from('Edge Impulse Linux impulse runner'),
    ]);
    const error = await refusalOf(openDeployment(bytes, { allowExecution: true }));
    expect(error).toMatchObject({ code: 'ERR_INPUT_TYPE' });
    expect(error.message).toContain('pass the path');
  });

  describe('that detects objects', () => {
    let deployment: Deployment;
    beforeAll(async () => {
      deployment = await openDeployment(writeFakeEim(DETECTOR), { allowExecution: true });
    });
    afterAll(() => deployment.close());

    it('gives the response of the API, with boxes as ratios', async () => {
      expect(await deployment.classifyImage(solid(0, 64, 32))).toEqual({
        success: true,
        boundingBoxes: [{ label: 'glass', x: 0.25, y: 0.5, width: 0.5, height: 0.25, score: 0.75 }],
      });
    });

    it('has its boxes mapped back to the picture', async () => {
      const { boxes, engines } = await deployment.classify(solid(0, 64, 32));
      expect(engines).toEqual(['eim']);
      expect(boxes).toMatchObject([{ original: { x: 16, y: 16, width: 32, height: 8 } }]);
    });

    it('says what it is', () => {
      const info = deployment.info();
      expect(info).toMatchObject({
        format: 'eim',
        project: { name: 'Cups' },
        input: { inputType: 'image', width: 16, height: 16 },
        learnBlocks: [{ block: { modelType: 'object-detection', thresholds: { min_score: 0.5 } } }],
        runner: { engine: 'eim' },
      });
      expect(JSON.parse(JSON.stringify(info))).toEqual(info);
    });

    it('takes thresholds, and refuses those that it does not have', async () => {
      deployment.setThresholds({ min_score: 0.25 });
      expect(deployment.info().learnBlocks[0]?.block).toMatchObject({ thresholds: { min_score: 0.25 } });
      expect((await deployment.classifyImage(solid(0, 8, 8))).success).toBe(true);
      expect(() => deployment.setThresholds({ min_scor: 0.25 })).toThrow(
        expect.objectContaining({ code: 'ERR_THRESHOLD_UNKNOWN' }),
      );
    });

    it('neither takes nor shows tensors', async () => {
      expect((await refusalOf(deployment.classify({ tensor: [1] }))).code).toBe('ERR_INPUT_TYPE');
      const asked = deployment.classify(solid(0, 8, 8), { tensors: true });
      expect((await refusalOf(asked)).code).toBe('ERR_OPTION_INVALID');
    });

    it('has one set of thresholds, and none for one call', async () => {
      const asked = deployment.classify(solid(0, 8, 8), { thresholds: { min_score: 0.25 } });
      expect((await refusalOf(asked)).code).toBe('ERR_OPTION_INVALID');
      // Without a look at the picture.
      const nothing = deployment.classify('no-such-picture.jpg', { thresholds: { min_score: 0.25 } });
      expect((await refusalOf(nothing)).code).toBe('ERR_OPTION_INVALID');
    });

    it('follows objects over frames', async () => {
      const ids: unknown[] = [];
      const frames = [solid(0, 16, 16), solid(0, 16, 16)];
      for await (const { boxes } of deployment.classifyStream(frames, { track: true })) {
        ids.push(boxes?.map(({ objectId }) => objectId));
      }
      expect(ids).toEqual([[0], [0]]);
    });
  });

  it('that tracks objects itself gives them with their ids', async () => {
    const tracked = { ...DETECTOR.result.bounding_boxes[0], object_id: 7 };
    const config = {
      hello: pictureHello(['cup', 'glass'], 16, {
        model_type: 'object_detection',
        has_object_tracking: true,
      }),
      result: { ...DETECTOR.result, object_tracking: [tracked] },
    };
    await using deployment = await openDeployment(writeFakeEim(config), { allowExecution: true });
    const result = await deployment.classify(solid(0, 16, 16));
    expect(result.tracked).toMatchObject([{ objectId: 7, label: 'glass', input: { x: 4, y: 8 } }]);
  });

  it('closes when thresholds given at the door are not its own', async () => {
    const options = { allowExecution: true, thresholds: { unclip_ratio: 1.5 } };
    const error = await refusalOf(openDeployment(writeFakeEim(DETECTOR), options));
    expect(error.code).toBe('ERR_THRESHOLD_UNKNOWN');
  });

  it('that hangs is given up after the time allowed', async () => {
    const config = { ...DETECTOR, faults: { start: 'hang' } };
    const options = { allowExecution: true, startTimeoutMs: 300 };
    const error = await refusalOf(openDeployment(writeFakeEim(config), options));
    expect(error).toMatchObject({ name: 'TimeoutError', code: 'ERR_TIMEOUT' });
  });

  it('that listens to a microphone answers slice by slice, once a window is full', async () => {
    const hello = soundHello(['noise', 'yes']);
    await using deployment = await openDeployment(
      writeFakeEim({ hello, result: { classification: { noise: 0.25, yes: 0.75 } } }),
      { allowExecution: true },
    );
    const words = deployment.continuous();
    expect(words.sliceLength).toBe(1);
    const answers: unknown[] = [];
    for (let slice = 0; slice < 5; slice++) {
      answers.push((await words.push([slice]))?.response.result);
    }
    expect(answers).toEqual([
      undefined,
      undefined,
      undefined,
      { noise: 0.25, yes: 0.75 },
      { noise: 0.25, yes: 0.75 },
    ]);
  });
});

function wasmZip(facts: FixtureFacts): Promise<Uint8Array> {
  const { glue, binary } = wasmFiles(facts);
  return zipOf(
    new Map<string, string | Uint8Array>([
      ['edge-impulse-standalone.js', glue],
      ['edge-impulse-standalone.wasm', binary],
    ]),
  );
}

describe('A WebAssembly deployment', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'impulse-wasm-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('opens from a zip and answers as every deployment does', async () => {
    const path = join(folder, 'wasm.zip');
    await writeFile(path, await wasmZip(DETECTION));
    await using deployment = await openDeployment(path);
    expect(deployment.info()).toMatchObject({ format: 'wasm', runner: { engine: 'wasm' } });
    const response = await deployment.classifyImage(solid(0, 32, 32));
    expect(response.success).toBe(true);
    expect(response.boundingBoxes).toMatchObject([{ label: 'cup' }]);
  });

  it('answers slice by slice where it listens to a microphone', async () => {
    await using deployment = await openDeployment(await wasmZip(AUDIO));
    const words = deployment.continuous();
    expect(words.sliceLength).toBe(25);
    const first = await words.push(new Float32Array(25));
    expect(first).toBeUndefined();
  });
});
