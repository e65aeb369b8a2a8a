import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { writeTfliteModel } from '../../src/deployment/tflite/write.js';
import { openDeployment } from '../../src/index.js';
import { findTfliteLibrary } from '../../src/native/tflite-library.js';
import { openSession } from '../../src/runtime/engines/index.js';
import { openIsolated } from '../../src/runtime/engines/isolated/session.js';
import type { ModelSession, SessionOptions } from '../../src/runtime/session.js';
import { impulse } from '../cli/command.js';
import { customOperatorModel, tinyRegression } from '../fixtures/models.js';
import { describeUnless } from '../support/not-tested.js';
import { compileFakeDelegate, missingDelegate } from './fake-delegate/compile.js';

const folder = mkdtempSync(join(tmpdir(), 'impulse-delegates-'));
const MODEL_INFO = { input: { inputType: 'other' }, model: { modelType: 'freeform' } };
const journal = join(folder, 'journal');
const path = join(folder, 'libfake_delegate.so');
const opened: ModelSession[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((session) => session.close()));
  rmSync(journal, { force: true });
});
afterAll(() => rmSync(folder, { recursive: true }));

const artefact = (bytes: Uint8Array) => ({ format: 'tflite', name: 'm.tflite', bytes }) as const;
const withDelegate = (options: Record<string, string>, library = path): SessionOptions => ({
  threads: 1,
  tfliteDelegate: { path: library, options: { journal, ...options } },
});

async function open(
  bytes: Uint8Array,
  options: Record<string, string>,
  library = path,
): Promise<ModelSession> {
  const { session } = await openSession(artefact(bytes), 'auto', withDelegate(options, library));
  opened.push(session);
  return session;
}

async function answer(session: ModelSession): Promise<number[]> {
  const { outputs } = await session.run([Float32Array.of(1, 2, 3, 4)]);
  return Array.from(outputs[0]?.data ?? [], Number);
}

function happened(): string[] {
  return readFileSync(journal, 'utf8').trim().split('\n');
}

/** y = Chip(x) + [1, 2, 3, 4] */
function chipThenAdd(): Uint8Array {
  const tensor = (name: string) => ({ name, shape: [1, 4], dataType: 'float32' }) as const;
  return writeTfliteModel({
    tensors: [
      tensor('x'),
      tensor('between'),
      { ...tensor('terms'), data: Float32Array.of(1, 2, 3, 4) },
      tensor('y'),
    ],
    operators: [
      { spec: { type: 'CUSTOM', name: 'Chip' }, inputs: [0], outputs: [1] },
      { spec: { type: 'ADD', activation: 'none' }, inputs: [1, 2], outputs: [3] },
    ],
    inputs: [0],
    outputs: [3],
  });
}

describeUnless(missingDelegate, 'a delegate from a library of its own', () => {
  beforeAll(() => {
    compileFakeDelegate(folder);
  });

  it.each([
    [
      'its library is missing',
      '/nowhere/libedgetpu.so.1',
      {},
      /\/nowhere\/libedgetpu\.so\.1 \(option tfliteDelegate\).*No such file.*impulse doctor/,
    ],
    [
      'a name that the loader does not know',
      'libno_such_delegate.so',
      {},
      /libno_such_delegate\.so: cannot open/,
    ],
    [
      'it says why it can not be made',
      path,
      { fail: 'create', speed: 'max' },
      /no imaginary chip.*speed=max/,
    ],
    [
      'it is made for newer libraries only',
      path,
      { opaque: 'yes' },
      /newer TensorFlow Lite library than 2\.9\.0/,
    ],
    ['it can not be made and does not say why', path, { fail: 'silently' }, /gives no reason/],
  ])('is an error where %s, and no other engine takes its place', async (_, library, options, message) => {
    await expect(open(tinyRegression(), options, library)).rejects.toMatchObject({
      name: 'EngineError',
      code: 'ERR_ENGINE_LIBRARY',
      message: expect.stringMatching(message),
    });
  });

  it('is an error where the library is one of something else', async () => {
    const tflite = findTfliteLibrary();
    const library = tflite.found ? tflite.path : '';
    await expect(open(tinyRegression(), {}, library)).rejects.toMatchObject({
      code: 'ERR_ENGINE_LIBRARY',
      message: expect.stringMatching(/it lacks tflite_plugin_create_delegate/),
    });
  });

  it.each([
    ['a model', tinyRegression()],
    ['a model with an operator that only it has', chipThenAdd()],
  ])('that can not be applied to %s is an error in its own words', async (_, bytes) => {
    await expect(open(bytes, { fail: 'prepare' })).rejects.toMatchObject({
      code: 'ERR_ENGINE_LOAD',
      message: expect.stringMatching(
        /failed to load m\.tflite with the delegate .*the imaginary chip does not answer/,
      ),
    });
    expect(happened().at(-1)).toBe('destroyed');
  });

  it('that takes nothing of a model is an error: the model would run as without it', async () => {
    await expect(open(tinyRegression(), { claims: 'nothing' })).rejects.toMatchObject({
      code: 'ERR_ENGINE_LOAD',
      message: expect.stringMatching(/takes no operator of m\.tflite/),
    });
    expect(happened()).toEqual(['made', 'prepared', 'destroyed']);
  });

  it('computes what it takes, and lives until its session is closed', async () => {
    const session = await open(tinyRegression(), { claims: 'all', answer: '7' });
    expect(session.details).toMatchObject({ engine: 'tflite', delegate: 'libfake_delegate.so', notes: [] });
    expect(await answer(session)).toEqual([7]);
    expect(happened()).toEqual(['made', 'prepared']);
    await session.close();
    expect(happened()).toEqual(['made', 'prepared', 'destroyed']);
  });

  it.each([{}, { dynamic: 'yes' }])(
    'brings custom operators that the library lacks; kernels have the rest (%j)',
    async (kind) => {
      const session = await open(chipThenAdd(), { claims: 'Chip', answer: '40', ...kind });
      expect(session.details).toMatchObject({
        delegate: 'libfake_delegate.so, xnnpack',
        notes: ['libfake_delegate.so took 1 of 2 operators; xnnpack has the rest'],
      });
      expect(await answer(session)).toEqual([41, 42, 43, 44]);
    },
  );

  it.each([{}, { dynamic: 'yes' }])(
    'does not let a custom operator pass that it does not take either (%j)',
    async (kind) => {
      for (const claims of ['OtherChip', 'ADD']) {
        await expect(open(chipThenAdd(), { claims, ...kind })).rejects.toMatchObject({
          code: 'ERR_UNSUPPORTED_OPERATOR',
          message: expect.stringMatching(
            /operator Chip, which TensorFlow Lite .* lacks, and the delegate .* did not take/,
          ),
        });
      }
    },
  );

  it('opens a model that was compiled for an Edge TPU, which is refused without it', async () => {
    const bytes = customOperatorModel('edgetpu-custom-op');
    const session = await open(bytes, { claims: 'edgetpu-custom-op', answer: '5' });
    expect(await answer(session)).toEqual([5, 5, 5, 5]);
    await expect(openSession(artefact(bytes), 'tflite', { threads: 1 })).rejects.toMatchObject({
      message: expect.stringMatching(/compiled for a Coral Edge TPU.*option tfliteDelegate/),
    });
  });

  it('that fails in a run gives an error with its words', async () => {
    const session = await open(tinyRegression(), { claims: 'all', fail: 'run' });
    await expect(answer(session)).rejects.toMatchObject({
      code: 'ERR_ENGINE_RUN',
      message: expect.stringMatching(/the imaginary chip is too hot \(99 degrees\)/),
    });
  });

  it('serves several sessions, each with one of its own', async () => {
    const sessions = await Promise.all(
      ['1', '2', '3'].map((number) => open(tinyRegression(), { claims: 'all', answer: number })),
    );
    expect(await Promise.all(sessions.map(answer))).toEqual([[1], [2], [3]]);
  });

  it('works in a process of its own, with its options', async () => {
    const { session } = await openIsolated({
      model: artefact(chipThenAdd()),
      wanted: 'auto',
      options: withDelegate({ claims: 'Chip', answer: '40' }),
    });
    opened.push(session);
    expect(session.details).toMatchObject({
      delegate: 'libfake_delegate.so, xnnpack',
      isolation: 'isolated process',
    });
    expect(await answer(session)).toEqual([41, 42, 43, 44]);
  });

  it('that crashes ends an isolated process, and not this one', async () => {
    const isolated = (options: Record<string, string>) =>
      openIsolated({ model: artefact(tinyRegression()), wanted: 'auto', options: withDelegate(options) });
    await expect(isolated({ crash: 'open' })).rejects.toMatchObject({
      code: 'ERR_ENGINE_LOAD',
      message: expect.stringContaining('SIGSEGV'),
    });
    const { session } = await isolated({ claims: 'all', crash: 'run' });
    opened.push(session);
    await expect(answer(session)).rejects.toMatchObject({
      code: 'ERR_ENGINE_RUN',
      message: expect.stringContaining('SIGSEGV'),
    });
  });

  it('is asked for with --tflite-delegate, and shown by inspect', async () => {
    const file = join(folder, 'sum.tflite');
    writeFileSync(file, chipThenAdd());
    writeFileSync(join(folder, 'sum.json'), JSON.stringify(MODEL_INFO));
    const options = ['claims=Chip', 'answer=1=2'].flatMap((option) => ['--delegate-option', option]);
    const { stdout, code } = await impulse(['inspect', file, '--tflite-delegate', path, ...options]);
    expect(stdout).toContain('delegate libfake_delegate.so, xnnpack');
    expect(stdout).toContain('took 1 of 2 operators; xnnpack has the rest');
    expect(code).toBe(0);
  });

  it('is named by info(), and crosses openDeployment()', async () => {
    const deployment = await openDeployment(tinyRegression(), {
      modelInfo: MODEL_INFO,
      tfliteDelegate: { path, options: { claims: 'all', answer: '9' } },
    });
    expect(deployment.info().learnBlocks[0]?.model?.engine.delegate).toBe('libfake_delegate.so');
    const { tensors } = await deployment.classify({ features: [1, 2, 3, 4] }, { tensors: true });
    expect(Array.from(tensors?.[0]?.outputs[0]?.data ?? [], Number)).toEqual([9]);
    await deployment.close();
  });
});
