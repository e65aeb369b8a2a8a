import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { openDeployment } from '../../../src/index.js';
import type { IsolationLimits } from '../../../src/runtime/engines/isolated/life.js';
import { openIsolated } from '../../../src/runtime/engines/isolated/session.js';
import type { ModelSession } from '../../../src/runtime/session.js';
import { slowModel, tinyClassifier, tinyRegression } from '../../fixtures/models.js';
import { compileFakeLibrary } from '../../native/fake-library/compile.js';
import { describeUnless, itUnless, missingAddon, missingProc } from '../../support/not-tested.js';
import { isolatedChildren, until } from './isolated-children.js';

const folder = mkdtempSync(join(tmpdir(), 'impulse-libraries-'));
afterAll(() => rmSync(folder, { recursive: true }));

const opened: ModelSession[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((session) => session.close()));
});

/** The value at which the library that was made to misbehave does so. */
const bad = [Float32Array.of(13, 0, 0, 0)];
const good = [new Float32Array(4)];

async function open(kind: string, limits?: Partial<IsolationLimits>): Promise<ModelSession> {
  const { session } = await openIsolated(
    {
      model: { format: 'tflite', name: 'm.tflite', bytes: tinyRegression() },
      wanted: 'tflite',
      options: { threads: 1, tfliteLibrary: compileFakeLibrary(folder, kind) },
    },
    limits,
  );
  opened.push(session);
  return session;
}

async function openSlow(): Promise<ModelSession> {
  const { session } = await openIsolated({
    model: { format: 'tflite', name: 'slow.tflite', bytes: slowModel() },
    wanted: 'auto',
    options: { threads: 1 },
  });
  opened.push(session);
  return session;
}

/** The library counts the threads that it was asked for in its first output. */
async function expectWorks(session: ModelSession): Promise<void> {
  const { outputs } = await session.run(good);
  expect(outputs[0]?.data[0]).toBe(1);
}

describeUnless(missingAddon, 'a model that brings down its library', () => {
  it.each([
    [
      'CRASHING_RUN',
      /^The isolated process of m\.tflite was ended by the signal SIGSEGV in the middle of a run/,
    ],
    ['ABORTING_RUN', /by the signal SIGABRT in the middle of a run; it printed: Check failed: made up\./],
    ['EXITING_RUN', /ended with exit code 3 in the middle of a run/],
  ])('in a run rejects that run, and the next has a new process (%s)', async (kind, message) => {
    const session = await open(kind);
    await expectWorks(session);
    await expect(session.run(bad)).rejects.toMatchObject({
      name: 'EngineError',
      code: 'ERR_ENGINE_RUN',
      message: expect.stringMatching(message),
    });
    await expect(session.run(bad)).rejects.toMatchObject({
      message: expect.stringMatching(/This process goes on, and the next run starts another\.$/),
    });
  });

  it('answers again after its death', async () => {
    const session = await open('CRASHING_RUN');
    await expect(session.run(bad)).rejects.toMatchObject({ code: 'ERR_ENGINE_RUN' });
    await expectWorks(session);
    await expect(session.run(bad)).rejects.toMatchObject({ code: 'ERR_ENGINE_RUN' });
    // An answer in between makes the next death the first in a row again.
    await expectWorks(session);
  });

  it('rejects the runs that waited behind it for the same reason', async () => {
    const session = await open('CRASHING_RUN');
    const outcomes = await Promise.allSettled([
      session.run(good),
      session.run(bad),
      session.run(good),
      session.run(good),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected', 'rejected']);
    const reasons = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
    for (const reason of reasons) expect(reason).toBe(reasons[0]);
    await expectWorks(session);
  });

  it('is not started as fast as runs come where it dies again and again', async () => {
    const session = await open('CRASHING_RUN');
    for (let death = 0; death < 2; death++) {
      await expect(session.run(bad)).rejects.toMatchObject({ message: expect.stringContaining('SIGSEGV') });
    }
    await expect(session.run(good)).rejects.toMatchObject({
      code: 'ERR_ENGINE_RUN',
      message: expect.stringMatching(/has died 2 times in a row: the first run after \d+ ms starts another/),
    });
    for (;;) {
      const answered = await session.run(good).then(
        () => true,
        () => false,
      );
      if (answered) break;
      await delay(100);
    }
    await expectWorks(session);
  });

  it('when it is opened gives an error, and this process goes on', async () => {
    await expect(open('CRASHING_LOAD')).rejects.toMatchObject({
      name: 'EngineError',
      code: 'ERR_ENGINE_LOAD',
      message:
        'The isolated process of m.tflite was ended by the signal SIGSEGV while it opened the model. This process goes on.',
    });
    await expectWorks(await open('NEW_OPTIONS'));
  });

  it('by a run that never ends is ended at the limit', async () => {
    const session = await open('HANGING_RUN', { requestTimeoutMs: 500 });
    await expect(session.run(bad)).rejects.toMatchObject({
      name: 'TimeoutError',
      code: 'ERR_TIMEOUT',
      message: expect.stringMatching(/m\.tflite has not answered within 500 ms.*requestTimeoutMs/),
    });
    await expectWorks(session);
  });

  it('can be closed when it is dead, and while it hangs', async () => {
    const dead = await open('CRASHING_RUN');
    await expect(dead.run(bad)).rejects.toMatchObject({ code: 'ERR_ENGINE_RUN' });
    await dead.close();
    await expect(dead.run(good)).rejects.toMatchObject({ code: 'ERR_CLOSED' });

    const hanging = await open('HANGING_RUN', { requestTimeoutMs: 500 });
    const runs = [hanging.run(bad), hanging.run(good)];
    await new Promise(setImmediate);
    const closing = hanging.close();
    const outcomes = await Promise.allSettled(runs);
    await closing;
    expect(outcomes).toMatchObject([
      { status: 'rejected', reason: { code: 'ERR_TIMEOUT' } },
      { status: 'rejected', reason: { code: 'ERR_CLOSED' } },
    ]);
  });

  it('does so as a whole deployment, too', async () => {
    await using deployment = await openDeployment(tinyClassifier(), {
      engine: 'tflite',
      isolation: 'process',
      requestTimeoutMs: 20_000,
      modelInfo: {
        input: { inputType: 'image', inputScaling: '0..1', resizeMode: 'squash' },
        model: { modelType: 'classification', labels: ['red', 'green', 'blue'] },
      },
    });
    const frame = { data: new Uint8Array(192), width: 8, height: 8, channels: 3 } as const;
    const expected = (await deployment.classify(frame)).response;
    for (const pid of isolatedChildren()) process.kill(pid, 'SIGSEGV');
    await until(() => isolatedChildren().length === 0);
    // Nobody was waiting for it: the next call finds a new one.
    expect((await deployment.classify(frame)).response).toEqual(expected);
  });
});

describe('a process that can not be started', () => {
  const execPath = process.execPath;
  afterEach(() => {
    process.execPath = execPath;
  });

  it('gives an error when the model is opened', async () => {
    process.execPath = '/nowhere/node';
    const order = {
      model: { format: 'tflite', name: 'm.tflite', bytes: tinyRegression() },
      wanted: 'auto',
      options: { threads: 1 },
    } as const;
    await expect(openIsolated(order)).rejects.toMatchObject({
      code: 'ERR_ENGINE_LOAD',
      message: expect.stringMatching(/m\.tflite could not be started \(spawn \/nowhere\/node ENOENT\)/),
    });
  });

  itUnless(missingProc, 'an isolated process that can not be started again')(
    'gives an error in place of an answer where one is to be started again, and later it is',
    async () => {
      const { session } = await openIsolated({
        model: { format: 'tflite', name: 'm.tflite', bytes: tinyRegression() },
        wanted: 'auto',
        options: { threads: 1 },
      });
      opened.push(session);
      for (const pid of isolatedChildren()) process.kill(pid, 'SIGKILL');
      await until(() => isolatedChildren().length === 0);
      process.execPath = '/nowhere/node';
      await expect(session.run(good)).rejects.toMatchObject({ code: 'ERR_ENGINE_LOAD' });
      process.execPath = execPath;
      expect((await session.run(good)).outputs[0]?.data[0]).toBe(0);
    },
  );
});

describeUnless(missingProc, 'a process that others end', () => {
  const input = [new Float32Array(64 * 64 * 3).fill(0.5)];

  it.each(['SIGKILL', 'SIGTERM', 'SIGSEGV'] as const)('in mid-run, by %s', async (signal) => {
    const session = await openSlow();
    const expected = await session.run(input);
    const [pid] = isolatedChildren() as [number];
    const runs = [session.run(input), session.run(input)];
    await new Promise(setImmediate);
    process.kill(pid, signal);
    for (const outcome of await Promise.allSettled(runs)) {
      expect(outcome).toMatchObject({
        status: 'rejected',
        reason: { code: 'ERR_ENGINE_RUN', message: expect.stringContaining(`by the signal ${signal}`) },
      });
    }
    expect((await session.run(input)).outputs).toEqual(expected.outputs);
    const [next, ...others] = isolatedChildren();
    expect(next).not.toBe(pid);
    expect(others).toEqual([]);
  });

  it('says what SIGKILL from outside may mean', async () => {
    const session = await openSlow();
    const run = session.run(input);
    await new Promise(setImmediate);
    for (const pid of isolatedChildren()) process.kill(pid, 'SIGKILL');
    await expect(run).rejects.toMatchObject({ message: expect.stringContaining('where memory runs out') });
  });

  it('between two runs: nobody is told, and the next run has a new one', async () => {
    const session = await openSlow();
    const expected = await session.run(input);
    for (const pid of isolatedChildren()) process.kill(pid, 'SIGKILL');
    await until(() => isolatedChildren().length === 0);
    await delay(0);
    expect((await session.run(input)).outputs).toEqual(expected.outputs);
  });

  it('that is stopped, so that it answers nothing, is ended at the limit', async () => {
    const { session } = await openIsolated(
      {
        model: { format: 'tflite', name: 'm.tflite', bytes: tinyRegression() },
        wanted: 'auto',
        options: { threads: 1 },
      },
      { requestTimeoutMs: 500 },
    );
    opened.push(session);
    for (const pid of isolatedChildren()) process.kill(pid, 'SIGSTOP');
    await expect(session.run(good)).rejects.toMatchObject({ code: 'ERR_TIMEOUT' });
    expect(isolatedChildren()).toEqual([]);
    expect((await session.run([Float32Array.of(1, 2, 3, 4)])).outputs[0]?.data[0]).toBe(10);
  });
});
