/**
 * Writes what mutations start from: small good files of every kind, all made by the fixtures of the tests. Run from
 * `run.mjs` in compiled form, and from the tests as it stands.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { openZip } from '../src/deployment/archive.js';
import { readContents } from '../src/deployment/open.js';
import { writePackage } from '../src/deployment/package/write.js';
import { readTfliteModel } from '../src/deployment/tflite/read.js';
import { writeTfliteModel } from '../src/deployment/tflite/write.js';
import { GENERATIONS, libraryFiles, STORAGES, zipOf } from '../test/fixtures/deployment-writer.js';
import { pictureHello, soundHello } from '../test/fixtures/eim/fake-eim.js';
import { eonCode, GRAMMARS } from '../test/fixtures/eon-writer.js';
import { FOMO, KMEANS } from '../test/fixtures/library-facts.js';
import {
  constantModel,
  customOperatorModel,
  tinyClassifier,
  tinyFomo,
  tinyRegression,
} from '../test/fixtures/models.js';
import { encodeOnnxModel, tinyOnnxClassifier } from '../test/fixtures/onnx-models.js';
import { writeMetadata } from '../test/fixtures/tflite-metadata.js';
import { meanModule } from '../test/fixtures/wasm/binary.js';
import * as wasm from '../test/fixtures/wasm/deployment.js';
import { writeBmp } from '../test/preprocess/bmp-writer.js';

/** Name, with its folder, to content. */
type Corpus = Map<string, string | Uint8Array>;

const DESCRIPTION = {
  input: { inputType: 'image', inputScaling: '0..1', resizeMode: 'squash' },
  model: { modelType: 'classification', labels: ['red', 'green', 'blue'] },
};
const SSD = {
  input: { inputType: 'image', inputScaling: '-1..1', resizeMode: 'fit-short' },
  model: {
    modelType: 'object-detection',
    labels: ['cup', 'plate'],
    lastLayer: 'mobilenet-ssd',
    minimumConfidenceRating: 0.5,
  },
};
const METADATA = {
  version: 1,
  created: '2024-01-01T00:00:00Z',
  performance: { impulse: { ramSizeBytes: 1 } },
  project: { id: 1, name: 'Cups', owner: 'Ada', apiKey: 'ei_00', studioHost: 'studio.edgeimpulse.com' },
  impulse: {
    inputBlocks: [
      {
        id: 1,
        type: 'image',
        name: 'Image data',
        title: 'Image data',
        imageWidth: 8,
        imageHeight: 8,
        resizeMode: 'squash',
        cropAnchor: 'middle-center',
        resizeMethod: 'lanczos3',
      },
    ],
    dspBlocks: [{ id: 2, type: 'image', name: 'Image', axes: ['image'], input: 1, implementationVersion: 1 }],
    learnBlocks: [{ id: 3, type: 'keras-transfer-image', name: 'Transfer learning', dsp: [2] }],
  },
  sensor: 'Camera',
  classes: ['red', 'green', 'blue'],
};

async function makeCorpus(): Promise<Corpus> {
  const corpus: Corpus = new Map();
  const add = (name: string, content: string | Uint8Array): void => {
    corpus.set(name, content);
  };
  const models = tflite();
  for (const [name, bytes] of models) add(`tflite/${name}.tflite`, bytes);
  add('onnx/classifier.onnx', tinyOnnxClassifier());
  add('onnx/open-batch.onnx', openBatchOnnx());
  await libraries(add);
  await plainZips(add, models);
  for (const [name, value] of Object.entries({ classification: DESCRIPTION, ssd: SSD })) {
    add(`model-info/${name}.json`, JSON.stringify(value));
  }
  add('model-info/wrapped.json', JSON.stringify({ modelInfo: DESCRIPTION }));
  add(
    'model-info/motion.json',
    JSON.stringify({
      input: { inputType: 'time-series', frequencyHz: 100, windowLengthMs: 10 },
      model: { modelType: 'regression' },
    }),
  );
  add('deployment-metadata/picture.json', JSON.stringify(METADATA));
  await pictures(add);
  await webAssembly(add);
  eim(add);
  add('elf/header.eim', elf());
  add('features/colours.txt', '0x383e42, 0x3a4044, 0xffffff, 0x000000');
  add('features/json.txt', '{ "features": [1.5, -2, 3e-4,\n 0.25] }');
  add('features/c.txt', 'float features[] = { 1.0f, -2.5e3f, .5, };');
  add('features/lines.txt', '1\n2\n-3.25\n');
  return corpus;
}

function tflite(): Map<string, Uint8Array> {
  const constant = constantModel(
    [1, 8, 8, 3],
    [
      { name: 'boxes', shape: [1, 2, 4], data: Float32Array.of(0.1, 0.1, 0.4, 0.4, 0.5, 0.5, 0.9, 0.9) },
      { name: 'classes', shape: [1, 2], data: Float32Array.of(0, 1) },
      { name: 'scores', shape: [1, 2], data: Float32Array.of(0.9, 0.6) },
      { name: 'count', shape: [1], data: Float32Array.of(2) },
    ],
  );
  return new Map([
    ['classifier-float32', tinyClassifier()],
    ['classifier-int8', tinyClassifier({ dataType: 'int8' })],
    ['classifier-uint8-gray', tinyClassifier({ dataType: 'uint8', channels: 1 })],
    ['fomo-int8', tinyFomo({ dataType: 'int8' })],
    ['regression', tinyRegression()],
    ['detector', constant],
    ['custom-operator', customOperatorModel()],
  ]);
}

function openBatchOnnx(): Uint8Array {
  return encodeOnnxModel({
    inputs: [{ name: 'image', shape: ['N', 3, 8, 8] }],
    outputs: [{ name: 'scores', shape: ['N', 3] }],
    nodes: [
      { type: 'GlobalAveragePool', inputs: ['image'], outputs: ['mean'] },
      { type: 'Flatten', inputs: ['mean'], outputs: ['scores'], attributes: { axis: 1 } },
    ],
    metadata: {
      names: "{0: 'red', 1: 'it''s', 2: \"blue\"}",
      task: 'classify',
      stride: '32',
      imgsz: '[8, 8]',
    },
  });
}

type Add = (name: string, content: string | Uint8Array) => void;

async function libraries(add: Add): Promise<void> {
  for (const generation of GENERATIONS) {
    for (const storage of generation === 'G3' ? STORAGES : (['array of 2023'] as const)) {
      const zip = await zipOf(libraryFiles(generation, storage, FOMO, tinyFomo()));
      add(`library/${generation}-fomo-${storage.replaceAll(' ', '-')}.zip`, zip);
    }
    const kmeans = libraryFiles(generation, 'included file', KMEANS, tinyRegression());
    add(`library/${generation}-kmeans.zip`, await zipOf(kmeans));
  }
  for (const grammar of GRAMMARS) {
    const files = libraryFiles('G3', 'trained.tflite beside EON', FOMO, tinyFomo({ dataType: 'int8' }));
    files.delete('trained.tflite');
    const name = [...files.keys()].find((key) => key.endsWith('_compiled.cpp')) as string;
    const stem = name.replace(/^.*\/|_compiled\.cpp$/g, '');
    const code = eonCode(readTfliteModel(tinyFomo({ dataType: 'int8' })), { grammar, stem });
    files.set(name, code);
    add(`eon/${grammar.replaceAll(' ', '-')}.cpp`, code);
    add(`library/eon-${grammar.replaceAll(' ', '-')}.zip`, await zipOf(files));
  }
  for (const [name, facts, model] of [
    ['fomo', FOMO, tinyFomo()],
    ['kmeans', KMEANS, tinyRegression()],
  ] as const) {
    const tree = await openZip(await zipOf(libraryFiles('G4', 'included file', facts, model)), name);
    add(`package/${name}.zip`, await writePackage(await readContents({ kind: 'tree', tree })));
  }
}

async function plainZips(add: Add, models: ReadonlyMap<string, Uint8Array>): Promise<void> {
  const model = models.get('classifier-float32') as Uint8Array;
  const files = (entries: readonly (readonly [string, string | Uint8Array])[]) => zipOf(new Map(entries));
  add(
    'plain/described.zip',
    await files([
      ['model.tflite', model],
      ['model-info.json', JSON.stringify(DESCRIPTION)],
    ]),
  );
  add(
    'plain/metadata.zip',
    await files([
      ['trained.tflite', model],
      ['deployment-metadata.json', JSON.stringify(METADATA)],
    ]),
  );
  add(
    'plain/labels.zip',
    await files([
      ['detector.tflite', models.get('detector') as Uint8Array],
      ['labels.txt', '???\ncup\nplate\n'],
    ]),
  );
  const labels = Buffer.from(
    await files([
      ['labels.txt', 'red\ngreen\nblue\n'],
      ['notes.json', '{"names": {"0": "red"}}'],
    ]),
  );
  const metadata = writeMetadata({
    name: 'Colours',
    description: 'of pictures',
    normalization: { mean: [127.5], std: [127.5] },
    outputFiles: [{ name: 'labels.txt', type: 2 }],
    modelFiles: [{ name: 'notes.json', type: 1 }],
  });
  const graph = { tensors: [], operators: [], inputs: [], outputs: [] };
  const described = writeTfliteModel({ ...graph, metadata: [{ name: 'TFLITE_METADATA', bytes: metadata }] });
  add('tflite-metadata/whole.tflite', Buffer.concat([described, labels]));
  add('tflite-metadata/metadata.bin', metadata);
  add('tflite-metadata/labels.zip', labels);
}

async function pictures(add: Add): Promise<void> {
  const width = 20;
  const height = 14;
  const raw = Uint8Array.from({ length: width * height * 4 }, (_, i) => (i * 37 + (i >> 5)) % 256);
  const picture = () => sharp(raw, { raw: { width, height, channels: 4 } });
  add('image/a.png', await picture().png().toBuffer());
  add('image/palette.png', await picture().png({ palette: true, colours: 16 }).toBuffer());
  add(
    'image/gray16.png',
    await picture().removeAlpha().toColourspace('grey16').png({ progressive: true }).toBuffer(),
  );
  add(
    'image/a.jpg',
    await picture()
      .removeAlpha()
      .jpeg()
      .withExif({ IFD0: { Orientation: '6' } })
      .toBuffer(),
  );
  add('image/progressive.jpg', await picture().removeAlpha().jpeg({ progressive: true }).toBuffer());
  add('image/gray.jpg', await picture().removeAlpha().grayscale().jpeg().toBuffer());
  add('image/cmyk.jpg', await picture().removeAlpha().toColourspace('cmyk').jpeg().toBuffer());
  add('image/a.webp', await picture().webp().toBuffer());
  add('image/lossless.webp', await picture().webp({ lossless: true }).toBuffer());
  add('image/a.gif', await picture().gif().toBuffer());
  add('image/a.tiff', await picture().tiff({ compression: 'lzw' }).toBuffer());
  add(
    'image/float.tiff',
    await picture().removeAlpha().toColourspace('scrgb').tiff({ compression: 'deflate' }).toBuffer(),
  );
  add('image/a.avif', await picture().avif().toBuffer());
  add(
    'image/a.svg',
    '<svg xmlns="http://www.w3.org/2000/svg" width="20" height="14"><rect width="9" height="9" fill="#f00"/><text x="1" y="9">a</text></svg>',
  );
  for (const [name, bmp] of Object.entries(bitmaps())) add(`bmp/${name}.bmp`, bmp);
}

function bitmaps(): Record<string, Uint8Array> {
  const data = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => (i * 31) % 256);
  const palette = [
    [0, 0, 0],
    [255, 0, 0],
    [0, 255, 0],
    [0, 0, 255],
  ];
  const colours = Array.from({ length: 256 }, (_, i) => [i, 255 - i, i >> 1]);
  return {
    bgr: writeBmp({ width: 5, height: 4, bits: 24, data: data(64) }),
    'top-down': writeBmp({ width: 5, height: -4, bits: 32, data: data(80) }),
    os2: writeBmp({ width: 5, height: 4, bits: 24, headerSize: 12, data: data(64) }),
    bits1: writeBmp({ width: 9, height: 3, bits: 1, palette: palette.slice(0, 2), data: data(12) }),
    bits4: writeBmp({ width: 5, height: 3, bits: 4, palette: colours.slice(0, 16), data: data(12) }),
    bits8: writeBmp({ width: 5, height: 3, bits: 8, palette: colours, data: data(24) }),
    masks: writeBmp({
      width: 4,
      height: 3,
      bits: 16,
      compression: 3,
      masks: [0xf800, 0x7e0, 0x1f],
      data: data(24),
    }),
    alpha: writeBmp({
      width: 4,
      height: 3,
      bits: 32,
      compression: 3,
      headerSize: 124,
      masks: [0xff0000, 0xff00, 0xff, 0xff000000],
      data: data(48),
    }),
    rle8: writeBmp({
      width: 8,
      height: 3,
      bits: 8,
      compression: 1,
      palette,
      data: Uint8Array.of(4, 1, 4, 2, 0, 0, 0, 3, 1, 2, 3, 0, 0, 2, 1, 1, 3, 2, 0, 1),
    }),
    rle4: writeBmp({
      width: 8,
      height: 3,
      bits: 4,
      compression: 2,
      palette,
      data: Uint8Array.of(8, 0x12, 0, 0, 0, 5, 0x12, 0x30, 0x10, 0, 0, 0, 4, 0x21, 0, 1),
    }),
  };
}

async function webAssembly(add: Add): Promise<void> {
  add('wasm/mean.wasm', meanModule());
  const facts = {
    motion: wasm.MOTION,
    audio: wasm.AUDIO,
    detection: wasm.DETECTION,
    tracking: wasm.TRACKING,
    visual: wasm.VISUAL,
    freeform: wasm.FREEFORM,
    old: wasm.OLD_AUDIO,
  };
  for (const [name, fixture] of Object.entries(facts)) {
    add(
      `wasm/${name}.json`,
      JSON.stringify({
        properties: fixture.properties,
        labels: fixture.labels,
        thresholds: fixture.properties.thresholds ?? [],
        project: fixture.project ?? {},
        continuous: true,
        settable: true,
      }),
    );
  }
  const row = { label: 'cup', value: 0.5, x: 1, y: 2, width: 8, height: 8 };
  const rows = ['still', 'moving', 'falling'].map((label) => ({ label, value: 0.25 }));
  const results = {
    scores: { code: 0, anomaly: 0.5, rows, tensors: 0 },
    boxes: {
      code: 0,
      anomaly: 0,
      rows: [row, { ...row, value: 0 }],
      tracked: [{ ...row, object_id: 4 }],
      tensors: 0,
    },
    grid: {
      code: 0,
      anomaly: 0,
      rows: [],
      grid: { cells: [row, { ...row, x: 8 }], max: 2, mean: 1 },
      tensors: 0,
    },
    freeform: { code: 0, anomaly: null, rows: [], tensors: 2 },
    failure: { code: -5, anomaly: 0, rows: [], tensors: 0 },
  };
  for (const [name, result] of Object.entries(results))
    add(`wasm-result/${name}.json`, JSON.stringify(result));
  const zip = await zipOf(
    new Map<string, string | Uint8Array>([
      ['edge-impulse-standalone.js', wasm.glueOf(wasm.MOTION)],
      ['edge-impulse-standalone.wasm', meanModule()],
    ]),
  );
  add('download/wasm.zip', zip);
}

function eim(add: Add): void {
  const box = { label: 'cup', value: 0.9, x: 1, y: 2, width: 8, height: 8 };
  const detector = {
    model_type: 'object_detection',
    thresholds: [
      { id: 5, type: 'object_detection', min_score: 0.4 },
      { id: 6, type: 'object_tracking', keep_grace: 4, max_observations: 6, threshold: 0.5 },
    ],
    has_object_tracking: true,
  };
  const shm = {
    features_shm: { name: '/ei-features', size_bytes: 16, type: 'float32', elements: 4 },
    freeform_output_shm: [{ name: '/ei-out', size_bytes: 16, type: 'float32', elements: 4, index: 0 }],
  };
  const exchanges = {
    picture: [pictureHello(['cup', 'plate'], 8), { result: { classification: { cup: 0.75, plate: 0.25 } } }],
    detector: [
      pictureHello(['cup'], 16, detector),
      { result: { bounding_boxes: [box], object_tracking: [{ ...box, object_id: 1 }] } },
    ],
    visual: [
      pictureHello([], 16, {
        has_anomaly: 3,
        thresholds: [{ id: 4, type: 'anomaly_gmm', min_anomaly_score: 1 }],
      }),
      {
        result: {
          visual_anomaly_grid: [{ ...box, label: 'anomaly' }],
          visual_anomaly_max: 3,
          visual_anomaly_mean: 1,
        },
      },
    ],
    sound: [
      soundHello(['noise', 'yes'], { has_anomaly: 1 }),
      { result: { classification: { noise: 0.5, yes: 0.5 }, anomaly: 0.25 } },
    ],
    freeform: [
      { ...soundHello([], { model_type: 'freeform' }), ...shm },
      { result: { freeform: [[1, 2], [3]] } },
    ],
    'freeform-shm': [
      { ...soundHello([], { model_type: 'freeform' }), ...shm },
      { result: { freeform: 'shm' } },
    ],
  };
  const timing = { timing: { dsp: 1, classification: 2, anomaly: 0, postprocessing: 0 } };
  for (const [name, [hello, answer]] of Object.entries(exchanges)) {
    const messages = [
      { ...hello, id: 1, success: true },
      { ...answer, ...timing, id: 2, success: true },
      { id: 3, success: false, error: 'no' },
    ];
    add(`eim/${name}.json`, JSON.stringify(messages));
  }
}

/** The beginning of an executable that names its loader, with the words that every runner holds. */
function elf(): Uint8Array {
  const file = Buffer.alloc(400);
  file.write('\x7fELF\x02\x01\x01', 'latin1');
  file.writeUInt16LE(62, 18);
  file.writeBigUInt64LE(64n, 32);
  file.writeUInt16LE(56, 54);
  file.writeUInt16LE(1, 56);
  file.writeUInt32LE(3, 64);
  file.writeBigUInt64LE(128n, 72);
  file.writeBigUInt64LE(28n, 96);
  file.write('/lib64/ld-linux-x86-64.so.2\0', 128);
  file.write('Edge Impulse Linux impulse runner', 200);
  return file;
}

/** @param folder is emptied first */
export async function writeCorpus(folder: string): Promise<void> {
  const corpus = await makeCorpus();
  const example = fileURLToPath(new URL('examples/shapes.zip', projectRoot()));
  corpus.set('library/shapes.zip', readFileSync(example));
  rmSync(folder, { recursive: true, force: true });
  for (const [name, content] of corpus) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
}

/** Also from the compiled copy below `out/`. */
function projectRoot(): string {
  const here = import.meta.url;
  return here.slice(0, here.search(/(out\/fuzz\/build\/)?fuzz\/make-corpus/));
}
