import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDeployment } from '../../src/index.js';
import { COLOURS, tinyClassifier } from '../fixtures/models.js';
import { tinyOnnxClassifier } from '../fixtures/onnx-models.js';
import { CLASSIFIER_INFO } from '../registry/store.js';
import { describeUnless, missingOnnxRuntime } from '../support/not-tested.js';
import { ask, post, type RegistryServer, sendJson, startRegistry } from './registry-server.js';

const EXAMPLES = new URL('../../examples/', import.meta.url);
const SHAPES = readFileSync(new URL('shapes.zip', EXAMPLES));
const PICTURE = readFileSync(new URL('shapes.jpg', EXAMPLES));
const missing = await missingOnnxRuntime();

let server: RegistryServer;
beforeAll(async () => {
  // A model may be larger than any other body.
  server = await startRegistry({ maxBodyBytes: 150_000, maxModelBytes: 400_000 });
});
afterAll(() => server.remove());

async function idOf(bytes: Uint8Array, model?: string | object, fileName?: string): Promise<string> {
  const { status, body } = await post(server, bytes, model, fileName);
  expect(body).toMatchObject({ id: expect.any(String) });
  expect(status).toBe(200);
  return body.id;
}

const picture = (): FormData => {
  const form = new FormData();
  form.append('image', new Blob([PICTURE]), 'shapes.jpg');
  return form;
};

describe('a registered model', () => {
  it('is told of with the URI of its file, under which it is downloaded', async () => {
    const model = { name: 'Your Model', originType: 'offline', tags: ['a', 1] };
    const posted = await post(server, SHAPES, model, 'Tässe "1".zip');
    const { id, modelArtifactUri, created } = posted.body;
    expect(posted.body).toEqual({
      ...model,
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      artifact: {
        fileName: expect.stringContaining('Tässe'),
        format: 'cpp-library',
        bytes: SHAPES.length,
        sha256: createHash('sha256').update(SHAPES).digest('hex'),
      },
      modelArtifactUri: `${server.models}/artifacts/${id}`,
      created: expect.stringMatching(/^\d{4}-.*Z$/),
      updated: created,
      deprecated: false,
    });
    for (const uri of [modelArtifactUri, `${server.models}/${id}/artifact`]) {
      const response = await fetch(uri);
      expect(Buffer.from(await response.arrayBuffer())).toEqual(SHAPES);
      const etag = `"${posted.body.artifact.sha256}"`;
      expect(response.headers.get('etag')).toBe(etag);
      expect(response.headers.get('content-disposition')).toContain("filename*=UTF-8''T%C3%A4sse%20");
      const again = await fetch(uri, { headers: { 'if-none-match': etag } });
      expect(again.status).toBe(304);
    }
    expect((await ask(`${server.models}/${id}`)).body).toEqual(posted.body);
  });

  it('answers by its name at once, and not any more when it is deleted', async () => {
    const name = 'shapes / of a "kind" & more? #1';
    const id = await idOf(SHAPES, { name });
    const url = `${server.url}/v1/models/${encodeURIComponent(name)}/classify/image`;
    const answer = await ask(url, { method: 'POST', body: picture() });
    await using deployment = await openDeployment(SHAPES);
    expect(answer.body.response).toEqual((await deployment.classify(PICTURE)).response);
    const { body } = await ask(`${server.url}/v1/models`);
    expect(body.models).toContainEqual({ id, name, origin: 'registered' });
    await ask(`${server.models}/${id}`, { method: 'DELETE' });
    expect((await ask(url, { method: 'POST', body: picture() })).status).toBe(404);
  });

  it('of no description answers from the moment in which it gets one', async () => {
    const id = await idOf(tinyClassifier(), { name: 'colours' }, 'colours.tflite');
    const url = `${server.url}/v1/models/colours/classify/image`;
    const before = await ask(url, { method: 'POST', body: picture() });
    expect(before).toMatchObject({ status: 422, body: { code: 'ERR_METADATA_MISSING' } });
    await sendJson('PUT', `${server.models}/${id}`, { name: 'colours', modelInfo: CLASSIFIER_INFO });
    const after = await ask(url, { method: 'POST', body: picture() });
    expect(Object.keys(after.body.response.result)).toEqual([...COLOURS]);
  });

  it('may be larger than a picture, but not than a model may be', async () => {
    const padded = (bytes: number) => Buffer.concat([tinyClassifier(), Buffer.alloc(bytes)]);
    expect((await post(server, padded(300_000))).status).toBe(200);
    expect(await post(server, padded(500_000))).toMatchObject({
      status: 413,
      body: { code: 'ERR_REQUEST_TOO_LARGE' },
    });
  });

  it.each([
    ['no field for the model', (form: FormData) => form.delete('model'), 400, 'ERR_REGISTRY_DESCRIPTION'],
    ['no file', (form: FormData) => form.delete('modelArtifact'), 400, 'ERR_REQUEST_INVALID'],
    ['no JSON', (form: FormData) => form.set('model', '{ name'), 400, 'ERR_REGISTRY_DESCRIPTION'],
    ['no name', (form: FormData) => form.set('model', '{}'), 400, 'ERR_REGISTRY_DESCRIPTION'],
    ['a program', file('\u007fELF Edge Impulse Linux impulse runner'), 422, 'ERR_UNSUPPORTED_FORMAT'],
    ['WebAssembly', file('\0asm\u0001\0\0\0'), 422, 'ERR_UNSUPPORTED_FORMAT'],
    ['a web page', file('<!doctype html>'), 422, 'ERR_DEPLOYMENT_UNRECOGNISED'],
    ['nothing', file(''), 422, 'ERR_DEPLOYMENT_UNRECOGNISED'],
  ])('with %s is refused, and nothing of it stays', async (_, change, status, code) => {
    const data = join(server.folder, 'data');
    const before = readdirSync(join(data, 'artefacts'));
    const form = new FormData();
    form.append('modelArtifact', new Blob([SHAPES]), 'm.zip');
    form.append('model', '{"name": "a"}');
    change(form);
    const answer = await ask(server.models, { method: 'POST', body: form });
    expect(answer).toMatchObject({ status, body: { success: false, code } });
    expect(JSON.stringify(answer.body)).not.toContain(server.folder);
    expect(readdirSync(join(data, 'artefacts'))).toEqual(before);
    expect(readdirSync(join(data, 'incoming'))).toEqual([]);
  });

  it('may be described in a field that states to be JSON', async () => {
    const form = new FormData();
    form.append('modelArtifact', new Blob([SHAPES]), 'm.zip');
    const boundary = 'x';
    const part = (head: string, body: Buffer | string) =>
      Buffer.concat([
        Buffer.from(`--${boundary}\r\nContent-Disposition: form-data; ${head}\r\n\r\n`),
        Buffer.from(body),
        Buffer.from('\r\n'),
      ]);
    const body = Buffer.concat([
      part('name="modelArtifact"; filename="m.zip"', SHAPES),
      part('name="model"\r\nContent-Type: application/json', '{"name": "stated"}'),
      Buffer.from(`--${boundary}--\r\n`),
    ]);
    const type = `multipart/form-data; boundary=${boundary}`;
    const answer = await ask(server.models, { method: 'POST', body, headers: { 'content-type': type } });
    expect(answer).toMatchObject({ status: 200, body: { name: 'stated' } });
  });
});

function file(content: string): (form: FormData) => void {
  return (form) => form.set('modelArtifact', new Blob([Buffer.from(content, 'latin1')]), 'm.bin');
}

describe('a list of models', () => {
  it('finds every printable name by a filter', async () => {
    const some = fc.string({ unit: 'binary', minLength: 1, maxLength: 12 });
    const names = fc
      .sample(some, { numRuns: 15, seed: 7 })
      .map((name) => `n${name.replace(/[\p{Cc}\p{Cs}]/gu, '')}`);
    const ascii = Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i)).join('');
    for (const name of [...names, ascii]) {
      const id = await idOf(tinyClassifier(), { name });
      const filter = `name=="${name.replace(/["\\]/g, '\\$&')}",id==${id}`;
      const { body } = await ask(`${server.models}?property=${encodeURIComponent(filter)}`);
      expect(body.children).toMatchObject([{ id, name }]);
      expect(body._page).toMatchObject({ property: `${filter},deleted==false`, count: 1, totalCount: 1 });
    }
  });

  it('takes start, limit, orderby, and several filters', async () => {
    for (const rank of [1, 2, 3])
      await idOf(tinyClassifier(), { name: `rank ${rank}`, rank, list: 'ranked' });
    const query = 'property=list==ranked&property=rank>=2&orderby=-rank&start=1&limit=5';
    const { body } = await ask(`${server.models}/?${query}`);
    expect(body.children.map(({ name }: { name: string }) => name)).toEqual(['rank 2']);
    expect(body._page).toEqual({
      property: 'list==ranked,rank>=2,deleted==false',
      count: 1,
      start: 1,
      limit: 5,
      totalCount: 2,
    });
  });

  it.each([
    ['property=name', 'ERR_REGISTRY_QUERY'],
    ['property=name=gt=a', 'ERR_REGISTRY_QUERY'],
    ['property=created>then', 'ERR_REGISTRY_QUERY'],
    ["property=name'%20OR%201=1", 'ERR_REGISTRY_QUERY'],
    ['orderby=name;DROP', 'ERR_REGISTRY_QUERY'],
    ['limit=-1', 'ERR_REQUEST_INVALID'],
    ['limit=1e9', 'ERR_REQUEST_INVALID'],
    ['limit=100000', 'ERR_REQUEST_INVALID'],
    ['start=x', 'ERR_REQUEST_INVALID'],
  ])('%s is refused', async (query, code) => {
    expect(await ask(`${server.models}?${query}`)).toMatchObject({ status: 400, body: { code } });
  });
});

describe('changing a model', () => {
  const TYPE = 'application/vnd.adobe.platform.sensei+json;profile=mlInstance.v1.json';

  it('takes the whole object, but for what the registry says itself', async () => {
    const id = await idOf(SHAPES, { name: 'before', originType: 'offline' });
    const before = (await ask(`${server.models}/${id}`)).body;
    const wanted = {
      ...before,
      id: 'x',
      created: 'y',
      modelArtifactUri: 'http://z',
      name: 'after',
      deprecated: true,
    };
    const { status, body } = await sendJson('PUT', `${server.models}/${id}`, wanted, TYPE);
    expect(status).toBe(200);
    expect(body).toEqual({ ...before, name: 'after', deprecated: true, updated: body.updated });
    expect(body.updated >= before.updated).toBe(true);
  });

  it.each([
    ['no body', '', 'ERR_REQUEST_INVALID'],
    ['no object', '[]', 'ERR_REGISTRY_DESCRIPTION'],
    ['no name', '{}', 'ERR_REGISTRY_DESCRIPTION'],
    ['no JSON', 'name: x', 'ERR_REGISTRY_DESCRIPTION'],
    ['a description of nothing', '{"name": "a", "modelInfo": {}}', 'ERR_METADATA_INVALID'],
  ])('with %s is refused', async (_, text, code) => {
    const id = await idOf(SHAPES, { name: 'stays' });
    const { status, body } = await sendJson('PUT', `${server.models}/${id}`, text, TYPE);
    expect({ status: status < 500, code: body.code }).toEqual({ status: true, code });
    expect((await ask(`${server.models}/${id}`)).body.name).toBe('stays');
  });

  it('is that of no model, or of a type that is not read', async () => {
    const nobody = await sendJson('PUT', `${server.models}/nobody`, { name: 'a' });
    expect(nobody).toMatchObject({ status: 404, body: { code: 'ERR_REGISTRY_NOT_FOUND' } });
    const wrong = await sendJson('PUT', `${server.models}/nobody`, '<a/>', 'application/xml');
    expect(wrong).toMatchObject({ status: 415, body: { code: 'ERR_REQUEST_MEDIA_TYPE' } });
  });
});

describe('deleting a model', () => {
  it('leaves it in lists that ask for deleted ones, and nowhere else', async () => {
    const id = await idOf(tinyClassifier({ size: 21 }), { name: 'to go' });
    await sendJson('POST', `${server.models}/${id}/transcodings`, { targetFormat: 'tflite' });
    expect(await ask(`${server.models}/${id}`, { method: 'DELETE' })).toMatchObject({
      status: 200,
      body: { title: 'Success', status: 200, detail: 'Model deletion was successful' },
    });
    const paths = ['', '/artifact', '/transcodings'];
    const answers = await Promise.all(paths.map((path) => ask(`${server.models}/${id}${path}`)));
    expect(answers.map(({ status }) => status)).toEqual([404, 404, 404]);
    expect((await ask(`${server.models}/artifacts/${id}`)).status).toBe(404);
    expect((await ask(`${server.models}/${id}`, { method: 'DELETE' })).status).toBe(404);
    const { body } = await ask(`${server.models}?property=deleted==true,id==${id}`);
    expect(body.children).toMatchObject([{ id, deleted: true }]);
  });
});

describe('a transcoding', () => {
  it('is told of, listed and downloaded', async () => {
    const id = await idOf(SHAPES, { name: 'library' }, 'shapes.zip');
    const url = `${server.models}/${id}/transcodings`;
    const text = '{"targetFormat": "tflite", "createdBy": "me", "deleted": false,\n}';
    const { status, body } = await sendJson('POST', url, text, 'text/plain');
    expect(status).toBe(200);
    expect(body).toMatchObject({ modelId: id, targetFormat: 'tflite', createdBy: 'me', deleted: false });
    expect(body).toMatchObject({ artifactUri: `${url}/${body.id}/artifact`, status: 'completed' });
    expect((await ask(`${url}/${body.id}`)).body).toEqual(body);
    expect((await ask(url)).body).toEqual({
      children: [body],
      _page: { property: `modelId==${id},deleted==false,deprecated==false`, count: 1 },
    });
    const response = await fetch(body.artifactUri);
    const bytes = Buffer.from(await response.arrayBuffer());
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(body.artifact.sha256);
    expect(response.headers.get('content-disposition')).toContain('shapes.tflite');
    expect((await ask(`${url}/nobody`)).status).toBe(404);
  });

  it('that can not be made is refused with those that can', async () => {
    const id = await idOf(tinyClassifier(), { name: 'plain' });
    const url = `${server.models}/${id}/transcodings`;
    expect(await sendJson('POST', url, { targetFormat: 'CoreML' })).toMatchObject({
      status: 422,
      body: { success: false, code: 'ERR_TRANSCODING_UNSUPPORTED', alternatives: ['tflite', 'float32'] },
    });
    for (const body of ['{}', '{"targetFormat": 3}', '{"targetFormat": "ort", "modelInfo": 3}']) {
      expect((await sendJson('POST', url, body, 'text/plain')).body.code).toBe('ERR_REQUEST_INVALID');
    }
  });

  describeUnless(missing, 'into ort', () => {
    it('is made by several at once', async () => {
      const id = await idOf(tinyOnnxClassifier(), { name: 'onnx' });
      const answers = await Promise.all(
        [1, 2, 3].map(() => sendJson('POST', `${server.models}/${id}/transcodings`, { targetFormat: 'ORT' })),
      );
      expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
      // The runtime does not write the same bytes each time.
      for (const { body } of answers) {
        const bytes = Buffer.from(await (await fetch(body.artifactUri)).arrayBuffer());
        expect(bytes.subarray(4, 8).toString()).toBe('ORTM');
      }
    });
  });
});

it('an upload that is broken off leaves nothing', async () => {
  const incoming = join(server.folder, 'data', 'incoming');
  await new Promise<void>((resolve) => {
    const upload = request(server.models, {
      method: 'POST',
      headers: { 'content-type': 'multipart/form-data; boundary=x', 'content-length': 100_000 },
    });
    upload.on('error', () => resolve());
    upload.write(
      '--x\r\nContent-Disposition: form-data; name="modelArtifact"; filename="m.zip"\r\n\r\nPK\u0003\u0004',
    );
    const waiting = setInterval(() => {
      if (readdirSync(incoming).length === 0) return;
      clearInterval(waiting);
      upload.destroy();
    }, 5);
  });
  await expect.poll(() => readdirSync(incoming), { timeout: 20_000 }).toEqual([]);
});

it('the OpenAPI document has every operation of the registry', async () => {
  const { body } = await ask(`${server.url}/openapi.json`);
  const paths = Object.keys(body.paths).filter((path) => path.startsWith('/data/sensei/'));
  expect(paths.sort()).toEqual([
    '/data/sensei/models',
    '/data/sensei/models/artifacts/{id}',
    '/data/sensei/models/{id}',
    '/data/sensei/models/{id}/artifact',
    '/data/sensei/models/{id}/transcodings',
    '/data/sensei/models/{id}/transcodings/{transcodingId}',
    '/data/sensei/models/{id}/transcodings/{transcodingId}/artifact',
  ]);
});
