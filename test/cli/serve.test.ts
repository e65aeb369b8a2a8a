import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { example, form, SHAPES } from '../server/support.js';
import { COMMAND, impulse } from './command.js';

interface Facts {
  readonly url: string;
  readonly port: number;
  readonly models: readonly { name: string; projectId: number; impulseId: number }[];
}

function dataFolder(): string {
  const data = mkdtempSync(join(tmpdir(), 'impulse-serve-'));
  onTestFinished(() => rmSync(data, { recursive: true, force: true }));
  return data;
}

/** The command as a process, once it says where it listens. */
async function serving(args: readonly string[]): Promise<Facts & { process: ChildProcess }> {
  const process = spawn(globalThis.process.execPath, [COMMAND, 'serve', ...args, '--port', '0', '--json'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void process.kill('SIGKILL'));
  let text = '';
  for await (const chunk of process.stdout ?? []) {
    text += chunk;
    if (text.trimEnd().endsWith('\n}')) break;
  }
  return { ...(JSON.parse(text) as Facts), process };
}

/** A request of which the server has seen the headers, and only they have been sent. */
async function askHalf(port: number, picture: Buffer): Promise<{ finish(): Promise<string> }> {
  const body = Buffer.concat([
    Buffer.from('--x\r\ncontent-disposition: form-data; name="image"; filename="a.jpg"\r\n\r\n'),
    picture,
    Buffer.from('\r\n--x--\r\n'),
  ]);
  const socket = connect({ port, host: '127.0.0.1' });
  socket.write(
    'POST /v1/api/1/classify/image HTTP/1.1\r\nhost: 127.0.0.1\r\nexpect: 100-continue\r\n' +
      `content-type: multipart/form-data; boundary=x\r\ncontent-length: ${body.length}\r\n\r\n`,
  );
  const [go] = (await once(socket, 'data')) as [Buffer];
  expect(String(go)).toMatch(/^HTTP\/1.1 100 /);
  return {
    async finish() {
      socket.write(body);
      const [answer] = (await once(socket, 'data')) as [Buffer];
      return String(answer);
    },
  };
}

async function isThere(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/healthz`, { headers: { connection: 'close' } })).ok;
  } catch {
    return false;
  }
}

describe('impulse serve', () => {
  it('says where it listens and what it serves, and answers there', async () => {
    const { url, models } = await serving([SHAPES, '--data', dataFolder()]);
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(models).toEqual([{ name: 'shapes.zip', projectId: 1, impulseId: 1 }]);
    const body = form('image', readFileSync(example('shapes.jpg')));
    const response = await fetch(`${url}/v1/api/1/classify/image`, { method: 'POST', body });
    expect(((await response.json()) as { boundingBoxes: unknown[] }).boundingBoxes).toHaveLength(7);
  });

  it('answers what is in progress before it ends, and takes no more', async () => {
    const { url, port, process } = await serving([SHAPES, '--data', dataFolder()]);
    const asked = await askHalf(port, readFileSync(example('shapes.jpg')));
    process.kill('SIGTERM');
    while (await isThere(url)) await delay(10);
    const answer = await asked.finish();
    expect(answer).toMatch(/^HTTP\/1.1 200 OK/);
    expect(answer).toContain('"boundingBoxes"');
    expect(await once(process, 'exit')).toEqual([0, null]);
  });

  it('makes an API key, which is in no file, and serves its holder', async () => {
    const data = dataFolder();
    const { stdout, code } = await impulse(['serve', '--new-key', '--data', data]);
    expect(code).toBe(0);
    const key = stdout.trim();
    const { url } = await serving([SHAPES, '--require-key', '--data', data]);
    expect((await fetch(`${url}/v1/models`)).status).toBe(401);
    expect((await fetch(`${url}/v1/models`, { headers: { 'x-api-key': key } })).status).toBe(200);
  });

  it.each([
    ['another address without a key', ['--host', '0.0.0.0'], 3, 'impulse serve --new-key'],
    ['a name in place of an address', ['--host', 'example.org'], 2, 'expected an IP address'],
    ['a port that is none', ['--port', '99999'], 2, 'port'],
    ['a deployment that is not there', ['nothing.zip'], 1, 'nothing.zip'],
  ])('refuses %s', async (_what, args, code, words) => {
    const result = await impulse(['serve', ...args, '--data', dataFolder()]);
    expect(result.code).toBe(code);
    expect(result.stderr).toContain(words);
  });

  it('refuses a data folder that another server has, and a port that is taken', async () => {
    const data = dataFolder();
    const { port } = await serving([SHAPES, '--data', data]);
    const second = await impulse(['serve', '--port', '0', '--data', data]);
    expect(second).toMatchObject({ code: 3, stderr: expect.stringContaining('Another server') });
    const third = await impulse(['serve', '--port', String(port), '--data', dataFolder()]);
    expect(third).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('another program listens there'),
    });
  });
});
