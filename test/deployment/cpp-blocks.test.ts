import { describe, expect, it } from 'vitest';
import type { DeploymentContents } from '../../src/deployment/contents.js';
import { openContents } from '../../src/deployment/open.js';
import type { Files } from '../fixtures/deployment-writer.js';
import { array, libraryFiles, zipOf } from '../fixtures/deployment-writer.js';
import type { LibraryFacts } from '../fixtures/library-headers.js';
import { tinyClassifier, tinyRegression } from '../fixtures/models.js';
import { failure } from './failure.js';

const VARIABLES = 'model-parameters/model_variables.h';
const METADATA = 'model-parameters/model_metadata.h';
const PICTURES: LibraryFacts = {
  project: { id: 7, owner: 'Owner', name: 'Cups', deployVersion: 2 },
  labels: ['red', 'green', 'blue'],
  input: { width: 8, height: 8, channels: 'RGB' },
};
const SIGNAL: LibraryFacts = {
  ...PICTURES,
  labels: ['value'],
  input: { samples: 125, axes: ['accX', 'accY', 'accZ'], frequencyHz: 62.5, features: 4 },
};

function edited(files: Files, name: string, ...replacements: [string | RegExp, string][]): Files {
  const text = replacements.reduce(
    (before, [from, to]) => {
      const after = before.replace(from, to);
      if (after === before) throw new TypeError(`${name} does not hold ${from}.`);
      return after;
    },
    String(files.get(name)),
  );
  return new Map(files).set(name, text);
}

const open = async (files: Files): Promise<DeploymentContents> => openContents(await zipOf(files));

/** A library of today whose outputs go through another function. */
function postprocessed(step: string, config: string, ...more: [string | RegExp, string][]): Files {
  const files = libraryFiles('G4', 'included file', PICTURES, tinyClassifier());
  return edited(
    files,
    VARIABLES,
    ['&process_classification_f32', `&process_${step}`],
    ['        .config = NULL', '        .config = (void*)&some_config'],
    [
      'const size_t ei_postprocessing_blocks',
      `some_config_t some_config = { ${config} };\nconst size_t ei_postprocessing_blocks`,
    ],
    ...more,
  );
}

describe('What outputs mean is told by the function that reads them', () => {
  const detector = '.threshold = 0.25, .version = 0, .object_detection_count = 10';

  it.each([
    ['yolov7_f32', 'yolov7'],
    ['yolox_detect_f32', 'yolox'],
    ['yolov2_f32', 'yolov2-akida'],
    ['yolo_pro_i8', 'yolo-pro'],
    ['tao_yolov3_f32', 'tao-yolov3'],
    ['tao_yolov4_i8', 'tao-yolov4'],
    ['tao_detection_f32', 'tao-retinanet'],
    ['qc_face_det_lite_f32', 'qc-face-det-lite'],
  ])('%s: %s', async (step, lastLayer) => {
    const { impulse } = await open(postprocessed(step, detector));
    expect(impulse.learnBlocks).toMatchObject([
      {
        modelType: 'object-detection',
        lastLayer,
        thresholds: { min_score: 0.25 },
        nms: { confidence: 0, iou: 0.2 },
      },
    ]);
  });

  it('one function for two layers of TAO: the define tells', async () => {
    const files = postprocessed('tao_detection_i8', detector);
    const define = '#define EI_CLASSIFIER_OBJECT_DETECTION_LAST_LAYER EI_CLASSIFIER_LAST_LAYER_TAO_SSD\n';
    const { impulse } = await open(new Map(files).set(METADATA, define + String(files.get(METADATA))));
    expect(impulse.learnBlocks).toMatchObject([{ lastLayer: 'tao-ssd' }]);
  });

  it('PaddleOCR has three thresholds, and needs them all', async () => {
    const three = '.min_score_pixel = 0.3, .min_score_box = 0.6, .unclip_ratio = 1.5';
    expect((await open(postprocessed('paddleocr_f32', three))).impulse.learnBlocks).toMatchObject([
      {
        lastLayer: 'paddleocr-detector',
        thresholds: { min_score_pixel: 0.3, min_score_box: 0.6, unclip_ratio: 1.5 },
      },
    ]);
    expect(await failure(() => open(postprocessed('paddleocr_f32', '.min_score_pixel = 0.3')))).toMatchObject(
      {
        code: 'ERR_METADATA_MISSING',
        message: 'The configuration of paddleocr states no min_score_box.',
      },
    );
  });

  it('freeform', async () => {
    const { impulse } = await open(postprocessed('freeform_f32', '0'));
    expect(impulse.learnBlocks).toMatchObject([{ modelType: 'freeform', outputTensors: [0] }]);
    expect(impulse.learnBlocks[0]).not.toHaveProperty('labels');
  });

  it('visual anomaly detection has a grid and a threshold of its own name', async () => {
    const config = '.threshold = 5.5, .grid_size_x = 7, .grid_size_y = 5';
    const patchcore = '    .has_anomaly = EI_ANOMALY_TYPE_VISUAL_PATCHCORE,\n    .label_count';
    const files = postprocessed('visual_ad_f32', config, ['    .label_count', patchcore]);
    expect((await open(files)).impulse.learnBlocks).toMatchObject([
      {
        modelType: 'visual-anomaly',
        algorithm: 'patchcore',
        gridWidth: 7,
        gridHeight: 5,
        thresholds: { min_anomaly_score: 5.5 },
      },
    ]);
    expect(await failure(() => open(postprocessed('visual_ad_f32', '.threshold = 5.5')))).toMatchObject({
      code: 'ERR_METADATA_MISSING',
    });
  });

  it('or, before mid 2025, by the mode of the block', async () => {
    const files = libraryFiles('G3', 'array of 2023', PICTURES, tinyClassifier());
    const mode = (name: string): Files => edited(files, VARIABLES, ['MODE_CLASSIFICATION,', `MODE_${name},`]);
    expect((await open(mode('FREEFORM'))).impulse.learnBlocks).toMatchObject([{ modelType: 'freeform' }]);
    expect((await open(mode('REGRESSION'))).impulse.learnBlocks).toMatchObject([{ modelType: 'regression' }]);
    const visual = edited(
      mode('VISUAL_ANOMALY'),
      VARIABLES,
      ['.threshold = 0', '.threshold = 3.25'],
      [
        '.visual_ad_grid_size_x = int((8 / 8) / 2 - 1)',
        '.visual_ad_grid_size_x = 5, .visual_ad_grid_size_y = 5',
      ],
    );
    expect((await open(visual)).impulse.learnBlocks).toMatchObject([
      { modelType: 'visual-anomaly', gridWidth: 5, gridHeight: 5, thresholds: { min_anomaly_score: 3.25 } },
    ]);
    expect(await failure(() => open(mode('DSP')))).toMatchObject({
      code: 'ERR_UNSUPPORTED_BLOCK',
      message: expect.stringContaining('classification mode 7'),
    });
  });
});

describe('Anomaly detection with a model of its own (GMM)', () => {
  const scores = tinyRegression({ features: 2 });
  const withGmm = (config = ''): Files => {
    const files = edited(
      libraryFiles('G2', 'array of 2023', SIGNAL, tinyRegression()),
      VARIABLES,
      [
        'const uint32_t ei_learning_block_inputs',
        `const uint16_t ei_classifier_anom_axes[] = { 0, 3 };
const ei_config_tflite_graph_t ei_config_tflite_graph_36 = { .model = tflite_anomaly_36 };
ei_learning_block_config_anomaly_gmm_t ei_learning_block_config_36 = {
    .anom_axis = ei_classifier_anom_axes,
    .anom_axes_size = 2,${config}
    .graph_config = (void*)&ei_config_tflite_graph_36
};
const uint32_t ei_learning_block_inputs`,
      ],
      [
        '_NONE, },\n',
        '_NONE, },\n    { &run_gmm_anomaly, (void*)&ei_learning_block_config_36, EI_CLASSIFIER_IMAGE_SCALING_NONE, },\n',
      ],
    );
    return new Map(files).set('tflite-model/tflite_anomaly_36.h', array('tflite_anomaly_36', '', scores));
  };

  it('is a second block with a second model, its id told by a name', async () => {
    const { impulse, artefacts } = await open(withGmm());
    expect(impulse.learnBlocks).toMatchObject([
      { id: 3, modelType: 'regression', artefact: 'tflite_learn_3' },
      { id: 36, modelType: 'anomaly', algorithm: 'gmm', axes: [0, 3], artefact: 'tflite_anomaly_36' },
    ]);
    expect([...artefacts.keys()]).toEqual(['tflite_learn_3', 'tflite_anomaly_36']);
    expect(Buffer.compare(artefacts.get('tflite_anomaly_36')?.bytes ?? Buffer.alloc(0), scores)).toBe(0);
  });

  it("is not run on the classifier's model, nor the other way round, where one is missing", async () => {
    for (const name of ['tflite-model/tflite_learn_3.h', 'tflite-model/tflite_anomaly_36.h']) {
      const files = withGmm();
      files.delete(name);
      expect(await failure(() => open(files))).toMatchObject({ code: 'ERR_MODEL_MISSING' });
    }
  });

  it('takes as many values as it has axes', async () => {
    const files = withGmm().set(
      'tflite-model/tflite_anomaly_36.h',
      array('tflite_anomaly_36', '', tinyRegression()),
    );
    expect(await failure(() => open(files))).toMatchObject({
      code: 'ERR_DEPLOYMENT_INCONSISTENT',
      message: expect.stringMatching(/takes 2 numbers, but the one in .* takes 4/),
    });
  });

  it('on pictures, in the two-model form before mid 2025, is refused', async () => {
    expect(await failure(() => open(withGmm('\n    .visual = true,')))).toMatchObject({
      code: 'ERR_UNSUPPORTED_BLOCK',
      message: expect.stringContaining('build the deployment again'),
    });
  });
});

describe('Processing blocks', () => {
  const normalised = (execute: string, variances = '(float *)some_var'): Files =>
    edited(
      libraryFiles('G4', 'included file', SIGNAL, tinyRegression()),
      VARIABLES,
      [/nullptr, \/\/ explained\n( *)nullptr/, 'nullptr,\n$1&ei_data_normalization_config_7_2'],
      [
        /const size_t ei_dsp_blocks/,
        `const float some_mean[4] = { 1.5, -2.25, 0, 1e-3 };
const float some_scale[4] = { 1, 2, 4, 0.5f };
const float some_var[4] = { 1, 1, 1, 1 };
ei_data_normalization_standard_scaler_config_t some_config = {
    .mean_data = (float *)some_mean,
    .mean_data_len = 4,
    .scale_data = (float *)some_scale,
    .scale_data_len = 4,
    .var_data = ${variances},
    .var_data_len = 4
};
ei_data_normalization_t ei_data_normalization_config_7_2 = {
    (void *) &some_config, // config
    DATA_NORMALIZATION_METHOD_STANDARD_SCALER, // method
    nullptr, // context
    nullptr, // init func
    nullptr, // deinit func
    &${execute} // exec func
};
const size_t ei_dsp_blocks`,
      ],
    );

  it('normalise with means and factors of the data set', async () => {
    const { impulse } = await open(normalised('data_normalization_standard_scaler'));
    expect(impulse.dspBlocks[0]?.standardScaler).toEqual({
      mean: [1.5, -2.25, 0, 1e-3],
      scale: [1, 2, 4, 0.5],
    });
  });

  it('that normalise in another way are refused', async () => {
    expect(await failure(() => open(normalised('data_normalization_robust')))).toMatchObject({
      code: 'ERR_UNSUPPORTED_BLOCK',
      message: expect.stringContaining(
        "The flatten block normalises its features by 'data_normalization_robust'",
      ),
    });
  });

  it('whose normalisation is incomplete are refused, as the SDK does', async () => {
    const files = normalised('data_normalization_standard_scaler', 'nullptr');
    expect(await failure(() => open(files))).toMatchObject({
      code: 'ERR_METADATA_INVALID',
      message: expect.stringContaining('lacks its means, factors or variances'),
    });
  });

  it('of several kinds feed the learn blocks that name them', async () => {
    const second = `ei_dsp_config_flatten_t ei_dsp_config_5 = { 5, 1, 3, 2.0f, false, true };
const size_t ei_dsp_blocks_size = 2;
ei_model_dsp_t ei_dsp_blocks[ei_dsp_blocks_size] = {
    { 5, 3, &extract_flatten_features, (void*)&ei_dsp_config_5, ei_dsp_config_2_axes, 3, 1, nullptr },`;
    const files = edited(libraryFiles('G3', 'array of 2023', SIGNAL, tinyRegression()), VARIABLES, [
      /const size_t ei_dsp_blocks_size = 1;\n.*\n/,
      `${second}\n`,
    ]);
    const { impulse } = await open(files);
    expect(
      impulse.dspBlocks.map(({ id, outputSize, parameters }) => [id, outputSize, parameters.scale_axes]),
    ).toEqual([
      [5, 3, 2],
      [2, 4, 1],
    ]);
    expect(impulse.learnBlocks).toMatchObject([{ inputs: [2] }]);
  });
});
