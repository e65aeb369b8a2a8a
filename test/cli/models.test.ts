import { existsSync, mkdirSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { tinyOnnxClassifier } from '../fixtures/onnx-models.js';
import { itUnless, missingOnnxRuntime } from '../support/not-tested.js';
import { type Finished, impulse } from './command.js';
import { makeWorkspace, type Workspace } from './deployments.js';

const SHAPES = fileURLToPath(new URL('../../examples/shapes.zip', import.meta.url));
const PICTURE = fileURLToPath(new URL('../../examples/shapes.jpg', import.meta.url));
const missing = await missingOnnxRuntime();

let workspace: Workspace;
let env: Record<string, string>;
beforeAll(() => {
  workspace = makeWorkspace();
  // Its own temporary files: what is left there is what it has left.
  mkdirSync(workspace.at('tmp'));
  env = { IMPULSE_DATA: workspace.at('data'), TMPDIR: workspace.at('tmp') };
});
afterAll(() => workspace.remove());

const models = (...args: string[]): Promise<Finished> => impulse(['models', ...args], { env });
const json = async (...args: string[]) => JSON.parse((await models(...args, '--json')).stdout);
const add = (file: string, name: string, ...args: string[]) => json('add', file, '--name', name, ...args);

afterEach(async () => {
  const { children } = await json('ls', '--limit', '1000');
  if (children.length > 0) await models('rm', ...children.map(({ id }: { id: string }) => id));
});

describe('impulse models', () => {
  it('adds, lists, shows and removes a model', async () => {
    expect((await models('ls')).stdout).toBe('no models\n');
    const added = await models('add', SHAPES, '--name', 'shapes', '--description', 'for everyone');
    expect(added).toMatchObject({ code: 0, stderr: '' });
    expect(added.stdout).toMatch(/^shapes {2}[0-9a-f-]{36} {2}cpp-library, 32\.4 KiB\n$/);
    expect((await models('ls')).stdout).toMatch(
      /^name +id +format +size +created \(UTC\)\nshapes +[0-9a-f-]{36} /,
    );
    const { stdout } = await models('show', 'shapes');
    expect(stdout).toContain('description       for everyone');
    expect(stdout).toContain('can be made into  impulse-package, tflite, int8');
    expect((await models('rm', 'shapes')).stdout).toMatch(/^removed shapes {2}[0-9a-f-]{36}\n$/);
    expect(readdirSync(workspace.at('data', 'artefacts'))).toEqual([]);
  });

  it('keeps properties, of which JSON stays what it is, and filters by them', async () => {
    const properties = ['--property', 'rank=3', '--property', 'team=vision=1', '--property', 'tags=["a"]'];
    const model = await add(
      workspace.classifier,
      'colours',
      ...properties,
      '--model-info',
      workspace.at('classifier.json'),
    );
    expect(model).toMatchObject({ rank: 3, team: 'vision=1', tags: ['a'], modelInfo: { input: {} } });
    await add(SHAPES, 'shapes', '--property', 'rank=1');
    const found = await json(
      'ls',
      '--property',
      'rank>=1',
      '--property',
      'team==vision=1',
      '--orderby',
      '-rank',
    );
    expect(found.children).toMatchObject([{ name: 'colours' }]);
    expect(found._page).toMatchObject({ property: 'rank>=1,team==vision=1,deleted==false', count: 1 });
    const page = await models('ls', '--limit', '1');
    expect(page.stderr).toBe('1 of 2: the next with --start 1\n');
  });

  it('writes names that could steer the terminal as what they are', async () => {
    await add(SHAPES, 'right \u202e to left');
    expect((await models('ls')).stdout).toContain('right \\u{202e} to left');
  });

  it('makes a model into another format, and writes it', async () => {
    await add(SHAPES, 'shapes');
    const out = workspace.at('out.tflite');
    const made = await models('transcode', 'shapes', '--to', 'tflite', '--out', out);
    expect(made.stdout).toMatch(/^tflite {2}shapes\.tflite {2}51\.4 KiB {2}[0-9a-f-]{36}\n$/);
    expect(readFileSync(out).subarray(4, 8).toString()).toBe('TFL3');
    expect((await json('show', 'shapes')).transcodings).toMatchObject([{ targetFormat: 'tflite' }]);
  });

  itUnless(missing, 'transcode --to ort')(
    'makes ONNX into what the same command then classifies with',
    async () => {
      writeFileSync(workspace.at('m.onnx'), tinyOnnxClassifier());
      await add(workspace.at('m.onnx'), 'onnx');
      await models('transcode', 'onnx', '--to', 'ort', '--out', workspace.at('m.ort'));
      const picture = await workspace.draw('red.png', { '#f00': [0, 0] });
      const answers = await Promise.all(
        ['m.onnx', 'm.ort'].map((name) =>
          impulse([
            'classify',
            workspace.at(name),
            picture,
            '--json',
            '--model-info',
            workspace.at('classifier.json'),
          ]),
        ),
      );
      expect(answers.map(({ code }) => code)).toEqual([0, 0]);
      expect(answers[1]?.stdout).toBe(answers[0]?.stdout);
    },
  );

  it('reads no description that is too large for one', async () => {
    const path = workspace.at('large.json');
    writeFileSync(path, '{}');
    truncateSync(path, 65 * 2 ** 20);
    const { code, stderr } = await models('add', workspace.classifier, '--name', 'a', '--model-info', path);
    expect([code, stderr]).toEqual([1, expect.stringMatching(/no description does.*ERR_METADATA_INVALID/s)]);
  });

  it.each([
    [1, 'no description', ['add', SHAPES, '--name', 'a', '--model-info', 'nowhere'], 'ERR_METADATA_MISSING'],
    [1, 'no JSON', ['add', SHAPES, '--name', 'a', '--model-info', PICTURE], 'ERR_METADATA_INVALID'],
    [1, 'no such model', ['show', 'nobody'], 'ERR_REGISTRY_NOT_FOUND'],
    [1, 'one of several that is not there', ['rm', 'nobody', 'neither'], 'ERR_REGISTRY_NOT_FOUND'],
    [1, 'no file', ['add', 'nowhere.zip', '--name', 'a'], 'ERR_DEPLOYMENT_NOT_FOUND'],
    [1, 'a folder', ['add', tmpdir(), '--name', 'a'], 'impulse convert'],
    [1, 'a picture', ['add', PICTURE, '--name', 'a'], 'ERR_DEPLOYMENT_UNRECOGNISED'],
    [2, 'a filter that is none', ['ls', '--property', 'name'], 'ERR_REGISTRY_QUERY'],
    [2, 'a name that is none', ['add', SHAPES, '--name', ' '], 'ERR_REGISTRY_DESCRIPTION'],
    [2, 'no name', ['add', SHAPES], "required option '--name <name>'"],
    [2, 'a property without a value', ['add', SHAPES, '--name', 'a', '--property', 'b'], 'key=value'],
    [2, 'a subcommand that is none', ['list'], 'unknown command'],
  ])('ends with %i for %s', async (code, _, args, text) => {
    const finished = await models(...args);
    expect(finished.code).toBe(code);
    expect(finished.stderr).toContain(text);
    expect(finished.stdout).toBe('');
  });

  it('removes nothing where a name is not one model alone', async () => {
    const [one] = [await add(SHAPES, 'twins'), await add(SHAPES, 'twins')];
    const refused = await models('rm', 'twins');
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain(one.id);
    expect((await json('ls')).children).toHaveLength(2);
    expect((await models('rm', one.id)).code).toBe(0);
  });

  it('names the formats that there are in place of one that can not be made', async () => {
    await add(SHAPES, 'shapes');
    const { code, stderr } = await models('transcode', 'shapes', '--to', 'CoreML');
    expect(code).toBe(1);
    expect(stderr).toContain('impulse-package, tflite, int8');
  });
});

describe('registry:NAME', () => {
  it('takes the place of a deployment, in a process of its own, and leaves nothing', async () => {
    await add(SHAPES, 'my shapes');
    const [stored, given] = await Promise.all([
      impulse(['classify', 'registry:my shapes', PICTURE, '--json'], { env }),
      impulse(['classify', SHAPES, PICTURE, '--json']),
    ]);
    expect(stored).toEqual(given);
    const inspect = async (...args: string[]) => {
      const { stdout } = await impulse(['inspect', 'registry:my shapes', '--json', ...args], { env });
      return JSON.parse(stdout).learnBlocks[0].model.engine.isolation;
    };
    expect(await inspect()).toBe('isolated process');
    expect(await inspect('--isolation', 'none')).not.toBe('isolated process');
    const left = readdirSync(workspace.at('tmp')).filter((name) => name.startsWith('impulse-'));
    expect(left).toEqual([]);
  });

  it('brings the description that was registered with a plain model', async () => {
    await add(workspace.classifier, 'colours', '--model-info', workspace.at('classifier.json'));
    const out = workspace.at('colours.zip');
    const { code, stderr } = await impulse(['convert', 'registry:colours', out], { env });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(existsSync(out)).toBe(true);
    const features = await impulse(['features', 'registry:colours', PICTURE], { env });
    expect(features.stdout).toMatch(/^0x/);
  });

  it('is an error where there is no such model', async () => {
    const { code, stderr } = await impulse(['classify', 'registry:nobody', PICTURE], { env });
    expect(code).toBe(1);
    expect(stderr).toContain('ERR_REGISTRY_NOT_FOUND');
  });
});
