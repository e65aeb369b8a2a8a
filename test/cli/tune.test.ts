import { existsSync, readdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TuningReport } from '../../src/index.js';
import { isMeasured } from '../../src/runtime/tuning/tuning.js';
import { type Finished, impulse } from './command.js';
import { makeWorkspace, type Workspace } from './deployments.js';

let space: Workspace;
beforeAll(() => {
  space = makeWorkspace();
});
afterAll(() => space.remove());

/** With a cache folder of its own. */
function tune(cache: string, ...args: readonly string[]): Promise<Finished> {
  return impulse(args, { env: { XDG_CACHE_HOME: space.at(cache) } });
}

describe('impulse tune', () => {
  it('shows what was measured and what was chosen, and remembers it for later commands', async () => {
    const tuned = await tune('cache', 'tune', space.detector);
    expect(tuned).toMatchObject({ code: 0, stderr: '' });
    expect(tuned.stdout).toMatch(/^ {2}\* {2}\S.* \d+\.\d+ ms {2}/m);
    expect(tuned.stdout).toMatch(/chosen: (tflite|litert-wasm), /);
    expect(tuned.stdout).toContain(`Remembered in ${space.at('cache')}`);
    const inspected = await tune('cache', 'inspect', space.detector);
    expect(inspected.stdout).toContain('chosen: ');
    const ignored = await tune('cache', 'inspect', space.detector, '--no-tune');
    expect(ignored).toMatchObject({ code: 0 });
    expect(ignored.stdout).not.toContain('chosen: ');
  });

  it('gives everything as JSON, and remembers nothing with --dry-run', async () => {
    const { code, stdout } = await tune('nothing', 'tune', space.detector, '--json', '--dry-run');
    expect(code).toBe(0);
    const report = JSON.parse(stdout) as TuningReport;
    expect(report.rememberedIn).toBeUndefined();
    expect(report.tunings[0]?.trials.some(isMeasured)).toBe(true);
    expect(existsSync(space.at('nothing'))).toBe(false);
  });

  it('remembers beside the deployment with --beside', async () => {
    const { code, stdout } = await tune('nothing', 'tune', space.detector, '--beside');
    expect(code).toBe(0);
    expect(stdout).toContain(`${space.detector}.tuning.json`);
    expect(readdirSync(space.at('.'))).toContain(`${space.detector.split('/').at(-1)}.tuning.json`);
  });

  it.each([
    ['a tolerance beyond the range', ['--tolerance', '2'], 2, 'from 0 to 1'],
    ['a picture that is not there', ['--input', 'missing.jpg'], 1, 'missing.jpg'],
  ])('refuses %s', async (_what, args, code, text) => {
    const refused = await tune('nothing', 'tune', space.detector, ...args);
    expect(refused.code).toBe(code);
    expect(refused.stderr).toContain(text);
  });
});
