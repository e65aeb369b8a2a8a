/** The table of post-processing blocks (Studio 1.60 and later): from 1.74 on their functions say what outputs mean. */
import { DeploymentError, UnsupportedError } from '../../errors.js';
import type { Fields } from '../headers/query.js';
import { enumOf, fieldsOfValue, listOf, nameIn, numberOf } from '../headers/query.js';
import type { ObjectDetectionLastLayer, ObjectTrackingSettings } from '../impulse.js';
import { BLOCK_MODES, LAST_LAYERS } from '../sdk-constants.js';
import type { ImpulseSource } from './impulse-source.js';
import type { Meaning } from './interpretation.js';
import { detection, readNms, visualAnomaly } from './interpretation.js';

export interface Postprocessing {
  /** By id of the learn block whose outputs they read. */
  readonly meanings: ReadonlyMap<number, Meaning>;
  /** Further steps on finished results, by the name of their function: `object_tracking`, ... */
  readonly furtherSteps: readonly string[];
  readonly tracking?: ObjectTrackingSettings;
}

/** Function `process_<name>_<type>` to the layer it decodes; versions of YOLOv5 and YOLOv11 are told by a field. */
const DETECTORS: Readonly<Record<string, ObjectDetectionLastLayer>> = {
  fomo: 'fomo',
  ssd: 'mobilenet-ssd',
  yolov5: 'yolov5',
  yolox: 'yolox',
  yolox_detect: 'yolox',
  yolov7: 'yolov7',
  yolov2: 'yolov2-akida',
  yolo_pro: 'yolo-pro',
  yolov11: 'yolov11',
  tao_retinanet: 'tao-retinanet',
  tao_ssd: 'tao-ssd',
  tao_yolov3: 'tao-yolov3',
  tao_yolov4: 'tao-yolov4',
  paddleocr: 'paddleocr-detector',
  qc_face_det_lite: 'qc-face-det-lite',
};
/** Of two kinds of detector that share one function. */
const TAO_DETECTION = 'tao_detection';
const TRACKING = 'object_tracking';
const FURTHER_STEPS = new Set([
  TRACKING,
  'object_counting',
  'performance_calibration',
  'perfcal',
  'smoothing',
]);
/** Scores of anomaly blocks need no decoding. */
const ANOMALY_STEPS = new Set(['anomaly', 'kmeans_anomaly', 'gmm_anomaly']);
const YOLOV5_ABSOLUTE = 5;
const YOLOV11_NORMALISED = 1;
const PADDLEOCR_THRESHOLDS = ['min_score_pixel', 'min_score_box', 'unclip_ratio'] as const;

/**
 * @throws {UnsupportedError} `ERR_UNSUPPORTED_LAST_LAYER`, `ERR_UNSUPPORTED_BLOCK`
 * @throws {DeploymentError} `ERR_METADATA_INVALID`, `ERR_METADATA_MISSING`
 */
export function readPostprocessing(source: ImpulseSource): Postprocessing {
  const meanings = new Map<number, Meaning>();
  const furtherSteps: string[] = [];
  let tracking: ObjectTrackingSettings | undefined;
  for (const row of listOf(source.headers, source.fields.get('postprocessing_blocks')) ?? []) {
    const fields = fieldsOfValue(source.headers, row);
    const step = stepName(nameIn(fields?.get('postprocess_fn')));
    if (fields === undefined || step === undefined) {
      throw new DeploymentError(
        'ERR_METADATA_INVALID',
        'A row of the table of post-processing blocks names no function (postprocess_fn).',
      );
    }
    const settings = step === TRACKING ? trackingOf(source, fields) : undefined;
    if (settings !== undefined) tracking = settings;
    else if (FURTHER_STEPS.has(step)) furtherSteps.push(step);
    else if (!ANOMALY_STEPS.has(step))
      meanings.set(inputBlock(source, fields), meaningOf(source, step, fields));
  }
  return { meanings, furtherSteps, ...(tracking !== undefined && { tracking }) };
}

/** The type of this configuration stands in the SDK only, so its fields are named here. */
const TRACKING_FIELDS = [
  'implementation_version',
  'keep_grace',
  'max_observations',
  'threshold',
  'use_iou',
] as const;

/** Undefined where the configuration is not of the form that is known: the step is then named in a warning. */
function trackingOf({ headers }: ImpulseSource, row: Fields): ObjectTrackingSettings | undefined {
  const config = fieldsOfValue(headers, row.get('config'), TRACKING_FIELDS);
  const [keep_grace, max_observations, threshold] = (
    ['keep_grace', 'max_observations', 'threshold'] as const
  ).map((name) => numberOf(headers, config?.get(name)));
  const useIou = config?.get('use_iou');
  if (keep_grace === undefined || max_observations === undefined || threshold === undefined || !useIou) {
    return undefined;
  }
  return {
    keep_grace,
    max_observations,
    threshold,
    use_iou: nameIn(useIou) === 'true' || numberOf(headers, useIou) === 1,
  };
}

/** `process_fomo_i8` -> `fomo` */
function stepName(functionName = ''): string | undefined {
  return /^process_(\w+?)(_f32|_i8|_u8)?$/.exec(functionName)?.[1];
}

function inputBlock({ headers }: ImpulseSource, row: Fields): number {
  const id = numberOf(headers, row.get('input_block_id')) ?? numberOf(headers, row.get('block_id'));
  if (id !== undefined) return id;
  throw new DeploymentError('ERR_METADATA_INVALID', 'A post-processing block does not name its learn block.');
}

function meaningOf(source: ImpulseSource, step: string, row: Fields): Meaning {
  const config = fieldsOfValue(source.headers, row.get('config')) ?? new Map();
  const type = numberOf(source.headers, row.get('type'));
  if (step === 'regression' || (step === 'classification' && type === BLOCK_MODES.REGRESSION)) {
    return { modelType: 'regression' };
  }
  if (step === 'classification' || step === 'freeform') return { modelType: step };
  if (step === 'visual_ad') return visualAnomalyOf(source, config);
  return detectionOf(source, step, config);
}

function visualAnomalyOf(source: ImpulseSource, config: Fields): Meaning {
  const number = (field: string): number | undefined => numberOf(source.headers, config.get(field));
  return visualAnomaly(source, number('grid_size_x'), number('grid_size_y'), number('threshold'));
}

function detectionOf(source: ImpulseSource, step: string, config: Fields): Meaning {
  const layer = detectorLayer(source, step, config);
  const names = layer === 'paddleocr-detector' ? PADDLEOCR_THRESHOLDS : (['threshold'] as const);
  const thresholds = names.map((name): [string, number] => {
    const value = numberOf(source.headers, config.get(name));
    if (value === undefined) {
      throw new DeploymentError('ERR_METADATA_MISSING', `The configuration of ${step} states no ${name}.`);
    }
    return [name === 'threshold' ? 'min_score' : name, value];
  });
  return detection(
    layer,
    Object.fromEntries(thresholds),
    readNms(source, config.get('nms_config')),
    numberOf(source.headers, config.get('object_detection_count')),
  );
}

function detectorLayer(source: ImpulseSource, step: string, config: Fields): ObjectDetectionLastLayer {
  const version = numberOf(source.headers, config.get('version'));
  if (step === 'yolov5' && version === YOLOV5_ABSOLUTE) return 'yolov5v5-drpai';
  if (step === 'yolov11' && version !== YOLOV11_NORMALISED) return 'yolov11-abs';
  if (step === TAO_DETECTION) return taoLayer(source);
  const layer = DETECTORS[step];
  if (layer !== undefined) return layer;
  throw new UnsupportedError(
    step.startsWith('qc_') || step.startsWith('yolo')
      ? 'ERR_UNSUPPORTED_LAST_LAYER'
      : 'ERR_UNSUPPORTED_BLOCK',
    `The impulse post-processes with 'process_${step}', which this version does not have.`,
  );
}

/** RetinaNet and SSD of TAO are decoded alike; the define says which it is called. */
function taoLayer({ headers }: ImpulseSource): ObjectDetectionLastLayer {
  const define = { kind: 'name', name: 'EI_CLASSIFIER_OBJECT_DETECTION_LAST_LAYER' } as const;
  return enumOf(headers, define, LAST_LAYERS) === 'tao-ssd' ? 'tao-ssd' : 'tao-retinanet';
}
