import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { findCompiler } from '../../src/compile/compiler.js';
import { compileDeployment } from '../../src/index.js';
import { arduinoLibrary, zipOf } from '../fixtures/deployment-writer.js';
import { refusalOf } from '../runtime/support.js';
import { describeUnless } from '../support/not-tested.js';
import { askRunner } from './ask-runner.js';
import { sumLibrary } from './tiny-sdk.js';

const compiler = await findCompiler().catch(() => undefined);

let cache: string;
beforeAll(async () => {
  cache = await mkdtemp(join(tmpdir(), 'impulse-compiled-'));
});
afterAll(() => rm(cache, { recursive: true, force: true }));

describe('A library is refused', () => {
  it('without an SDK, saying what to download', async () => {
    const files = sumLibrary();
    files.delete('edge-impulse-sdk/classifier/ei_run_classifier.h');
    const error = await refusalOf(compileDeployment(await zipOf(files), { cache }));
    expect(error).toMatchObject({ name: 'UnsupportedError', code: 'ERR_UNSUPPORTED_ENGINE' });
    expect(error.message).toMatch(/does not hold the SDK.*"C\+\+ library"/s);
  });

  it('with an SDK for other boards only', async () => {
    const files = sumLibrary();
    files.delete('edge-impulse-sdk/porting/posix/porting.cpp');
    const error = await refusalOf(compileDeployment(await zipOf(files), { cache }));
    expect(error.message).toContain('no part for Linux');
  });

  it('that is none', async () => {
    const error = await refusalOf(compileDeployment(await zipOf(new Map([['a.txt', 'x']])), { cache }));
    expect(error).toMatchObject({ code: 'ERR_UNSUPPORTED_FORMAT' });
  });

  it('where there is no compiler, saying how to get one', async () => {
    vi.stubEnv('CXX', '/nowhere/c++');
    try {
      const error = await refusalOf(compileDeployment(await zipOf(sumLibrary()), { cache }));
      expect(error).toMatchObject({ name: 'UnsupportedError', code: 'ERR_UNSUPPORTED_ENGINE' });
      expect(error.message).toMatch(/tried \/nowhere\/c\+\+.*apt install g\+\+/);
    } finally {
      vi.unstubAllEnvs();
    }
  });

  it('with an unknown option', async () => {
    const options = { cach: 'x' } as never;
    expect((await refusalOf(compileDeployment(new Uint8Array(), options))).code).toBe('ERR_OPTION_UNKNOWN');
  });
});

const missing = compiler === undefined ? 'there is no C++ compiler on this machine' : undefined;

describeUnless(missing, 'A compiled library', () => {
  it('answers in the protocol of the runners', async () => {
    const { path } = await compileDeployment(await zipOf(sumLibrary()), { cache });
    const answers = await askRunner(path, [
      { hello: 1, id: 1 },
      { classify: [1, 2, 3.5, -4], id: 2 },
      { classify: [1, 2], id: 3 },
      { classify: [-1, 0, 0, 0], id: 4 },
      { set_threshold: { id: 1, min_score: 0.5 }, id: 5 },
      { classify: ['{', '}'] },
    ]);
    expect(answers).toMatchObject([
      {
        id: 1,
        success: true,
        project: { id: 7, owner: 'me', name: 'Sums "and" signs', deploy_version: 3 },
        model_parameters: {
          input_features_count: 4,
          labels: ['sum {', 'largest'],
          model_type: 'classification',
        },
      },
      { id: 2, success: true, result: { classification: { 'sum {': 2.5, largest: 3.5 } } },
      { id: 3, success: false, error: "Invalid number of features in 'classify', expected 4 but got 2" },
      { id: 4, success: false, error: 'Classifying failed, error code was -5' },
      { id: 5, success: false, error: 'Failed to handle message' },
      { success: false, error: "Missing 'id' field in message" },
    ]);
  });

  it('is built once, and again when a file of it changes', async () => {
    const own = await mkdtemp(join(cache, 'own-'));
    const library = sumLibrary();
    const progress: [number, number][] = [];
    const options = { cache: own, onProgress: (done: number, total: number) => progress.push([done, total]) };
    const first = await compileDeployment(await zipOf(library), options);
    const second = await compileDeployment(await zipOf(library), options);
    expect(first.cached).toBe(false);
    expect(second).toEqual({ path: first.path, cached: true });
    // The model, the port, the runner, and linking them.
    expect(progress).toEqual([0, 1, 2, 3, 4].map((done) => [done, 4]));
    library.set('tflite-model/model.cpp', `${library.get('tflite-model/model.cpp')}// changed\n`);
    const third = await compileDeployment(await zipOf(library), options);
    expect(third.cached).toBe(false);
    expect(third.path).not.toBe(first.path);
    expect((await stat(third.path)).mode & 0o777).toBe(0o700);
  });

  it('may lie in an Arduino library', async () => {
    const { path } = await compileDeployment(await zipOf(arduinoLibrary(sumLibrary())), { cache });
    expect(await askRunner(path, [{ classify: [1, 1, 1, 1], id: 9 }])).toMatchObject([
      { id: 9, result: { classification: { largest: 1 } } },
    ]);
  });

  it("that the compiler refuses gives the compiler's own words, and nothing is kept", async () => {
    const own = await mkdtemp(join(cache, 'own-'));
    const library = sumLibrary();
    library.set('tflite-model/model.cpp', 'int model( { unmistakable }\n');
    const error = await refusalOf(compileDeployment(await zipOf(library), { cache: own }));
    expect(error).toMatchObject({ name: 'EngineError', code: 'ERR_ENGINE_BUILD' });
    expect(error.message).toMatch(/tflite-model\/model\.cpp can't be compiled.*unmistakable/s);
    expect(await readdir(own)).toEqual([]);
  });

  it('stops when it is told to', async () => {
    const reason = new Error('enough');
    const options = { cache: await mkdtemp(join(cache, 'own-')), signal: AbortSignal.abort(reason) };
    await expect(compileDeployment(await zipOf(sumLibrary()), options)).rejects.toBe(reason);
  });
});
