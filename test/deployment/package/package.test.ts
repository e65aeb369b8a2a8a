import { readFileSync } from 'node:fs';
import { toJsonSchema } from '@valibot/to-json-schema';
import { describe, expect, it } from 'vitest';
import { openContents } from '../../../src/deployment/open.js';
import { manifestSchema } from '../../../src/deployment/package/manifest.js';
import { convertDeployment, openDeployment } from '../../../src/index.js';
import type { Files } from '../../fixtures/deployment-writer.js';
import { GENERATIONS, libraryFiles, zipOf } from '../../fixtures/deployment-writer.js';
import { FOMO, KMEANS } from '../../fixtures/library-facts.js';
import { COLOURS, tinyClassifier, tinyFomo, tinyRegression } from '../../fixtures/models.js';
import { refusalOf, solid } from '../../runtime/support.js';

const NAME = 'impulse-package.json';

/** The files of a package, to be put together again in another way. */
async function unpacked(bytes: Uint8Array): Promise<Files> {
  const { openZip } = await import('../../../src/deployment/archive.js');
  const tree = await openZip(bytes, 'package');
  return new Map(await Promise.all(tree.names.map(async (name) => [name, await tree.read(name)] as const)));
}

async function changed(change: (manifest: never) => unknown): Promise<Uint8Array> {
  const library = await zipOf(libraryFiles('G4', 'included file', FOMO, tinyFomo()));
  const files = await unpacked((await convertDeployment(library)).bytes);
  const manifest = JSON.parse(new TextDecoder().decode(files.get(NAME) as Uint8Array));
  const text = change(manifest as never);
  files.set(NAME, typeof text === 'string' ? text : JSON.stringify(manifest));
  return zipOf(files);
}

describe('A package', () => {
  it.each(GENERATIONS)('of a library of generation %s holds what the library holds', async (generation) => {
    const library = await zipOf(libraryFiles(generation, 'included file', FOMO, tinyFomo()));
    const before = await openContents(library);
    const after = await openContents((await convertDeployment(library)).bytes);
    expect(after).toEqual({ ...before, format: 'package' });
  });

  it('gives the same answer as the deployment that it was made of', async () => {
    const library = await zipOf(libraryFiles('G3', 'array of 2023', FOMO, tinyFomo()));
    await using original = await openDeployment(library);
    await using converted = await openDeployment((await convertDeployment(library)).bytes);
    const frame = solid(1, 40, 30);
    const answer = await original.classifyImage(frame);
    expect(answer.boundingBoxes?.length).toBeGreaterThan(0);
    expect(await converted.classifyImage(frame)).toEqual(answer);
  });

  it('keeps thresholds and resize mode that were chosen for it', async () => {
    const library = await zipOf(libraryFiles('G4', 'included file', FOMO, tinyFomo()));
    const { bytes } = await convertDeployment(library, {
      thresholds: { min_score: 0.75 },
      resizeMode: 'squash',
    });
    const { impulse } = await openContents(bytes);
    expect(impulse.learnBlocks).toMatchObject([{ thresholds: { min_score: 0.75 } }]);
    expect(impulse.input).toMatchObject({ resizeMode: 'squash' });
  });

  it('of a plain model needs its description no more', async () => {
    const modelInfo = {
      input: { inputType: 'image', inputScaling: '0..1', resizeMode: 'squash' },
      model: { modelType: 'classification', labels: [...COLOURS] },
    };
    const { bytes } = await convertDeployment(tinyClassifier(), { modelInfo });
    await using deployment = await openDeployment(bytes);
    expect((await deployment.classifyImage(solid(2, 8, 8))).result?.blue).toBeGreaterThan(0.99);
  });

  it('is the same, byte for byte, every time', async () => {
    const library = await zipOf(libraryFiles('G4', 'included file', FOMO, tinyFomo()));
    const [first, second] = await Promise.all([convertDeployment(library), convertDeployment(library)]);
    expect(Buffer.from(first.bytes).equals(second.bytes)).toBe(true);
  });

  it('is described by docs/package.schema.json', () => {
    const file = new URL('../../../docs/package.schema.json', import.meta.url);
    const { title, ...documented } = JSON.parse(readFileSync(file, 'utf8'));
    expect(title).toContain(NAME);
    expect(toJsonSchema(manifestSchema, { ignoreActions: ['finite', 'safe_integer'] })).toEqual(documented);
  });
});

describe('A package is refused', () => {
  it('whose model was changed, with both checksums', async () => {
    const library = await zipOf(libraryFiles('G4', 'included file', FOMO, tinyFomo()));
    const files = await unpacked((await convertDeployment(library)).bytes);
    const [name] = [...files.keys()].filter((key) => key.startsWith('models/'));
    const model = Uint8Array.from(files.get(name as string) as Uint8Array);
    model[model.length - 1] = (model.at(-1) as number) ^ 1;
    files.set(name as string, model);
    const error = await refusalOf(openContents(await zipOf(files)));
    expect(error.code).toBe('ERR_MODEL_INVALID');
    expect(error.message).toMatch(/[0-9a-f]{64}, not \d+ and [0-9a-f]{64}/);
  });

  it('whose model is missing, by its name', async () => {
    const library = await zipOf(libraryFiles('G4', 'included file', FOMO, tinyFomo()));
    const files = await unpacked((await convertDeployment(library)).bytes);
    const error = await refusalOf(
      openContents(await zipOf(new Map([...files].filter(([key]) => key === NAME)))),
    );
    expect(error.code).toBe('ERR_MODEL_MISSING');
    expect(error.message).toContain('models/1-');
  });

  it('of a later version, with the advice to update', async () => {
    const bytes = await changed((manifest: { version: number }) => {
      manifest.version = 2;
    });
    const error = await refusalOf(openContents(bytes));
    expect(error).toMatchObject({ name: 'UnsupportedError', code: 'ERR_UNSUPPORTED_FORMAT' });
    expect(error.message).toContain('version 2');
  });

  it.each<[string, (manifest: never) => unknown, RegExp]>([
    ['that is not JSON', () => '{ "format": ', /not JSON/],
    ['that is a list', () => '[]', /format/],
    ['without a format', (m: { format?: string }) => delete m.format, /format/],
    [
      'with an unknown resize mode',
      (m: { impulse: { input: { resizeMode: string } } }) => {
        m.impulse.input.resizeMode = 'stretch';
      },
      /impulse\.input\.resizeMode/,
    ],
    [
      'with a size of half a pixel',
      (m: { impulse: { input: { width: number } } }) => {
        m.impulse.input.width = 95.5;
      },
      /impulse\.input\.width/,
    ],
    ['with an infinite threshold', () => undefined, /min_score/],
    [
      'with a field that nobody knows',
      (m: { impulse: { secret?: string } }) => {
        m.impulse.secret = 'x';
      },
      /secret/,
    ],
    [
      'whose block names a model that is not listed',
      (m: { impulse: { learnBlocks: { artefact: string }[] } }) => {
        for (const block of m.impulse.learnBlocks) block.artefact = 'other';
      },
      /artefact.*other/,
    ],
    [
      'without learn blocks',
      (m: { impulse: { learnBlocks: unknown[] } }) => {
        m.impulse.learnBlocks = [];
      },
      /learnBlocks is empty/,
    ],
  ])('%s', async (what, change, message) => {
    const bytes = await changed((manifest) => {
      if (!what.includes('infinite')) return change(manifest);
      return JSON.stringify(manifest).replace(/"min_score":[\d.]+/, '"min_score":1e999');
    });
    const error = await refusalOf(openContents(bytes));
    expect(error).toMatchObject({ name: 'DeploymentError', code: 'ERR_METADATA_INVALID' });
    expect(error.message).toMatch(message);
  });

  it('when it is given a description, because it has its own', async () => {
    const library = await zipOf(libraryFiles('G4', 'included file', FOMO, tinyFomo()));
    const { bytes } = await convertDeployment(library);
    const error = await refusalOf(openContents(bytes, { lastLayer: 'yolov5' }));
    expect(error).toMatchObject({ code: 'ERR_OPTION_INVALID' });
    expect(error.message).toContain('package');
  });
});

describe('K-means', () => {
  it('is kept in a package, and its lists must fit its axes', async () => {
    const library = await zipOf(libraryFiles('G4', 'included file', KMEANS, tinyRegression()));
    const { bytes } = await convertDeployment(library);
    await using deployment = await openDeployment(bytes);
    expect((await deployment.classify({ tensor: [0, 3, 0, 8] })).response.result?.anomaly).toBeCloseTo(
      4.75,
      5,
    );
    const files = await unpacked(bytes);
    const text = new TextDecoder().decode(files.get(NAME) as Uint8Array);
    const manifest = JSON.parse(text);
    for (const block of manifest.impulse.learnBlocks) block.kmeans?.mean.pop();
    files.set(NAME, JSON.stringify(manifest));
    expect((await refusalOf(openContents(await zipOf(files)))).message).toMatch(/each of 2 axes/);
  });
});
