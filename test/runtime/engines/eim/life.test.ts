import { execFile } from 'node:child_process';
import { chmodSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import type { EimOptions } from '../../../../src/runtime/engines/eim.js';
import { openEim } from '../../../../src/runtime/engines/eim.js';
import type { FakeConfig } from '../../../fixtures/eim/fake-eim.js';
import {
  logged,
  pictureHello,
  removeFakeEims,
  soundHello,
  startListening,
  temporaryFolder,
  writeFakeEim,
} from '../../../fixtures/eim/fake-eim.js';
import { refusalOf } from '../../support.js';

afterAll(removeFakeEims);

const NONE: EimOptions = { allowExecution: true, isolation: 'none' };
const SOUND: FakeConfig = {
  hello: soundHello(['a', 'b']),
  result: { classification: { a: 1, b: 0 } },
  memory: {},
};
const WINDOW = new Float32Array(4);

/** The same, with a log of what happens to it. */
function withLog(config: FakeConfig): { config: FakeConfig; logFile: string } {
  const logFile = join(temporaryFolder(), 'log');
  return { config: { ...config, logFile }, logFile };
}

/** Whether a process is there; one that has ended but was not waited for counts too. */
function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await delay(5);
}

async function expectEnded(logFile: string): Promise<void> {
  const { pids, children } = logged(logFile);
  expect(pids.length).toBeGreaterThan(0);
  await until(() => ![...pids, ...children].some(isThere));
}

/** Nothing of what it logged is left: processes, sockets with their folders, shared memory. */
async function expectNothingLeft(logFile: string): Promise<void> {
  await expectEnded(logFile);
  const { sockets, memory } = logged(logFile);
  for (const path of sockets) expect(existsSync(dirname(path))).toBe(false);
  for (const path of memory) expect(existsSync(path)).toBe(false);
}

describe('opening', () => {
  it('needs leave to run a program, and says why', async () => {
    const { config, logFile } = withLog(SOUND);
    const path = writeFakeEim(config);
    for (const options of [undefined, {}, { allowExecution: false }]) {
      const refusal = await refusalOf(openEim(path, options));
      expect(refusal).toMatchObject({ name: 'InputError', code: 'ERR_OPTION_INVALID' });
      expect(refusal.message).toMatch(/is an \.eim: a program.*allowExecution: true/);
    }
    expect(existsSync(logFile)).toBe(false);
  });

  it.each([
    [{ allowExecution: 'yes' }, /allowExecution: expected a boolean/],
    [
      { allowExecution: true, isolation: 'jail' },
      /isolation: expected one of auto, bubblewrap, unshare, none/,
    ],
    [{ allowExecution: true, startTimeoutMs: 0 }, /startTimeoutMs/],
    [{ allowExecution: true, requestTimeoutMs: 1.5 }, /requestTimeoutMs/],
    [{ allowExecution: true, memoryLimitMiB: 1 }, /memoryLimitMiB/],
    [{ alowExecution: true }, /Did you mean 'allowExecution'/],
  ])('refuses %j', async (options, message) => {
    const refusal = await refusalOf(openEim(writeFakeEim(SOUND), options as EimOptions));
    expect(refusal.name).toBe('InputError');
    expect(refusal.message).toMatch(message);
  });

  it('runs a copy of a file that may not be executed, and leaves the file as it is', async () => {
    const path = writeFakeEim(SOUND, 0o644);
    const [before, text] = [statSync(path), readFileSync(path, 'utf8')];
    const runner = await openEim(path, NONE);
    expect((await runner.classify(WINDOW)).decoded).toHaveLength(1);
    await runner.close();
    const { mode, mtimeMs, ctimeMs } = before;
    expect(statSync(path)).toMatchObject({ mode, mtimeMs, ctimeMs });
    expect(readFileSync(path, 'utf8')).toBe(text);
  });

  it('makes its socket in a folder that nobody else may enter', async () => {
    const { config, logFile } = withLog({ ...SOUND, faults: { start: 'hang' } });
    const opening = refusalOf(openEim(writeFakeEim(config), { ...NONE, startTimeoutMs: 2_000 }));
    await until(() => logged(logFile).sockets.length > 0);
    const [socket = ''] = logged(logFile).sockets;
    expect(statSync(dirname(socket)).mode & 0o777).toBe(0o700);
    expect(Buffer.byteLength(socket)).toBeLessThan(104);
    expect(await opening).toMatchObject({ code: 'ERR_TIMEOUT' });
    await expectNothingLeft(logFile);
  });

  it.each([
    [
      'that ends',
      'crash',
      /ended with exit code 3 before it listened; it printed: .*reading the model failed/,
    ],
    ['that is killed', 'signal', /was ended by the signal SIGKILL before it listened/],
  ])('a program %s is refused, with its last words', async (_, start, message) => {
    const { config, logFile } = withLog({ ...SOUND, print: 'reading the model failed', faults: { start } });
    const refusal = await refusalOf(openEim(writeFakeEim(config), NONE));
    expect(refusal).toMatchObject({ code: 'ERR_ENGINE_LOAD', message: expect.stringMatching(message) });
    await expectNothingLeft(logFile);
  });

  it('names the library that a model with Flex operators lacks', async () => {
    const print = 'error while loading shared libraries: libtensorflowlite_flex_2.16.1.so: cannot open';
    const refusal = await refusalOf(
      openEim(writeFakeEim({ ...SOUND, print, faults: { start: 'crash' } }), NONE),
    );
    expect(refusal.message).toMatch(/needs the library libtensorflowlite_flex/);
  });

  it('keeps only the end of what a program prints, and nothing that steers a terminal', async () => {
    const print = `${'x'.repeat(100_000)}\u001b[2J\u0007 the end`;
    const refusal = await refusalOf(
      openEim(writeFakeEim({ ...SOUND, print, faults: { start: 'crash' } }), NONE),
    );
    expect(refusal.message.length).toBeLessThan(5_000);
    expect(refusal.message).toMatch(/x {1}\[2J the end\.$/);
  });

  it('gives up on a program that does not listen', async () => {
    const { config, logFile } = withLog({ ...SOUND, faults: { start: 'ignore signals and hang' } });
    const refusal = await refusalOf(openEim(writeFakeEim(config), { ...NONE, startTimeoutMs: 400 }));
    expect(refusal).toMatchObject({
      code: 'ERR_TIMEOUT',
      message: expect.stringMatching(/within 400 ms.*startTimeoutMs/),
    });
    await expectNothingLeft(logFile);
  });

  it('may use no more memory than it is given', async () => {
    const { config, logFile } = withLog({ ...SOUND, faults: { start: 'allocate' } });
    const path = writeFakeEim(config);
    const refusal = await refusalOf(openEim(path, { ...NONE, memoryLimitMiB: 400 }));
    expect(refusal.code).toBe('ERR_ENGINE_LOAD');
    const runner = await openEim(path, { ...NONE, memoryLimitMiB: 4000 });
    await runner.close();
    await expectNothingLeft(logFile);
  });

  it('keeps our environment to itself', async () => {
    process.env.IMPULSE_TEST_SECRET = 'ei_1234';
    try {
      const path = join(temporaryFolder(), 'model.eim');
      writeFileSync(path, '#!/bin/sh\nenv\nexit 1\n', { mode: 0o755 });
      const { message } = await refusalOf(openEim(path, NONE));
      expect(message).toMatch(/PATH=/);
      expect(message).not.toMatch(/IMPULSE_TEST_SECRET|ei_1234/);
    } finally {
      delete process.env.IMPULSE_TEST_SECRET;
    }
  });
});

describe('requests', () => {
  it('overlap, and are answered in order', async () => {
    const echo = { ...SOUND, hello: soundHello(['first', 'last', 'sum']), result: { echo: true } };
    const runner = await openEim(writeFakeEim(echo), NONE);
    const results = await Promise.all(
      Array.from({ length: 20 }, (_, n) => runner.classify(Float32Array.of(n, 0, 0, 0))),
    );
    const firsts = results.map(
      ({ decoded: [block] }) => block?.modelType === 'classification' && block.values[0]?.value,
    );
    expect(firsts).toEqual(Array.from({ length: 20 }, (_, n) => n));
    expect(results.at(-1)?.timing.queueMs).toBeGreaterThan(0);
    await runner.close();
  });

  it('are understood in pieces of one byte', async () => {
    const labels = ['ậ{"}\\', '🥤'];
    const config = {
      ...SOUND,
      hello: soundHello(labels),
      result: { classification: { 'ậ{"}\\': 0.5, '🥤': 0.25 } },
    };
    const runner = await openEim(writeFakeEim({ ...config, faults: { request: { what: 'bytes' } } }), NONE);
    const values = labels.map((label, index) => ({ label, value: index === 0 ? 0.5 : 0.25 }));
    expect((await runner.classify(WINDOW)).decoded).toEqual([{ modelType: 'classification', values }]);
    await runner.close();
  });

  it.each([
    ['ends', 'crash', 'ERR_ENGINE_RUN', /ended with exit code 7 in the middle of a request.*bad_alloc/],
    ['crashes', 'signal', 'ERR_ENGINE_RUN', /was ended by the signal SIGSEGV/],
    ['hangs', 'hang', 'ERR_TIMEOUT', /has not answered within 2000 ms.*requestTimeoutMs/],
    ['hangs up', 'close', 'ERR_ENGINE_RUN', /in the middle of a request/],
    ['sends text', 'garbage', 'ERR_ENGINE_OUTPUT', /it sent "Segmentation fault\? No/],
    ['sends JSON that is none', 'broken json', 'ERR_ENGINE_OUTPUT', /not JSON/],
    ['sends half an answer and ends', 'half', 'ERR_ENGINE_RUN', /ended with exit code 0 in the middle/],
    ['sends half an answer', 'half and nul', 'ERR_ENGINE_OUTPUT', /ends in the middle/],
    ['answers another request', 'wrong id', 'ERR_ENGINE_OUTPUT', /answered request 3, not 2/],
    ['answers without end', 'huge', 'ERR_ENGINE_OUTPUT', /larger than 64 MiB/],
  ])('to a program that %s fail, and the next one starts it again', async (_, what, code, message) => {
    const { config, logFile } = withLog({ ...SOUND, faults: { request: { what }, lives: [1] } });
    const runner = await openEim(writeFakeEim(config), {
      ...NONE,
      requestTimeoutMs: what === 'hang' ? 2_000 : 10_000,
    });
    const [first, second] = [runner.classify(WINDOW), runner.classify(WINDOW)];
    expect(await refusalOf(first)).toMatchObject({ code, message: expect.stringMatching(message) });
    expect((await second).decoded).toHaveLength(1);
    expect(logged(logFile).pids).toHaveLength(2);
    await runner.close();
    await expectNothingLeft(logFile);
  });

  it.each([
    ['an error without an id', 'no id', 'ERR_ENGINE_RUN', /refused: Missing 'id' field/],
    ['an exception', 'exception', 'ERR_ENGINE_RUN', /refused: bad cast/],
    ['no result', 'no result', 'ERR_ENGINE_OUTPUT', /at result/],
    ['an empty result', 'empty result', 'ERR_ENGINE_OUTPUT', /without classification/],
    ['numbers that are none', 'null scores', 'ERR_ENGINE_OUTPUT', /at result.anomaly/],
  ])('that get %s fail, and the program goes on', async (_, what, code, message) => {
    const { config, logFile } = withLog({ ...SOUND, faults: { request: { what } } });
    const runner = await openEim(writeFakeEim(config), { ...NONE, requestTimeoutMs: 10_000 });
    for (let time = 0; time < 2; time++) {
      expect(await refusalOf(runner.classify(WINDOW))).toMatchObject({
        code,
        message: expect.stringMatching(message),
      });
    }
    expect(logged(logFile).pids).toHaveLength(1);
    await runner.close();
  });

  it('notice an answer too many', async () => {
    const { config } = withLog({ ...SOUND, faults: { request: { what: 'twice' }, lives: [1] } });
    const runner = await openEim(writeFakeEim(config), NONE);
    expect((await runner.classify(WINDOW)).decoded).toHaveLength(1);
    const outcomes = await Promise.allSettled([
      runner.classify(WINDOW),
      runner.classify(WINDOW),
      runner.classify(WINDOW),
    ]);
    expect(outcomes.at(-1)?.status).toBe('fulfilled');
    await runner.close();
  });

  it('do not start a program again and again that dies each time', async () => {
    const { config, logFile } = withLog({ ...SOUND, faults: { request: { what: 'crash' } } });
    const runner = await openEim(writeFakeEim(config), NONE);
    const refusals = [];
    for (let time = 0; time < 10; time++) refusals.push((await refusalOf(runner.classify(WINDOW))).message);
    expect(
      refusals.slice(2).every((message) => /has died 2 times in a row.*started again/.test(message)),
    ).toBe(true);
    expect(logged(logFile).pids).toHaveLength(2);
    await runner.close();
    await expectNothingLeft(logFile);
  });

  it('find the thresholds again that were set before it died', async () => {
    const boxes = [0.3, 0.6].map((value) => ({ label: 'cup', value, x: 0, y: 0, width: 1, height: 1 }));
    const more = {
      model_type: 'object_detection',
      thresholds: [{ id: 6, type: 'object_detection', min_score: 0.5 }],
    };
    const { config, logFile } = withLog({
      hello: pictureHello(['cup'], 2, more),
      result: { bounding_boxes: boxes },
      faults: { request: { what: 'crash', number: 2 }, lives: [1] },
    });
    const runner = await openEim(writeFakeEim(config), NONE);
    await runner.setThresholds({ min_score: 0.2 });
    await refusalOf(runner.classify(WINDOW));
    expect((await runner.classify(WINDOW)).decoded).toMatchObject([
      { boxes: [{ value: Math.fround(0.3) }, {}] },
    ]);
    expect(logged(logFile).pids).toHaveLength(2);
    await runner.close();
  });

  it('are not answered by another impulse that has taken its place', async () => {
    const path = writeFakeEim({ ...SOUND, faults: { request: { what: 'crash' } } });
    const other = writeFakeEim({ ...SOUND, hello: soundHello(['b', 'a']) });
    const runner = await openEim(path, NONE);
    writeFileSync(path, readFileSync(other));
    await refusalOf(runner.classify(WINDOW));
    const refusal = await refusalOf(runner.classify(WINDOW));
    expect(refusal).toMatchObject({
      code: 'ERR_ENGINE_LOAD',
      message: expect.stringMatching(/another impulse/),
    });
    await runner.close();
  });

  it('start it again if it ended while nothing was asked', async () => {
    const { config, logFile } = withLog(SOUND);
    const runner = await openEim(writeFakeEim(config), NONE);
    const [pid = 0] = logged(logFile).pids;
    process.kill(pid, 'SIGKILL');
    await until(() => !isThere(pid));
    // The news of its end may come a moment after the end.
    const result = await runner.classify(WINDOW).catch(() => runner.classify(WINDOW));
    expect(result.decoded).toHaveLength(1);
    expect(logged(logFile).pids).toHaveLength(2);
    await runner.close();
    await expectNothingLeft(logFile);
  });
});

describe('closing', () => {
  it('waits for the request in progress, refuses those after it, and may be repeated', async () => {
    const { config, logFile } = withLog({ ...SOUND, delayMs: 100 });
    const runner = await openEim(writeFakeEim(config), NONE);
    const [running, waiting] = [runner.classify(WINDOW), runner.classify(WINDOW)];
    running.catch(() => {});
    await delay(20);
    const closings = [runner.close(), runner.close()];
    expect((await running).decoded).toHaveLength(1);
    expect(await refusalOf(waiting)).toMatchObject({ code: 'ERR_CLOSED' });
    await Promise.all(closings);
    for (const late of [
      runner.classify(WINDOW),
      runner.classifyContinuous(new Float32Array(1)),
      runner.setThresholds({}),
    ]) {
      expect(await refusalOf(late)).toMatchObject({ code: 'ERR_CLOSED' });
    }
    await expectNothingLeft(logFile);
  });

  it('ends a program that listens to no signal', async () => {
    const { config, logFile } = withLog({ ...SOUND, faults: { start: 'ignore signals' } });
    const runner = await openEim(writeFakeEim(config), NONE);
    await runner.close();
    await expectNothingLeft(logFile);
  });

  it('ends programs that it has started', async () => {
    const { config, logFile } = withLog({ ...SOUND, faults: { start: 'child' } });
    const runner = await openEim(writeFakeEim(config), NONE);
    expect(logged(logFile).children).toHaveLength(1);
    await runner.close();
    await expectNothingLeft(logFile);
  });
});

describe('a process that uses a runner', () => {
  const program = fileURLToPath(new URL('./programs/use.mjs', import.meta.url));

  it.each([
    ['ends by itself though the runner is open', 'nothing', 0],
    ['calls process.exit()', 'exit', 5],
    ['calls process.exit() in a request', 'exit in request', 5],
    ['dies of an error', 'throw', 1],
    ['is killed', 'kill', null],
  ])('leaves nothing behind when it %s', async (_, how, code) => {
    const { config, logFile } = withLog({ ...SOUND, delayMs: 50 });
    const path = writeFakeEim(config);
    const ending = await new Promise<number | null>((resolve) => {
      const child = execFile(process.execPath, [program, path, how], { timeout: 30_000 }, () =>
        resolve(child.exitCode),
      );
    });
    expect(ending).toBe(code);
    const { pids, memory } = logged(logFile);
    expect(pids).toHaveLength(1);
    expect(memory).toHaveLength(1);
    await until(() => !pids.some(isThere));
    expect(memory.some(existsSync)).toBe(false);
    await expectNothingLeft(logFile);
  });
});

describe('a runner that runs already', () => {
  it('is spoken to over its socket, without leave to execute', async () => {
    const { config, logFile } = withLog(SOUND);
    const path = writeFakeEim(config);
    const socket = await startListening(path);
    const runner = await openEim(socket);
    expect(runner.details.isolation).toMatch(/not started by us/);
    expect((await runner.classify(WINDOW)).decoded).toHaveLength(1);
    expect(existsSync(logged(logFile).memory[0] ?? '')).toBe(true);
    await runner.close();
    await expectEnded(logFile);
  });

  it('is refused if nobody answers, or what answers is no runner', async () => {
    const socket = join(temporaryFolder(), 's');
    const server = createServer((peer) =>
      peer
        .resume()
        .on('error', () => {})
        .end('HTTP/1.1 400 Bad Request\r\n'),
    );
    await new Promise<void>((resolve) => server.listen(socket, resolve));
    expect(await refusalOf(openEim(socket))).toMatchObject({ code: 'ERR_ENGINE_OUTPUT' });
    await new Promise((resolve) => server.close(resolve));
    writeFileSync(`${socket}.txt`, 'text');
    chmodSync(`${socket}.txt`, 0o755);
    expect(await refusalOf(openEim(`${socket}.txt`, NONE))).toMatchObject({
      code: 'ERR_DEPLOYMENT_UNRECOGNISED',
    });
    expect(await refusalOf(openEim(socket))).toMatchObject({ code: 'ERR_DEPLOYMENT_NOT_FOUND' });
  });
});
