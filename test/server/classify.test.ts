import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { type Deployment, openDeployment } from '../../src/index.js';
import { example, form, refusal, SHAPES, server, type TestServer } from './support.js';

const picture = readFileSync(example('shapes.jpg'));

async function opened(): Promise<Deployment> {
  const deployment = await openDeployment(SHAPES);
  onTestFinished(() => deployment.close());
  return deployment;
}

const ends: (() => Promise<void>)[] = [];
let here: TestServer;
beforeAll(async () => {
  here = await server({ deployments: [SHAPES, SHAPES] }, (end) => ends.push(end));
  return async () => {
    for (const end of ends) await end();
  };
});

function post(
  path: string,
  body: FormData | string,
  headers: Record<string, string> = {},
): Promise<Response> {
  return fetch(`${here.url}${path}`, { method: 'POST', body, headers });
}

describe('POST /v1/api/{projectId}/classify/image', () => {
  it('answers exactly what classifyImage() gives', async () => {
    const response = await post('/v1/api/1/classify/image', form('image', picture));
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toMatch(/^application\/json/);
    expect(await response.json()).toEqual(await (await opened()).classifyImage(picture));
  });

  it('takes the impulse that is asked for', async () => {
    expect(here.served.map(({ impulseId }) => impulseId)).toEqual([1, 2]);
    expect((await post('/v1/api/1/classify/image?impulseId=2', form('image', picture))).status).toBe(200);
    const { status, body } = await refusal(
      await post('/v1/api/1/classify/image?impulseId=3', form('image', picture)),
    );
    expect(status).toBe(404);
    expect(body).toMatchObject({ success: false, code: 'ERR_REGISTRY_NOT_FOUND' });
    expect(body.error).toContain('project 1 impulse 2 (shapes.zip-2)');
  });

  it.each([
    ['/v1/api/2/classify/image', 404, 'ERR_REGISTRY_NOT_FOUND'],
    ['/v1/api/0/classify/image', 400, 'ERR_REQUEST_INVALID'],
    ['/v1/api/one/classify/image', 400, 'ERR_REQUEST_INVALID'],
    ['/v1/api/1/classify/image?impulseId=-1', 400, 'ERR_REQUEST_INVALID'],
  ])('refuses %s with %i', async (path, status, code) => {
    expect(await refusal(await post(path, form('image', picture)))).toMatchObject({ status, body: { code } });
  });

  it.each([
    ['no picture', form('image', Buffer.from('not a picture')), 'ERR_INPUT_IMAGE'],
    ['an empty file', form('image', Buffer.alloc(0)), 'ERR_INPUT_IMAGE'],
    ['half a picture', form('image', picture.subarray(0, 300)), 'ERR_INPUT_IMAGE'],
    ['a file in another field', form('file', picture), 'ERR_REQUEST_INVALID'],
    ['a form without a file', new FormData(), 'ERR_REQUEST_INVALID'],
  ])('refuses %s', async (_what, body, code) => {
    const { status, body: answer } = await refusal(await post('/v1/api/1/classify/image', body));
    expect({ status, code: answer.code }).toEqual({ status: 400, code });
  });

  it('refuses two pictures', async () => {
    const two = form('image', picture);
    two.append('image', new Blob([new Uint8Array(picture)]), 'second.jpg');
    expect(await refusal(await post('/v1/api/1/classify/image', two))).toMatchObject({
      status: 400,
      body: { code: 'ERR_REQUEST_INVALID' },
    });
  });

  it('refuses a body that is no form', async () => {
    const json = await post('/v1/api/1/classify/image', '{}', { 'content-type': 'application/json' });
    expect(await refusal(json)).toMatchObject({ status: 415, body: { code: 'ERR_REQUEST_MEDIA_TYPE' } });
  });
});

describe('/v1/models', () => {
  it('lists what can be asked', async () => {
    expect(await (await fetch(`${here.url}/v1/models`)).json()).toMatchObject({
      success: true,
      models: [
        { id: 'shapes.zip', name: 'shapes.zip', origin: 'served' },
        { id: 'shapes.zip-2', name: 'shapes.zip-2', origin: 'served' },
      ],
    });
  });

  it('says what a model takes and gives, and no path of this machine', async () => {
    const text = await (await fetch(`${here.url}/v1/models/shapes.zip`)).text();
    expect(JSON.parse(text)).toMatchObject({
      model: {
        input: { inputType: 'image', width: 96, height: 96 },
        learnBlocks: [
          { labels: ['circle', 'square', 'triangle'], lastLayer: 'fomo', thresholds: { min_score: 0.5 } },
        ],
      },
    });
    expect(text).not.toContain(process.cwd());
    expect(text).not.toMatch(/"\//);
  });

  it('gives the rich form, with boxes in pixels of the picture', async () => {
    const response = await post('/v1/models/shapes.zip/classify/image', form('image', picture));
    const rich = await (await opened()).classify(picture);
    expect(await response.json()).toMatchObject({
      response: rich.response,
      boxes: rich.boxes,
      geometry: rich.geometry,
    });
  });

  it('takes thresholds for one request, and keeps its own for the next', async () => {
    const count = async (query: string) => {
      const response = await post(`/v1/models/shapes.zip/classify/image${query}`, form('image', picture));
      return ((await response.json()) as { boxes: unknown[] }).boxes.length;
    };
    const own = await count('');
    expect(await count('?threshold=min_score=0.999')).toBeLessThan(own);
    expect(await count('?threshold=3.min_score=0.999')).toBeLessThan(own);
    expect(await count('')).toBe(own);
  });

  it.each([
    ['min_scor=0.5', 'ERR_THRESHOLD_UNKNOWN'],
    ['min_score=2', 'ERR_THRESHOLD_INVALID'],
    ['min_score', 'ERR_THRESHOLD_INVALID'],
    ['9.min_score=0.5', 'ERR_THRESHOLD_UNKNOWN'],
  ])('refuses the threshold %s', async (threshold, code) => {
    const path = `/v1/models/shapes.zip/classify/image?threshold=${threshold}`;
    expect(await refusal(await post(path, form('image', picture)))).toMatchObject({
      status: 400,
      body: { code },
    });
  });

  it('takes raw features', async () => {
    const features = Array.from({ length: 96 * 96 }, (_, i) => (i * 7919) % 0x1000000);
    const response = await post('/v1/models/shapes.zip/classify/features', JSON.stringify({ features }), {
      'content-type': 'application/json',
    });
    const { response: expected } = await (await opened()).classify({ features });
    expect(await response.json()).toMatchObject({ success: true, response: expected });
  });

  it.each([
    ['too few numbers', { features: [1, 2, 3] }, 'ERR_INPUT_LENGTH'],
    ['words', { features: ['1'] }, 'ERR_REQUEST_INVALID'],
    ['nothing', {}, 'ERR_REQUEST_INVALID'],
    ['something else besides', { features: [], more: 1 }, 'ERR_REQUEST_INVALID'],
  ])('refuses %s as features', async (_what, body, code) => {
    const response = await post('/v1/models/shapes.zip/classify/features', JSON.stringify(body), {
      'content-type': 'application/json',
    });
    expect(await refusal(response)).toMatchObject({ status: 400, body: { code } });
  });

  it('says which models there are where one is not', async () => {
    const { status, body } = await refusal(await fetch(`${here.url}/v1/models/..%2f..%2fetc%2fpasswd`));
    expect(status).toBe(404);
    expect(body.error).toContain('There are: shapes.zip, shapes.zip-2.');
  });
});
