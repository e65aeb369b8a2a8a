import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, it } from 'vitest';
import { openIsolated } from '../../../src/runtime/engines/isolated/session.js';
import { slowModel, tinyRegression } from '../../fixtures/models.js';
import { compileFakeLibrary } from '../../native/fake-library/compile.js';
import { describeUnless, itUnless, missingAddon, missingProc } from '../../support/not-tested.js';
import {
  canLook,
  isolatedChildren,
  isRunning,
  namedMemory,
  openDescriptors,
  until,
} from './isolated-children.js';

const folder = mkdtempSync(join(tmpdir(), 'impulse-libraries-'));
afterAll(() => rmSync(folder, { recursive: true }));

const open = (tfliteLibrary?: string) =>
  openIsolated({
    model: { format: 'tflite', name: 'm.tflite', bytes: tinyRegression() },
    wanted: tfliteLibrary === undefined ? 'auto' : 'tflite',
    options: { threads: 1, ...(tfliteLibrary !== undefined && { tfliteLibrary }) },
  });

const before = new Set(canLook ? namedMemory() : []);

/** Other tests run beside this one, and for a moment memory has a name. */
const noNewMemory = () => until(() => namedMemory().every((name) => before.has(name)));

describeUnless(missingProc, 'what is left behind', () => {
  it('after 50 openings: no process, no descriptor, no file', async () => {
    const useOnce = async () => {
      const { session } = await open();
      await session.run([new Float32Array(4)]);
      await session.close();
    };
    await useOnce();
    const descriptors = openDescriptors();
    for (let round = 0; round < 10; round++) await Promise.all(Array.from({ length: 5 }, useOnce));
    expect(isolatedChildren()).toEqual([]);
    await noNewMemory();
    expect(openDescriptors()).toBeLessThanOrEqual(descriptors);
  });

  it('while a model is open: one process, and no file with a name', async () => {
    const { session } = await open();
    expect(isolatedChildren()).toHaveLength(1);
    await noNewMemory();
    await session.close();
  });

  it('after models that were refused', async () => {
    const descriptors = openDescriptors();
    for (let round = 0; round < 3; round++) {
      const order = {
        model: { format: 'tflite', name: 'x', bytes: new Uint8Array(9) },
        wanted: 'auto',
      } as const;
      await expect(openIsolated({ ...order, options: { threads: 1 } })).rejects.toMatchObject({
        code: 'ERR_MODEL_INVALID',
      });
    }
    expect(isolatedChildren()).toEqual([]);
    expect(openDescriptors()).toBeLessThanOrEqual(descriptors);
  });

  itUnless(missingAddon, 'what is left behind after crashes')('after crashes', async () => {
    const library = compileFakeLibrary(folder, 'CRASHING_RUN');
    const { session } = await open(library);
    const descriptors = openDescriptors();
    await expect(session.run([Float32Array.of(13, 0, 0, 0)])).rejects.toMatchObject({
      code: 'ERR_ENGINE_RUN',
    });
    expect(isolatedChildren()).toEqual([]);
    await session.run([new Float32Array(4)]);
    expect(openDescriptors()).toBeLessThanOrEqual(descriptors);
    await session.close();
    expect(isolatedChildren()).toEqual([]);
    await noNewMemory();
  });
});

describeUnless(missingProc, 'a program with an isolated model', () => {
  const start = (body: string, model: Uint8Array = slowModel(), library = '') => {
    const session = new URL('../../../dist/runtime/engines/isolated/session.js', import.meta.url);
    const script = `
      import { openIsolated } from '${session}';
      const bytes = Buffer.from(process.env.MODEL, 'base64');
      const library = process.env.LIBRARY;
      const opening = openIsolated({
        model: { format: 'tflite', name: 'm.tflite', bytes },
        wanted: 'auto',
        options: { threads: 1, ...(library && { tfliteLibrary: library }) },
      });
      ${body}`;
    const program = spawn(process.execPath, ['--input-type=module', '--eval', script], {
      cwd: fileURLToPath(new URL('../../../', import.meta.url)),
      env: { ...process.env, MODEL: Buffer.from(model).toString('base64'), LIBRARY: library },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    return { program, pid: program.pid as number, ended: once(program, 'exit') };
  };
  const opened = `
    const { session } = await opening;
    const input = [new Float32Array(session.inputs[0].shape.reduce((a, b) => a * b)).fill(13)];`;

  /** Those that live once the program has said something. */
  async function childrenOf({ program, pid }: ReturnType<typeof start>): Promise<number[]> {
    await once(program.stdout, 'data');
    const children = isolatedChildren(pid);
    expect(children).toHaveLength(1);
    return children;
  }

  it('ends by itself while the model is open and idle, and its process with it', async () => {
    // Long enough to be looked at.
    const run = start(`${opened} await session.run(input); console.log('idle'); setTimeout(() => {}, 500);`);
    const children = await childrenOf(run);
    expect(await run.ended).toEqual([0, null]);
    await until(() => !children.some(isRunning));
  });

  it('does not end before the runs that it waits for', async () => {
    const run = start(
      `${opened} session.run(input).then(() => session.run(input)).then(() => console.log('twice'));`,
    );
    const [text] = await once(run.program.stdout, 'data');
    expect(String(text)).toBe('twice\n');
    expect(await run.ended).toEqual([0, null]);
  });

  it('does not end before the model is closed, where it waits for that', async () => {
    const run = start(`${opened} await session.close(); console.log('closed');`);
    const [text] = await once(run.program.stdout, 'data');
    expect(String(text)).toBe('closed\n');
    expect(await run.ended).toEqual([0, null]);
  });

  it('exits in mid-run, and the process of the model with it', async () => {
    const run = start(
      `${opened} session.run(input); console.log('runs'); setTimeout(() => process.exit(5), 500);`,
    );
    const children = await childrenOf(run);
    expect(await run.ended).toEqual([5, null]);
    await until(() => !children.some(isRunning));
  });

  it.each([
    ['idle', `${opened} console.log('idle'); setInterval(() => {}, 1000);`],
    ['busy', `${opened} console.log('busy'); for (;;) await session.run(input);`],
  ])('takes the process of its model with it when it is killed (%s)', async (_, body) => {
    const run = start(body);
    const children = await childrenOf(run);
    process.kill(run.pid, 'SIGKILL');
    await run.ended;
    await until(() => !children.some(isRunning));
    await noNewMemory();
  });

  itUnless(missingAddon, 'a program whose isolated model hangs')(
    'does so where the model hangs, too',
    async () => {
      const library = compileFakeLibrary(folder, 'HANGING_RUN');
      const run = start(
        `${opened} session.run(input); setTimeout(() => console.log('hangs'), 100);`,
        tinyRegression(),
        library,
      );
      const children = await childrenOf(run);
      process.kill(run.pid, 'SIGKILL');
      await run.ended;
      await until(() => !children.some(isRunning));
    },
  );

  it('does so while the model is being opened', async () => {
    const run = start(`opening.catch(() => {}); setInterval(() => {}, 1000);`);
    let children: number[] = [];
    await until(() => {
      children = isolatedChildren(run.pid);
      return children.length > 0;
    });
    process.kill(run.pid, 'SIGKILL');
    await run.ended;
    await until(() => !children.some(isRunning));
  });
});
