import { readFileSync } from 'node:fs';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { sendRaw } from './raw.js';
import { example, form, refusal, SHAPES, server, type TestServer } from './support.js';

const picture = readFileSync(example('shapes.jpg'));
const CLASSIFY = '/v1/api/1/classify/image';

function post(url: string, body: FormData): Promise<Response> {
  return fetch(`${url}${CLASSIFY}`, { method: 'POST', body });
}

/** The beginning of a form with a file, of which more never comes. */
function beginning(length: number, type = 'multipart/form-data; boundary=x'): string {
  return (
    `POST ${CLASSIFY} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: ${type}\r\ncontent-length: ${length}\r\n\r\n` +
    '--x\r\ncontent-disposition: form-data; name="image"; filename="a.jpg"\r\n\r\nabc'
  );
}

async function metric(here: TestServer, name: string): Promise<string | undefined> {
  const text = await (await fetch(`${here.url}/metrics`)).text();
  return text.split('\n').find((line) => line.startsWith(name));
}

describe('the size of what is sent', () => {
  it('is limited for a picture, by its bytes', async () => {
    const { url } = await server({ deployments: [SHAPES], maxBodyBytes: 20_000 });
    expect(await refusal(await post(url, form('image', Buffer.alloc(20_001))))).toMatchObject({
      status: 413,
      body: { code: 'ERR_REQUEST_TOO_LARGE' },
    });
    expect((await post(url, form('image', picture.subarray(0, 20_000)))).status).toBe(400);
  });

  it('is limited for a picture, by its pixels, before it is decoded', async () => {
    const { url } = await server({ deployments: [SHAPES], maxPixels: 10_000 });
    const wide = await sharp({ create: { width: 101, height: 100, channels: 3, background: 'red' } })
      .png()
      .toBuffer();
    expect(await refusal(await post(url, form('image', wide)))).toMatchObject({
      status: 413,
      body: { code: 'ERR_INPUT_LIMIT' },
    });
  });

  it('is limited for JSON', async () => {
    const { url } = await server({ deployments: [SHAPES], maxBodyBytes: 2000 });
    const response = await fetch(`${url}/v1/models/shapes.zip/classify/features`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ features: new Array(2000).fill(1) }),
    });
    expect(await refusal(response)).toMatchObject({ status: 413, body: { code: 'ERR_REQUEST_TOO_LARGE' } });
  });

  it('is believed, where it is announced: ten gigabytes are refused before they come', async () => {
    const { port } = await server({ deployments: [SHAPES] });
    const answer = await sendRaw(port, [beginning(10_000_000_000)]);
    expect(answer.status).toBe(413);
    expect(answer.headers).toMatch(/connection: close/i);
    expect(JSON.parse(answer.body)).toMatchObject({ success: false, code: 'ERR_REQUEST_TOO_LARGE' });
  });

  it('is limited for headers', async () => {
    const { port } = await server();
    const answer = await sendRaw(port, [
      `GET /healthz HTTP/1.1\r\nhost: a\r\nx: ${'y'.repeat(100_000)}\r\n\r\n`,
    ]);
    expect(answer.status).toBe(413);
    expect(JSON.parse(answer.body)).toMatchObject({ code: 'ERR_REQUEST_TOO_LARGE' });
  });
});

describe('how long a request takes to come', () => {
  it.each([
    ['a body that stops half way', [beginning(5000)]],
    ['headers that stop half way', ['POST / HTTP/1.1\r\nhost: 127.0.0.1\r\nx-half']],
  ])('is limited: %s', async (_what, parts) => {
    const here = await server({ deployments: [SHAPES], requestTimeoutMs: 300 });
    const answer = await sendRaw(here.port, parts);
    expect(answer.status).toBe(408);
    expect(JSON.parse(answer.body)).toMatchObject({ success: false, code: 'ERR_REQUEST_TIMEOUT' });
    expect((await post(here.url, form('image', picture))).status).toBe(200);
  });

  it('does not matter to the others: a client that goes away frees its place', async () => {
    const here = await server({ deployments: [SHAPES], concurrency: 1, queue: 0 });
    await sendRaw(here.port, [beginning(5000)], true);
    expect((await post(here.url, form('image', picture))).status).toBe(200);
    expect(await metric(here, 'impulse_classify_running')).toBe('impulse_classify_running 0');
  });
});

describe('more requests than may wait', () => {
  it('are refused at once with 429 and Retry-After, and the others are answered', async () => {
    const here = await server({ deployments: [SHAPES], concurrency: 1, queue: 3 });
    const answers = await Promise.all(
      Array.from({ length: 40 }, () => post(here.url, form('image', picture))),
    );
    const statuses = answers.map(({ status }) => status);
    expect(new Set(statuses)).toEqual(new Set([200, 429]));
    expect(statuses.filter((status) => status === 200).length).toBeGreaterThanOrEqual(4);
    const refused = answers.find(({ status }) => status === 429);
    expect(refused?.headers.get('retry-after')).toBe('1');
    expect(await refused?.json()).toMatchObject({ success: false, code: 'ERR_SERVER_BUSY' });
    expect(await metric(here, 'impulse_failures_total{reason="ERR_SERVER_BUSY"}')).toBeDefined();
  });

  it('are refused with 503 where their bodies would fill the memory', async () => {
    const here = await server({ deployments: [SHAPES], maxBodyBytes: 300 * 2 ** 20 });
    const first = sendRaw(here.port, [beginning(299 * 2 ** 20)], true);
    const second = await sendRaw(here.port, [beginning(299 * 2 ** 20)]);
    expect(second.status).toBe(503);
    expect(second.headers).toMatch(/retry-after: 1/i);
    expect(JSON.parse(second.body)).toMatchObject({ code: 'ERR_SERVER_UNAVAILABLE' });
    await first;
  });
});

describe('what is no HTTP', () => {
  it.each([
    ['a greeting of another protocol', ['SSH-2.0-OpenSSH\r\n\r\n']],
    ['TLS', [Buffer.from([0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3])]],
    ['a method that does not exist', ['BREW /pot HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n']],
    [
      'two lengths',
      ['POST / HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab'],
    ],
    [
      'a length and chunks',
      ['POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n'],
    ],
    ['an expectation', ['GET /healthz HTTP/1.1\r\nhost: 127.0.0.1\r\nexpect: miracles\r\n\r\n']],
    ['no host', ['GET /healthz HTTP/1.1\r\n\r\n']],
    ['a negative length', ['POST / HTTP/1.1\r\nhost: a\r\ncontent-length: -1\r\n\r\n']],
    ['a header with a line break in it', ['GET / HTTP/1.1\r\nhost: 127.0.0.1\r\nx: a\nb\r\n\r\n']],
  ])('is answered with JSON all the same: %s', async (_what, parts) => {
    const here = await server({ requestTimeoutMs: 1000 });
    const answer = await sendRaw(here.port, parts);
    expect(answer.status).toBe(400);
    expect(JSON.parse(answer.body)).toMatchObject({ success: false, code: 'ERR_REQUEST_INVALID' });
    expect((await fetch(`${here.url}/healthz`)).status).toBe(200);
  });
});
