import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningServer, startServer } from '../../src/server/server.js';

describe('the files of the page', () => {
  let data: string;
  let server: RunningServer;

  beforeAll(async () => {
    data = await mkdtemp(join(tmpdir(), 'impulse-page-files-'));
    server = await startServer({ port: 0, data, requireKey: true, apiKey: 'k'.repeat(40) });
  });
  afterAll(async () => {
    await server.close();
    await rm(data, { recursive: true, force: true });
  });

  const get = (path: string, headers: Record<string, string> = {}) => fetch(server.url + path, { headers });

  it('need no key, while what the page asks for does', async () => {
    expect((await get('/')).status).toBe(200);
    expect((await get('/v1/models')).status).toBe(401);
  });

  it('are all there, and named in the page, so that the browser asks for them at once', async () => {
    const html = await (await get('/')).text();
    const paths = [...html.matchAll(/(?:href|src)="(page\/[^"]+)"/g)].map(([, path]) => path);
    expect(paths.length).toBeGreaterThan(20);
    for (const path of new Set(paths)) {
      const response = await get(`/${path}`);
      expect([path, response.status]).toEqual([path, 200]);
      if (!path?.endsWith('.js')) continue;
      expect(response.headers.get('content-type')).toBe('text/javascript; charset=utf-8');
      const imported = [...(await response.text()).matchAll(/from '(\.[^']+)'/g)].map(
        ([, name]) => name ?? '',
      );
      const folder = new URL(`http://x/${path}`);
      const urls = imported.map((name) => new URL(name, folder).pathname.slice(1));
      expect(paths).toEqual(expect.arrayContaining(urls));
    }
    expect((await get('/page/web/recorder.js')).status).toBe(200);
  });

  it("allow no script, style or connection but the server's own, and no frame around them", async () => {
    const policy = (await get('/')).headers.get('content-security-policy');
    expect(policy).toBe(
      "default-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:; connect-src 'self'; " +
        "object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    );
    expect(await (await get('/')).text()).not.toMatch(/<script>|<style|\sstyle=|\son\w+=/);
  });

  it('are kept by the browser, and asked about each time', async () => {
    const first = await get('/page/style.css');
    expect(first.headers.get('cache-control')).toBe('no-cache');
    const etag = first.headers.get('etag') ?? '';
    const again = await get('/page/style.css', { 'if-none-match': etag });
    expect(again.status).toBe(304);
    expect(await again.text()).toBe('');
    expect((await get('/page/style.css', { 'if-none-match': 'W/"other"' })).status).toBe(200);
  });

  it('are compressed for those who can read that', async () => {
    const [zipped, plain] = [
      await get('/page/style.css', { 'accept-encoding': 'gzip' }),
      await get('/page/style.css', { 'accept-encoding': 'identity' }),
    ];
    expect(zipped.headers.get('content-encoding')).toBe('gzip');
    expect(plain.headers.get('content-encoding')).toBeNull();
    expect(await zipped.text()).toBe(await plain.text());
  });

  it.each([
    '/page/',
    '/page/main.ts',
    '/page/../package.json',
    '/page/%2e%2e/package.json',
    '/page/web/none.js',
  ])('are those and no others: %s', async (path) => {
    expect((await get(path, { 'x-api-key': 'k'.repeat(40) })).status).toBe(404);
  });

  it("are no part of the API's document", async () => {
    const response = await get('/openapi.json', { 'x-api-key': 'k'.repeat(40) });
    const { paths } = (await response.json()) as { paths: object };
    expect(Object.keys(paths).filter((path) => path === '/' || path.startsWith('/page'))).toEqual([]);
  });
});
