import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { DeploymentInfo, Tuning } from '../../../src/index.js';
import { openDeployment, tuneDeployment } from '../../../src/index.js';
import { isMeasured, settingText } from '../../../src/runtime/tuning/tuning.js';
import { COLOURS, tinyClassifier } from '../../fixtures/models.js';
import { missingAddon } from '../../support/not-tested.js';
import { describeWithShared } from '../../support/shared.js';
import { refusalOf, solid } from '../support.js';

const image = { inputType: 'image', inputScaling: '0..1', resizeMode: 'squash' } as const;
const modelInfo = { input: image, model: { modelType: 'classification', labels: [...COLOURS] } };

let folder: string;
let deployment: string;
const cacheBefore = process.env.XDG_CACHE_HOME;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'impulse-tuning-'));
  deployment = join(folder, 'colours.tflite');
  writeFileSync(deployment, tinyClassifier());
  process.env.XDG_CACHE_HOME = join(folder, 'cache');
});
afterEach(() => {
  if (cacheBefore === undefined) delete process.env.XDG_CACHE_HOME;
  else process.env.XDG_CACHE_HOME = cacheBefore;
  rmSync(folder, { recursive: true });
});

const modelOf = (info: DeploymentInfo) => info.learnBlocks[0]?.model;

async function openInfo(options: Parameters<typeof openDeployment>[1] = {}): Promise<DeploymentInfo> {
  await using open = await openDeployment(deployment, { modelInfo, ...options });
  expect((await open.classifyImage(solid(2, 8, 8))).result?.blue).toBeGreaterThan(0.99);
  return open.info();
}

/** Files of the cache folder. */
const remembered = () => readdirSync(join(folder, 'cache', 'impulse-runtime', 'tuning'));

describe('tuneDeployment', () => {
  it('measures every engine that can run the model, compares the answers, and chooses the fastest', async () => {
    const progress: (readonly [number, number])[] = [];
    const { tunings } = await tuneDeployment(deployment, {
      modelInfo,
      onProgress: (done, total) => progress.push([done, total]),
    });
    const [tuning] = tunings as [Tuning];
    const measured = tuning.trials.filter(isMeasured);
    const engines = new Set(measured.map(({ setting }) => setting.engine));
    expect([...engines].sort()).toEqual(
      missingAddon === undefined ? ['litert-wasm', 'tflite'] : ['litert-wasm'],
    );
    for (const { medianMs, minMs, runs, difference } of measured) {
      expect(medianMs).toBeGreaterThanOrEqual(minMs);
      expect(runs).toBeGreaterThanOrEqual(5);
      expect(difference).toBeLessThan(0.001);
    }
    const times = measured.map(({ medianMs }) => medianMs);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    const chosen = measured.find(({ setting }) => settingText(setting) === settingText(tuning.chosen));
    expect(chosen?.medianMs).toBeLessThanOrEqual((times[0] ?? 0) * 1.03);
    const [, total] = progress[0] ?? [];
    expect(progress.at(-1)).toEqual([total, total]);
  });

  it('compares with the answers that the deployment gives without a measurement', async () => {
    const [tuning] = (await tuneDeployment(deployment, { modelInfo, remember: 'nowhere' })).tunings as [
      Tuning,
    ];
    const details = modelOf(await openInfo({ tune: false, threads: 1 }))?.engine;
    expect(tuning.reference.engine).toBe(details?.engine);
    const reference = tuning.trials
      .filter(isMeasured)
      .find(({ setting }) => settingText(setting) === settingText(tuning.reference));
    expect(reference).toMatchObject({ delegate: details?.delegate, difference: 0 });
  });

  it('is remembered for the model, whatever file it lies in', async () => {
    const { tunings, rememberedIn } = await tuneDeployment(tinyClassifier(), { modelInfo });
    expect(rememberedIn).toBe(join(folder, 'cache', 'impulse-runtime', 'tuning'));
    expect(remembered()).toEqual([`${tunings[0]?.model.sha256}.json`]);
    const model = modelOf(await openInfo());
    expect(model?.tuning).toEqual(tunings[0]);
    expect(model?.engine).toMatchObject({
      engine: tunings[0]?.chosen.engine,
      threads: tunings[0]?.chosen.threads,
    });
  });

  it('is remembered beside the deployment where that is asked for', async () => {
    const { rememberedIn } = await tuneDeployment(deployment, { modelInfo, remember: 'beside' });
    expect(rememberedIn).toBe(`${deployment}.tuning.json`);
    expect(modelOf(await openInfo())?.tuning).toBeDefined();
    expect(() => remembered()).toThrow('ENOENT');
  });

  it('leaves nothing behind with remember: nowhere', async () => {
    const { tunings, rememberedIn } = await tuneDeployment(deployment, { modelInfo, remember: 'nowhere' });
    expect(tunings).toHaveLength(1);
    expect(rememberedIn).toBeUndefined();
    expect(readdirSync(folder)).toEqual(['colours.tflite']);
  });

  it('takes the input that it is given', async () => {
    const refusal = refusalOf(tuneDeployment(deployment, { modelInfo, input: join(folder, 'missing.jpg') }));
    expect((await refusal).code).toBe('ERR_INPUT_NOT_FOUND');
    const { tunings } = await tuneDeployment(deployment, { modelInfo, input: solid(0, 30, 20) });
    expect(tunings).toHaveLength(1);
  });

  it('ends with the reason of its signal, and remembers nothing', async () => {
    const abort = new AbortController();
    const tuning = tuneDeployment(deployment, {
      modelInfo,
      signal: abort.signal,
      onProgress: (done) => done === 1 && abort.abort(new Error('enough')),
    });
    await expect(tuning).rejects.toThrow('enough');
    expect(() => remembered()).toThrow('ENOENT');
  });

  it.each([
    ['the engine, which it is to find', { engine: 'tflite' }, 'engine is what is measured'],
    ['threads', { threads: 2 }, 'threads is what is measured'],
    ['a tolerance beyond the range', { tolerance: 1.5 }, 'from 0 to 1'],
    ['a place that is none', { remember: 'here' }, 'cache, beside, nowhere'],
    ['an unknown option', { tolerence: 0.1 }, 'tolerence'],
  ])('refuses %s', async (_what, options, text) => {
    const refusal = await refusalOf(tuneDeployment(deployment, { modelInfo, ...options } as never));
    expect(refusal.name).toBe('InputError');
    expect(refusal.message).toContain(text);
  });

  it('refuses to remember beside bytes', async () => {
    const refusal = await refusalOf(tuneDeployment(tinyClassifier(), { modelInfo, remember: 'beside' }));
    expect(refusal.message).toContain("deployment's path");
  });

  it('says where it can not be remembered', async () => {
    writeFileSync(join(folder, 'cache'), 'a file where the folder should be');
    const refusal = await refusalOf(tuneDeployment(deployment, { modelInfo }));
    expect(refusal).toMatchObject({ code: 'ERR_TUNING_STORE', message: expect.stringContaining('cache') });
  });
});

describe('what was measured', () => {
  let tuned: Tuning;
  const write = (change: (tuning: Tuning) => unknown) =>
    writeFileSync(`${deployment}.tuning.json`, JSON.stringify({ tunings: [change(tuned)] }));
  beforeAll(async () => {
    const { tunings } = await tuneDeployment(tinyClassifier(), { modelInfo, remember: 'nowhere' });
    tuned = tunings[0] as Tuning;
  });

  it('decides over the engine, and info() says what the others took', async () => {
    write((tuning) => ({ ...tuning, chosen: { engine: 'litert-wasm', threads: 1 } }));
    const model = modelOf(await openInfo());
    expect(model?.engine.engine).toBe('litert-wasm');
    if (missingAddon === undefined) {
      expect(model?.otherEngines).toContainEqual({
        engine: 'tflite',
        reason: expect.stringMatching(/measured to take .* ms/),
      });
    }
  });

  it.each([
    ['tune: false', { tune: false }],
    ['an engine', { engine: 'litert-wasm' }],
    ['threads', { threads: 1 }],
    ['xnnpack', { xnnpack: true }],
  ])('does not where the caller gives %s', async (_what, options) => {
    write((tuning) => tuning);
    expect(modelOf(await openInfo(options as never))?.tuning).toBeUndefined();
  });

  it.each<[string, (tuning: Tuning) => unknown]>([
    ['another processor', (tuning) => ({ ...tuning, machine: { ...tuning.machine, cpu: 'Cortex-A72' } })],
    [
      'another version of an engine',
      (tuning) => ({ ...tuning, machine: { ...tuning.machine, engines: { onnx: '0' } } }),
    ],
    ['another model', (tuning) => ({ ...tuning, model: { ...tuning.model, sha256: '00' } })],
    ['an engine that does not exist', (tuning) => ({ ...tuning, chosen: { engine: 'abacus', threads: 1 } })],
    ['a billion threads', (tuning) => ({ ...tuning, chosen: { engine: 'tflite', threads: 1e9 } })],
    ['nothing in particular', () => 'what?'],
  ])('does not where it is of %s', async (_what, change) => {
    write(change);
    const model = modelOf(await openInfo());
    expect(model?.tuning).toBeUndefined();
  });

  it('does not where its file is torn', async () => {
    write((tuning) => tuning);
    const text = readFileSync(`${deployment}.tuning.json`, 'utf8');
    writeFileSync(`${deployment}.tuning.json`, text.slice(0, text.length / 2));
    expect(modelOf(await openInfo())?.tuning).toBeUndefined();
  });

  it('is measured by openDeployment() with tune: true, once', async () => {
    const first = modelOf(await openInfo({ tune: true }))?.tuning;
    expect(first?.trials.length).toBeGreaterThan(0);
    expect(remembered()).toHaveLength(1);
    expect(modelOf(await openInfo({ tune: true }))?.tuning).toEqual(first);
  });

  it.each([{ engine: 'tflite' }, { threads: 2 }, { xnnpack: false }] as const)(
    'can not be asked for together with %o',
    async (options) => {
      const refusal = await refusalOf(openDeployment(deployment, { modelInfo, tune: true, ...options }));
      expect(refusal).toMatchObject({ code: 'ERR_OPTION_INVALID', message: expect.stringContaining('tune') });
    },
  );

  it.each([
    ['an execution provider that is none', { engine: 'onnx', threads: 1, executionProvider: 'abacus' }],
    ['an engine that can not run the model', { engine: 'tfjs', threads: 1 }],
  ])('that names %s is noted, and the deployment opens all the same', async (_what, chosen) => {
    write((tuning) => ({ ...tuning, chosen }));
    const model = modelOf(await openInfo());
    expect(model?.engine.notes).toEqual([expect.stringContaining("measured can't be used")]);
    expect(model?.engine.engine).toMatch(/tflite|litert-wasm/);
    expect(model?.tuning).toBeUndefined();
  });

  it('leaves the threads to the sessions where there are several', async () => {
    write((tuning) => ({ ...tuning, chosen: { ...tuning.chosen, threads: 64 } }));
    const details = modelOf(await openInfo({ sessions: 64 }))?.engine;
    expect(details).toMatchObject({ threads: 1, sessions: 64 });
  });
});

describeWithShared('a uint8 model of 2018, which XNNPACK refuses,', (sharedDir) => {
  const path = join(
    sharedDir,
    'models/mobilenet-v1-025-imagenet-float-and-uint8/mobilenet_v1_0.25_224_quant.tflite',
  );
  const labels = Array.from({ length: 1001 }, (_, i) => `class ${i}`);
  let tuning: Tuning;
  beforeAll(async () => {
    const info = {
      input: { ...image, inputScaling: '-1..1' },
      model: { modelType: 'classification', labels },
    };
    const { tunings } = await tuneDeployment(path, { modelInfo: info, remember: 'nowhere' });
    tuning = tunings[0] as Tuning;
  });
  afterAll(() => expect(tuning).toBeDefined());

  it('is measured on what can run it, and comes to the fastest of that', () => {
    const measured = tuning.trials.filter(isMeasured);
    expect(measured.some(({ delegate }) => delegate === 'xnnpack (wasm)')).toBe(true);
    // What falls back to TFLite's own kernels is not measured a second time under XNNPACK's name.
    expect(measured.every(({ setting, delegate }) => !setting.xnnpack || delegate !== 'none')).toBe(true);
    const best = measured.filter(({ disagrees }) => !disagrees)[0];
    const chosen = measured.find(({ setting }) => settingText(setting) === settingText(tuning.chosen));
    expect(chosen?.medianMs).toBeLessThanOrEqual((best?.medianMs ?? 0) * 1.03);
  });
});
