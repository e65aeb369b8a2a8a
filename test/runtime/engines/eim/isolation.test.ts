import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { IsolationMethod } from '../../../../src/runtime/engines/eim/isolation.js';
import {
  chooseIsolation,
  confine,
  ISOLATION_METHODS,
} from '../../../../src/runtime/engines/eim/isolation.js';
import { eimIsolation, openEim } from '../../../../src/runtime/engines/eim.js';
import { pictureHello, removeFakeEims, writeFakeEim } from '../../../fixtures/eim/fake-eim.js';
import { describeUnless } from '../../../support/not-tested.js';
import { refusalOf } from '../../support.js';

afterAll(removeFakeEims);

/** Why each method does not work here; undefined where it does. */
const reasons = new Map<IsolationMethod, string | undefined>();
for (const method of ISOLATION_METHODS) {
  reasons.set(
    method,
    await chooseIsolation(method).then(
      () => undefined,
      (error: Error) => error.message,
    ),
  );
}

/** A suite for machines where the method works. Elsewhere it says so, aloud and in the report. */
function describeWith(method: IsolationMethod, name: string, body: () => void): void {
  describeUnless(reasons.get(method), name, body);
}

/** What a program that is confined so can do: true for what it could. */
async function attempts(method: IsolationMethod, port: number): Promise<Record<string, boolean>> {
  const folder = mkdtempSync(join(tmpdir(), 'isolation-'));
  const sharedMemory = join(folder, 'shm');
  mkdirSync(sharedMemory);
  try {
    const { file, arguments: given } = confine(method, {
      program: process.execPath,
      arguments: (inner) => ['-e', PROGRAM, inner, String(port), homedir()],
      folder,
      sharedMemory,
    });
    await new Promise((resolve) => execFile(file, given, { timeout: 20_000 }, resolve));
    return JSON.parse(readFileSync(join(folder, 'attempts'), 'utf8'));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const PROGRAM = `
const fs = require('node:fs');
const net = require('node:net');
const [folder, port, home] = process.argv.slice(1);
const can = (what) => { try { what(); return true; } catch { return false; } };
const found = {
  writeUsr: can(() => { fs.writeFileSync('/usr/impulse-test', ''); fs.rmSync('/usr/impulse-test'); }),
  readSystem: can(() => fs.readFileSync('/etc/passwd')),
  seeHome: can(() => { if (fs.readdirSync(home).length === 0) throw new Error(); }),
  seeRun: can(() => { if (fs.readdirSync('/run').length === 0) throw new Error(); }),
  seeOtherProcesses: can(() => { if (fs.readdirSync('/proc').filter((name) => /^\\d+$/.test(name)).length < 4) throw new Error(); }),
  writeSharedMemory: can(() => { fs.writeFileSync('/dev/shm/isolation-test', 'x'); }),
};
const socket = net.connect(Number(port), '127.0.0.1');
const end = (network) => fs.writeFileSync(folder + '/attempts', JSON.stringify({ ...found, network })) || process.exit(0);
socket.on('connect', () => end(true));
socket.on('error', () => end(false));
`;

describe('isolation', () => {
  const server = createServer();
  let port = 0;
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    port = typeof address === 'object' ? (address?.port ?? 0) : 0;
  });
  afterAll(() => server.close());

  it('takes the strictest method that works, and says why the stricter ones do not', async () => {
    const { method, refused, description } = await eimIsolation();
    expect(method).toBe(ISOLATION_METHODS.find((candidate) => reasons.get(candidate) === undefined));
    expect(refused.map((one) => one.method)).toEqual(
      ISOLATION_METHODS.slice(0, ISOLATION_METHODS.indexOf(method)),
    );
    expect(refused.every(({ reason }) => reason.length > 0)).toBe(true);
    expect(description).toMatch(method === 'unshare' ? /^user namespaces/ : new RegExp(`^${method}`));
  });

  describeWith('bubblewrap', 'bubblewrap', () => {
    it('leaves no network, no writing, no homes, sockets or processes of others', async () => {
      expect(await attempts('bubblewrap', port)).toEqual({
        writeUsr: false,
        readSystem: true,
        seeHome: false,
        seeRun: false,
        seeOtherProcesses: false,
        writeSharedMemory: true,
        network: false,
      });
      expect(existsSync('/dev/shm/isolation-test')).toBe(false);
    });
  });

  describeWith('unshare', 'user namespaces', () => {
    it('leave no network', async () => {
      const found = await attempts('unshare', port);
      rmSync('/dev/shm/isolation-test', { force: true });
      expect(found).toMatchObject({ network: false, readSystem: true, writeSharedMemory: true });
    });
  });

  it('none leaves everything', async () => {
    expect(await attempts('none', port)).toMatchObject({ network: true, readSystem: true });
    rmSync('/dev/shm/isolation-test', { force: true });
  });

  it.each(ISOLATION_METHODS)(
    '%s that does not work here is refused if it is asked for',
    async (isolation) => {
      const path = writeFakeEim({ hello: pictureHello(['a', 'b'], 2) });
      const opening = openEim(path, { allowExecution: true, isolation });
      const reason = reasons.get(isolation);
      if (reason === undefined) await (await opening).close();
      else
        expect(await refusalOf(opening)).toMatchObject({ code: 'ERR_ENGINE_UNAVAILABLE', message: reason });
    },
  );

  for (const isolation of ISOLATION_METHODS) {
    describeWith(isolation, `a runner in ${isolation}`, () => {
      it.each([0o755, 0o644])(
        'gets features and gives outputs through shared memory (mode %o)',
        async (mode) => {
          const hello = pictureHello([], 2, { model_type: 'freeform' });
          const path = writeFakeEim({ hello, result: { freeform: [[1, 2, 3]] }, memory: {} }, mode);
          const runner = await openEim(path, { allowExecution: true, isolation });
          expect(runner.details.notes).toEqual([]);
          const { decoded } = await runner.classify(new Float32Array(4));
          expect(decoded).toMatchObject([{ tensors: [{ data: Float32Array.of(1, 2, 3) }] }]);
          await runner.close();
        },
      );

      it('that dies tells how', async () => {
        const faults = { request: { what: 'signal' } };
        const path = writeFakeEim({ hello: pictureHello(['a', 'b'], 2), faults });
        const runner = await openEim(path, { allowExecution: true, isolation });
        const refusal = await refusalOf(runner.classify(new Float32Array(4)));
        expect(refusal).toMatchObject({ code: 'ERR_ENGINE_RUN', message: expect.stringMatching(/SIGSEGV/) });
        await runner.close();
      });

      it('that hangs is ended with all that belongs to it', async () => {
        const path = writeFakeEim({
          hello: pictureHello(['a', 'b'], 2),
          faults: { request: { what: 'hang' } },
        });
        const runner = await openEim(path, { allowExecution: true, isolation, requestTimeoutMs: 2_000 });
        expect(await refusalOf(runner.classify(new Float32Array(4)))).toMatchObject({ code: 'ERR_TIMEOUT' });
        await runner.close();
        expect(await commandLines()).not.toContain(path);
      });
    });
  }
});

function commandLines(): Promise<string> {
  return new Promise((resolve) => execFile('ps', ['-eo', 'args'], (_, stdout) => resolve(stdout)));
}
