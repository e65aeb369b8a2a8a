import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createApiKey, forgetApiKeys } from '../../src/registry/api-keys.js';
import { openStore } from '../../src/registry/store.js';
import { startServer } from '../../src/server/index.js';
import { sendRaw } from './raw.js';
import { example, form, refusal, SHAPES, server } from './support.js';

const picture = readFileSync(example('shapes.jpg'));

function dataFolder(): string {
  const data = mkdtempSync(join(tmpdir(), 'impulse-keys-'));
  onTestFinished(() => rmSync(data, { recursive: true, force: true }));
  return data;
}

async function withKey(data: string): Promise<string> {
  const store = await openStore(data);
  const key = createApiKey(store.database);
  store.close();
  return key;
}

describe('an address that others can reach', () => {
  it('is not served without an API key', async () => {
    const starting = startServer({ host: '0.0.0.0', port: 0, data: dataFolder() });
    await expect(starting).rejects.toMatchObject({
      code: 'ERR_SERVER_ADDRESS',
      message: expect.stringContaining('impulse serve --new-key'),
    });
  });

  it('is served to those who have one, by its hash alone', async () => {
    const data = dataFolder();
    const key = await withKey(data);
    expect(key).toMatch(/^ei_[0-9a-f]{64}$/);
    expect(readFileSync(join(data, 'registry.db')).includes(key)).toBe(false);
    const { port } = await server({ host: '0.0.0.0', data, deployments: [SHAPES] });
    const ask = (headers: Record<string, string>, path = '/v1/models') =>
      fetch(`http://127.0.0.1:${port}${path}`, { headers });
    expect((await ask({ 'x-api-key': key })).status).toBe(200);
    expect(await refusal(await ask({}))).toMatchObject({
      status: 401,
      body: { code: 'ERR_REQUEST_UNAUTHORIZED' },
    });
    expect((await ask({ 'x-api-key': `${key.slice(0, -1)}x` })).status).toBe(401);
    expect((await ask({ 'x-api-key': '' })).status).toBe(401);
    expect((await ask({}, '/metrics')).status).toBe(401);
    expect((await ask({}, '/v1/nothing')).status).toBe(401);
    expect((await ask({}, '/healthz')).status).toBe(200);
    expect((await ask({}, '/readyz')).status).toBe(200);
  });
});

describe('an API key', () => {
  it('can be demanded of this machine, too', async () => {
    const { url } = await server({ requireKey: true, apiKey: 'ei_mine' });
    expect((await fetch(`${url}/v1/models`)).status).toBe(401);
    expect((await fetch(`${url}/v1/models`, { headers: { 'x-api-key': 'ei_mine' } })).status).toBe(200);
  });

  it('is asked for before the body of a request is read', async () => {
    const { url } = await server({ requireKey: true, apiKey: 'ei_mine', deployments: [SHAPES] });
    const response = await fetch(`${url}/v1/api/1/classify/image`, {
      method: 'POST',
      body: form('image', picture),
    });
    expect(response.status).toBe(401);
    expect(response.headers.get('connection')).toBe('close');
  });

  it('is forgotten when it is told to be', async () => {
    const data = dataFolder();
    await withKey(data);
    const store = await openStore(data);
    forgetApiKeys(store.database);
    store.close();
    await expect(startServer({ requireKey: true, port: 0, data })).rejects.toMatchObject({
      code: 'ERR_SERVER_ADDRESS',
    });
  });
});

describe('a page of another site', () => {
  it.each(['https://example.org', 'null', 'http://localhost:1', 'http://127.0.0.1.example.org'])(
    'at %s may not ask',
    async (origin) => {
      const { url } = await server();
      expect(await refusal(await fetch(`${url}/v1/models`, { headers: { origin } }))).toMatchObject({
        status: 403,
        body: { code: 'ERR_REQUEST_FORBIDDEN' },
      });
    },
  );

  it('may where it is named', async () => {
    const { url } = await server({ allowOrigin: 'https://example.org' });
    const response = await fetch(`${url}/v1/models`, { headers: { origin: 'https://example.org' } });
    expect(response.status).toBe(200);
    expect(response.headers.get('access-control-allow-origin')).toBe('https://example.org');
    expect((await fetch(`${url}/v1/models`, { headers: { origin: 'https://example.com' } })).status).toBe(
      403,
    );
  });

  it('may ask beforehand what it may, where it is named', async () => {
    const { url } = await server({ allowOrigin: 'https://example.org', requireKey: true, apiKey: 'ei_k' });
    const response = await fetch(`${url}/v1/api/1/classify/image`, {
      method: 'OPTIONS',
      headers: {
        origin: 'https://example.org',
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'x-api-key',
      },
    });
    expect(response.status).toBe(204);
    expect(response.headers.get('access-control-allow-headers')).toContain('x-api-key');
    expect(response.headers.get('access-control-allow-methods')).toContain('POST');
  });

  it('of this server may ask', async () => {
    const { url } = await server();
    expect((await fetch(`${url}/v1/models`, { headers: { origin: url } })).status).toBe(200);
  });
});

describe('a name that somebody else has pointed at this machine', () => {
  it.each(['example.org', '127.0.0.1.example.org', 'localhost.example.org:80', '10.0.0.1'])(
    'is not answered to: %s',
    async (host) => {
      const { port } = await server();
      const answer = await sendRaw(port, [
        `GET /v1/models HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n\r\n`,
      ]);
      expect(answer.status).toBe(403);
      expect(JSON.parse(answer.body)).toMatchObject({ success: false, code: 'ERR_REQUEST_FORBIDDEN' });
    },
  );

  it.each(['127.0.0.1', 'localhost:4917', '[::1]:80', '127.1.2.3'])('is not %s', async (host) => {
    const { port } = await server();
    const answer = await sendRaw(port, [
      `GET /healthz HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n\r\n`,
    ]);
    expect(answer.status).toBe(200);
  });
});
