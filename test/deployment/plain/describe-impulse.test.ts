/** An impulse in the API's words is the same impulse when it is read again. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { Impulse, LearnBlock } from '../../../src/deployment/impulse.js';
import { openContents } from '../../../src/deployment/open.js';
import { describeImpulse } from '../../../src/deployment/plain/describe-impulse.js';
import { parseModelInfo } from '../../../src/deployment/plain/model-info.js';
import { constantModel, tinyClassifier, tinyFomo, tinyRegression } from '../../fixtures/models.js';

const image = (inputScaling: string, resizeMode: string) => ({
  inputType: 'image',
  inputScaling,
  resizeMode,
});
const classes = { modelType: 'classification', labels: ['red', 'green', 'blue'] };
const boxes = (lastLayer: string, labels: string[]) => ({
  modelType: 'object-detection',
  labels,
  lastLayer,
  minimumConfidence: 0.4,
  thresholdValues: { min_score: 0.4 },
});
const constant = (inputs: number[], ...shapes: number[][]) =>
  constantModel(
    inputs,
    shapes.map((shape) => ({ shape, data: new Float32Array(shape.reduce((a, b) => a * b, 1)) })),
  );

const CASES: readonly [string, Uint8Array, { input: object; model: object }][] = [
  ['classifies pictures', tinyClassifier(), { input: image('0..1', 'squash'), model: classes }],
  [
    'crops gray pictures',
    tinyClassifier({ channels: 1 }),
    { input: image('-1..1', 'crop'), model: { ...classes, labels: ['dark', 'bright'] } },
  ],
  [
    'finds centres',
    tinyFomo(),
    { input: image('0..255', 'fit-short'), model: boxes('fomo', ['a', 'b', 'c']) },
  ],
  [
    'finds boxes',
    constant([1, 32, 32, 3], [1, 63, 7]),
    { input: image('torch', 'fit-long'), model: boxes('yolov5', ['a', 'b']) },
  ],
  [
    'finds defects',
    constant([1, 32, 32, 3], [1, 4, 4]),
    {
      input: image('0..1', 'squash'),
      model: { modelType: 'visual-anomaly', thresholdValues: { min_anomaly_score: 3 } },
    },
  ],
  [
    'gives tensors',
    constant([1, 32, 32, 3], [1, 4]),
    { input: image('0..1', 'squash'), model: { modelType: 'freeform' } },
  ],
  ['adds up', tinyRegression(), { input: { inputType: 'other' }, model: { modelType: 'regression' } }],
  [
    'takes a window of motion',
    tinyRegression({ features: 600 }),
    {
      input: { inputType: 'time-series', frequencyHz: 100, windowLengthMs: 2000 },
      model: { modelType: 'regression' },
    },
  ],
  [
    'listens',
    tinyRegression({ features: 160 }),
    { input: { inputType: 'audio', frequencyHz: 16000 }, model: { modelType: 'anomaly' } },
  ],
];

function described({ impulse }: { readonly impulse: Impulse }): object {
  const [block] = impulse.learnBlocks;
  return describeImpulse(impulse, block as LearnBlock);
}

describe('an impulse that', () => {
  it.each(CASES)('%s', async (_name, model, modelInfo) => {
    const contents = await openContents(model, { modelInfo });
    expect(described(contents)).toEqual(modelInfo);
    const again = await openContents(model, { modelInfo: described(contents) });
    expect(again.impulse).toEqual(contents.impulse);
    expect(again.warnings).toEqual([]);
  });
});

describe('a library', () => {
  it('is described so that its model alone is the same impulse', async () => {
    const zip = readFileSync(fileURLToPath(new URL('../../../examples/shapes.zip', import.meta.url)));
    const contents = await openContents(zip);
    const [model] = contents.artefacts.values();
    const again = await openContents(model?.bytes ?? new Uint8Array(), { modelInfo: described(contents) });
    expect(again.impulse.input).toMatchObject(contents.impulse.input);
    const [{ labels, lastLayer, thresholds }] = again.impulse.learnBlocks as never as [
      Record<string, unknown>,
    ];
    expect(contents.impulse.learnBlocks[0]).toMatchObject({ labels, lastLayer, thresholds });
  });
});

describe('what the words have no place for', () => {
  const base: LearnBlock = {
    id: 1,
    name: 'block',
    artefact: 'model',
    inputScaling: '0..1',
    inputs: [],
    modelType: 'object-detection',
    labels: ['a'],
    lastLayer: 'yolov5',
    thresholds: { min_score: 0.3, iou_threshold: 0.6 },
    nms: { confidence: 0, iou: 0.2 },
  };

  it('is left out: a resize mode of none, and thresholds of ours', () => {
    const input = {
      inputType: 'image',
      width: 8,
      height: 8,
      channels: 'RGB',
      resizeMode: 'none',
      cropAnchor: 'middle-center',
    } as const;
    const info = describeImpulse({ input, dspBlocks: [] }, base);
    expect(info.input).toEqual({ inputType: 'image', inputScaling: '0..1' });
    expect(info.model).toMatchObject({ minimumConfidence: 0.3, thresholdValues: { min_score: 0.3 } });
    expect(() => parseModelInfo(info, 'info', () => {})).not.toThrow();
  });

  it('is signal processing: behind it a model takes features', () => {
    const input = { inputType: 'audio', featureCount: 16000, axes: ['audio'], frequencyHz: 16000 } as const;
    const mfcc = {
      id: 2,
      type: 'mfcc',
      implementationVersion: 4,
      axes: [0],
      outputSize: 650,
      parameters: {},
    };
    expect(describeImpulse({ input, dspBlocks: [mfcc] }, base).input).toEqual({ inputType: 'other' });
    expect(describeImpulse({ input, dspBlocks: [] }, base).input).toMatchObject({ inputType: 'audio' });
  });

  it('are thresholds of characters: the one of a box is the confidence', () => {
    const thresholds = { min_score_pixel: 0.2, min_score_box: 0.5, unclip_ratio: 1.5 };
    const block = { ...base, lastLayer: 'paddleocr-detector', thresholds } as const;
    const input = { inputType: 'other', featureCount: 4, axes: [], frequencyHz: 0 } as const;
    expect(describeImpulse({ input, dspBlocks: [] }, block).model).toMatchObject({
      minimumConfidence: 0.5,
      thresholdValues: thresholds,
    });
  });
});
