import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ZipFile } from 'yazl';
import { writeTfliteModel } from '../../src/deployment/tflite/write.js';
import { readPackedMetadata } from '../../src/deployment/tflite-metadata.js';
import { DeploymentError, isImpulseError } from '../../src/errors.js';
import type { MetadataFacts } from '../fixtures/tflite-metadata.js';
import { writeMetadata } from '../fixtures/tflite-metadata.js';
import { describeWithShared } from '../support/shared.js';

const EMPTY_GRAPH = { tensors: [], operators: [], inputs: [], outputs: [] };
const PLAIN = writeTfliteModel(EMPTY_GRAPH);

function withMetadata(bytes: Uint8Array): Uint8Array {
  return writeTfliteModel({ ...EMPTY_GRAPH, metadata: [{ name: 'TFLITE_METADATA', bytes }] });
}

function described(facts: MetadataFacts): Uint8Array {
  return withMetadata(writeMetadata(facts));
}

async function zipOf(files: Readonly<Record<string, string | Buffer>>): Promise<Buffer> {
  const zip = new ZipFile();
  for (const [name, content] of Object.entries(files)) zip.addBuffer(Buffer.from(content), name);
  zip.end();
  return buffer(zip.outputStream);
}

/** The model with a zip behind it whose offsets count from the zip's own beginning. */
async function appended(
  model: Uint8Array,
  files: Readonly<Record<string, string | Buffer>>,
): Promise<Buffer> {
  return Buffer.concat([model, await zipOf(files)]);
}

async function codeOf(promise: Promise<unknown>): Promise<string | undefined> {
  try {
    await promise;
    return undefined;
  } catch (error) {
    if (isImpulseError(error)) return error.code;
    throw error;
  }
}

describe('Damage behind or inside a TFLite model', () => {
  it('is refused: metadata of another format', async () => {
    const bytes = withMetadata(Buffer.from('this is not what it should be, by far'));
    await expect(readPackedMetadata(bytes, 'm.tflite')).rejects.toBeInstanceOf(DeploymentError);
  });

  it('is refused: metadata cut short', async () => {
    const whole = writeMetadata({ name: 'n', normalization: { mean: [1], std: [2] } });
    const bytes = withMetadata(whole.subarray(0, whole.length - 24));
    await expect(readPackedMetadata(bytes, 'm.tflite')).rejects.toThrow(
      /^The metadata of m\.tflite is cut short/,
    );
  });

  it('is refused: a name that leaves the archive', async () => {
    const zip = await zipOf({ 'aa/labels.txt': 'a' });
    const evil = Buffer.from(zip.toString('latin1').replaceAll('aa/labels.txt', '../labels.txt'), 'latin1');
    const promise = readPackedMetadata(Buffer.concat([PLAIN, evil]), 'm.tflite');
    expect(await codeOf(promise)).toBe('ERR_ARCHIVE_UNSAFE');
  });

  it('is refused: a zip without its first byte', async () => {
    const bytes = await appended(PLAIN, { 'labels.txt': 'a\nb' });
    bytes[PLAIN.length] = 0;
    expect(await codeOf(readPackedMetadata(bytes))).toBe('ERR_ARCHIVE_INVALID');
  });

  it('is refused: labels that unpack to more than any list of labels', async () => {
    const bytes = await appended(PLAIN, { 'labels.txt': Buffer.alloc(9 * 1024 ** 2, 'a\n') });
    expect(bytes.length).toBeLessThan(100_000);
    await expect(readPackedMetadata(bytes, 'm.tflite')).rejects.toThrow(
      "The zip in m.tflite is refused: its text 'labels.txt' has 9437184 bytes, more than 8388608.",
    );
  });

  it('is refused with a typed error or passed over, whichever bytes are changed', async () => {
    const whole = await appended(described({ name: 'n', outputFiles: [{ name: 'l.txt', type: 2 }] }), {
      'l.txt': 'a',
    });
    const damage = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), {
      minLength: 1,
      maxLength: 6,
    });
    await fc.assert(
      fc.asyncProperty(damage, async (changes) => {
        const bytes = Uint8Array.from(whole);
        for (const [at, value] of changes) bytes[at % bytes.length] = value;
        await codeOf(readPackedMetadata(bytes));
      }),
      { numRuns: 500 },
    );
  });
});

describe('Metadata of a TFLite file', () => {
  it('is nothing where nothing is packed', async () => {
    expect(await readPackedMetadata(PLAIN)).toEqual({ labelFiles: [] });
  });

  it('is nothing where something else than a zip follows', async () => {
    const bytes = Buffer.concat([PLAIN, Buffer.from('PK\x05\x06 and more than that, but no zip')]);
    expect(await readPackedMetadata(bytes)).toEqual({ labelFiles: [] });
  });

  it('says name, description and normalisation', async () => {
    const facts = { name: 'Birds', description: 'Tells birds', normalization: { mean: [127.5], std: [128] } };
    expect(await readPackedMetadata(described(facts))).toEqual({ ...facts, labelFiles: [] });
  });

  it('has the labels of the only label file', async () => {
    expect(
      await readPackedMetadata(
        await appended(PLAIN, { 'labelmap.txt': 'cat\r\ndog\r\n', 'readme.txt': 'x' }),
      ),
    ).toEqual({
      labels: ['cat', 'dog'],
      labelFiles: [{ name: 'labelmap.txt', lines: ['cat', 'dog'] }],
    });
  });

  it('has the labels of a zip whose offsets count from the beginning of the file', async () => {
    const bytes = await appended(PLAIN, { 'labels.txt': 'cat' });
    const end = bytes.lastIndexOf('PK\x05\x06');
    const contents = bytes.readUInt32LE(end + 16) + PLAIN.length;
    bytes.writeUInt32LE(contents, end + 16);
    bytes.writeUInt32LE(bytes.readUInt32LE(contents + 42) + PLAIN.length, contents + 42);
    expect((await readPackedMetadata(bytes)).labels).toEqual(['cat']);
  });

  it('has the labels of the file that an output names, whatever it is called', async () => {
    const model = described({
      outputFiles: [
        { name: 'scores.csv', type: 4 },
        { name: 'birds.txt', type: 2 },
      ],
      modelFiles: [{ name: 'labels.txt', type: 2 }],
    });
    const files = { 'labels.txt': 'a', 'birds.txt': 'robin\n\nwren\n\n', 'scores.csv': '1' };
    expect(await readPackedMetadata(await appended(model, files))).toEqual({
      labels: ['robin', '', 'wren'],
      labelFiles: [
        { name: 'birds.txt', lines: ['robin', '', 'wren'] },
        { name: 'labels.txt', lines: ['a'] },
      ],
    });
  });

  it('has no labels where several files could be meant', async () => {
    const metadata = await readPackedMetadata(
      await appended(PLAIN, { 'labels.txt': 'a', 'labels_de.txt': 'b' }),
    );
    expect(metadata.labels).toBeUndefined();
    expect(metadata.labelFiles).toHaveLength(2);
  });

  it('has the names and the task of a YOLO exporter, old form', async () => {
    const model = described({ modelFiles: [{ name: 'temp_meta.txt', type: 2 }] });
    const notes = { 'temp_meta.txt': "{'task': 'detect', 'names': {0: 'cat', 1: 'dog'}}" };
    expect(await readPackedMetadata(await appended(model, notes))).toEqual({
      notes: { task: 'detect', names: ['cat', 'dog'] },
      labels: ['cat', 'dog'],
      labelFiles: [],
    });
  });

  it('has the names and the stride that the exporter of YOLOv5 notes in a file no output names', async () => {
    const notes = { 'meta.txt': "{'stride': 32, 'names': ['cat', 'dog']}" };
    expect(await readPackedMetadata(await appended(PLAIN, notes))).toEqual({
      notes: { stride: 32, names: ['cat', 'dog'] },
      labels: ['cat', 'dog'],
      labelFiles: [],
    });
  });

  it('has the names and the task of a YOLO exporter, new form', async () => {
    const notes = { 'metadata.json': '{"task": "classify", "names": {"0": "cat", "1": "dog"}}' };
    expect(await readPackedMetadata(await appended(PLAIN, notes))).toEqual({
      notes: { task: 'classify', names: ['cat', 'dog'] },
      labels: ['cat', 'dog'],
      labelFiles: [],
    });
  });
});

describeWithShared('Metadata of real TFLite files', (sharedDir) => {
  it.each([
    [
      'mobilenet-v1-025-imagenet-float-and-uint8/mobilenet_v1_0.25_224_quant.tflite',
      1001,
      'background',
      'toilet tissue',
    ],
    [
      'ssd-mobilenet-v1-coco-uint8/coco_ssd_mobilenet_v1_1.0_quant_2018_06_29.tflite',
      90,
      'person',
      'toothbrush',
    ],
    ['yamnet-audio/yamnet_audio_classifier_with_metadata.tflite', 521, 'Speech', 'Field recording'],
    ['yolov8n-tflite-224/yolov8n_full_integer_quant_224.tflite', 80, 'person', 'toothbrush'],
  ])('has their labels: %s', async (path, count, first, last) => {
    const { labels } = await readPackedMetadata(readFileSync(join(sharedDir, 'models', path)));
    expect([labels?.length, labels?.at(0), labels?.at(-1)]).toEqual([count, first, last]);
  });

  it('has the normalisation of MobileNet', async () => {
    const path = 'mobilenet-v1-025-imagenet-float-and-uint8/mobilenet_v1_0.25_224_quant.tflite';
    const metadata = await readPackedMetadata(readFileSync(join(sharedDir, 'models', path)));
    expect(metadata.normalization).toEqual({ mean: [127.5], std: [127.5] });
    expect(metadata.name).toBe('MobileNetV1 image classifier (quantized)');
  });

  it('is nothing in a model of Edge Impulse', async () => {
    const path = 'fomo-balloon-openmv/trained.tflite';
    expect(await readPackedMetadata(readFileSync(join(sharedDir, 'models', path)))).toEqual({
      labelFiles: [],
    });
  });
});
