/** Downloads from servers that are well, and from others: the order of calls, the key, and what an error says. */
import { once } from 'node:events';
import { buffer } from 'node:stream/consumers';
import { afterEach, describe, expect, it } from 'vitest';
import { type HostedApi, type HostedApiOptions, makeHostedApi } from '../../src/hosted/api.js';
import { downloadBuild, type WantedBuild } from '../../src/hosted/download-build.js';
import { type FakeServer, fakeServer, type Handler, sendJson, withBuild } from './fake-server.js';

const KEY = 'ei_0123456789abcdef';
const ZIP = Buffer.from('PK\x03\x04 and so on');

const servers: FakeServer[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

async function serverOf(handler: Handler): Promise<FakeServer> {
  const server = await fakeServer(handler);
  servers.push(server);
  return server;
}

function apiOf({ url }: FakeServer, options: Partial<HostedApiOptions> = {}): HostedApi {
  return makeHostedApi({ endpoint: url, apiKey: KEY, ...options });
}

interface Downloaded {
  readonly bytes: Buffer;
  readonly notes: readonly string[];
}

async function download(api: HostedApi, wanted: Partial<WantedBuild> = {}): Promise<Downloaded> {
  const notes: string[] = [];
  const { file } = await downloadBuild(
    api,
    { projectId: 1, type: 'zip', ...wanted },
    { note: (line) => notes.push(line), pollMs: 1 },
  );
  return { bytes: await buffer(file.chunks), notes };
}

/** A project without a build until one was made, and the log of its making. */
function builder(job: object = { finishedSuccessful: true }): Handler {
  let looks = 0;
  return ({ url = '', method }, response) => {
    const { pathname } = new URL(url, 'http://localhost');
    const at = pathname.replace('/v1/api', '');
    if (at === '/projects') sendJson(response, { success: true, projects: [{ id: 42, name: 'Mine' }] });
    else if (at.endsWith('/deployment')) sendJson(response, { success: true, hasDeployment: false });
    else if (at.endsWith('/targets')) {
      const targets = [
        { format: 'arduino', preferredEngine: 'tflite-eon' },
        { format: 'zip', preferredEngine: 'tflite' },
        {
          format: 'wasm',
          preferredEngine: 'tflite',
          disabledForProject: true,
          reasonTargetDisabled: 'Too big',
        },
      ];
      sendJson(response, { success: true, targets });
    } else if (method === 'POST') sendJson(response, { success: true, id: 7, deploymentVersion: 4 });
    else if (at.endsWith('/status')) sendJson(response, { success: true, job: ++looks > 2 ? job : {} });
    else if (at.endsWith('/stdout')) {
      const lines = ['one\n', 'two\n', `the key is ${KEY}\n`].slice(0, looks);
      const stdout = lines.map((data, i) => ({ created: `2026-01-01T00:00:0${i}Z`, data })).toReversed();
      sendJson(response, { success: true, stdout, totalCount: stdout.length });
    } else response.writeHead(200, { 'content-disposition': 'attachment; filename="mine.zip"' }).end(ZIP);
  };
}

describe('A download', () => {
  it('takes the build that there is', async () => {
    const server = await serverOf(withBuild((_, response) => response.end(ZIP)));
    const { bytes } = await download(apiOf(server), { modelType: 'int8', impulseId: 2 });
    expect(bytes).toEqual(ZIP);
    expect(server.requests).toEqual([
      { line: 'GET /v1/api/1/deployment?type=zip&modelType=int8&impulseId=2', key: KEY },
      { line: 'GET /v1/api/1/deployment/download?type=zip&modelType=int8&impulseId=2', key: KEY },
    ]);
  });

  it('finds the project, has it built, shows the log once, and then downloads', async () => {
    const server = await serverOf(builder());
    const notes: string[] = [];
    const api = apiOf(server, { endpoint: `${server.url}/v1/` });
    const { file, projectId, version } = await downloadBuild(
      api,
      { type: 'zip' },
      { note: (line) => notes.push(line), pollMs: 1 },
    );
    expect([projectId, version, file.name]).toEqual([42, 4, 'mine.zip']);
    expect(await buffer(file.chunks)).toEqual(ZIP);
    expect(notes).toEqual(['There is no build yet: building zip for tflite', 'one', 'two', 'the key is ***']);
    expect([...new Set(server.requests.map(({ line }) => line))]).toEqual([
      'GET /v1/api/projects',
      'GET /v1/api/42/deployment?type=zip',
      'GET /v1/api/42/deployment/targets',
      'POST /v1/api/42/jobs/build-ondevice-model?type=zip',
      'GET /v1/api/42/jobs/7/status',
      'GET /v1/api/42/jobs/7/stdout?limit=500',
      'GET /v1/api/42/deployment/download?type=zip&engine=tflite',
    ]);
  });

  it('names a file only as every system can', async () => {
    for (const [stated, name] of [
      ['attachment; filename="../../.bashrc"', 'bashrc'],
      ['attachment; filename=a b.zip', 'a-b.zip'],
      ['attachment; filename="/etc/"', undefined],
      ['attachment', undefined],
    ] as const) {
      const server = await serverOf(
        withBuild((_, response) => response.writeHead(200, { 'content-disposition': stated }).end(ZIP)),
      );
      const { file } = await downloadBuild(apiOf(server), { projectId: 1, type: 'zip' }, { note: () => {} });
      await buffer(file.chunks);
      expect(file.name).toBe(name);
    }
  });
});

describe('Refused, with the server’s words, is', () => {
  it.each([
    [
      'a type that is not built there',
      builder(),
      { type: 'nonsense' },
      /'nonsense' can't be built there; what can: arduino, zip, wasm/,
    ],
    ['a type that is disabled', builder(), { type: 'wasm' }, /Too big/],
    ['a build that fails', builder({ finishedSuccessful: false }), {}, /the build failed: the key is \*\*\*/],
    [
      'what the API answers with success: false',
      ((_, response) => sendJson(response, { success: false, error: `No ${KEY} here` })) as Handler,
      {},
      /No \*\*\* here/,
    ],
    [
      'what it answers with 401',
      ((_, response) =>
        sendJson(response, { success: false, error: `Key ${KEY} is not valid` }, 401)) as Handler,
      {},
      /answered 401: Key \*\*\* is not valid/,
    ],
    [
      'a web page in place of a file',
      withBuild((_, response) => response.setHeader('content-type', 'text/html').end('<h1>Log in</h1>')),
      {},
      /a web page: Log in/,
    ],
    [
      'an error in place of a file',
      withBuild((_, response) => sendJson(response, { success: false, error: 'No such build' })),
      {},
      /No such build/,
    ],
  ])('%s', async (_, handler, wanted, message) => {
    const api = apiOf(await serverOf(handler));
    await expect(download(api, wanted)).rejects.toMatchObject({
      code: 'ERR_DOWNLOAD_REFUSED',
      message: expect.stringMatching(message),
    });
  });

  it('a key that opens several projects, or none', async () => {
    const projects = [{ id: 1 }, { id: 2 }];
    for (const [list, message] of [
      [projects, /2 projects \(1, 2\): choose one with --project/],
      [[], /opens no project/],
    ] as const) {
      const api = apiOf(
        await serverOf((_, response) => sendJson(response, { success: true, projects: list })),
      );
      await expect(downloadBuild(api, { type: 'zip' }, { note: () => {} })).rejects.toThrow(message);
    }
  });
});

describe('Failed is', () => {
  it.each([
    [
      'a server that breaks',
      ((_, response) => sendJson(response, { error: 'Oops' }, 500)) as Handler,
      /answered 500: Oops/,
    ],
    ['what is not JSON', ((_, response) => response.end('hello')) as Handler, /not JSON/],
    [
      'a server that hangs up',
      ((request) => request.socket.destroy()) as Handler,
      /connection to 127\.0\.0\.1/,
    ],
    ['a server that never answers', (() => {}) as Handler, /nothing came/],
    [
      'a file that ends early',
      withBuild((_, response) => {
        response.writeHead(200, { 'content-length': 1000 }).write(ZIP);
        setTimeout(() => response.destroy(), 20);
      }),
      /connection/,
    ],
    [
      'a file that stops coming',
      withBuild((_, response) => response.writeHead(200, { 'content-length': 1000 }).write(ZIP)),
      /nothing came/,
    ],
    ['a file with nothing in it', withBuild((_, response) => response.end()), /empty/],
    [
      'a chunked file that is cut off',
      withBuild((_, response) => {
        response.writeHead(200).write(ZIP);
        setTimeout(() => response.socket?.destroy(), 20);
      }),
      /connection/,
    ],
  ])('%s', async (_, handler, message) => {
    const api = apiOf(await serverOf(handler), { timeoutMs: 300 });
    await expect(download(api)).rejects.toMatchObject({
      code: 'ERR_DOWNLOAD_FAILED',
      message: expect.stringMatching(message),
    });
  });
});

describe('A file that nobody wants any more', () => {
  it('ends its connection, read or not, and may be told so twice', async () => {
    for (const reads of [0, 1]) {
      let closed: Promise<unknown> = Promise.resolve();
      const server = await serverOf(
        withBuild((_, response) => {
          closed = once(response, 'close');
          response.write(ZIP);
        }),
      );
      const wanted = { projectId: 1, type: 'zip' };
      const { file } = await downloadBuild(apiOf(server), wanted, { note: () => {} });
      const chunks = file.chunks[Symbol.asyncIterator]();
      if (reads > 0) {
        expect(await chunks.next()).toMatchObject({ done: false });
        await chunks.return?.();
      }
      await file.discard();
      await file.discard();
      await closed;
    }
  });

  it('is not missed where it came whole', async () => {
    const server = await serverOf(withBuild((_, response) => response.end(ZIP)));
    const { file } = await downloadBuild(apiOf(server), { projectId: 1, type: 'zip' }, { note: () => {} });
    expect(await buffer(file.chunks)).toEqual(ZIP);
    await file.discard();
  });
});

describe('The key', () => {
  it('does not go to another server that the first one sends to', async () => {
    const storage = await serverOf((_, response) => response.end(ZIP));
    const server = await serverOf(
      withBuild((_, response) => response.writeHead(302, { location: `${storage.url}/file` }).end()),
    );
    expect((await download(apiOf(server))).bytes).toEqual(ZIP);
    expect(storage.requests).toEqual([{ line: 'GET /file', key: undefined }]);
  });

  it('goes along within the same server', async () => {
    const server = await serverOf((request, response) => {
      if (request.url === '/elsewhere') sendJson(response, { success: true, hasDeployment: false });
      else response.writeHead(307, { location: '/elsewhere' }).end();
    });
    await apiOf(server).get('/v1/api/1/deployment');
    expect(server.requests.map(({ key }) => key)).toEqual([KEY, KEY]);
  });

  it('is in no error, nor in what caused it', async () => {
    const server = await serverOf((_, response) => response.writeHead(302, { location: '/' }).end());
    const error = await download(apiOf(server)).catch((thrown) => thrown);
    expect(error.code).toBe('ERR_DOWNLOAD_FAILED');
    const { inspect } = await import('node:util');
    expect(inspect(error, { depth: 10 })).not.toContain(KEY);
    for (const apiKey of ['ei_a\nb', 'ei_ä', '']) {
      expect(() => makeHostedApi({ endpoint: server.url, apiKey })).toThrow(
        expect.objectContaining({ code: 'ERR_OPTION_INVALID', message: expect.not.stringContaining('ei_') }),
      );
    }
  });

  it('goes to addresses of the web only', () => {
    for (const endpoint of [
      'ftp://example.org',
      'nonsense',
      'file:///etc/passwd',
      'https://user:pw@example.org',
    ]) {
      expect(() => makeHostedApi({ endpoint, apiKey: KEY })).toThrow(
        expect.objectContaining({ code: 'ERR_OPTION_INVALID' }),
      );
    }
  });

  it('is not sent with a build order that is sent on', async () => {
    const server = await serverOf(({ method }, response) => {
      if (method === 'POST') response.writeHead(307, { location: 'http://127.0.0.1:1/' }).end();
      else sendJson(response, { success: true, hasDeployment: false });
    });
    await expect(apiOf(server).post('/v1/api/1/jobs', {}, {})).rejects.toThrow(/not followed/);
  });
});
