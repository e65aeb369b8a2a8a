import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DeploymentContents } from '../../src/deployment/contents.js';
import { openContents } from '../../src/deployment/open.js';
import { convertDeployment } from '../../src/index.js';
import type { Files, Storage } from '../fixtures/deployment-writer.js';
import {
  arduinoLibrary,
  GENERATIONS,
  libraryFiles,
  STORAGES,
  under,
  writeFiles,
  zipOf,
} from '../fixtures/deployment-writer.js';
import type { Generation, LibraryFacts } from '../fixtures/library-headers.js';
import { constantModel, tinyClassifier, tinyFomo, tinyRegression } from '../fixtures/models.js';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'impulse-'));
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

const CLASSIFIER: LibraryFacts = {
  project: { id: 534837, owner: 'paździoch // "the" kiepski', name: 'Tassen & Gläser', deployVersion: 3 },
  labels: ['tắt đèn', '1', 'a "quoted" // label {}'],
  input: { width: 8, height: 8, channels: 'RGB', resizeMode: 'FIT_LONGEST' },
  dataType: 'INT8',
};
const FOMO: LibraryFacts = {
  ...CLASSIFIER,
  labels: ['red', 'green', 'blue'],
  input: { width: 32, height: 32, channels: 'RGB' },
  detection: { lastLayer: 'FOMO', threshold: 0.4 },
};
const MOTION: LibraryFacts = {
  ...CLASSIFIER,
  labels: ['value'],
  dataType: 'FLOAT32',
  input: { samples: 125, axes: ['accX', 'accY', 'accZ'], frequencyHz: 62.5, features: 4 },
  kmeans: {
    axes: [0, 3],
    mean: [0.5, -1.25],
    scale: [2, 0.125],
    clusters: [
      { centroid: [-0.05885172635316849, 1e-7], maxError: 0.0831 },
      { centroid: [1, 2], maxError: 0.5 },
    ],
  },
};
const INT8_CLASSIFIER = tinyClassifier({ dataType: 'int8' });

/** Every way in which the same files reach us. */
const CONTAINERS: Record<string, (files: Files) => Promise<DeploymentContents>> = {
  'a zip': async (files) => openContents(await zipOf(files)),
  'a folder': async (files) => {
    const path = await mkdtemp(join(folder, 'library-'));
    await writeFiles(files, path);
    return openContents(path);
  },
  'an Arduino library': async (files) => openContents(await zipOf(arduinoLibrary(files))),
  'an Android tree': async (files) => openContents(await zipOf(under(files, 'app/src/main/cpp/'))),
};

const COMBINATIONS = GENERATIONS.flatMap((generation) =>
  STORAGES.flatMap((storage) =>
    Object.keys(CONTAINERS).map((container): [Generation, Storage, string] => [
      generation,
      storage,
      container,
    ]),
  ),
);

describe('A classifier of pictures is the same', () => {
  it.each(COMBINATIONS)(
    'from headers of %s, with its model as %s, in %s',
    async (generation, storage, container) => {
      const files = libraryFiles(generation, storage, CLASSIFIER, INT8_CLASSIFIER);
      const contents = await CONTAINERS[container]?.(files);
      expect(contents).toBeDefined();
      const { format, impulse, artefacts, warnings } = contents as DeploymentContents;
      expect(format).toBe(container === 'an Arduino library' ? 'arduino-library' : 'cpp-library');
      const { id, owner, name, deployVersion } = impulse.project;
      expect({ id, owner, name, deployVersion }).toEqual(
        generation === 'G0' ? {} : { ...CLASSIFIER.project },
      );
      expect(impulse.input).toEqual({
        inputType: 'image',
        width: 8,
        height: 8,
        channels: 'RGB',
        resizeMode: generation >= 'G3' ? 'fit-long' : 'fit-short',
        cropAnchor: 'middle-center',
      });
      expect(impulse.dspBlocks).toEqual([
        {
          id: 2,
          type: 'image',
          implementationVersion: 1,
          axes: [0],
          outputSize: 192,
          parameters: { channels: 'RGB' },
        },
      ]);
      expect(impulse.learnBlocks).toHaveLength(1);
      const [block] = impulse.learnBlocks;
      expect(block).toMatchObject({
        id: generation >= 'G2' ? 3 : 0,
        modelType: 'classification',
        labels: CLASSIFIER.labels,
        inputScaling: '0..1',
        inputs: [2],
      });
      const artefact = artefacts.get(block?.artefact ?? '');
      expect(artefact?.format).toBe('tflite');
      expect(Buffer.compare(artefact?.bytes ?? Buffer.alloc(0), INT8_CLASSIFIER)).toBe(0);
      expect(warnings.map(({ code }) => code)).toEqual(generation >= 'G3' ? [] : ['RESIZE_MODE_ASSUMED']);
    },
  );
});

describe('A detector keeps its layer, labels, threshold and limits', () => {
  it.each(GENERATIONS.filter((generation) => generation !== 'G0'))('in headers of %s', async (generation) => {
    const contents = await openContents(
      await zipOf(libraryFiles(generation, 'array of 2023', FOMO, tinyFomo())),
    );
    expect(contents.impulse.learnBlocks).toMatchObject([
      {
        modelType: 'object-detection',
        lastLayer: 'fomo',
        labels: ['red', 'green', 'blue'],
        thresholds: { min_score: 0.4 },
        nms: { confidence: 0, iou: 0.2 },
      },
    ]);
  });

  it.each(['G3', 'G4'] as const)(
    'and its suppression limits, which only %s and later state',
    async (generation) => {
      const facts: LibraryFacts = {
        ...FOMO,
        detection: { lastLayer: 'YOLOX', threshold: 0.35, nms: { confidence: 0.1, iou: 0.45 } },
      };
      const contents = await openContents(
        await zipOf(libraryFiles(generation, 'array of 2023', facts, tinyFomo())),
      );
      expect(contents.impulse.learnBlocks).toMatchObject([
        { lastLayer: 'yolox', thresholds: { min_score: 0.35 }, nms: { confidence: 0.1, iou: 0.45 } },
      ]);
    },
  );

  it.each([
    ['YOLOV5', 6, 'yolov5'],
    ['YOLOV5', 5, 'yolov5v5-drpai'],
    ['YOLOV11', 1, 'yolov11'],
    ['YOLOV11', 0, 'yolov11-abs'],
  ] as const)('%s of version %i is %s', async (lastLayer, version, expected) => {
    const facts: LibraryFacts = { ...FOMO, detection: { lastLayer, version, threshold: 0.5 } };
    const contents = await openContents(await zipOf(libraryFiles('G4', 'included file', facts, tinyFomo())));
    expect(contents.impulse.learnBlocks).toMatchObject([{ lastLayer: expected, outputTensors: [0] }]);
  });

  it.each(['G1', 'G2', 'G3', 'G4'] as const)('SSD reads as many rows as %s states', async (generation) => {
    const facts: LibraryFacts = { ...FOMO, detection: { lastLayer: 'SSD', threshold: 0.5, count: 7 } };
    const model = constantModel([1, 32, 32, 3], [{ shape: [1, 7, 4], data: new Float32Array(28) }]);
    const contents = await openContents(await zipOf(libraryFiles(generation, 'array of 2020', facts, model)));
    expect(contents.impulse.learnBlocks).toMatchObject([
      { lastLayer: 'mobilenet-ssd', objectDetectionCount: 7 },
    ]);
  });
});

describe('Motion data with regression and K-means', () => {
  it.each(GENERATIONS)('are the same from headers of %s', async (generation) => {
    const files = libraryFiles(generation, 'array of 2020', MOTION, tinyRegression());
    const { impulse, warnings } = await openContents(await zipOf(files));
    expect(impulse.input).toEqual({
      inputType: 'time-series',
      featureCount: 375,
      axes: generation === 'G0' ? ['axis0', 'axis1', 'axis2'] : ['accX', 'accY', 'accZ'],
      frequencyHz: 62.5,
      sliceSize: 31,
    });
    expect(impulse.dspBlocks).toEqual([
      {
        id: 2,
        type: 'flatten',
        implementationVersion: 1,
        axes: [0, 1, 2],
        outputSize: 4,
        parameters: { scale_axes: 1, average: true, minimum: false },
      },
    ]);
    const [regression, anomaly] = impulse.learnBlocks;
    expect(regression).toMatchObject({ modelType: 'regression', labels: ['value'] });
    expect(anomaly).toMatchObject({
      id: generation >= 'G3' ? 4 : generation === 'G2' ? 4 : 1,
      modelType: 'anomaly',
      algorithm: 'kmeans',
      axes: [0, 3],
      kmeans: { mean: [0.5, -1.25], scale: [2, 0.125], clusters: MOTION.kmeans?.clusters },
    });
    expect(warnings).toEqual([]);
  });

  it('have no slices where a window has fewer samples than slices, and open from a package all the same', async () => {
    const facts: LibraryFacts = {
      ...MOTION,
      input: { samples: 3, axes: ['x', 'y'], frequencyHz: 10, features: 4 },
    };
    const library = await zipOf(libraryFiles('G3', 'array of 2023', facts, tinyRegression()));
    const { impulse } = await openContents(library);
    expect(impulse.input).not.toHaveProperty('sliceSize');
    const again = await openContents((await convertDeployment(library)).bytes);
    expect(again.impulse).toEqual(impulse);
  });
});

describe('Object tracking', () => {
  it.each([true, false])(
    'has the settings of its configuration (use_iou %s), and no warning',
    async (use_iou) => {
      const tracking = { keep_grace: 5, max_observations: 7, threshold: 0.25, use_iou };
      const files = libraryFiles(
        'G4',
        'included file',
        { ...FOMO, tracking },
        tinyFomo({ dataType: 'int8' }),
      );
      const { impulse, warnings } = await openContents(await zipOf(files));
      expect(impulse.tracking).toEqual(tracking);
      expect(impulse.learnBlocks).toHaveLength(1);
      expect(warnings).toEqual([]);
    },
  );

  it('is absent where a deployment has none', async () => {
    const files = libraryFiles('G4', 'included file', FOMO, tinyFomo({ dataType: 'int8' }));
    expect((await openContents(await zipOf(files))).impulse).not.toHaveProperty('tracking');
  });
});

describe('Image scaling', () => {
  it.each([
    ['EI_CLASSIFIER_IMAGE_SCALING_0_255', '0..255'],
    ['EI_CLASSIFIER_IMAGE_SCALING_TORCH', 'torch'],
    ['EI_CLASSIFIER_IMAGE_SCALING_MIN1_1', '-1..1'],
    ['EI_CLASSIFIER_IMAGE_SCALING_MIN128_127', '-128..127'],
    ['EI_CLASSIFIER_IMAGE_SCALING_BGR_SUBTRACT_IMAGENET_MEAN', 'bgr-subtract-imagenet-mean'],
  ])('%s is %s, although only the SDK defines the constant', async (imageScaling, expected) => {
    const facts: LibraryFacts = { ...CLASSIFIER, imageScaling };
    const contents = await openContents(
      await zipOf(libraryFiles('G4', 'included file', facts, INT8_CLASSIFIER)),
    );
    expect(contents.impulse.learnBlocks).toMatchObject([{ inputScaling: expected }]);
  });
});

describe('Forms that stand between the generations', () => {
  const edit = (files: Files, name: string, ...replacements: [string | RegExp, string][]): Files => {
    const before = String(files.get(name));
    const after = replacements.reduce((text, [from, to]) => {
      const changed = text.replace(from, to);
      if (changed === text) throw new TypeError(`${name} does not hold ${from}.`);
      return changed;
    }, before);
    return new Map(files).set(name, after);
  };
  const VARIABLES = 'model-parameters/model_variables.h';

  it('late 2022 to mid 2023: the impulse names its model, without a table of learn blocks', async () => {
    const files = edit(
      libraryFiles('G2', 'array of 2023', FOMO, tinyFomo({ dataType: 'int8' })),
      VARIABLES,
      [
        / {4}\.learning_blocks_size[^\n]*\n {4}\.learning_blocks =[^\n]*\n/,
        '    .model_arr = tflite_learn_3,\n    .compiled = false,\n',
      ],
      ['.label_count', 'NULL,\n    NULL,\n    .label_count'],
    );
    const { impulse, artefacts, warnings } = await openContents(await zipOf(files));
    expect(impulse.learnBlocks).toMatchObject([
      { id: 0, lastLayer: 'fomo', thresholds: { min_score: 0.4 }, artefact: 'tflite_learn_3', inputs: [2] },
    ]);
    expect(artefacts.get('tflite_learn_3')?.name).toBe('tflite-model/tflite_learn_3.h');
    expect(warnings.map(({ code }) => code)).toEqual(['RESIZE_MODE_ASSUMED']);
  });

  it('2020 and 2021: the axes of K-means stand in anomaly_types.h, under an older name', async () => {
    const files = edit(
      libraryFiles('G0', 'array of 2020', MOTION, tinyRegression()),
      'model-parameters/anomaly_clusters.h',
      ['const uint16_t ei_classifier_anom_axes[] = { 0, 3 };', ''],
    );
    files.set('model-parameters/anomaly_types.h', 'const uint16_t EI_CLASSIFIER_ANOM_AXIS[]  { 0, 3 };\n');
    const { impulse } = await openContents(await zipOf(files));
    expect(impulse.learnBlocks[1]).toMatchObject({ modelType: 'anomaly', axes: [0, 3] });
  });

  it('anomaly detection alone has no labels and no model, whatever label_count says', async () => {
    const files = edit(
      libraryFiles('G3', 'array of 2023', { ...MOTION, labels: [] }, tinyRegression()),
      VARIABLES,
      [/ {4}\{ 3, false, &run_nn_inference.*\n/, ''],
      ['.inferencing_engine = EI_CLASSIFIER_TFLITE', '.inferencing_engine = EI_CLASSIFIER_NONE'],
      ['.label_count = 0', '.label_count = 1'],
    );
    const { impulse, artefacts } = await openContents(await zipOf(files));
    expect(impulse.learnBlocks).toMatchObject([{ id: 4, modelType: 'anomaly', artefact: '' }]);
    expect(artefacts.size).toBe(0);
  });

  it('the path of an included file may count from the header', async () => {
    const files = libraryFiles('G4', 'included file', CLASSIFIER, INT8_CLASSIFIER);
    const moved = edit(files, 'tflite-model/tflite_learn_534837_3.h', [
      '"tflite-model/',
      '"../tflite-model/',
    ]);
    const { artefacts } = await openContents(await zipOf(under(moved, 'main/')));
    expect([...artefacts.values()].map(({ name }) => name)).toEqual([
      'main/tflite-model/tflite_learn_534837_3.tflite',
    ]);
  });
});
