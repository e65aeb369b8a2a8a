import { applyThresholds, parseThreshold } from '../../dist/postprocess/index.js';
import { mutateJson, mutateText } from '../mutate-text.mjs';

const TEXTS = [
  'min_score=0.4',
  '3.min_score=0.25',
  'Object detection.iou_threshold=0.5',
  'anomaly_scoring_aggregation_method=mean',
  '4.min_anomaly_score=12',
];
const OBJECTS = [
  { min_score: 0.4 },
  { '3.min_score': 0.1, min_anomaly_score: 3 },
  { anomaly_scoring_aggregation_method: 'mean' },
];
const BASE = { artefact: 'model', inputScaling: '0..1', inputs: [] };
const BLOCKS = [
  {
    ...BASE,
    id: 3,
    name: 'Object detection',
    modelType: 'object-detection',
    labels: ['cup'],
    lastLayer: 'yolov5',
    thresholds: { min_score: 0.5 },
    nms: { confidence: 0, iou: 0.2 },
  },
  {
    ...BASE,
    id: 4,
    name: 'Visual',
    modelType: 'visual-anomaly',
    algorithm: 'gmm',
    gridWidth: 2,
    gridHeight: 2,
    thresholds: { min_anomaly_score: 1 },
  },
  { ...BASE, id: 5, name: '', modelType: 'classification', labels: ['a'] },
];

export default {
  seeds: () => [],
  make: (random) =>
    random.chance(0.5)
      ? { text: mutateText(random, random.pick(TEXTS)) }
      : { json: mutateJson(random, random.pick(OBJECTS)) },
  run({ text, json }) {
    const given = text === undefined ? parsed(json) : settingOf(parseThreshold(text));
    applyThresholds(BLOCKS, given);
  },
};

function settingOf({ block, key, value }) {
  return { [block === undefined ? key : `${block}.${key}`]: value };
}

function parsed(json) {
  try {
    return JSON.parse(json);
  } catch {
    return {};
  }
}
