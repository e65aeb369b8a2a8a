import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { impulse } from './command.js';
import { makeWorkspace, type Workspace } from './deployments.js';

let workspace: Workspace;
let picture: string;
beforeAll(async () => {
  workspace = makeWorkspace();
  picture = await workspace.draw('picture.png', { '#f00': [0, 0] });
});
afterAll(() => workspace.remove());

async function boxesOf(deployment: string): Promise<string> {
  const { code, stdout } = await impulse(['classify', deployment, picture, '--json']);
  expect(code).toBe(0);
  return stdout;
}

describe('impulse build', () => {
  it('writes a package that gives the same answer', async () => {
    const out = workspace.at('built.zip');
    const built = await impulse(['build', workspace.detector, '--out', out]);
    expect(built).toMatchObject({ code: 0, stderr: '' });
    expect(built.stdout).toContain('float32');
    expect(await boxesOf(out)).toBe(await boxesOf(workspace.detector));
  });

  it('writes a folder whose model opens with what lies beside it, and whose checksums are right', async () => {
    const out = workspace.at('plain');
    expect(await impulse(['build', workspace.detector, '--type', 'folder', '--out', out])).toMatchObject({
      code: 0,
    });
    expect(await boxesOf(join(out, 'model.tflite'))).toBe(await boxesOf(workspace.detector));
    for (const line of readFileSync(join(out, 'SHA256SUMS'), 'utf8').trimEnd().split('\n')) {
      const [sum, name = ''] = line.split('  ');
      const hash = createHash('sha256').update(readFileSync(join(out, name)));
      expect(hash.digest('hex')).toBe(sum);
    }
  });

  it('does not write over a folder, and leaves nothing half written', async () => {
    const out = workspace.at('taken');
    mkdirSync(out);
    writeFileSync(join(out, 'mine.txt'), 'mine');
    const { code, stderr } = await impulse(['build', workspace.detector, '--type', 'folder', '--out', out]);
    expect([code, stderr]).toEqual([2, expect.stringContaining('is there already')]);
    expect(readdirSync(out)).toEqual(['mine.txt']);
    const file = workspace.at('no', 'such', 'folder.zip');
    expect(await impulse(['build', workspace.detector, '--out', file])).toMatchObject({ code: 3 });
    expect(readdirSync(workspace.path).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  it('takes options that say what the deployment is', async () => {
    const out = workspace.at('strict.zip');
    await impulse(['build', workspace.detector, '--threshold', 'min_score=0.875', '--out', out]);
    const { stdout } = await impulse(['inspect', out, '--json']);
    expect(JSON.parse(stdout)).toMatchObject({
      format: 'package',
      learnBlocks: [{ block: { thresholds: { min_score: 0.875 } } }],
    });
  });

  it('with --json says what it wrote', async () => {
    const out = workspace.at('facts.zip');
    const { stdout } = await impulse(['build', workspace.classifier, '--out', out, '--json']);
    expect(JSON.parse(stdout)).toMatchObject({
      out,
      type: 'zip',
      modelType: 'float32',
      bytes: readFileSync(out).length,
      from: 'plain-model',
      models: [{ format: 'tflite' }],
    });
  });

  it.each([
    [['--type', 'wasm'], "'wasm' can't be built on this device: it builds zip, folder"],
    [['--engine', 'tensorrt'], 'it builds for tflite'],
    [['--model-type', 'int8'], 'There is no int8 variant of this model: there is float32'],
  ])('refuses %j with what there is', async (args, message) => {
    const out = workspace.at('refused.zip');
    const { code, stderr } = await impulse(['build', workspace.detector, ...args, '--out', out]);
    expect([code, stderr]).toEqual([3, expect.stringContaining(message)]);
    expect(stderr).toContain('[ERR_BUILD_UNSUPPORTED]');
    expect(existsSync(out)).toBe(false);
  });
});
