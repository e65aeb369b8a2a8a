/** The shapes of the Linux runner's HTTP server. */
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDeployment } from '../../src/index.js';
import { constantModel, tinyRegression } from '../fixtures/models.js';
import { libraryOf, RECORDED } from '../fixtures/recorded-projects.js';
import { describeWithShared } from '../support/shared.js';
import { serve, type TestServer } from './served.js';

const example = (name: string) => fileURLToPath(new URL(`../../examples/${name}`, import.meta.url));
const PIXELS = 96 * 96;

interface Box {
  readonly label: string;
  readonly value: number;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

interface Answer {
  readonly result: {
    readonly bounding_boxes?: readonly Box[];
    readonly classification?: Readonly<Record<string, number>>;
    readonly anomaly?: number;
    readonly resizeMode?: string;
    readonly resized?: object;
  };
  readonly timing: Readonly<Record<string, number>>;
}

let server: TestServer;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'impulse-runner-shapes-'));
  const sum = join(folder, 'sum.tflite');
  await writeFile(sum, tinyRegression());
  await writeFile(
    join(folder, 'sum.json'),
    JSON.stringify({ input: { inputType: 'other' }, model: { modelType: 'regression' } }),
  );
  server = await serve({ deployments: [example('shapes.zip'), sum] });
});

afterAll(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});

function postFeatures(body: string, query = '', type = 'application/json'): Promise<Response> {
  return fetch(`${server.url}/api/features${query}`, {
    method: 'POST',
    body,
    headers: type === '' ? {} : { 'content-type': type },
  });
}

async function postImage(bytes: Uint8Array, url = server.url): Promise<Response> {
  const form = new FormData();
  form.append('file', new Blob([Buffer.from(bytes)]), 'photo.jpg');
  return fetch(`${url}/api/image`, { method: 'POST', body: form });
}

describe('/api/info', () => {
  it('describes the first model, indented by four spaces', async () => {
    const response = await fetch(`${server.url}/api/info`);
    const text = await response.text();
    const info = JSON.parse(text);
    expect(text).toBe(`${JSON.stringify(info, null, 4)}\n`);
    expect(info.project).toMatchObject({
      id: 1,
      name: 'Shapes',
      owner: 'impulse-runtime',
      deploy_version: 1,
    });
    expect(info.modelParameters).toMatchObject({
      sensor: 3,
      sensorType: 'camera',
      model_type: 'constrained_object_detection',
      image_input_width: 96,
      image_input_height: 96,
      image_channel_count: 3,
      image_resize_mode: 'squash',
      input_features_count: PIXELS,
      labels: ['circle', 'square', 'triangle'],
      label_count: 3,
      has_anomaly: 0,
      thresholds: [{ id: 3, type: 'object_detection', min_score: 0.5 }],
    });
    expect(response.headers.get('x-ei-owner')).toBe('impulse-runtime');
    expect(response.headers.get('x-ei-project-name')).toBe('Shapes');
    expect(response.headers.get('x-ei-project-version')).toBe('1');
  });

  it('describes another one by its name', async () => {
    const info = (await (await fetch(`${server.url}/api/info?model=sum.tflite`)).json()) as {
      project: object;
      modelParameters: object;
    };
    expect(info.project).toEqual({ name: 'sum.tflite', owner: '' });
    expect(info.modelParameters).toMatchObject({ sensorType: 'unknown', labels: ['value'] });
    expect((await fetch(`${server.url}/api/info?model=nothing`)).status).toBe(404);
  });
});

describe('/api/image', () => {
  it("gives boxes in the picture's own pixels", async () => {
    const photo = readFileSync(example('shapes.jpg'));
    const response = await postImage(photo);
    const text = await response.text();
    const { result, timing } = JSON.parse(text) as Answer;
    expect(text).toBe(`${JSON.stringify(JSON.parse(text), null, 4)}\n`);
    expect(result.resizeMode).toBe('squash');
    expect(result.resized).toEqual({ originalWidth: 640, originalHeight: 480, newWidth: 96, newHeight: 96 });
    await using deployment = await openDeployment(example('shapes.zip'));
    const { boxes = [] } = await deployment.classify(photo);
    expect(boxes.length).toBeGreaterThan(0);
    expect(result.bounding_boxes).toEqual(
      boxes.map(({ label, score, original }) => ({ label, value: score, ...original })),
    );
    expect(Object.keys(timing).sort()).toEqual([
      'anomaly',
      'classification',
      'dsp',
      'json',
      'postprocessing',
      'stdin',
    ]);
    expect(response.headers.get('x-ei-project-name')).toBe('Shapes');
  });

  it.each([
    ['no body', undefined, 'No files posted, requiring a multipart/form-data body with 1 item "file"'],
    ['a form without the file', new FormData(), 'Missing "file" in the multipart/form-data'],
  ])('refuses %s in its words', async (_name, body, error) => {
    const response = await fetch(`${server.url}/api/image`, { method: 'POST', body: body ?? null });
    expect(response.status).toBe(400);
    expect(await response.json()).toEqual({ success: false, error, code: 'ERR_REQUEST_INVALID' });
  });

  it('refuses what is no picture', async () => {
    const response = await postImage(Buffer.from('text'));
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ success: false, code: 'ERR_INPUT_IMAGE' });
  });
});

describe('visual anomalies', () => {
  it.each(['model-input', 'original'] as const)(
    'are cells of the picture that was sent, whatever ratios are of: %s',
    async (coordinates) => {
      // Of 4 x 4 cells, the second in the third row.
      const data = new Float32Array(16).fill(1);
      data[9] = 9;
      const path = join(folder, 'defects.tflite');
      await writeFile(path, constantModel([1, 32, 32, 3], [{ shape: [1, 4, 4], data }]));
      const modelInfo = {
        input: { inputType: 'image', inputScaling: '0..1', resizeMode: 'fit-short' },
        model: { modelType: 'visual-anomaly', thresholdValues: { min_anomaly_score: 5 } },
      };
      const other = await serve({ deployments: [path], open: { modelInfo, coordinates } });
      try {
        const wide = await sharp({ create: { width: 640, height: 320, channels: 3, background: 'gray' } })
          .png()
          .toBuffer();
        const { result } = (await (await postImage(wide, other.url)).json()) as Answer;
        expect(result).toMatchObject({
          anomaly: 9,
          visual_anomaly_max: 9,
          visual_anomaly_mean: 1.5,
          visual_anomaly_grid: [{ label: 'anomaly', value: 9, x: 240, y: 160, width: 80, height: 80 }],
          resizeMode: 'fit-shortest',
        });
        const { modelParameters } = (await (await fetch(`${other.url}/api/info`)).json()) as {
          modelParameters: object;
        };
        expect(modelParameters).toMatchObject({
          has_anomaly: 3,
          has_visual_anomaly_detection: true,
          model_type: 'classification',
          thresholds: [{ type: 'anomaly_gmm', min_anomaly_score: 5 }],
        });
      } finally {
        await other.close();
      }
    },
  );
});

describe('/api/features', () => {
  it('takes numbers, also as text, and gives boxes in pixels of the model input', async () => {
    const { data } = await sharp(example('shapes.jpg'))
      .resize(96, 96, { fit: 'fill' })
      .raw()
      .toBuffer({ resolveWithObject: true });
    const features = Array.from({ length: PIXELS }, (_, i) => data.readUIntBE(i * 3, 3));
    const plain = (await (await postFeatures(JSON.stringify({ features }))).json()) as Answer;
    const asText = (await (
      await postFeatures(JSON.stringify({ features: features.map((value) => `0x${value.toString(16)}`) }))
    ).json()) as Answer;
    expect(plain.result.bounding_boxes?.length).toBeGreaterThan(0);
    expect(asText.result).toEqual(plain.result);
    expect(plain.result.resized).toBeUndefined();
    for (const { x, width } of plain.result.bounding_boxes ?? []) {
      expect(Number.isInteger(x) && x + width <= 96).toBe(true);
    }
  });

  it('asks another model by its name', async () => {
    const answer = (await (
      await postFeatures('{"features":[1,2,3,"4"]}', '?model=sum.tflite')
    ).json()) as Answer;
    expect(answer.result).toEqual({ classification: { value: 10 } });
  });

  it.each([
    ['no body', '', '', 'Missing body on request. Did you set "Content-Type: application/json" ?'],
    [
      'an empty one',
      '',
      'application/json',
      'Missing body on request. Did you set "Content-Type: application/json" ?',
    ],
    [
      'a form',
      'a=1',
      'application/x-www-form-urlencoded',
      'Missing body on request. Did you set "Content-Type: application/json" ?',
    ],
    ['no features', '{}', 'application/json', 'Missing "features" on body'],
    ['one number', '{"features":1}', 'application/json', '"features" on body is not an array'],
    [
      'what is no number',
      '{"features":[1,"two"]}',
      'application/json',
      'Not every element of the "features" array is a number',
    ],
    [
      'null',
      '{"features":[null]}',
      'application/json',
      'Not every element of the "features" array is a number',
    ],
    ['too few', '{"features":[1,2]}', 'application/json', `Expected ${PIXELS} features, but received 2`],
  ])('refuses %s in its words, as JSON', async (_name, body, type, error) => {
    const response = await postFeatures(body, '', type);
    expect(response.status).toBe(400);
    expect(response.headers.get('content-type')).toContain('application/json');
    expect(await response.json()).toEqual({ success: false, error, code: 'ERR_REQUEST_INVALID' });
  });
});

/** What a recorded process said, with the names that every generation of it has. */
describeWithShared('recorded runners', (sharedDir) => {
  it.each(RECORDED)('$folder: says of itself what the process said', async (recorded) => {
    const folder = await mkdtemp(join(tmpdir(), 'impulse-recorded-'));
    const path = join(folder, 'library.zip');
    await writeFile(path, await libraryOf(sharedDir, recorded));
    const other = await serve({ deployments: [path] });
    try {
      const { modelParameters } = (await (await fetch(`${other.url}/api/info`)).json()) as {
        modelParameters: Record<string, unknown>;
      };
      const stated = helloOf(join(sharedDir, 'models', recorded.folder));
      // The build's own; and our library is written without its anomaly block.
      const { inferencing_engine: _engine, has_anomaly: _anomaly, ...expected } = stated;
      expect(modelParameters).toMatchObject(expected);
    } finally {
      await other.close();
      await rm(folder, { recursive: true });
    }
  });

  const pictures = [
    { name: 'ei-arduino-mask-classification', model: 'tflite_learn_5.tflite', labels: ['0', '1'] },
    { name: 'ei-cpp-fomo-paper-roll', model: 'tflite_learn_3.tflite', labels: ['toiletpapier'] },
  ];

  it.each(pictures)('$name: a picture gives what the process gave', async ({ name, model, labels }) => {
    const folder = join(sharedDir, 'models', name);
    const isDetector = name.includes('fomo');
    const detection = { modelType: 'object-detection', labels, lastLayer: 'fomo', minimumConfidence: 0.5 };
    const modelInfo = {
      input: { inputType: 'image', inputScaling: '0..1', resizeMode: 'fit-short' },
      model: isDetector ? detection : { modelType: 'classification', labels },
    };
    // As the recorded builds for microcontrollers fill their inputs.
    const open = { modelInfo, quantizePath: 'image-quantized', xnnpack: false } as const;
    const other = await serve({ deployments: [join(folder, model)], open });
    try {
      let compared = 0;
      for (const { what, response } of exchangeOf(folder)) {
        const features = await featuresOf(folder, what);
        if (features === undefined || response === null) continue;
        const answer = (await (
          await fetch(`${other.url}/api/features`, {
            method: 'POST',
            body: JSON.stringify({ features }),
            headers: { 'content-type': 'application/json' },
          })
        ).json()) as Answer;
        expect(answer.result).toEqual(withinOneStep(response.result));
        expect(Object.keys(answer.timing)).toEqual(expect.arrayContaining(Object.keys(response.timing)));
        compared++;
      }
      expect(compared).toBeGreaterThanOrEqual(2);
    } finally {
      await other.close();
    }
  });
});

interface Exchange {
  readonly what: string;
  readonly response: {
    readonly result: Answer['result'];
    readonly timing: object;
    readonly model_parameters: Record<string, unknown>;
  } | null;
}

function exchangeOf(folder: string): readonly Exchange[] {
  return (JSON.parse(readFileSync(join(folder, 'ei-runtime.json'), 'utf8')) as { exchange: Exchange[] })
    .exchange;
}

/** Its interpreter for microcontrollers and TFLite's own kernels may differ by one of 256 steps of a score. */
function withinOneStep({ classification, ...rest }: Answer['result']): object {
  if (classification === undefined) return rest;
  const scores = Object.entries(classification).map(([label, score]) => [label, within(score, 1 / 256)]);
  return { ...rest, classification: Object.fromEntries(scores) };
}

function within(expected: number, tolerance: number) {
  return { asymmetricMatch: (value: number) => Math.abs(value - expected) <= tolerance };
}

/** The packed pixels that a recording names; undefined where it is about something else. */
async function featuresOf(folder: string, what: string): Promise<number[] | undefined> {
  if (what.startsWith('classify packed pixels')) {
    return Array.from({ length: PIXELS }, (_, i) => Number((BigInt(i) * 2654435761n) % 2n ** 24n));
  }
  const file = /^classify (golden\/\S+\.png)/.exec(what)?.[1];
  if (file === undefined) return undefined;
  const data = await sharp(join(folder, file)).toColourspace('srgb').removeAlpha().raw().toBuffer();
  return Array.from({ length: PIXELS }, (_, i) => data.readUIntBE(i * 3, 3));
}

function helloOf(folder: string): Record<string, unknown> {
  const hello = exchangeOf(folder).find(({ what }) => what === 'hello')?.response;
  if (!hello) throw new TypeError('no hello');
  return hello.model_parameters;
}
