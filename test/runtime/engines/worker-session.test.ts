import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, it } from 'vitest';
import { makePacking } from '../../../src/preprocess/make-packing.js';
import { packPixels } from '../../../src/preprocess/pack-pixels.js';
import { openWorkerSession } from '../../../src/runtime/engines/worker-session.js';
import type { ModelSession, SessionInput } from '../../../src/runtime/session.js';
import type { TensorInfo } from '../../../src/tensor.js';
import { expectedScores, openModel, plainColour, plainNumbers, WORKER_ENGINES } from './engines.js';

const opened: ModelSession[] = [];

async function keep(session: Promise<ModelSession>): Promise<ModelSession> {
  opened.push(await session);
  return session;
}

afterEach(async () => {
  await Promise.all(opened.splice(0).map((session) => session.close()));
});

function expectScores(data: ArrayLike<number | bigint> | undefined, rgb: readonly number[]): void {
  const expected = expectedScores(rgb);
  expect(data).toHaveLength(expected.length);
  for (const [i, score] of expected.entries()) expect(Number(data?.[i])).toBeCloseTo(score, 5);
}

describe.each(WORKER_ENGINES)(
  'a session of the engine $engine.name',
  ({ engine, classifier, layout, slow }) => {
    const open = () => keep(openModel(engine, classifier));
    const red = plainColour([1, 0, 0], layout);

    const nanAt = (index: number, value: number) => {
      const values = red.slice();
      values[index] = value;
      return values;
    };

    it.each<[string, string, RegExp, (session: ModelSession) => readonly SessionInput[]]>([
      ['no input', 'ERR_INPUT_LENGTH', /1 input .*received 0/, () => []],
      ['one input too many', 'ERR_INPUT_LENGTH', /received 2/, () => [red, red]],
      ['too few elements', 'ERR_INPUT_LENGTH', /expected 192 .*received 191/, () => [red.subarray(1)]],
      ['another array type', 'ERR_INPUT_TYPE', /Float32Array .*Int8Array/, () => [new Int8Array(192)]],
      ['64-bit floats', 'ERR_INPUT_TYPE', /Float64Array/, () => [new Float64Array(192) as never]],
      ['a plain array', 'ERR_INPUT_TYPE', /an array of 192/, () => [Array.from(red) as never]],
      ['nothing', 'ERR_INPUT_TYPE', /undefined/, () => [undefined as never]],
      ['NaN', 'ERR_INPUT_NOT_FINITE', /element 5 of 192 is NaN/, () => [nanAt(5, Number.NaN)]],
      ['infinity', 'ERR_INPUT_NOT_FINITE', /element 191 .*-Infinity/, () => [nanAt(191, -Infinity)]],
      [
        'too few pixels',
        'ERR_INPUT_LENGTH',
        /192 bytes of pixels .*received 12/,
        ({ inputs }) => [{ pixels: new Uint8Array(12), packing: packing(inputs[0]) }],
      ],
      [
        'a packing for another type',
        'ERR_INPUT_TYPE',
        /uint8/,
        ({ inputs }) => [
          {
            pixels: new Uint8Array(192),
            packing: { ...packing(inputs[0]), dataType: 'uint8', table: new Uint8Array(768) } as never,
          },
        ],
      ],
    ])('refuses %s, and goes on', async (_, code, message, inputs) => {
      const session = await open();
      await expect(session.run(inputs(session))).rejects.toMatchObject({
        name: 'InputError',
        code,
        message: expect.stringMatching(message),
      });
      expectScores((await session.run([red])).outputs[0]?.data, [1, 0, 0]);
    });

    function packing(tensor: TensorInfo | undefined) {
      if (tensor === undefined) throw new Error('the model has no input');
      return makePacking({ width: 8, height: 8, channels: 'RGB', scaling: '0..1', layout, tensor });
    }

    it('tells what it takes and gives', async () => {
      const session = await open();
      const shape = layout === 'NHWC' ? [1, 8, 8, 3] : [1, 3, 8, 8];
      expect(session.inputs).toEqual([{ name: 'image', dataType: 'float32', shape }]);
      expect(session.outputs).toMatchObject([{ dataType: 'float32', shape: [1, 3] }]);
      expect(session.details).toMatchObject({ engine: engine.name, threads: 1 });
      expect(session.details.version).toMatch(/^\d+\.\d+\.\d+/);
    });

    it('packs pixels into the very elements that packPixels makes', async () => {
      const session = await open();
      const pixels = Uint8Array.from({ length: 192 }, (_, i) => (i * 37 + 11) % 256);
      const plan = packing(session.inputs[0]);
      const packed = await session.run([{ pixels, packing: plan }]);
      const ready = await session.run([packPixels(pixels, plan)]);
      expect(packed.outputs).toEqual(ready.outputs);
    });

    it('leaves what the caller gave as it was, and gives memory that is never used again', async () => {
      const session = await open();
      const given = red.slice();
      const first = await session.run([given]);
      expect(given).toEqual(red);
      const kept = first.outputs[0]?.data.slice();
      first.outputs[0]?.data.fill(7 as never);
      await session.run([plainColour([0, 1, 0], layout)]);
      expectScores(kept, [1, 0, 0]);
      expect(plainNumbers(first.outputs[0]?.data)).toEqual([7, 7, 7]);
    });

    it('queues runs that are asked for at once, each with its own answer', async () => {
      const session = await open();
      const colours = Array.from({ length: 20 }, (_, i) => [i / 20, 1 - i / 20, 0.5]);
      const results = await Promise.all(colours.map((rgb) => session.run([plainColour(rgb, layout)])));
      for (const [i, { outputs, timing }] of results.entries()) {
        expectScores(outputs[0]?.data, colours[i] ?? []);
        expect(timing.queueMs).toBeGreaterThanOrEqual(0);
        expect(timing.inferenceMs).toBeGreaterThan(0);
      }
    });

    it('refuses an array that was given away while it waited, and runs the others', async () => {
      const session = await open();
      const lost = red.slice();
      const runs = [session.run([red]), session.run([lost]), session.run([red])];
      structuredClone(lost, { transfer: [lost.buffer] });
      const outcomes = await Promise.allSettled(runs);
      expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
      expect(outcomes[1]).toMatchObject({ reason: { code: 'ERR_INPUT_LENGTH' } });
    });

    it('finishes the run in progress when it is closed, refuses the others, and closing twice is fine', async () => {
      const session = await open();
      const runs = [session.run([red]), session.run([red]), session.run([red])];
      const closing = [session.close(), session.close()];
      const outcomes = await Promise.allSettled(runs);
      await Promise.all(closing);
      expect(outcomes[0]?.status).toBe('fulfilled');
      for (const outcome of outcomes.slice(1)) {
        expect(outcome).toMatchObject({
          status: 'rejected',
          reason: { name: 'ClosedError', code: 'ERR_CLOSED' },
        });
      }
      await expect(session.run([red])).rejects.toMatchObject({ code: 'ERR_CLOSED' });
    });

    it('opens ten at once, which all give the same answer', async () => {
      const sessions = await Promise.all(Array.from({ length: 10 }, open));
      const results = await Promise.all(sessions.map((session) => session.run([red])));
      for (const { outputs } of results) expect(outputs).toEqual(results[0]?.outputs);
      expectScores(results[0]?.outputs[0]?.data, [1, 0, 0]);
    });

    it('works in a worker thread of the caller', async () => {
      const file = new URL(`../../../dist/runtime/engines/${engine.name}.js`, import.meta.url);
      const host = new Worker(
        `const { parentPort, workerData } = require('node:worker_threads');
      import(workerData.file).then(async (engines) => {
        const session = await Object.values(engines)[0].open(workerData.model, { threads: 1 });
        const { outputs } = await session.run([workerData.input]);
        await session.close();
        parentPort.postMessage(outputs[0].data);
      });`,
        {
          eval: true,
          workerData: {
            file: file.href,
            input: red,
            model: { format: engine.name === 'onnx' ? 'onnx' : 'tflite', name: 'model', bytes: classifier },
          },
        },
      );
      const [[scores], [code]] = await Promise.all([once(host, 'message'), once(host, 'exit')]);
      expectScores(scores, [1, 0, 0]);
      expect(code).toBe(0);
    });

    it('leaves the event loop free while a slow model runs', async () => {
      const session = await keep(openModel(engine, slow));
      const input = new Float32Array(session.inputs[0]?.shape.reduce((a, b) => a * b) ?? 0).fill(0.5);
      let ticks = 0;
      const timer = setInterval(() => {
        ticks++;
      }, 5);
      let busyMs = 0;
      for (let i = 0; i < 6; i++) busyMs += (await session.run([input])).timing.inferenceMs;
      clearInterval(timer);
      // A blocked loop would tick once or twice a run.
      expect(ticks).toBeGreaterThan(busyMs / 5 / 3);
    });
  },
);

describe.each(WORKER_ENGINES)('a process with a session of the engine $engine.name', ({ engine }) => {
  const script = (body: string) => {
    const base = new URL('../../../', import.meta.url);
    const file = engine.name === 'onnx' ? 'onnx' : 'litert-wasm';
    return `
      import { Worker, isMainThread } from 'node:worker_threads';
      import { ${engine.name === 'onnx' ? 'onnxEngine' : 'litertWasmEngine'} as engine } from '${base}dist/runtime/engines/${file}.js';
      const [slow, format] = [Buffer.from(process.env.MODEL, 'base64'), '${engine.name === 'onnx' ? 'onnx' : 'tflite'}'];
      const session = await engine.open({ format, name: 'slow', bytes: slow }, { threads: 1 });
      const input = [new Float32Array(session.inputs[0].shape.reduce((a, b) => a * b)).fill(0.5)];
      const forever = async () => { for (;;) await session.run(input); };
      ${body}`;
  };

  function run(body: string) {
    const { slow } = WORKER_ENGINES.find((entry) => entry.engine === engine) ?? {};
    const result = spawnSync(process.execPath, ['--input-type=module', '--eval', script(body)], {
      cwd: fileURLToPath(new URL('../../../', import.meta.url)),
      env: { ...process.env, MODEL: Buffer.from(slow ?? []).toString('base64') },
      encoding: 'utf8',
      timeout: 50_000,
    });
    return { status: result.status, signal: result.signal, output: result.stdout, errors: result.stderr };
  }

  it('ends by itself while the session is open and idle', () => {
    const result = run(`await session.run(input); console.log('idle');`);
    expect(result).toMatchObject({ status: 0, signal: null, output: 'idle\n' });
  });

  it('does not end before the runs that it waits for', () => {
    const result = run(`session.run(input).then(() => session.run(input)).then(() => console.log('twice'));`);
    expect(result).toMatchObject({ status: 0, signal: null, output: 'twice\n' });
  });

  it('exits cleanly in the middle of a run', () => {
    const result = run(`forever(); setTimeout(() => process.exit(5), 70);`);
    expect(result).toEqual({ status: 5, signal: null, output: '', errors: '' });
  });

  it('exits cleanly in the middle of loading', () => {
    const result = run(`engine.open({ format, name: 'slow', bytes: slow }, { threads: 1 });
      setTimeout(() => process.exit(5), 20);`);
    expect(result).toEqual({ status: 5, signal: null, output: '', errors: '' });
  });

  it('reports an uncaught error in the middle of a run as usual', () => {
    const result = run(`forever(); setTimeout(() => { throw new Error('boom'); }, 70);`);
    expect(result).toMatchObject({ status: 1, signal: null });
    expect(result.errors).toContain('Error: boom');
  });
});

describe('a session whose worker fails', () => {
  const open = (init: { readonly loading?: string; readonly running?: string }) =>
    openWorkerSession({
      engine: 'onnx',
      worker: fileURLToPath(new URL('fake-worker.mjs', import.meta.url)),
      model: 'model.onnx',
      init,
      interruptible: true,
    });
  const input = Float32Array.of(1, 2);

  it.each([
    [{ loading: 'ends' }, 'ERR_ENGINE_LOAD', /onnx failed to load model\.onnx: its thread ended/],
    [{ loading: 'throws' }, 'ERR_ENGINE_LOAD', /no such engine/],
    [{ loading: 'refuses unforeseen' }, 'ERR_ENGINE_LOAD', /x is not a function/],
    [{ loading: 'refuses' }, 'ERR_UNSUPPORTED_OPERATOR', /^no Wobble$/],
  ])('does not open: %o', async (init, code, message) => {
    await expect(open(init)).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });

  it.each([
    ['ends', /ended with code 7/],
    ['throws', /out of room/],
    ['breaks', /unreachable/],
  ])('fails the run and those that wait when it %s, and is closed then', async (running, reason) => {
    const session = await open({ running });
    const outcomes = await Promise.allSettled([session.run([input]), session.run([input])]);
    for (const outcome of outcomes) {
      expect(outcome).toMatchObject({
        status: 'rejected',
        reason: { name: 'EngineError', code: 'ERR_ENGINE_RUN', message: expect.stringMatching(reason) },
      });
    }
    await expect(session.run([input])).rejects.toMatchObject({
      code: 'ERR_CLOSED',
      message: expect.stringMatching(reason),
    });
    await session.close();
  });

  it('fails the run in progress when it ends while the session is being closed', async () => {
    const session = await open({ running: 'ends' });
    const run = session.run([input]);
    const closing = session.close();
    await expect(run).rejects.toMatchObject({ code: 'ERR_ENGINE_RUN' });
    await closing;
  });

  it('answers when nothing fails', async () => {
    const session = await open({});
    const { outputs } = await session.run([input]);
    expect(outputs).toEqual([{ name: 'x', shape: [2], dataType: 'float32', data: input }]);
    await session.close();
  });
});
