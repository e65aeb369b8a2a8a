import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openContents } from '../../src/deployment/open.js';
import { describeWithShared } from '../support/shared.js';
import { failure } from './failure.js';

describeWithShared('Real models', (sharedDir) => {
  const path = (...parts: string[]): string => join(sharedDir, 'models', ...parts);

  it('an OpenMV export needs nothing but its labels.txt', async () => {
    const { impulse } = await openContents(path('fomo-balloon-openmv'));
    expect(impulse.input).toMatchObject({ width: 96, height: 96, channels: 'RGB', resizeMode: 'fit-short' });
    expect(impulse.learnBlocks).toMatchObject([
      {
        lastLayer: 'fomo',
        labels: ['green', 'purple'],
        inputScaling: '0..1',
        thresholds: { min_score: 0.5 },
      },
    ]);
  });

  it('a COCO detector brings its operator and its labels, which begin with the first class, not the background', async () => {
    const file = 'coco_ssd_mobilenet_v1_1.0_quant_2018_06_29.tflite';
    const { impulse } = await openContents(path('ssd-mobilenet-v1-coco-uint8', file));
    const [block] = impulse.learnBlocks;
    expect(block).toMatchObject({ lastLayer: 'mobilenet-ssd', inputScaling: '-1..1' });
    const labels = block?.modelType === 'object-detection' ? block.labels : [];
    expect([labels[0], labels[16], labels[37]]).toEqual(['person', 'cat', 'kite']);
  });

  it('a classifier brings its labels and its normalisation', async () => {
    const { impulse } = await openContents(
      path('mobilenet-v1-025-imagenet-float-and-uint8', 'mobilenet_v1_0.25_224_quant.tflite'),
    );
    const [block] = impulse.learnBlocks;
    expect(block).toMatchObject({ modelType: 'classification', inputScaling: '-1..1' });
    expect(block?.modelType === 'classification' && block.labels.length).toBe(1001);
  });

  it('an audio classifier of a rank 1 input brings its labels', async () => {
    const { impulse } = await openContents(
      path('yamnet-audio', 'yamnet_audio_classifier_with_metadata.tflite'),
    );
    expect(impulse.input).toMatchObject({ inputType: 'other', featureCount: 15600 });
    expect(impulse.learnBlocks).toMatchObject([
      { modelType: 'classification', labels: expect.arrayContaining(['Speech']) },
    ]);
  });

  it('custom-block files are described by their JSON: a classifier of five emotions', async () => {
    const { impulse } = await openContents(path('ei-dashboard-emotion-float-and-int8', 'trained.tflite'));
    expect(impulse.input).toMatchObject({ width: 96, height: 96, channels: 'Grayscale' });
    expect(impulse.learnBlocks).toMatchObject([{ modelType: 'classification', labels: { length: 5 } }]);
  });

  it.each([
    [
      'a SavedModel without description',
      ['ei-dashboard-emotion-float-and-int8', 'trained.savedmodel.zip'],
      'ERR_METADATA_MISSING',
    ],
    ['Keras', ['ei-zip-drowsy-eon-with-tflite', 'trained.h5.zip'], 'ERR_UNSUPPORTED_FORMAT'],
    ['two models in one folder', ['ei-benchmark-image-96'], 'ERR_DEPLOYMENT_AMBIGUOUS'],
    ['a detector without description', ['yolov5n-tflite-uint8'], 'ERR_METADATA_MISSING'],
  ])('%s is refused', async (_, parts, code) => {
    expect(await failure(() => openContents(path(...parts)))).toMatchObject({ code });
  });
});
