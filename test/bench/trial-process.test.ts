import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { TrialOrder } from '../../src/bench/protocol.js';
import { runTrial } from '../../src/bench/trial-process.js';
import { childrenOf, isRunning, until } from '../runtime/engines/isolated-children.js';
import { describeUnless, missingProc } from '../support/not-tested.js';

const SHAPES = fileURLToPath(new URL('../../examples/shapes.zip', import.meta.url));

/** It goes on until somebody ends it. */
const ENDLESS: TrialOrder = {
  source: SHAPES,
  options: { threads: 1 },
  measure: {
    input: { kind: 'frame', width: 96, height: 96, base64: Buffer.alloc(96 * 96 * 3).toString('base64') },
    warmup: 0,
    extent: { seconds: 3600, atLeast: 1 },
  },
};

function trials(): number[] {
  return childrenOf(process.pid, (_state, command) => command.includes('bench/trial.js'));
}

describe('a trial', () => {
  it('that measures nothing says what it opened', async () => {
    const outcome = await runTrial({ source: SHAPES, options: {} }, 60_000);
    expect(outcome).toMatchObject({
      kind: 'done',
      opened: { input: { inputType: 'image' }, models: [{ format: 'tflite', notes: [] }] },
    });
  });

  it('that is refused has the error, as it was thrown', async () => {
    const outcome = await runTrial({ source: '/missing.zip', options: {} }, 60_000);
    expect(outcome).toMatchObject({
      kind: 'failed',
      error: { name: 'DeploymentError', code: 'ERR_DEPLOYMENT_NOT_FOUND' },
    });
  });

  it('that gives no sign of life for too long is ended', async () => {
    const outcome = await runTrial({ source: SHAPES, options: {} }, 1);
    expect(outcome).toEqual({
      kind: 'failed',
      reason: 'The process has not opened the deployment within 0.001 s, and was ended.',
    });
  });
});

describeUnless(missingProc, 'a trial whose process is killed', () => {
  it.each(['SIGKILL', 'SIGSEGV'] as const)('has that as its reason (%s)', async (signal) => {
    const running = runTrial(ENDLESS, 60_000);
    await until(() => trials().length > 0);
    const [pid = Number.NaN] = trials();
    process.kill(pid, signal);
    expect(await running).toEqual({
      kind: 'failed',
      reason: expect.stringContaining(`The process was ended by the signal ${signal}`),
    });
    expect(isRunning(pid)).toBe(false);
  });
});
