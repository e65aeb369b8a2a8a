import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { impulse } from './command.js';
import { makeWorkspace, type Workspace } from './deployments.js';

let workspace: Workspace;
beforeAll(() => {
  workspace = makeWorkspace();
});
afterAll(() => workspace.remove());

describe('impulse convert', () => {
  it('writes a package that gives the same answer without a description', async () => {
    const out = workspace.at('package.zip');
    const picture = await workspace.draw('picture.png', { '#f00': [0, 0] });
    const converted = await impulse(['convert', workspace.detector, out]);
    expect(converted).toMatchObject({ code: 0, stderr: '' });
    expect(converted.stdout).toContain('1 learn block');
    const [before, after] = await Promise.all([
      impulse(['classify', workspace.detector, picture, '--json']),
      impulse(['classify', out, picture, '--json']),
    ]);
    expect(after.code).toBe(0);
    expect(JSON.parse(after.stdout).boundingBoxes).toHaveLength(1);
    expect(after.stdout).toBe(before.stdout);
  });

  it('writes thresholds that were given', async () => {
    const out = workspace.at('strict.zip');
    await impulse(['convert', workspace.detector, out, '--threshold', 'min_score=0.875']);
    const { stdout } = await impulse(['inspect', out, '--json']);
    expect(JSON.parse(stdout)).toMatchObject({
      format: 'package',
      learnBlocks: [{ block: { thresholds: { min_score: 0.875 } } }],
    });
  });

  it('with --json says what it wrote', async () => {
    const out = workspace.at('facts.zip');
    const { stdout } = await impulse(['convert', workspace.detector, out, '--json']);
    expect(JSON.parse(stdout)).toMatchObject({
      package: out,
      from: 'plain-model',
      models: [{ format: 'tflite' }],
    });
  });

  it('writes nothing where the deployment can not be read', async () => {
    const folder = workspace.at('empty');
    mkdirSync(folder);
    writeFileSync(workspace.at('broken.zip'), 'PK\u0003\u0004 not a zip');
    const { code, stderr } = await impulse(['convert', workspace.at('broken.zip'), `${folder}/out.zip`]);
    expect(code).toBe(1);
    expect(stderr).toContain('ERR_ARCHIVE_INVALID');
    expect(readdirSync(folder)).toEqual([]);
  });
});
