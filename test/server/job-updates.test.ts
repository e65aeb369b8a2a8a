/** Job updates over socket.io, frame by frame: who gets them, of which jobs, and from when on. */
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunningServer } from '../../src/server/server.js';
import { makeSocketTokens } from '../../src/server/socket-tokens.js';
import { ask, askForBuild, dataFolder, jobEnded, SHAPES, serve } from './build-server.js';
import { sendRaw } from './raw.js';

interface Socket extends NodeJS.EventEmitter {
  send(text: string): void;
  terminate(): void;
}

const require = createRequire(import.meta.url);
const WebSocket: new (url: string, options?: object) => Socket = createRequire(require.resolve('engine.io'))(
  'ws',
);

const data = dataFolder();
let server: RunningServer;
beforeAll(async () => {
  server = await serve(data.path);
});
afterAll(async () => {
  await server.close();
  data.remove();
});

async function tokenFor(projectId = 1, of: RunningServer = server): Promise<string> {
  return (await ask(of, `/${projectId}/socket-token`)).body.token.socketToken;
}

function addressOf(token: string, of: RunningServer = server): string {
  return `${of.url.replace('http', 'ws')}/socket.io/?token=${token}&EIO=3&transport=websocket&onDemandLogs=true`;
}

interface Client {
  readonly socket: Socket;
  send(event: string, payload: unknown): void;
  /** The next frame that fits, with its event and payload. */
  next(event: RegExp): Promise<[string, Record<string, unknown>]>;
  readonly frames: string[];
}

async function connect(token: string, of: RunningServer = server): Promise<Client> {
  const socket = new WebSocket(addressOf(token, of));
  const frames: string[] = [];
  const waiting: { event: RegExp; resolve: (value: [string, Record<string, unknown>]) => void }[] = [];
  const unread: [string, Record<string, unknown>][] = [];
  socket.on('message', (message: Buffer) => {
    const text = message.toString();
    frames.push(text);
    if (!text.startsWith('42')) return;
    unread.push(JSON.parse(text.slice(2)));
    for (const wait of [...waiting]) {
      const at = unread.findIndex(([event]) => wait.event.test(event));
      const [found] = at < 0 ? [] : unread.splice(at, 1);
      if (found === undefined) continue;
      waiting.splice(waiting.indexOf(wait), 1);
      wait.resolve(found);
    }
  });
  const next = (event: RegExp): Promise<[string, Record<string, unknown>]> => {
    const at = unread.findIndex(([name]) => event.test(name));
    const [found] = at < 0 ? [] : unread.splice(at, 1);
    return found ? Promise.resolve(found) : new Promise((resolve) => waiting.push({ event, resolve }));
  };
  await once(socket, 'open');
  return {
    socket,
    frames,
    next,
    send: (event, payload) => socket.send(`42${JSON.stringify([event, payload])}`),
  };
}

async function build(): Promise<number> {
  const { body } = await askForBuild(server, 'type=zip');
  return body.id;
}

async function refusal(address: string, options: object = {}): Promise<string> {
  const socket = new WebSocket(address, options);
  const [error] = (await once(socket, 'error').catch((thrown) => [thrown])) as [Error];
  return error.message;
}

describe('A client with a token', () => {
  it('is greeted, gets the log of a job as it is written, and its end', async () => {
    const client = await connect(await tokenFor());
    expect(await client.next(/^hello$/)).toEqual(['hello', { hello: { version: 1 } }]);
    const jobId = await build();
    client.send('start-log-stream', { jobId, lastReceivedTimestamp: 0 });
    const [, first] = await client.next(/^job-data-/);
    expect(first).toMatchObject({ data: expect.stringMatching(/^Building version .*\n$/), logLevel: 'info' });
    expect(await client.next(/^job-finished-/)).toEqual([`job-finished-${jobId}`, { success: true }]);
    client.socket.terminate();
  });

  it('gets what has been written since a time, of a job that has ended', async () => {
    const jobId = await build();
    const { finished } = await jobEnded(server, jobId);
    const client = await connect(await tokenFor());
    client.send('start-log-stream', { jobId, lastReceivedTimestamp: Date.parse(finished) });
    expect(await client.next(/^job-/)).toEqual([`job-finished-${jobId}`, { success: true }]);
    client.send('start-log-stream', { jobId, lastReceivedTimestamp: 0 });
    expect(await client.next(/^job-/)).toMatchObject([
      `job-data-${jobId}`,
      { data: expect.stringContaining('Building version') },
    ]);
    client.socket.terminate();
  });

  it('of another project gets nothing of it', async () => {
    const jobId = await build();
    await jobEnded(server, jobId);
    const stranger = await connect(await tokenFor(2));
    stranger.send('start-log-stream', { jobId, lastReceivedTimestamp: 0 });
    for (const nonsense of [undefined, 7, {}, { jobId: 'x' }, { jobId, lastReceivedTimestamp: 1e300 }]) {
      stranger.send('start-log-stream', nonsense);
    }
    // Answers come in order: what had been sent would have come before this.
    stranger.socket.send('2');
    while (!stranger.frames.includes('3')) await once(stranger.socket, 'message');
    expect(stranger.frames.filter((frame) => frame.includes('job-'))).toEqual([]);
    stranger.socket.terminate();
  });

  it('that sends too much is sent away', async () => {
    const client = await connect(await tokenFor());
    const closed = once(client.socket, 'close');
    client.send('start-log-stream', { jobId: 1, padding: 'x'.repeat(100_000) });
    await closed;
    expect(await ask(server, '/1/jobs')).toMatchObject({ status: 200 });
  });
});

describe('Refused is', () => {
  it('a client without a token, or with one that was never issued', async () => {
    for (const token of ['', 'nonsense', '%', 'a'.repeat(64)]) {
      expect(await refusal(addressOf(token))).toMatch(/401/);
    }
  });

  it.each([
    ['/socket.io/?token=x&EIO=3&transport=websocket', 'websocket', 401, 'ERR_REQUEST_UNAUTHORIZED'],
    ['/socket.io/?token=x&EIO=3&transport=polling', 'websocket', 404, 'ERR_REQUEST_NOT_FOUND'],
    ['/elsewhere', 'websocket', 404, 'ERR_REQUEST_NOT_FOUND'],
    ['//', 'websocket', 404, 'ERR_REQUEST_NOT_FOUND'],
    ['/healthz', 'h2c', 422, 'ERR_REQUEST_UNSUPPORTED'],
  ])('with JSON and a code: %s as %s', async (path, protocol, status, code) => {
    const lines = [
      `GET ${path} HTTP/1.1`,
      'host: 127.0.0.1',
      'connection: upgrade',
      `upgrade: ${protocol}`,
      'sec-websocket-version: 13',
      'sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==',
    ];
    const answer = await sendRaw(server.port, [`${lines.join('\r\n')}\r\n\r\n`]);
    expect({ status: answer.status, ...JSON.parse(answer.body) }).toMatchObject({
      status,
      success: false,
      code,
    });
  });

  it('what is no WebSocket: there is no such operation', async () => {
    const polling = await fetch(`${server.url}/socket.io/?EIO=4&transport=polling&token=${await tokenFor()}`);
    expect(polling.status).toBe(404);
    expect(await polling.json()).toMatchObject({ code: 'ERR_REQUEST_NOT_FOUND' });
  });

  it('a page of another site, also with a token', async () => {
    const address = addressOf(await tokenFor());
    expect(await refusal(address, { headers: { origin: 'https://example.org' } })).toMatch(/40[03]/);
    expect(await refusal(address, { headers: { host: 'example.org' } })).toMatch(/40[03]/);
  });

  it('a script of the library: none is served', async () => {
    const response = await fetch(`${server.url}/socket.io/socket.io.js`);
    expect(response.ok).toBe(false);
    await response.arrayBuffer();
  });
});

describe('A server that is closed', () => {
  it('ends its connections, and does not wait for them', async () => {
    const own = dataFolder();
    const other = await serve(own.path, { deployments: [SHAPES] });
    const client = await connect(await tokenFor(1, other), other);
    const closed = once(client.socket, 'close');
    await Promise.all([other.close(), closed]);
    own.remove();
  });
});

describe('A token', () => {
  it('is random, of one project, and good for a minute', () => {
    let now = 1_000_000;
    const tokens = makeSocketTokens(() => now);
    const [first, second] = [tokens.issue(1), tokens.issue(2)];
    expect(first.socketToken).toMatch(/^[0-9a-f]{64}$/);
    expect(first.socketToken).not.toBe(second.socketToken);
    expect([tokens.projectOf(first.socketToken), tokens.projectOf(second.socketToken)]).toEqual([1, 2]);
    now = Date.parse(first.expires);
    expect(tokens.projectOf(first.socketToken)).toBeUndefined();
  });

  it('is forgotten when thousands are asked for', () => {
    const tokens = makeSocketTokens();
    const first = tokens.issue(1);
    for (let i = 0; i < 5_000; i++) tokens.issue(1);
    expect(tokens.projectOf(first.socketToken)).toBeUndefined();
  });
});
