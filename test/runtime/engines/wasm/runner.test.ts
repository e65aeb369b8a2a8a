import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import type { WasmOptions } from '../../../../src/runtime/engines/wasm.js';
import { openWasm } from '../../../../src/runtime/engines/wasm.js';
import type { ImpulseRunner, RunnerResult } from '../../../../src/runtime/impulse-runner.js';
import { failure } from '../../../deployment/failure.js';
import { meanModule } from '../../../fixtures/wasm/binary.js';
import type { FixtureFacts, Form } from '../../../fixtures/wasm/deployment.js';
import {
  AUDIO,
  DETECTION,
  FAULT,
  FORMS,
  FREEFORM,
  MOTION,
  OLD_AUDIO,
  OLD_MOTION,
  OLD_PICTURE,
  TRACKING,
  VISUAL,
  wasmFiles,
} from '../../../fixtures/wasm/deployment.js';

const opened: ImpulseRunner[] = [];

async function open(facts: FixtureFacts, options?: WasmOptions, form?: Form): Promise<ImpulseRunner> {
  const runner = await openWasm(wasmFiles(facts, form), options);
  opened.push(runner);
  return runner;
}

afterEach(async () => {
  await Promise.all(opened.splice(0).map((runner) => runner.close()));
});

const plain = (length: number, value: number): Float32Array => new Float32Array(length).fill(value);
/** A picture of 16 x 16 pixels in one colour. */
const painted = (rgb: number): Float32Array => plain(256, rgb);
/** A window that makes the module fail. */
const failing = (fault: number, length = 100): Float32Array => {
  const window = plain(length, 0);
  window[0] = fault;
  return window;
};

function scores({ decoded: [first] }: RunnerResult): Record<string, number> {
  if (first?.modelType !== 'classification') throw new Error(`expected scores, not ${first?.modelType}`);
  return Object.fromEntries(first.values.map(({ label, value }) => [label, value]));
}

describe.each(FORMS)('a module of the %s form', (form) => {
  it.each([2022, 2023, 2024] as const)('classifies, as of %i', async (generation) => {
    const runner = await open({ ...MOTION, generation }, {}, form);
    const result = await runner.classify(plain(100, 0.25));
    expect(result.decoded).toEqual([
      {
        modelType: 'classification',
        values: [
          { label: 'still', value: 0.75 },
          { label: 'moving', value: 0.125 },
          { label: 'falling', value: 0.125 },
        ],
      },
    ]);
    expect(result.timing).toMatchObject({ dspMs: 0 });
    expect(result.timing.inferenceMs).toBeGreaterThan(0);
  });

  it('starts where its glue is for Node.js alone', async () => {
    const runner = await open({ ...MOTION, surroundings: ['node'] }, {}, form);
    expect(scores(await runner.classify(plain(100, 0)))).toEqual({ still: 1, moving: 0, falling: 0 });
  });

  it('starts where its glue is for a page alone', async () => {
    const runner = await open({ ...MOTION, surroundings: ['web'] }, {}, form);
    expect(scores(await runner.classify(plain(100, 0)))).toEqual({ still: 1, moving: 0, falling: 0 });
  });
});

describe('what a module says of itself', () => {
  it('becomes the impulse', async () => {
    const { impulse, details, sliceSize } = await open(MOTION);
    expect(impulse.project).toEqual({
      id: 7,
      owner: 'Ada',
      name: 'motion',
      deployVersion: 3,
      impulseId: 1,
      impulseName: 'first',
    });
    expect(impulse.input).toMatchObject({ inputType: 'time-series', featureCount: 100, frequencyHz: 50 });
    expect(impulse.input).toHaveProperty('axes.length', 2);
    expect(impulse.learnBlocks).toMatchObject([
      { modelType: 'classification', labels: ['still', 'moving', 'falling'], artefact: '' },
    ]);
    expect(details).toEqual({
      engine: 'wasm',
      isolation: expect.stringContaining('worker thread'),
      notes: [],
    });
    expect(sliceSize).toBeUndefined();
  });

  it('of a picture model, with its size, resize mode and thresholds', async () => {
    const { impulse } = await open(DETECTION);
    expect(impulse.input).toEqual({
      inputType: 'image',
      width: 16,
      height: 16,
      channels: 'RGB',
      resizeMode: 'squash',
      cropAnchor: 'middle-center',
    });
    expect(impulse.learnBlocks).toMatchObject([
      { id: 12, modelType: 'object-detection', lastLayer: 'fomo', thresholds: { min_score: 0.25 } },
    ]);
  });

  it('of a tracking model, with the settings of tracking', async () => {
    const { impulse } = await open(TRACKING);
    expect(impulse.tracking).toEqual({ keep_grace: 4, max_observations: 6, threshold: 0.5, use_iou: true });
  });

  it('of 2020: labels from a first run, which is said', async () => {
    const { impulse, details } = await open(OLD_AUDIO);
    expect(impulse.project).toEqual({});
    expect(impulse.input).toMatchObject({ inputType: 'audio', featureCount: 100, frequencyHz: 16000 });
    expect(impulse.learnBlocks).toMatchObject([{ modelType: 'classification', labels: ['noise', 'yes'] }]);
    expect(details.notes).toEqual([expect.stringContaining('does not say its labels')]);
  });

  it('of 2020, of pictures', async () => {
    const runner = await open(OLD_PICTURE);
    expect(runner.impulse.input).toMatchObject({
      inputType: 'image',
      width: 16,
      height: 16,
      channels: 'RGB',
    });
    expect(scores(await runner.classify(painted(0xffffff)))).toEqual({ noise: 0, yes: 1 });
  });

  it('of 2020, of motion: the number of axes has to be given', async () => {
    expect(await failure(() => open(OLD_MOTION))).toMatchObject({
      name: 'DeploymentError',
      code: 'ERR_METADATA_MISSING',
      message: expect.stringMatching(/50 samples.*axisCount/),
    });
    const { impulse } = await open(OLD_MOTION, { axisCount: 3 });
    expect(impulse.input).toMatchObject({ featureCount: 150, axes: { length: 3 }, frequencyHz: 62.5 });
  });

  it.each([1e12, 0.5, 2 ** 26 + 1])('not a window of %d features', async (count) => {
    const properties = { ...MOTION.properties, input_features_count: count };
    expect(await failure(() => open({ ...MOTION, properties }))).toMatchObject({
      name: 'DeploymentError',
      code: 'ERR_METADATA_INVALID',
      message: expect.stringContaining(`${count} features`),
    });
  });

  it('of 2020, that it scores anomalies: seen from a first run', async () => {
    const runner = await open({ ...OLD_AUDIO, anomaly: true });
    expect(runner.impulse.learnBlocks.map(({ modelType }) => modelType)).toEqual([
      'classification',
      'anomaly',
    ]);
    expect((await runner.classify(plain(100, 1))).decoded[1]).toEqual({ modelType: 'anomaly', score: 0.5 });
  });

  it('that contradicts itself is refused', async () => {
    const properties = { ...DETECTION.properties, input_features_count: 768 };
    expect(await failure(() => open({ ...DETECTION, properties }))).toMatchObject({
      code: 'ERR_ENGINE_OUTPUT',
      message: expect.stringContaining('contradicts itself'),
    });
  });

  it('that is no number where one belongs is refused', async () => {
    const properties = { ...MOTION.properties, frequency: 'fast' };
    expect(await failure(() => open({ ...MOTION, properties }))).toMatchObject({
      code: 'ERR_ENGINE_OUTPUT',
      message: expect.stringContaining('frequency'),
    });
  });
});

describe('results', () => {
  it('equal the mean that the module computes, for any window', async () => {
    const runner = await open({ ...MOTION, labels: ['a', 'b'] });
    await fc.assert(
      fc.asyncProperty(
        fc.float32Array({ minLength: 100, maxLength: 100, noNaN: true, min: -8, max: 8 }),
        async (window) => {
          const sum = window.reduce((total, value) => Math.fround(total + value), 0);
          const { b } = scores(await runner.classify(window));
          expect(b).toBe(Math.fround(sum / 100));
        },
      ),
      { numRuns: 50 },
    );
  });

  it('of detection are boxes, without the empty rows of old builds', async () => {
    for (const generation of [2022, 2024] as const) {
      const runner = await open({ ...DETECTION, generation });
      expect((await runner.classify(painted(0xffffff))).decoded).toEqual([
        {
          modelType: 'object-detection',
          boxes: [{ label: 'cup', labelIndex: 0, value: 1, x: 8, y: 2, width: 8, height: 8 }],
        },
      ]);
    }
  });

  it('of tracking hold the objects that the module follows', async () => {
    const runner = await open(TRACKING);
    const { tracked, decoded } = await runner.classify(painted(0xffffff));
    expect(decoded).toMatchObject([{ boxes: [{ x: 8 }] }]);
    expect(tracked).toEqual([
      { objectId: 7, label: 'cup', labelIndex: 0, value: 1, x: 8, y: 2, width: 8, height: 8 },
    ]);
  });

  it('of visual anomaly hold the whole grid, and find the cells that reach the threshold', async () => {
    const runner = await open(VISUAL);
    expect(runner.impulse.learnBlocks).toMatchObject([{ id: 4, thresholds: { min_anomaly_score: 0.75 } }]);
    const [grid] = (await runner.classify(painted(0x800000))).decoded;
    const half = Math.fround(0x800000 / 0xffffff);
    expect(grid).toMatchObject({
      modelType: 'visual-anomaly',
      scores: [
        [0, half],
        [half, 1],
      ],
      cells: [{ label: 'anomaly', x: 8, y: 8, width: 8, height: 8, value: 1 }],
      maxScore: 1,
      score: 1,
    });
    await runner.setThresholds({ min_anomaly_score: 0.5, anomaly_scoring_aggregation_method: 'mean' });
    const [lower] = (await runner.classify(painted(0x800000))).decoded;
    expect(lower).toMatchObject({ cells: { length: 3 }, score: Math.fround((1 + 2 * half) / 4) });
  });

  it('of freeform are all numbers of all outputs, from a memory that has grown and moved', async () => {
    const runner = await open(FREEFORM);
    const [freeform] = (await runner.classify(plain(40_000, 2))).decoded;
    expect(freeform).toMatchObject({ modelType: 'freeform' });
    const tensors = freeform?.modelType === 'freeform' ? freeform.tensors : [];
    expect(tensors.map(({ data }) => [...data].map(Number))).toEqual([[2, 40_000], [expect.any(Number)]]);
    expect(Number(tensors[1]?.data[0])).toBeGreaterThan(160_000);
  });

  it('of continuous mode are zeros until a window is full', async () => {
    const runner = await open(AUDIO);
    expect(runner.sliceSize).toBe(25);
    const answers: Record<string, number>[] = [];
    for (const value of [1, 1, 1, 1, 0]) {
      answers.push(scores(await runner.classifyContinuous(plain(25, value))));
    }
    expect(answers.slice(0, 3)).toEqual(Array(3).fill({ noise: 0, yes: 0 }));
    expect(answers.slice(3)).toEqual([
      { noise: 0, yes: 1 },
      { noise: 0.25, yes: 0.75 },
    ]);
  });

  it('leave nothing behind in the module', async () => {
    for (const facts of [MOTION, { ...MOTION, generation: 2022 as const }, OLD_AUDIO]) {
      const runner = await open(facts);
      for (let i = 0; i < 3; i++) await runner.classify(plain(100, 0));
      const { message } = await failure(() => runner.classify(failing(FAULT.alive)));
      expect(message).toContain('0 objects are alive');
    }
  });

  it('come in the order of the requests', async () => {
    const runner = await open({ ...MOTION, labels: ['a', 'b'] });
    const means = [0.5, 0.25, 0.75, 0, 1];
    const results = await Promise.all(means.map((mean) => runner.classify(plain(100, mean))));
    expect(results.map((result) => scores(result).b)).toEqual(means);
    expect(results.at(-1)?.timing.queueMs).toBeGreaterThan(results[0]?.timing.queueMs ?? 0);
  });
});

describe('thresholds', () => {
  const gray = 0x808080;

  it('act inside the module, and survive its restart', async () => {
    const runner = await open(DETECTION);
    const boxes = async (): Promise<unknown> => (await runner.classify(painted(gray))).decoded;
    expect(await boxes()).toMatchObject([{ boxes: { length: 1 } }]);
    await runner.setThresholds({ min_score: 0.9 });
    expect(await boxes()).toMatchObject([{ boxes: { length: 0 } }]);
    await failure(() => runner.classify(failing(FAULT.trap, 256)));
    expect(await boxes()).toMatchObject([{ boxes: { length: 0 } }]);
    await runner.setThresholds({ '12.min_score': 0.1 });
    expect(await boxes()).toMatchObject([{ boxes: { length: 1 } }]);
  });

  it('that a build has compiled in are refused', async () => {
    const { thresholds: _, ...properties } = DETECTION.properties;
    const runner = await open({ ...DETECTION, generation: 2022, properties });
    expect(await failure(() => runner.setThresholds({ min_score: 0.9 }))).toMatchObject({
      name: 'InputError',
      code: 'ERR_THRESHOLD_UNKNOWN',
    });
    expect((await runner.classify(painted(gray))).decoded).toMatchObject([{ boxes: { length: 1 } }]);
  });

  it('that there are not are refused', async () => {
    const runner = await open(DETECTION);
    expect(await failure(() => runner.setThresholds({ min_scor: 0.9 }))).toMatchObject({
      code: 'ERR_THRESHOLD_UNKNOWN',
    });
    expect(await failure(() => runner.setThresholds({ min_score: 2 }))).toMatchObject({
      code: 'ERR_THRESHOLD_INVALID',
    });
  });
});

describe('input that a module would read past or make nonsense of', () => {
  it.each([
    ['too short', plain(99, 0), 'ERR_INPUT_LENGTH', 'Expected 100 features of one window but received 99.'],
    ['too long', plain(101, 0), 'ERR_INPUT_LENGTH', '101'],
    ['NaN', plain(100, Number.NaN), 'ERR_INPUT_NOT_FINITE', 'Feature 0 of 100 is NaN'],
    ['no Float32Array', [1, 2, 3] as unknown as Float32Array, 'ERR_INPUT_TYPE', 'an array of 3'],
  ])('%s is refused before it gets there', async (_, features, code, message) => {
    const runner = await open(MOTION);
    expect(await failure(() => runner.classify(features))).toMatchObject({
      name: 'InputError',
      code,
      message: expect.stringContaining(message),
    });
  });

  it('a slice of the wrong size, or for a model without continuous mode', async () => {
    const audio = await open(AUDIO);
    expect(await failure(() => audio.classifyContinuous(plain(24, 0)))).toMatchObject({
      code: 'ERR_INPUT_LENGTH',
      message: expect.stringContaining('25 samples of one slice'),
    });
    const motion = await open(MOTION);
    expect(await failure(() => motion.classifyContinuous(plain(25, 0)))).toMatchObject({
      code: 'ERR_INPUT_TYPE',
      message: expect.stringContaining('no continuous mode'),
    });
  });
});

describe('a module that fails', () => {
  /** What says that the runner works again. */
  const works = async (runner: ImpulseRunner): Promise<void> => {
    expect(scores(await runner.classify(plain(100, 0)))).toEqual({ still: 1, moving: 0, falling: 0 });
  };

  it.each([
    ['traps', FAULT.trap, 'RuntimeError: unreachable'],
    ['aborts', FAULT.abort, 'Aborted(the heap is corrupt)'],
    ['throws a C++ exception', FAULT.exception, '5260784'],
    ['leaves a promise unhandled', FAULT.rejection, 'nobody waits for this'],
    ['has too many objects', FAULT.hoard, 'memory'],
    ['wants to end the process', FAULT.exit, 'process is not defined'],
    ['gives something that is no result', FAULT.nonsense, 'size'],
  ])('because it %s says so, and is started anew', async (_, fault, message) => {
    const runner = await open(MOTION);
    // A rejection that nobody handles is known only after the answer: then it is the next request's.
    const { code, ...told } = await failure(async () => {
      await runner.classify(failing(fault));
      await runner.classify(plain(100, 0));
    });
    if (fault === FAULT.rejection && code === 'none') await works(runner);
    else {
      expect(told.message).toContain(message);
      expect({ code, name: told.name }).toEqual({ code: 'ERR_ENGINE_RUN', name: 'EngineError' });
    }
    await works(runner);
  });

  it('because it hangs is stopped, and is started anew', async () => {
    const runner = await open(MOTION, { requestTimeoutMs: 1000 });
    expect(await failure(() => runner.classify(failing(FAULT.hang)))).toMatchObject({
      name: 'TimeoutError',
      code: 'ERR_TIMEOUT',
      message: expect.stringContaining('did not answer within 1000 ms'),
    });
    await works(runner);
  });

  it('because it wants more memory than it may have says so, and is started anew', async () => {
    const runner = await open(MOTION, { memoryMiB: 4 });
    expect(await failure(() => runner.classify(failing(FAULT.memory)))).toMatchObject({
      code: 'ERR_ENGINE_RUN',
      message: expect.stringContaining('unreachable'),
    });
    await works(runner);
  });

  it('with a code of the SDK is named, with what it has printed, and goes on', async () => {
    const runner = await open(MOTION);
    expect(await failure(() => runner.classify(failing(FAULT.dsp)))).toMatchObject({
      name: 'EngineError',
      code: 'ERR_ENGINE_RUN',
      message: expect.stringMatching(/code -5 \(signal processing failed\).*MFCC failed/),
    });
    await works(runner);
  });

  it('by giving what is no number is not believed', async () => {
    const runner = await open(MOTION);
    expect(await failure(() => runner.classify(failing(FAULT.notANumber)))).toMatchObject({
      code: 'ERR_ENGINE_OUTPUT',
    });
    await works(runner);
  });

  it('leaves the requests behind it untouched', async () => {
    const runner = await open({ ...MOTION, labels: ['a', 'b'] });
    const answers = await Promise.allSettled([
      runner.classify(plain(100, 0.5)),
      runner.classify(failing(FAULT.trap)),
      runner.classify(plain(100, 0.25)),
    ]);
    expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    const [, , last] = answers;
    expect(last?.status === 'fulfilled' && scores(last.value)).toEqual({ a: 0.75, b: 0.25 });
  });
});

describe('a module that does not start', () => {
  it.each([
    ['throw', 'ERR_ENGINE_LOAD', 'the glue is broken'],
    ['abort', 'ERR_ENGINE_LOAD', 'abort(no native wasm support detected)'],
    ['reject', 'ERR_ENGINE_LOAD', 'both async and sync fetching of the wasm failed'],
    ['fetch', 'ERR_ENGINE_LOAD', 'fetch is not defined'],
    ['exit', 'ERR_ENGINE_LOAD', 'process.exit(1)'],
    ['init', 'ERR_ENGINE_LOAD', 'init() failed with code -8'],
    ['never', 'ERR_TIMEOUT', 'was not ready within 500 ms'],
    ['hang', 'ERR_TIMEOUT', 'was not ready within 500 ms'],
  ] as const)('%s', async (load, code, message) => {
    const options = code === 'ERR_TIMEOUT' ? { startTimeoutMs: 500 } : {};
    for (const form of FORMS) {
      expect(await failure(() => open({ ...MOTION, load }, options, form))).toMatchObject({
        code,
        message: expect.stringContaining(message),
      });
    }
  });

  it.each([
    ['JavaScript that is none', { ...wasmFiles(MOTION), glue: 'var Module = {' }, 'SyntaxError'],
    [
      'a module without what the glue needs',
      { ...wasmFiles(MOTION), glue: 'Module.onRuntimeInitialized()' },
      'get_properties',
    ],
    [
      'a binary that is cut off',
      wasmFiles(MOTION, 'classic', meanModule().subarray(0, 12)),
      'sections are damaged',
    ],
    [
      'a binary that does not compile',
      wasmFiles(MOTION, 'classic', meanModule().fill(0xff, 150, 160)),
      'wasm failed to start',
    ],
  ])('%s', async (_, files, message) => {
    expect(await failure(() => openWasm(files))).toMatchObject({
      name: 'EngineError',
      code: 'ERR_ENGINE_LOAD',
      message: expect.stringContaining(message),
    });
  });

  it('because it begins with more memory than it may have', async () => {
    const files = wasmFiles(MOTION, 'classic', meanModule(64));
    expect(await failure(() => openWasm(files, { memoryMiB: 2 }))).toMatchObject({
      code: 'ERR_ENGINE_LOAD',
      message: expect.stringContaining('it begins with 4 MiB of memory, and may have 2 MiB'),
    });
  });
});

describe('closing', () => {
  it('lets the request in work finish, refuses those behind it and later ones', async () => {
    const runner = await open(MOTION);
    const first = runner.classify(plain(100, 0));
    await new Promise((resolve) => setImmediate(resolve));
    const second = failure(() => runner.classify(plain(100, 0)));
    const closing = runner.close();
    await expect(first).resolves.toHaveProperty('decoded');
    expect(await second).toMatchObject({ code: 'ERR_CLOSED' });
    await closing;
    await runner.close();
    expect(await failure(() => runner.classify(plain(100, 0)))).toMatchObject({ name: 'ClosedError' });
    expect(await failure(() => runner.setThresholds({}))).toMatchObject({ code: 'ERR_CLOSED' });
  });
});

describe('the fence around the glue', () => {
  it.each([
    ['typeof process', 'undefined'],
    ['typeof require', 'undefined'],
    ['typeof fetch', 'undefined'],
    ['typeof XMLHttpRequest', 'undefined'],
    ['typeof WebSocket', 'undefined'],
    ['typeof Buffer', 'undefined'],
    ['typeof setTimeout', 'undefined'],
    // The ways out of a context that are known: something of ours, then the constructor of its constructor.
    ["globalThis.constructor.constructor('return typeof process')()", 'undefined'],
    ["console.log.constructor('return typeof process')()", 'undefined'],
    ["performance.now.constructor('return typeof process')()", 'undefined'],
    ["importScripts.constructor('return typeof process')()", 'undefined'],
    [
      "(() => { try { new WebAssembly.Module(new Uint8Array(1)) } catch (e) { return e.constructor.constructor('return typeof process')() } })()",
      'undefined',
    ],
    [
      "import('node:fs').then(() => 'imported', (e) => typeof e === 'object' ? e.constructor.constructor('return typeof process')() : 'refused')",
      'refused',
    ],
  ])('%s is %s', async (code, expected) => {
    const runner = await open({ ...MOTION, look: [code] });
    const { message } = await failure(() => runner.classify(failing(FAULT.dsp)));
    expect(message).toContain(`${code} is ${expected}`);
  });
});

describe('the process that opens a runner', () => {
  const script = (body: string): string => {
    const files = JSON.stringify({ ...wasmFiles(MOTION), binary: [...meanModule()] });
    return `
      import { openWasm } from './dist/runtime/engines/wasm.js';
      const files = ${files};
      files.binary = Uint8Array.from(files.binary);
      process.on('unhandledRejection', () => console.log('UNHANDLED'));
      const runner = await openWasm(files);
      const window = (fault) => { const w = new Float32Array(100); w[0] = fault; return w; };
      ${body}
      console.log('DONE');`;
  };
  const run = (body: string): { stdout: string; stderr: string; status: number | null } =>
    spawnSync(process.execPath, ['--input-type=module', '-e', script(body)], {
      encoding: 'utf8',
      timeout: 30_000,
    });

  it('ends by itself although a runner is open', () => {
    expect(run('await runner.classify(window(0));')).toMatchObject({
      stdout: 'DONE\n',
      stderr: '',
      status: 0,
    });
  });

  it('outlives every fault, and hears nothing of it', () => {
    const faults = [FAULT.trap, FAULT.abort, FAULT.exit, FAULT.exception, FAULT.rejection];
    const body = `for (const fault of ${JSON.stringify(faults)}) await runner.classify(window(fault)).catch(() => {});
      await runner.classify(window(0)).catch(() => {});
      await runner.classify(window(0));`;
    expect(run(body)).toMatchObject({ stdout: 'DONE\n', stderr: '', status: 0 });
  });
});
