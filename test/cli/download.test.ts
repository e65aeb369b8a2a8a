/** `impulse download` against our own server, and against others that are hostile; all on this machine. */
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { RunningServer } from '../../src/server/server.js';
import { type FakeServer, fakeServer, type Handler, sendJson, withBuild } from '../hosted/fake-server.js';
import { dataFolder, PHOTO, SHAPES, serve } from '../server/build-server.js';
import { impulse } from './command.js';

const KEY = 'ei_00112233445566778899aabbccddeeff';
const env = { EI_API_KEY: KEY };

/** The command waits 30 seconds for more of a file. */
const LESS_THAN_ITS_PATIENCE = 20_000;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'impulse-download-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const at = (name: string) => join(folder, name);

describe('impulse download from impulse serve', () => {
  const data = dataFolder();
  let server: RunningServer;
  beforeAll(async () => {
    server = await serve(data.path, { requireKey: true, apiKey: KEY });
  });
  afterAll(async () => {
    await server.close();
    data.remove();
  });

  it('has a deployment built, shows the log, and writes what classifies equally', async () => {
    const out = at('shapes.zip');
    const args = ['download', '--endpoint', server.url, '--project', '1', '--out', out, '--json'];
    const first = await impulse(args, { env });
    expect(first).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(/no build yet.*Building version 1.*Wrote/s),
    });
    const bytes = readFileSync(out);
    expect(JSON.parse(first.stdout)).toEqual({
      file: out,
      bytes: bytes.length,
      sha256: createHash('sha256').update(bytes).digest('hex'),
      projectId: 1,
      type: 'zip',
      version: 1,
    });
    const answers = [out, SHAPES].map((path) => impulse(['classify', path, PHOTO, '--json']));
    const [downloaded, original] = await Promise.all(answers);
    expect(downloaded?.stdout).toBe(original?.stdout);

    const second = await impulse(args, { env });
    expect(second).toMatchObject({ code: 0, stderr: expect.stringContaining('There is a build, version 1') });
    expect(readFileSync(out)).toEqual(bytes);
  });

  it('with a wrong key is told so, without the key', async () => {
    const wrong = 'ei_wrong';
    const { code, stdout, stderr } = await impulse(
      ['download', '--endpoint', server.url, '--project', '1', '--out', at('none.zip'), '--api-key', wrong],
      { env: { IMPULSE_DEBUG: '1' } },
    );
    expect([code, stdout]).toEqual([3, '']);
    expect(stderr).toContain('Not a valid API key. [ERR_DOWNLOAD_REFUSED]');
    expect(stderr).not.toContain(wrong);
  });

  it('without a key asks for one', async () => {
    const { code, stderr } = await impulse(['download', '--endpoint', server.url], {
      env: { EI_API_KEY: '' },
    });
    expect([code, stderr]).toEqual([2, expect.stringContaining('set EI_API_KEY')]);
  });
});

describe('impulse download from a server that is hostile', () => {
  const servers: FakeServer[] = [];
  afterEach(() => {
    for (const server of servers.splice(0)) server.close();
  });

  async function download(handler: Handler, ...args: string[]) {
    const server = await fakeServer(handler);
    servers.push(server);
    return impulse(['download', '--endpoint', server.url, '--project', '1', ...args], {
      env: { ...env, IMPULSE_DEBUG: '1' },
    });
  }

  it.each<[string, Handler, string]>([
    [
      'a file that ends early',
      withBuild((_, response) => {
        response.writeHead(200, { 'content-length': 100_000 }).write('PK\x03\x04');
        setTimeout(() => response.destroy(), 50);
      }),
      'ERR_DOWNLOAD_FAILED',
    ],
    ['text in place of a zip', withBuild((_, response) => response.end('hello')), 'ERR_DOWNLOAD_REFUSED'],
    [
      'a web page that says it is a zip',
      withBuild((_, response) => response.end('<!doctype html><p>Log in')),
      'ERR_DOWNLOAD_REFUSED',
    ],
    [
      'an error that repeats the key',
      (_, response) => sendJson(response, { error: `bad ${KEY}` }, 500),
      'ERR_DOWNLOAD_FAILED',
    ],
    [
      'an error with colours and bells',
      (_, response) => sendJson(response, { success: false, error: '\u001b[31m\u0007no' }),
      'ERR_DOWNLOAD_REFUSED',
    ],
  ])('%s: what was there stays, and nothing is half written', async (_, handler, code) => {
    const out = at('kept.zip');
    writeFileSync(out, 'as it was');
    const ended = await download(handler, '--out', out);
    expect(ended).toMatchObject({ code: 3, stdout: '', stderr: expect.stringContaining(`[${code}]`) });
    expect(ended.stderr).not.toContain(KEY);
    const [message = ''] = ended.stderr.split('\n').filter((line) => line.startsWith('impulse:'));
    // biome-ignore lint/suspicious/noControlCharactersInRegex: those must not reach a terminal
    expect(message).not.toMatch(/[\u0000-\u001f]/);
    expect(readFileSync(out, 'utf8')).toBe('as it was');
    expect(readdirSync(folder).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  it.each<[string, string[], number, string]>([
    ['is named as a file that is there', [], 2, "'package.json' is there already"],
    ['can not be written', ['--out', join(tmpdir(), 'no', 'such', 'folder.zip')], 3, "can't be written"],
  ])(
    'a file that never ends and %s does not keep it waiting',
    async (_, args, code, message) => {
      const handler = withBuild((_, response) => {
        response.writeHead(200, { 'content-disposition': 'attachment; filename="package.json"' });
        response.write('PK\x03\x04');
      });
      const ended = await download(handler, ...args);
      expect(ended).toMatchObject({ code, stdout: '', stderr: expect.stringContaining(message) });
    },
    LESS_THAN_ITS_PATIENCE,
  );
});
