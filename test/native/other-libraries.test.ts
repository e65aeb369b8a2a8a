import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { tfliteEngine } from '../../src/runtime/engines/tflite.js';
import type { ModelSession } from '../../src/runtime/session.js';
import { tinyClassifier, tinyRegression } from '../fixtures/models.js';
import { compileFakeLibrary } from './fake-library/compile.js';

const QS8 = 1;
const folder = mkdtempSync(join(tmpdir(), 'impulse-libraries-'));
afterAll(() => rmSync(folder, { recursive: true }));

const makeLibrary = (...kinds: string[]) => compileFakeLibrary(folder, ...kinds);

function open(tfliteLibrary: string, bytes = tinyRegression(), threads = 1): Promise<ModelSession> {
  return tfliteEngine.open({ format: 'tflite', name: 'm.tflite', bytes }, { threads, tfliteLibrary });
}

/** How the delegate was asked for, as the library saw it. */
async function asked(session: ModelSession) {
  const { outputs } = await session.run([new Float32Array(4)]);
  const [threads, delegate, delegateThreads, flags, rest] = outputs[0]?.data ?? [];
  return { threads, delegate, delegateThreads, flags, rest };
}

describe('libraries of other versions', () => {
  it.each([
    ['OLD_OPTIONS', QS8],
    // These keep what the library does by itself.
    ['READABLE_OPTIONS', QS8 | 0x90],
    ['NEW_OPTIONS', QS8 | 0x90],
  ])('get the flags of the delegate where they expect them (%s)', async (kind, flags) => {
    const session = await open(makeLibrary(kind), tinyClassifier({ dataType: 'int8' }), 3);
    expect(session.details).toMatchObject({
      version: '99.1.0',
      delegate: 'xnnpack (QS8)',
      threads: 3,
      notes: [],
    });
    expect(await asked(session)).toEqual({ threads: 3, delegate: 1, delegateThreads: 3, flags, rest: 0 });
    await session.close();
  });

  it.each([
    ['NO_DELEGATE', /built without XNNPACK/],
    ['REFUSED_DELEGATE', /could not create its XNNPACK delegate/],
  ])('work without the delegate, and the session says so (%s)', async (kind, note) => {
    const session = await open(makeLibrary('NEW_OPTIONS', kind));
    expect(session.details).toMatchObject({ delegate: 'none', notes: [expect.stringMatching(note)] });
    expect(await asked(session)).toMatchObject({ delegate: 0 });
    await session.close();
  });

  it('that build no interpreter give an error with their words, and no crash', async () => {
    await expect(open(makeLibrary('OLD_OPTIONS', 'NULL_INTERPRETER'))).rejects.toMatchObject({
      code: 'ERR_ENGINE_LOAD',
      message: 'TensorFlow Lite 99.1.0 failed to load m.tflite: Made up trouble number 42.',
    });
  });

  it('that fail in a run give an error of bounded length, and may be asked again', async () => {
    const session = await open(makeLibrary('OLD_OPTIONS', 'FAILING_RUN'));
    for (let i = 0; i < 3; i++) {
      const run = session.run([new Float32Array(4)]);
      await expect(run).rejects.toMatchObject({
        code: 'ERR_ENGINE_RUN',
        message: expect.stringMatching(
          /^TensorFlow Lite failed to run m\.tflite: complaint number 0 complaint/,
        ),
      });
      await run.catch(({ message }) => expect(message.length).toBeLessThan(20_000));
    }
    await session.close();
  });

  it('that lack an entry point are refused by its name', async () => {
    await expect(open(makeLibrary('OLD_OPTIONS', 'NO_INVOKE'))).rejects.toMatchObject({
      code: 'ERR_ENGINE_LIBRARY',
      message: expect.stringContaining('TfLiteInterpreterInvoke'),
    });
  });
});
