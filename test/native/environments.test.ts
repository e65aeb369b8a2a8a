import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { slowModel } from '../fixtures/models.js';

const folder = mkdtempSync(join(tmpdir(), 'impulse-environments-'));
const model = join(folder, 'slow.tflite');
beforeAll(() => writeFileSync(model, slowModel({ convolutions: 48 })));
afterAll(() => rmSync(folder, { recursive: true }));

interface Ending {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program of `test/native/programs` on the slow model, in a process of its own. */
function run(program: string, args: readonly string[] = [], flags: readonly string[] = []): Promise<Ending> {
  const path = fileURLToPath(new URL(`./programs/${program}`, import.meta.url));
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [...flags, path, model, ...args],
      { timeout: 50_000 },
      (_, stdout, stderr) => {
        resolve({ code: child.exitCode, signal: child.signalCode, stdout, stderr });
      },
    );
  });
}

describe('the addon in environments that end', () => {
  it.each([
    ['process.exit() in the middle of a run', 'exit'],
    ['process.exit() while a model is being opened', 'open'],
    ['process.exit() with a worker that computes', 'exit-with-worker'],
    ['process.exit() in a worker', 'exit-in-worker'],
    ['worker.terminate() in the middle of a run', 'terminate'],
    ['close() in the middle of a run', 'close'],
  ])('ends cleanly after %s', async (_, how) => {
    expect(await run('exit.mjs', [how])).toMatchObject({ code: 5, signal: null });
  });

  it('lets an uncaught exception end the process as ever', async () => {
    expect(await run('exit.mjs', ['throw'])).toMatchObject({
      code: 1,
      signal: null,
      stderr: expect.stringContaining('on purpose'),
    });
  });

  it('survives ten worker threads of which half are terminated in the middle of a run', async () => {
    const { code, signal, stdout, stderr } = await run('workers.mjs');
    expect({ code, signal, stderr: stderr.includes('Error') }).toEqual({
      code: 0,
      signal: null,
      stderr: false,
    });
    const [main, ...workers] = JSON.parse(stdout);
    expect(main).toHaveLength(1);
    workers.forEach((end: unknown, index: number) => {
      expect(end, `worker ${index}`).toEqual(index % 2 === 0 ? 'terminated' : main);
    });
  });
});

describe('an open session', () => {
  it('does not keep the process alive when it is idle', async () => {
    expect(await run('stay.mjs', ['idle'])).toMatchObject({ code: 0, signal: null, stdout: 'answered\n' });
  });

  it('keeps the process alive while it computes', async () => {
    expect(await run('stay.mjs', ['busy'])).toMatchObject({ code: 0, signal: null, stdout: 'answered\n' });
  });

  it.runIf(process.platform === 'linux')(
    'that nobody closed gives its thread back when it is forgotten',
    async () => {
      const { code, stdout } = await run('forget.mjs', [], ['--expose-gc']);
      expect(code).toBe(0);
      const { before, most, after, answered } = JSON.parse(stdout);
      expect(answered).toBe(40);
      expect(most).toBeGreaterThan(before + 20);
      expect(after).toBeLessThanOrEqual(before + 2);
    },
  );
});
