/** What a runner says of itself, in our vocabulary. */
import type {
  Impulse,
  ImpulseInput,
  LearnBlock,
  ObjectTrackingSettings,
  ProjectInfo,
  ResizeMode,
  VisualAnomalyBlock,
} from '../../../deployment/impulse.js';
import { DEFAULT_NMS } from '../../../deployment/impulse.js';
import { EngineError, UnsupportedError } from '../../../errors.js';
import type { Hello, ModelParameters } from './protocol.js';

export interface Described {
  readonly impulse: Impulse;
  /** What it does not say, and was assumed. */
  readonly notes: readonly string[];
}

const MICROPHONE = 1;

/** Pixels. */
const MAX_SIDE = 16_384;

const RESIZE_MODES: Readonly<Record<string, ResizeMode>> = {
  none: 'none',
  'fit-shortest': 'fit-short',
  'fit-longest': 'fit-long',
  squash: 'squash',
};

/** More are not named. */
const MAX_AXES = 10_000;

/** Values of `has_anomaly`. */
const KMEANS = 1;
const VISUAL_GMM = 3;
const VISUAL_PATCHCORE = 4;
const VISUAL_CUSTOM = 6;

/** Engines by the SDK's numbers, for people. */
const INNER_ENGINES: Readonly<Record<number, string>> = {
  2: 'tflite-micro',
  3: 'cube.ai',
  4: 'tflite',
  5: 'tensaiflow',
  6: 'tensorrt',
  7: 'drp-ai',
  8: 'tidl',
  9: 'akida',
  11: 'tidl-onnx',
  12: 'memryx',
  13: 'ethos-linux',
};

/**
 * @throws {EngineError} `ERR_ENGINE_OUTPUT`: it contradicts itself
 * @throws {UnsupportedError} `ERR_UNSUPPORTED_BLOCK`: it takes several pictures at a time
 */
export function describeRunner({ project, model_parameters: model }: Hello): Described {
  const notes: string[] = [];
  const learnBlocks = readLearnBlocks(model, notes);
  const tracking = readTracking(model);
  return {
    impulse: {
      project: readProject(project),
      input: readInput(model, notes),
      dspBlocks: [],
      learnBlocks,
      ...(tracking !== undefined && { tracking }),
    },
    notes,
  };
}

/** What runs the model inside, with what it is helped by: `tflite + gpu_delegates`. */
export function innerEngine({ inferencing_engine, model_parameters }: Hello): string | undefined {
  const type = inferencing_engine?.engine_type ?? model_parameters.inferencing_engine;
  if (type === undefined) return undefined;
  return [INNER_ENGINES[type] ?? `engine ${type}`, ...(inferencing_engine?.properties ?? [])].join(' + ');
}

function readProject(project: Hello['project']): ProjectInfo {
  const { id, owner, name, deploy_version, impulse_id, impulse_name } = project;
  return {
    ...(id !== undefined && { id }),
    ...(owner !== undefined && { owner }),
    ...(name !== undefined && { name }),
    ...(deploy_version !== undefined && { deployVersion: deploy_version }),
    ...(impulse_id !== undefined && { impulseId: impulse_id }),
    ...(impulse_name !== undefined && { impulseName: impulse_name }),
  };
}

function readInput(model: ModelParameters, notes: string[]): ImpulseInput {
  const { image_input_width: width, image_input_height: height, input_features_count: featureCount } = model;
  if (width === 0 && height === 0) return readSignal(model);
  if (model.image_input_frames > 1) {
    throw new UnsupportedError(
      'ERR_UNSUPPORTED_BLOCK',
      `The impulse takes ${model.image_input_frames} frames of video at a time.`,
    );
  }
  if (width * height !== featureCount || Math.max(width, height) > MAX_SIDE) {
    throw new EngineError(
      'ERR_ENGINE_OUTPUT',
      `The runner contradicts itself: pictures of ${width} x ${height} pixels, but ${featureCount} features.`,
    );
  }
  return {
    inputType: 'image',
    width,
    height,
    channels: model.image_channel_count === 1 ? 'Grayscale' : 'RGB',
    resizeMode: readResizeMode(model.image_resize_mode, notes),
    cropAnchor: 'middle-center',
  };
}

function readResizeMode(stated: string | undefined, notes: string[]): ResizeMode {
  const mode = stated === undefined ? undefined : RESIZE_MODES[stated];
  if (mode !== undefined) return mode;
  notes.push(
    `${stated === undefined ? 'It does not say how pictures are resized' : `It resizes pictures by '${stated}', which is not known here`}: ` +
      "'fit-short' is assumed. If the impulse in the Studio says otherwise, pass the option resizeMode.",
  );
  return 'fit-short';
}

function readSignal({ input_features_count, axis_count, sensor, frequency }: ModelParameters): ImpulseInput {
  return {
    inputType: sensor === MICROPHONE ? 'audio' : frequency > 0 ? 'time-series' : 'other',
    featureCount: input_features_count,
    axes: Array.from({ length: Math.min(axis_count, MAX_AXES) }, (_, index) => `axis${index}`),
    frequencyHz: frequency,
  };
}

function readLearnBlocks(model: ModelParameters, notes: string[]): LearnBlock[] {
  const taken = new Set(model.thresholds.map(({ id }) => id));
  const ids = (function* () {
    for (let id = 1; ; id++) if (!taken.has(id)) yield id;
  })();
  /** Its own id where it has thresholds; else one that no other block has. */
  const base = (name: string, type?: string) => ({
    id: model.thresholds.find((entry) => entry.type === type)?.id ?? (ids.next().value as number),
    name,
    artefact: '',
    inputScaling: '0..1' as const,
    inputs: [],
  });
  const main = readMainBlock(model, base, notes);
  const anomaly = readAnomalyBlock(model, base);
  const blocks = [main, anomaly].filter((block) => block !== undefined);
  if (blocks.length > 0) return blocks;
  throw new EngineError('ERR_ENGINE_OUTPUT', 'The runner names neither labels nor another kind of result.');
}

type BlockBase = (
  name: string,
  type?: string,
) => Pick<LearnBlock, 'id' | 'name' | 'artefact' | 'inputScaling' | 'inputs'>;

function readMainBlock(model: ModelParameters, base: BlockBase, notes: string[]): LearnBlock | undefined {
  const { labels, model_type } = model;
  switch (model_type) {
    case 'constrained_object_detection':
    case 'object_detection': {
      const thresholds = thresholdsOf(model, 'object_detection');
      return {
        ...base('Object detection', 'object_detection'),
        modelType: 'object-detection',
        labels,
        lastLayer: lastLayerOf(model_type, thresholds, notes),
        thresholds,
        nms: DEFAULT_NMS,
      };
    }
    case 'freeform':
      return { ...base('Freeform'), modelType: 'freeform' };
    case 'classification':
      if (labels.length === 0) return undefined;
      return labels.length === 1 && labels[0] === 'value'
        ? { ...base('Regression'), modelType: 'regression', labels }
        : { ...base('Classification', 'classification'), modelType: 'classification', labels };
    default:
      throw new UnsupportedError(
        'ERR_UNSUPPORTED_BLOCK',
        `The runner holds a model of the type '${model_type}', which this version does not know.`,
      );
  }
}

/** It decodes by itself, so that nothing depends on this but which thresholds there are. */
function lastLayerOf(
  modelType: string,
  thresholds: Readonly<Record<string, number>>,
  notes: string[],
): 'fomo' | 'paddleocr-detector' | 'mobilenet-ssd' {
  if (modelType === 'constrained_object_detection') return 'fomo';
  if ('min_score_pixel' in thresholds) return 'paddleocr-detector';
  notes.push(
    "It does not say which last layer its model has: 'mobilenet-ssd' stands for any that finds boxes.",
  );
  return 'mobilenet-ssd';
}

function readAnomalyBlock(model: ModelParameters, base: BlockBase): LearnBlock | undefined {
  const type = Number(model.has_anomaly);
  if (type === 0) return undefined;
  if (type === VISUAL_GMM || type === VISUAL_PATCHCORE || type === VISUAL_CUSTOM) {
    return visualAnomaly(base('Visual anomaly detection', 'anomaly_gmm'), model, type);
  }
  const algorithm = type === KMEANS ? 'kmeans' : 'gmm';
  return { ...base('Anomaly detection'), modelType: 'anomaly', algorithm, axes: [] };
}

function visualAnomaly(
  base: ReturnType<BlockBase>,
  model: ModelParameters,
  type: number,
): VisualAnomalyBlock {
  return {
    ...base,
    modelType: 'visual-anomaly',
    algorithm: type === VISUAL_PATCHCORE ? 'patchcore' : 'gmm',
    // The size of its grid is known from the cells that it finds.
    gridWidth: 0,
    gridHeight: 0,
    thresholds: thresholdsOf(model, 'anomaly_gmm'),
  };
}

function readTracking(model: ModelParameters): ObjectTrackingSettings | undefined {
  if (!model.has_object_tracking) return undefined;
  const { keep_grace, max_observations, threshold, use_iou = 1 } = thresholdsOf(model, 'object_tracking');
  if (keep_grace === undefined || max_observations === undefined || threshold === undefined) return undefined;
  return { keep_grace, max_observations, threshold, use_iou: use_iou !== 0 };
}

function thresholdsOf(model: ModelParameters, type: string): Record<string, number> {
  const {
    id: _,
    type: __,
    ...values
  } = model.thresholds.find((entry) => entry.type === type) ?? { id: 0, type };
  const entries = Object.entries(values).map(([key, value]) => [key, Number(value)] as const);
  return Object.fromEntries(entries.filter(([, value]) => Number.isFinite(value)));
}
