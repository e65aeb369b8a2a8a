/** What a learn block's outputs mean, wherever a generation of headers says it. */
import { DeploymentError, UnsupportedError } from '../../errors.js';
import type { Fields } from '../headers/query.js';
import { enumOf, fieldsOfValue, nameIn, numberDefine, numberOf } from '../headers/query.js';
import type { NmsLimits, ObjectDetectionLastLayer, Thresholds } from '../impulse.js';
import { DEFAULT_NMS } from '../impulse.js';
import { ANOMALY_TYPES, BLOCK_MODES, LAST_LAYERS } from '../sdk-constants.js';
import type { ImpulseSource } from './impulse-source.js';
import { factValue, numberFact, requiredNumber } from './impulse-source.js';

export interface DetectionMeaning {
  readonly modelType: 'object-detection';
  readonly lastLayer: ObjectDetectionLastLayer;
  readonly thresholds: Thresholds;
  readonly nms: NmsLimits;
  readonly objectDetectionCount?: number;
}

export interface VisualAnomalyMeaning {
  readonly modelType: 'visual-anomaly';
  readonly algorithm: 'gmm' | 'patchcore';
  readonly gridWidth: number;
  readonly gridHeight: number;
  readonly thresholds: Thresholds;
}

export type Meaning =
  | { readonly modelType: 'classification' | 'regression' | 'freeform' }
  | DetectionMeaning
  | VisualAnomalyMeaning;

/** Regression models have one category, of this name. */
const REGRESSION_LABEL = 'value';

/**
 * Of headers before Studio 1.74, where the learn block's own configuration says it, or, before 2022, the
 * defines for the whole project.
 *
 * @param config the block's configuration; empty before 2022
 * @throws {UnsupportedError} `ERR_UNSUPPORTED_LAST_LAYER`, `ERR_UNSUPPORTED_BLOCK`
 * @throws {DeploymentError} `ERR_METADATA_MISSING`
 */
export function meaningOfConfig(source: ImpulseSource, config: Fields, labels: readonly string[]): Meaning {
  const { headers } = source;
  const mode = numberOf(headers, config.get('classification_mode'));
  switch (mode) {
    case BLOCK_MODES.CLASSIFICATION:
      return { modelType: 'classification' };
    case BLOCK_MODES.REGRESSION:
      return { modelType: 'regression' };
    case BLOCK_MODES.FREEFORM:
      return { modelType: 'freeform' };
    case BLOCK_MODES.OBJECT_DETECTION:
      return detectionOfConfig(source, config);
    case BLOCK_MODES.VISUAL_ANOMALY:
      return visualAnomalyOfConfig(source, config);
    case undefined:
      return meaningWithoutMode(source, config, labels);
    default:
      throw new UnsupportedError(
        'ERR_UNSUPPORTED_BLOCK',
        `A learn block has the classification mode ${mode}, which this version does not know how to read.`,
      );
  }
}

function meaningWithoutMode(source: ImpulseSource, config: Fields, labels: readonly string[]): Meaning {
  const { headers } = source;
  const detects =
    numberOf(headers, config.get('object_detection')) ??
    numberFact(source, 'object_detection', 'EI_CLASSIFIER_OBJECT_DETECTION');
  if (detects === 1) return detectionOfConfig(source, config);
  if (numberDefine(headers, 'EI_CLASSIFIER_HAS_VISUAL_ANOMALY') === 1)
    return visualAnomalyOfConfig(source, config);
  const regression = labels.length === 1 && labels[0] === REGRESSION_LABEL;
  return { modelType: regression ? 'regression' : 'classification' };
}

function detectionOfConfig(source: ImpulseSource, config: Fields): DetectionMeaning {
  const { headers } = source;
  const threshold =
    numberOf(headers, config.get('threshold')) ??
    requiredNumber(source, 'object_detection_threshold', 'EI_CLASSIFIER_OBJECT_DETECTION_THRESHOLD');
  return detection(
    lastLayerOfConfig(source, config),
    { min_score: threshold },
    readNms(source, source.fields.get('object_detection_nms')),
    numberFact(source, 'object_detection_count', 'EI_CLASSIFIER_OBJECT_DETECTION_COUNT'),
  );
}

function lastLayerOfConfig(source: ImpulseSource, config: Fields): ObjectDetectionLastLayer {
  const { headers } = source;
  const value =
    config.get('object_detection_last_layer') ??
    factValue(source, 'object_detection_last_layer', 'EI_CLASSIFIER_OBJECT_DETECTION_LAST_LAYER');
  const layer = enumOf(headers, value, LAST_LAYERS);
  if (layer !== undefined) return layer;
  if (value !== undefined) {
    throw new UnsupportedError(
      'ERR_UNSUPPORTED_LAST_LAYER',
      `The headers name the object-detection layer ${nameIn(value) ?? numberOf(headers, value)}, which this version does not know.`,
    );
  }
  // 2021 knew one detector, SSD; in 2022 FOMO came, marked by a define of its own.
  return numberDefine(headers, 'EI_CLASSIFIER_OBJECT_DETECTION_CONSTRAINED') === 1 ? 'fomo' : 'mobilenet-ssd';
}

/** `objectDetectionCount` matters to SSD alone: it is the number of rows that are read. */
export function detection(
  layer: ObjectDetectionLastLayer,
  thresholds: Thresholds,
  nms: NmsLimits,
  objectDetectionCount: number | undefined,
): DetectionMeaning {
  const rows = layer === 'mobilenet-ssd' ? objectDetectionCount : undefined;
  return {
    modelType: 'object-detection',
    lastLayer: layer,
    thresholds,
    nms,
    ...(rows !== undefined && rows > 0 && { objectDetectionCount: rows }),
  };
}

export function readNms(source: ImpulseSource, value: Parameters<typeof fieldsOfValue>[1]): NmsLimits {
  const fields = fieldsOfValue(source.headers, value, ['confidence_threshold', 'iou_threshold']);
  return {
    confidence: numberOf(source.headers, fields?.get('confidence_threshold')) ?? DEFAULT_NMS.confidence,
    iou: numberOf(source.headers, fields?.get('iou_threshold')) ?? DEFAULT_NMS.iou,
  };
}

function visualAnomalyOfConfig(source: ImpulseSource, config: Fields): VisualAnomalyMeaning {
  const { headers } = source;
  const threshold =
    numberOf(headers, config.get('threshold')) ?? numberOf(headers, config.get('anomaly_threshold'));
  return visualAnomaly(
    source,
    numberFact(source, 'visual_ad_grid_size_x'),
    numberFact(source, 'visual_ad_grid_size_y'),
    threshold,
  );
}

/** @throws {DeploymentError} `ERR_METADATA_MISSING` */
export function visualAnomaly(
  source: ImpulseSource,
  gridWidth: number | undefined,
  gridHeight: number | undefined,
  threshold: number | undefined,
): VisualAnomalyMeaning {
  if (gridWidth === undefined || gridHeight === undefined || threshold === undefined) {
    throw new DeploymentError(
      'ERR_METADATA_MISSING',
      'The visual anomaly block states no grid or no threshold. Download the deployment again.',
    );
  }
  const type = numberFact(source, 'has_anomaly', 'EI_CLASSIFIER_HAS_ANOMALY');
  return {
    modelType: 'visual-anomaly',
    algorithm: type === ANOMALY_TYPES.VISUAL_PATCHCORE ? 'patchcore' : 'gmm',
    gridWidth,
    gridHeight,
    thresholds: { min_anomaly_score: threshold },
  };
}
