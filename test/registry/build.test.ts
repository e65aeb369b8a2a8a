/** Builds: the same answers as the model that they came from, the same bytes each time, and refusals that say why. */
import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { catalogue } from '../../scripts/models/catalogue.mjs';
import { openZip } from '../../src/deployment/archive.js';
import { sha256Of } from '../../src/deployment/package/read.js';
import { openDeployment } from '../../src/index.js';
import { type Build, build, fingerprintOf } from '../../src/registry/build.js';
import { readBuildInput } from '../../src/registry/build-source.js';
import { type BuildFormat, type BuildRequest, checkBuildRequest } from '../../src/registry/build-targets.js';
import type { ClassifyInput } from '../../src/runtime/classification.js';
import type { ConvertOptions } from '../../src/runtime/convert.js';
import { convertToOrt } from '../../src/runtime/engines/onnx-to-ort.js';
import { zipOf } from '../fixtures/deployment-writer.js';
import { COLOURS, tinyClassifier } from '../fixtures/models.js';
import { tinyOnnxClassifier, tinyQuantizedOnnxClassifier } from '../fixtures/onnx-models.js';
import { libraryOf, RECORDED } from '../fixtures/recorded-projects.js';
import { describeUnless, missingOnnxRuntime } from '../support/not-tested.js';
import { describeWithShared } from '../support/shared.js';

const SHAPES = fileURLToPath(new URL('../../examples/shapes.zip', import.meta.url));
const PHOTO = fileURLToPath(new URL('../../examples/shapes.jpg', import.meta.url));

const missing = await missingOnnxRuntime();

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'impulse-build-'));
});
afterAll(() => rm(folder, { recursive: true }));

function settingsOf(request: Partial<BuildRequest>) {
  return checkBuildRequest({ type: 'zip', engine: 'tflite', ...request });
}

function made(
  source: string | Uint8Array,
  request: Partial<BuildRequest> = {},
  options: ConvertOptions = {},
): Promise<Build> {
  return build({ input: { source, options }, settings: settingsOf(request) });
}

/** What is built is opened as users do: a package from its bytes, a folder by its model file. */
async function placeOf(built: Build): Promise<string | Uint8Array> {
  if (built.format === 'zip') return built.zip();
  const place = await mkdtemp(join(folder, 'plain-'));
  for (const { name, bytes } of built.files) await writeFile(join(place, name), bytes);
  return join(place, built.files[0]?.name ?? '');
}

async function answer(source: string | Uint8Array, input: ClassifyInput, options: ConvertOptions = {}) {
  await using deployment = await openDeployment(source, options);
  const { response } = await deployment.classify(input);
  return response;
}

async function expectSameAnswer(
  source: string | Uint8Array,
  input: ClassifyInput,
  { formats, options = {} }: { readonly formats: readonly BuildFormat[]; readonly options?: ConvertOptions },
): Promise<void> {
  const wanted = await answer(source, input, options);
  for (const type of formats) {
    expect(await answer(await placeOf(await made(source, { type }, options)), input)).toEqual(wanted);
  }
}

describe('A build', () => {
  it('gives the same answer as its source, as a package and as a plain model', async () => {
    await expectSameAnswer(SHAPES, PHOTO, { formats: ['zip', 'folder'] });
    const { boundingBoxes } = await answer(SHAPES, PHOTO);
    expect(boundingBoxes?.length).toBeGreaterThan(3);
  });

  it('keeps thresholds that were given', async () => {
    const options = { thresholds: { min_score: 0.999 } };
    await expectSameAnswer(SHAPES, PHOTO, { formats: ['zip', 'folder'], options });
    expect((await answer(SHAPES, PHOTO, options)).boundingBoxes).toEqual([]);
  });

  it('has the same bytes each time', async () => {
    for (const type of ['zip', 'folder']) {
      const [first, second] = [await made(SHAPES, { type }), await made(SHAPES, { type })];
      expect(sha256Of(await first.zip())).toBe(sha256Of(await second.zip()));
      expect(first.fingerprint).toBe(second.fingerprint);
    }
  });

  it('names the project and the version that it belongs to', async () => {
    const project = { id: 5, impulseId: 2, deployVersion: 9 };
    const built = await build({ input: { source: SHAPES, options: {} }, settings: settingsOf({}), project });
    await using deployment = await openDeployment(await built.zip());
    expect(deployment.info().project).toMatchObject({ ...project, name: 'Shapes' });
  });

  it('as a package holds labels, input, thresholds and checksums in its manifest', async () => {
    const tree = await openZip(await (await made(SHAPES)).zip(), 'built.zip');
    const manifest = JSON.parse(Buffer.from(await tree.read('impulse-package.json')).toString());
    expect(manifest.impulse.input).toMatchObject({ inputType: 'image', width: 96, height: 96 });
    expect(manifest.impulse.learnBlocks).toMatchObject([
      { labels: ['circle', 'square', 'triangle'], lastLayer: 'fomo', thresholds: { min_score: 0.5 } },
    ]);
    for (const { file, sha256, bytes } of Object.values(manifest.models) as {
      file: string;
      sha256: string;
      bytes: number;
    }[]) {
      const model = await tree.read(file);
      expect([sha256Of(model), model.length]).toEqual([sha256, bytes]);
    }
  });

  it('as a folder holds checksums of everything beside them', async () => {
    const { files } = await made(SHAPES, { type: 'folder' });
    const names = files.map(({ name }) => name);
    expect(names).toEqual(['model.tflite', 'model-info.json', 'labels.txt', 'README.md', 'SHA256SUMS']);
    const sums = files.slice(0, -1).map(({ name, bytes }) => `${sha256Of(bytes)}  ${name}\n`);
    expect(Buffer.from(files.at(-1)?.bytes ?? []).toString()).toBe(sums.join(''));
    expect(Buffer.from(files[2]?.bytes ?? []).toString()).toBe('circle\nsquare\ntriangle\n');
  });

  it('takes an ONNX model for the same engine', async () => {
    const modelInfo = {
      input: { inputType: 'image', inputScaling: '0..1', resizeMode: 'squash' },
      model: { modelType: 'classification', labels: COLOURS },
    };
    const { files } = await made(tinyOnnxClassifier(), { type: 'folder' }, { modelInfo });
    expect(files[0]?.name).toBe('model.onnx');
    await expectSameAnswer(tinyOnnxClassifier(), PHOTO, {
      formats: ['zip', 'folder'],
      options: { modelInfo },
    });
  });

  it('says what it does', async () => {
    const lines: string[] = [];
    await build({
      input: { source: SHAPES, options: {} },
      settings: settingsOf({}),
      log: (line) => lines.push(line),
    });
    expect(lines.join('\n')).toMatch(/Reading.*cpp-library.*int8.*SHA-256 [0-9a-f]{64}.*package/s);
  });

  it('ends when it is told to', async () => {
    const task = { input: { source: SHAPES, options: {} }, settings: settingsOf({}) };
    await expect(build({ ...task, signal: AbortSignal.abort() })).rejects.toThrow(/abort/i);
  });
});

describeUnless(missing, 'A build of a model in the format of ONNX Runtime', () => {
  const modelInfo = {
    input: { inputType: 'image', inputScaling: '0..1', resizeMode: 'squash' },
    model: { modelType: 'classification', labels: COLOURS },
  };

  it.each([
    ['float32', tinyOnnxClassifier()],
    ['int8', tinyQuantizedOnnxClassifier()],
  ])('gives the same answer as its source, and knows its variant: %s', async (variant, onnx) => {
    const ort = await convertToOrt({ format: 'onnx', name: 'colours.onnx', bytes: onnx });
    const built = await made(ort, { type: 'folder' }, { modelInfo });
    expect(built.contents.variant).toBe(variant);
    expect((await made(onnx, {}, { modelInfo })).contents.variant).toBe(variant);
    expect(built.files[0]?.name).toBe('model.ort');
    await expectSameAnswer(ort, PHOTO, { formats: ['zip', 'folder'], options: { modelInfo } });
  });
});

describe('The fingerprint of a source', () => {
  const print = async (options: ConvertOptions = {}) =>
    fingerprintOf(await readBuildInput({ source: SHAPES, options }));

  it('changes with settings and models, and with nothing else', async () => {
    expect(await print()).toBe(await print());
    expect(await print({ thresholds: { min_score: 0.4 } })).not.toBe(await print());
    const project = { deployVersion: 77 };
    const built = await build({ input: { source: SHAPES, options: {} }, settings: settingsOf({}), project });
    expect(built.fingerprint).toBe(await print());
  });
});

describe('A variant', () => {
  const modelInfo = {
    input: { inputType: 'image', inputScaling: '0..1', resizeMode: 'squash' },
    model: { modelType: 'classification', labels: COLOURS },
  };

  it('is taken from a download that holds both', async () => {
    const both = join(folder, 'both');
    await mkdir(both);
    await writeFile(join(both, 'float.tflite'), tinyClassifier({ dataType: 'float32' }));
    await writeFile(join(both, 'quantized.lite'), tinyClassifier({ dataType: 'int8' }));
    for (const [modelType, name] of [
      ['float32', 'float.tflite'],
      ['int8', 'quantized.lite'],
    ] as const) {
      for (const impulse of [undefined, 'float.tflite']) {
        const options = { modelInfo, ...(impulse && { impulse }) };
        const { contents } = await made(both, { modelType }, options);
        expect(contents).toMatchObject({ variant: modelType, variants: ['int8', 'float32'] });
        expect([...contents.artefacts.values()].map((each) => each.name)).toEqual([name]);
      }
    }
  });

  it('that is not there is refused, with those that are', async () => {
    await expect(made(SHAPES, { modelType: 'float32' })).rejects.toMatchObject({
      code: 'ERR_BUILD_UNSUPPORTED',
      message: 'There is no float32 variant of this model: there is int8.',
    });
  });
});

describe('What can’t be built', () => {
  it.each([
    [{ type: 'wasm' }, /'wasm'.*zip, folder/],
    [{ type: 'runner-linux-aarch64' }, /zip, folder/],
    [{ engine: 'tensorrt' }, /'tensorrt' can't be built for.*tflite/],
    [{ engine: 'nonsense' }, /no 'nonsense'.*tflite/],
    [{ modelType: 'akida' }, /'akida'.*int8, float32/],
    [{ parameters: { speed: '11' } }, /no parameter 'speed'/],
  ])('is refused before anything is read: %j', (request, message) => {
    expect(() => settingsOf(request)).toThrow(
      expect.objectContaining({ code: 'ERR_BUILD_UNSUPPORTED', message: expect.stringMatching(message) }),
    );
  });

  it('is a program', async () => {
    const eim = join(folder, 'model.eim');
    await writeFile(eim, '#!/bin/sh\nexit 1\n');
    await expect(made(eim)).rejects.toMatchObject({
      code: 'ERR_BUILD_UNSUPPORTED',
      message: expect.stringContaining('program'),
    });
    const wasm = new Map<string, string | Uint8Array>([
      ['edge-impulse-standalone.js', 'var Module = {};'],
      ['edge-impulse-standalone.wasm', Buffer.from('\0asm\x01\0\0\0')],
    ]);
    await expect(made(await zipOf(wasm))).rejects.toMatchObject({
      code: 'ERR_BUILD_UNSUPPORTED',
      message: expect.stringContaining('WebAssembly'),
    });
  });

  it('is what a plain model can’t say, as a folder', async () => {
    await expect(made(SHAPES, { type: 'folder' }, { resampler: 'nearest' })).rejects.toMatchObject({
      code: 'ERR_BUILD_UNSUPPORTED',
      message: expect.stringContaining('resampler'),
    });
  });

  it('is what can’t be read', async () => {
    await expect(made(readFileSync(PHOTO))).rejects.toMatchObject({ code: 'ERR_DEPLOYMENT_UNRECOGNISED' });
    await expect(made(join(folder, 'nothing'))).rejects.toMatchObject({ code: 'ERR_DEPLOYMENT_NOT_FOUND' });
  });
});

describeWithShared('A build of a real model', (shared) => {
  const models = join(shared, 'models');
  const entryOf = (folderName: string, file: string) => {
    const entries: { folder: string; file: string; modelInfo?: object }[] = catalogue(models);
    const { modelInfo } = entries.find((each) => each.folder === folderName && each.file === file) ?? {};
    return { path: join(models, folderName, file), options: modelInfo === undefined ? {} : { modelInfo } };
  };
  const photo = (name: string) => join(models, 'photos', name);

  it('finds the same objects: a detector', async () => {
    const { path, options } = entryOf(
      'ssd-mobilenet-v1-coco-uint8',
      'coco_ssd_mobilenet_v1_1.0_quant_2018_06_29.tflite',
    );
    await expectSameAnswer(path, photo('dog.jpg'), { formats: ['zip', 'folder'], options });
  });

  it('gives the same scores: a classifier', async () => {
    const { path, options } = entryOf('mobilenet-v2-imagenet-uint8', 'mobilenet_v2_1.0_224_quant.tflite');
    await expectSameAnswer(path, photo('parrot.jpg'), { formats: ['zip', 'folder'], options });
  });

  it('finds the same objects: an ONNX detector', async () => {
    const { path, options } = entryOf('yolox-nano', 'yolox_nano.onnx');
    await expectSameAnswer(path, photo('dog.jpg'), { formats: ['zip', 'folder'], options });
  });

  it('takes the variant that is asked for out of the files of a Dashboard', async () => {
    const both = join(models, 'ei-dashboard-emotion-float-and-int8');
    const int8 = await made(both, { modelType: 'int8' });
    const float32 = await made(both, { modelType: 'float32' });
    expect([int8.contents.variant, float32.contents.variant]).toEqual(['int8', 'float32']);
    const picture = photo('grace_hopper.bmp');
    expect(await answer(await float32.zip(), picture)).toEqual(
      await answer(join(both, 'trained.tflite'), picture),
    );
  });

  it.each(RECORDED)('keeps signal processing: $folder', async (recorded) => {
    const library = await libraryOf(shared, recorded);
    const length = recorded.input.samples * recorded.input.axes.length;
    const features = Array.from({ length }, (_, i) => ((i * ((i >> 5) + 3)) % 2048) - 1024);
    await expectSameAnswer(library, { features }, { formats: ['zip'] });
    await expect(made(library, { type: 'folder' })).rejects.toMatchObject({
      code: 'ERR_BUILD_UNSUPPORTED',
      message: expect.stringContaining('signal processing'),
    });
  });
});
