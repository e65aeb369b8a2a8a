import { describe, expect, it } from 'vitest';
import type { DeploymentContents } from '../../src/deployment/contents.js';
import { openContents } from '../../src/deployment/open.js';
import type { Files, Storage } from '../fixtures/deployment-writer.js';
import { array, libraryFiles, under, zipOf } from '../fixtures/deployment-writer.js';
import type { Generation, LibraryFacts } from '../fixtures/library-headers.js';
import { customOperatorModel, tinyClassifier } from '../fixtures/models.js';
import { failure } from './failure.js';

const FACTS: LibraryFacts = {
  project: { id: 7, owner: 'Owner', name: 'Cups', deployVersion: 2 },
  labels: ['red', 'green', 'blue'],
  input: { width: 8, height: 8, channels: 'RGB' },
};
const MODEL = tinyClassifier();
const METADATA = 'model-parameters/model_metadata.h';
const VARIABLES = 'model-parameters/model_variables.h';
const SYMBOL = 'tflite_learn_7_3';
const HEADER = `tflite-model/${SYMBOL}.h`;
const FILE = `tflite-model/${SYMBOL}.tflite`;

const library = (storage: Storage = 'included file', generation: Generation = 'G4', facts = FACTS): Files =>
  libraryFiles(generation, storage, facts, MODEL);

function changed(files: Files, name: string, change: (text: string) => string | Uint8Array): Files {
  const before = String(files.get(name));
  const after = change(before);
  if (after === before) throw new TypeError(`The change of ${name} changes nothing.`);
  return new Map(files).set(name, after);
}

function without(files: Files, name: string): Files {
  const copy = new Map(files);
  if (!copy.delete(name)) throw new TypeError(`There is no ${name} to leave out.`);
  return copy;
}

const define = (name: string, value: string) => (text: string) =>
  text.replace(new RegExp(`(#define EI_CLASSIFIER_${name}) .*`), `$1 ${value}`);

const open = async (files: Files, impulse?: string): Promise<DeploymentContents> =>
  openContents(await zipOf(files), impulse === undefined ? {} : { impulse });
const refusal = (files: Files, impulse?: string): ReturnType<typeof failure> =>
  failure(() => open(files, impulse));

describe('A library without its model', () => {
  it('whose included file is missing', async () => {
    expect(await refusal(without(library(), FILE))).toEqual({
      name: 'DeploymentError',
      code: 'ERR_MODEL_MISSING',
      message:
        `${HEADER} includes '${FILE}', but the download does not hold that file. ` +
        'It is the model itself: download the deployment again, or copy the file there.',
    });
  });

  it('whose header is missing too', async () => {
    const { code, message } = await refusal(without(without(library(), FILE), HEADER));
    expect(code).toBe('ERR_MODEL_MISSING');
    expect(message).toMatch(/name the model 'tflite_learn_7_3'.*holds trained_model_ops_define\.h/);
  });

  it('whose array is empty', async () => {
    const files = changed(library('array of 2023'), HEADER, () => array(SYMBOL, '', new Uint8Array(0)));
    expect(await refusal(files)).toMatchObject({ code: 'ERR_MODEL_MISSING' });
  });

  it('whose file is a Git LFS pointer', async () => {
    const pointer = 'version https://git-lfs.github.com/spec/v1\noid sha256:c291aa\nsize 56552\n';
    for (const name of [FILE, HEADER, METADATA]) {
      const { code, message } = await refusal(changed(library(), name, () => pointer));
      expect(code).toBe('ERR_DEPLOYMENT_UNRECOGNISED');
      expect(message).toMatch(new RegExp(`^${name} is a Git LFS pointer.*git lfs pull`));
    }
  });

  it('whose file is a web page, empty, or something else', async () => {
    const kind = async (content: string): Promise<string> =>
      (await refusal(changed(library(), FILE, () => content))).message;
    expect(await kind('<!DOCTYPE html><title>Sign in</title>')).toMatch(/is a web page .*Sign in/);
    expect(await kind('')).toMatch(/is empty: 0 bytes/);
    expect(await kind('PK\x03\x04...........')).toMatch(/is no TFLite model: it lacks the mark 'TFL3'/);
  });

  it('that includes a file outside the library, unless it lies beside the header', async () => {
    const files = changed(library(), HEADER, (text) => text.replace('"tflite-model/', '"../../../../'));
    expect((await refusal(files)).code).toBe('none');
    expect((await refusal(without(files, FILE))).message).toMatch(
      /includes '\.\.\/\.\..*does not hold that file/,
    );
  });

  it('whose flatbuffer is cut in half', async () => {
    const half = MODEL.subarray(0, MODEL.length / 2);
    const { code } = await refusal(changed(library(), FILE, () => half));
    expect(code).toBe('ERR_DEPLOYMENT_TRUNCATED');
  });

  it('whose array is cut in half', async () => {
    const files = changed(library('array of 2023'), HEADER, (text) => text.slice(0, text.length / 2));
    const { code, message } = await refusal(files);
    expect(code).toBe('ERR_DEPLOYMENT_TRUNCATED');
    expect(message).toMatch(new RegExp(`^${HEADER} ends within an array, after \\d+ bytes`));
  });

  it('whose array holds more than bytes', async () => {
    const files = changed(library('array of 2023'), HEADER, (text) => text.replace('0x54', '0x154'));
    expect(await refusal(files)).toMatchObject({ code: 'ERR_MODEL_INVALID' });
  });
});

describe('A library whose parts contradict each other', () => {
  it('in the numbers that the model takes', async () => {
    const facts: LibraryFacts = { ...FACTS, input: { width: 8, height: 8, channels: 'Grayscale' } };
    for (const generation of ['G0', 'G1', 'G2', 'G3', 'G4'] as const) {
      const { code, message } = await refusal(library('array of 2020', generation, facts));
      expect(code).toBe('ERR_DEPLOYMENT_INCONSISTENT');
      expect(message).toMatch(/takes 64 numbers, but the one in .* takes 192 \(\[1, 8, 8, 3\] float32\)/);
    }
  });

  it('in the number of labels', async () => {
    const files = changed(library(), VARIABLES, (text) =>
      text.replace('.label_count = 3', '.label_count = 4'),
    );
    expect((await refusal(files)).message).toBe(
      'The headers state 4 labels but list 3. Download the deployment again.',
    );
  });

  it('in the data of K-means', async () => {
    const facts: LibraryFacts = {
      ...FACTS,
      kmeans: { axes: [0, 1], mean: [0], scale: [1, 1], clusters: [{ centroid: [0, 0], maxError: 1 }] },
    };
    expect((await refusal(library('array of 2020', 'G3', facts))).message).toMatch(
      /anomaly block 4 do not fit together: 2 axes, 1 means, 2 scales, 1 clusters/,
    );
  });

  it('in a length, which is only worth a warning', async () => {
    const files = changed(library('array of 2023'), HEADER, (text) =>
      text.replace(/_len = \d+/, '_len = 77'),
    );
    expect((await open(files)).warnings).toEqual([
      {
        code: 'ARRAY_LENGTH_MISMATCH',
        message: `${HEADER}: ${SYMBOL}_len says 77 bytes, the array holds ${MODEL.length}. The array is used.`,
      },
    ]);
  });

  it('in the type of the input, where the model counts', async () => {
    const files = library('included file', 'G4', { ...FACTS, dataType: 'INT8' });
    expect((await open(files)).warnings).toMatchObject([
      {
        code: 'DATA_TYPE_MISMATCH',
        message: expect.stringMatching(/input is int8; in .* it is float32, which counts/),
      },
    ]);
  });
});

describe('A library for something else', () => {
  it.each([
    ['EI_CLASSIFIER_TENSORRT', 'NVIDIA TensorRT'],
    ['EI_CLASSIFIER_AKIDA', 'BrainChip Akida'],
    ['EI_CLASSIFIER_ETHOS_LINUX', 'Arm Ethos-U on Linux'],
    ['EI_CLASSIFIER_VLM_CONNECTOR', 'a remote vision-language model'],
    ['99', 'number 99'],
  ])('than TensorFlow Lite names the engine: %s', async (value, name) => {
    const files = changed(library('array of 2020', 'G1'), METADATA, define('INFERENCING_ENGINE', value));
    const refused = await refusal(files);
    expect(refused).toMatchObject({ name: 'UnsupportedError', code: 'ERR_UNSUPPORTED_ENGINE' });
    expect(refused.message).toContain(name);
    expect(refused.message).toContain('"C++ library" with the inferencing engine "TensorFlow Lite"');
  });

  it.each(['G0', 'G1', 'G2', 'G3', 'G4'] as const)(
    'compiled with EON, without a flatbuffer: %s',
    async (generation) => {
      const files = without(library('trained.tflite beside EON', generation), 'trained.tflite');
      const refused = await refusal(files);
      expect(refused).toMatchObject({ name: 'UnsupportedError', code: 'ERR_UNSUPPORTED_ENGINE' });
      expect(refused.message).toMatch(/EON code of a form that can.t be read as data/);
    },
  );

  it('compiled for an Ethos-U processor, named by its operator', async () => {
    const facts: LibraryFacts = {
      ...FACTS,
      input: { samples: 4, axes: ['a'], frequencyHz: 10, features: 4 },
    };
    const files = libraryFiles('G4', 'included file', facts, customOperatorModel('ethos-u'));
    const refused = await refusal(files);
    expect(refused).toMatchObject({ name: 'UnsupportedError', code: 'ERR_UNSUPPORTED_OPERATOR' });
    expect(refused.message).toMatch(/Ethos-U processor \(its operator is 'ethos-u'\)/);
  });

  it('than this version decodes', async () => {
    const step = (name: string) => (text: string) =>
      text.replace('&process_classification_f32', `&process_${name}_f32`);
    expect(await refusal(changed(library(), VARIABLES, step('qc_yolox')))).toMatchObject({
      code: 'ERR_UNSUPPORTED_LAST_LAYER',
    });
    expect(await refusal(changed(library(), VARIABLES, step('mystery')))).toMatchObject({
      code: 'ERR_UNSUPPORTED_BLOCK',
      message: "The impulse post-processes with 'process_mystery', which this version does not have.",
    });
    const layer = changed(
      library('array of 2020', 'G3', { ...FACTS, detection: { lastLayer: 'FOMO', threshold: 1 } }),
      VARIABLES,
      (text) => text.replace('EI_CLASSIFIER_LAST_LAYER_FOMO', '99'),
    );
    expect(await refusal(layer)).toMatchObject({ code: 'ERR_UNSUPPORTED_LAST_LAYER' });
    const run = changed(library(), VARIABLES, (text) =>
      text.replace('&run_nn_inference', '&run_vlm_inference'),
    );
    expect((await refusal(run)).message).toBe(
      "Learn block 3 runs 'run_vlm_inference', which this version does not have.",
    );
  });

  it.each([
    ['hr', 'heart rate'],
    ['eeg', 'EEG'],
  ])('with a licensed block: %s', async (block, name) => {
    const facts: LibraryFacts = {
      ...FACTS,
      input: { samples: 4, axes: ['a'], frequencyHz: 10, features: 4 },
    };
    const rename = (text: string): string => text.replaceAll('flatten', block);
    const files = changed(
      changed(library('included file', 'G4', facts), VARIABLES, rename),
      METADATA,
      rename,
    );
    const refused = await refusal(files);
    expect(refused).toMatchObject({ name: 'UnsupportedError', code: 'ERR_UNSUPPORTED_BLOCK' });
    expect(refused.message).toContain(`the ${name} block, whose code is licensed`);
  });

  it('with a block on pictures that is not the ordinary one', async () => {
    const rename = (text: string): string => text.replaceAll(/_image(_|s)/g, '_pose$1');
    const files = changed(changed(library(), VARIABLES, rename), METADATA, rename);
    expect((await refusal(files)).message).toMatch(
      /Pictures go through 'pose', which is not the ordinary image block/,
    );
  });

  it('with several frames of video at a time', async () => {
    const files = changed(library(), VARIABLES, (text) =>
      text.replace('.input_frames = 1', '.input_frames = 4'),
    );
    expect((await refusal(files)).message).toBe('The impulse takes 4 frames of video at a time.');
  });
});

it('A constant is known by its name, even where a year numbered it otherwise', async () => {
  const files = changed(library('array of 2020', 'G1'), METADATA, (text) =>
    define('INFERENCING_ENGINE', 'EI_CLASSIFIER_SYNTIANT')(`#define EI_CLASSIFIER_SYNTIANT 9\n${text}`),
  );
  expect((await refusal(files)).message).toContain('the inferencing engine Syntiant,');
});

describe('A library whose headers are damaged', () => {
  it.each([METADATA, VARIABLES])('is refused wherever %s is cut', async (name) => {
    const text = String(library().get(name));
    for (let length = 0; length < text.lastIndexOf('#endif'); length += 101) {
      const { code } = await refusal(changed(library(), name, () => text.slice(0, length)));
      expect(code).toMatch(
        /^ERR_(METADATA_MISSING|METADATA_INVALID|DEPLOYMENT_UNRECOGNISED|DEPLOYMENT_INCONSISTENT)$/,
      );
    }
  });

  it('says which define is missing', async () => {
    const facts: LibraryFacts = {
      ...FACTS,
      input: { samples: 4, axes: ['a'], frequencyHz: 10, features: 4 },
    };
    const files = changed(library('array of 2020', 'G1', facts), METADATA, (text) =>
      text.replace('#define EI_CLASSIFIER_RAW_SAMPLE_COUNT', '#define OTHER'),
    );
    expect((await refusal(files)).message).toMatch(/do not say EI_CLASSIFIER_RAW_SAMPLE_COUNT/);
  });

  it('says that nothing but hand-made headers is there', async () => {
    const files: Files = new Map([[METADATA, '#define EI_CLASSIFIER_LABEL_COUNT 1\n']]);
    expect((await refusal(files)).message).toMatch(/no table of processing blocks \(ei_dsp_blocks\)/);
  });

  it('says that model-parameters/ is missing', async () => {
    const files = without(without(library('array of 2023'), METADATA), VARIABLES);
    expect((await refusal(files)).message).toMatch(
      /tflite-model\/ but not model-parameters\/model_metadata\.h/,
    );
  });

  it('reads headers that an editor saved in another encoding, with a warning', async () => {
    const files = library('included file', 'G4', { ...FACTS, labels: ['Gläser', 'b', 'c'] });
    const latin1 = Buffer.from(String(files.get(VARIABLES)), 'latin1');
    const { impulse, warnings } = await open(changed(files, VARIABLES, () => latin1));
    expect(impulse.learnBlocks).toMatchObject([{ labels: ['Gläser', 'b', 'c'] }]);
    expect(warnings.map(({ code }) => code)).toEqual(['HEADER_ENCODING']);
  });
});

describe('Several impulses in one download', () => {
  const two: Files = new Map([
    ...under(library(), 'cups/'),
    ...under(
      libraryFiles(
        'G3',
        'array of 2023',
        { ...FACTS, project: { ...FACTS.project, id: 8, name: 'Plates' } },
        MODEL,
      ),
      'kitchen/plates/',
    ),
  ]);

  it('are listed, not chosen among', async () => {
    const refused = await refusal(two);
    expect(refused).toMatchObject({ code: 'ERR_DEPLOYMENT_AMBIGUOUS' });
    expect(refused.message).toBe(
      "The download holds 2 impulses: 'impulse_7_1' (Impulse #1, Cups, in cups/); " +
        "'impulse_8_2' (Impulse #1, Plates, in kitchen/plates/). Choose one with the option impulse.",
    );
  });

  it.each(['impulse_8_2', 'Plates', '8', 'plates', 'kitchen/plates', 'kitchen/plates/'])(
    'are chosen by name: %s',
    async (name) => {
      expect((await open(two, name)).impulse.project.name).toBe('Plates');
    },
  );

  it('are not found under a wrong name, but the nearest is named', async () => {
    expect((await refusal(two, 'Plate')).message).toMatch(
      /holds no impulse 'Plate'\. Did you mean 'Plates'\?/,
    );
  });

  it('need a name that fits only one', async () => {
    const same = new Map([...under(library(), 'a/'), ...under(library(), 'b/')]);
    expect((await refusal(same, 'Cups')).message).toMatch(/2 impulses that 'Cups' fits/);
    expect((await open(same, 'b')).impulse.project.name).toBe('Cups');
  });

  it('in one set of headers are told apart too', async () => {
    const files = changed(library(), VARIABLES, (text) => {
      const impulse = text.slice(text.indexOf('const ei_impulse_t'), text.indexOf('ei_impulse_handle_t'));
      return text + impulse.replace('impulse_7_1', 'impulse_9_1').replace('"Cups"', '"Spoons"');
    });
    expect((await refusal(files)).code).toBe('ERR_DEPLOYMENT_AMBIGUOUS');
    expect((await open(files, 'Spoons')).impulse.project.name).toBe('Spoons');
  });
});

describe('Steps that this version recognises and does not take', () => {
  it('are named in a warning', async () => {
    const files = changed(library(), VARIABLES, (text) =>
      text.replace(
        '= {\n    {\n        .block_id = 3,\n        .type',
        '= {\n    {\n        .block_id = 268,\n        .postprocess_fn = &process_object_tracking,\n        .config = NULL\n    },\n    {\n        .block_id = 3,\n        .type',
      ),
    );
    const { impulse, warnings } = await open(
      changed(files, METADATA, (text) => `${text}#define EI_CLASSIFIER_CALIBRATION_ENABLED 1\n`),
    );
    expect(impulse.learnBlocks).toHaveLength(1);
    expect(warnings.map(({ message }) => message)).toEqual([
      "The impulse ends in 'object tracking', which this version does not apply: results are those before it.",
      "The impulse ends in 'performance calibration', which this version does not apply: results are those before it.",
    ]);
  });
});

describe('A model under another name than the headers say', () => {
  it('is used where it is the only one, with a warning', async () => {
    const files = library('array of 2023');
    const renamed = changed(files, HEADER, (text) => text.replaceAll(SYMBOL, 'my_model'));
    expect((await open(renamed)).warnings).toMatchObject([{ code: 'MODEL_UNDER_OTHER_NAME' }]);
    const beside = without(new Map(files).set('jan.lite', MODEL), HEADER);
    expect((await open(beside)).warnings).toMatchObject([
      { code: 'MODEL_UNDER_OTHER_NAME', message: expect.stringContaining("'jan.lite' is used") },
    ]);
  });

  it('is not guessed among several', async () => {
    const files = without(library('array of 2023'), HEADER);
    expect(await refusal(new Map(files).set('a.lite', MODEL).set('b.lite', MODEL))).toMatchObject({
      code: 'ERR_MODEL_MISSING',
    });
  });
});

it('The JSON beside the headers adds names, resize mode and anchor, and its API key goes nowhere', async () => {
  const metadata = {
    version: 1,
    classes: FACTS.labels,
    impulse: {
      inputBlocks: [{ id: 1, type: 'image', resizeMode: 'squash', cropAnchor: 'top-left' }],
      learnBlocks: [{ id: 3, type: 'keras-transfer-image', name: 'Transfer learning' }],
    },
    project: { name: 'Cups', apiKey: 'ei_0123456789abcdef' },
  };
  const files = new Map(library('array of 2023', 'G2')).set(
    'deployment-metadata.json',
    JSON.stringify(metadata),
  );
  const contents = await open(files);
  expect(contents.impulse.input).toMatchObject({ resizeMode: 'squash', cropAnchor: 'top-left' });
  expect(contents.impulse.learnBlocks).toMatchObject([{ name: 'Transfer learning' }]);
  expect(contents.warnings).toEqual([]);
  expect(JSON.stringify(contents)).not.toContain('ei_0123456789abcdef');
});
