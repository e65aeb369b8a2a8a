/** The description of a detector whose file says enough, or whose last layer the caller names. */
import { DeploymentError } from '../../errors.js';
import type { DeploymentWarning } from '../contents.js';
import type {
  ImageInputResizeMode,
  ImageInputScaling,
  ObjectDetectionLastLayer,
  Thresholds,
} from '../impulse.js';
import type { Evidence } from './evidence.js';
import { isUltralyticsExport, objectLabels } from './evidence.js';
import { findImageTensor, imageTensor } from './image-tensor.js';
import { describeTensor } from './model-file.js';
import type { ModelInfo } from './model-info.js';
import { DEFAULT_RESIZE_MODE, DEFAULT_SCALING } from './model-info.js';
import { readingsOf } from './readings.js';
import { labelsOf, recognisedWarning, recogniseLastLayer } from './recognise.js';
import { statedScaling } from './scaling.js';

type Warn = (warning: DeploymentWarning) => void;

/** What the Studio gives new detectors; a file does not say it. */
const ASSUMED_THRESHOLDS: Thresholds = { min_score: 0.5 };
/** PaddleOCR's own. */
const ASSUMED_TEXT_THRESHOLDS: Thresholds = { min_score_pixel: 0.3, min_score_box: 0.6, unclip_ratio: 1.5 };

/** How pixels are scaled for these by nearly all who train them. */
export const USUAL_SCALINGS: Partial<Record<ObjectDetectionLastLayer, ImageInputScaling>> = {
  fomo: '0..1',
  yolov5: '0..1',
  'yolov5v5-drpai': '0..1',
  yolov7: '0..1',
  yolov11: '0..1',
  'yolov11-abs': '0..1',
  yolox: '0..255',
};

/** Undefined where the file leaves a doubt: two last layers are possible, or none, or the scaling is anybody's guess. */
export function recognisedDetector(evidence: Evidence, warn: Warn): ModelInfo | undefined {
  const recognised = recogniseLastLayer(evidence);
  const scaling = recognised && detectorScaling(evidence, recognised.lastLayer);
  if (recognised === undefined || scaling === undefined) return undefined;
  const { lastLayer, labels } = recognised;
  warn(recognisedWarning(recognised, evidence.model.artefact.name));
  return detectorInfo(evidence, lastLayer, labels, scaling, warn);
}

/**
 * A detector whose last layer is named; the labels must be known.
 *
 * @throws {DeploymentError} `ERR_METADATA_MISSING`: no labels; `ERR_DEPLOYMENT_INCONSISTENT`: as many as there
 *   are do not fit the outputs, or the model takes no picture
 */
export function namedDetector(
  evidence: Evidence,
  lastLayer: ObjectDetectionLastLayer,
  warn: Warn,
): ModelInfo {
  imageTensor(evidence.model.inputs, evidence.model.artefact.name);
  const labels = namedLabels(evidence, lastLayer);
  const scaling = detectorScaling(evidence, lastLayer) ?? { inputScaling: DEFAULT_SCALING, stated: false };
  return detectorInfo(evidence, lastLayer, labels, scaling, warn);
}

interface Scaling {
  readonly inputScaling: ImageInputScaling;
  /** By the file itself, or its exporter; else it is only what is usual. */
  readonly stated: boolean;
}

function detectorScaling(evidence: Evidence, lastLayer: ObjectDetectionLastLayer): Scaling | undefined {
  const image = findImageTensor(evidence.model.inputs);
  if (image === undefined) return undefined;
  const stated =
    statedScaling(evidence.packed, image.tensor) ?? (isUltralyticsExport(evidence) ? '0..1' : undefined);
  const inputScaling = stated ?? USUAL_SCALINGS[lastLayer];
  return inputScaling && { inputScaling, stated: stated !== undefined };
}

function namedLabels(evidence: Evidence, lastLayer: ObjectDetectionLastLayer): readonly string[] {
  const { artefact, outputs } = evidence.model;
  const readings = readingsOf(evidence).filter((reading) => reading.lastLayer === lastLayer);
  const fitting = readings
    .map((reading) => labelsOf(reading, evidence))
    .find((labels) => labels !== undefined);
  if (fitting !== undefined) return fitting;
  const [known] = objectLabels(evidence);
  const counts = readings.flatMap(({ labelCount }) => labelCount ?? []).join(' or ');
  const found = outputs.map(describeTensor).join('; ');
  if (known === undefined) {
    throw new DeploymentError(
      'ERR_METADATA_MISSING',
      `${artefact.name}: the last layer '${lastLayer}' needs ${counts === '' ? '' : `${counts} `}labels, and nothing names them. ` +
        `Write them, one a line, into labels.txt beside the model, or describe it with the option modelInfo. Its outputs are ${found}.`,
    );
  }
  if (counts === '') return known;
  throw new DeploymentError(
    'ERR_DEPLOYMENT_INCONSISTENT',
    `${artefact.name}: as '${lastLayer}' its outputs ${found} take ${counts} labels, but ${known.length} are known. ` +
      'Correct labels.txt, or name another last layer.',
  );
}

function detectorInfo(
  evidence: Evidence,
  lastLayer: ObjectDetectionLastLayer,
  labels: readonly string[],
  { inputScaling, stated }: Scaling,
  warn: Warn,
): ModelInfo {
  const { name } = evidence.model.artefact;
  if (!stated) {
    warn({
      code: 'INPUT_SCALING_ASSUMED',
      message: `${name} does not say how pixels are scaled: '${inputScaling}' is assumed. Say it in a description (input.inputScaling) if it is another.`,
    });
  }
  const resizeMode = assumedResizeMode(
    evidence,
    lastLayer === 'fomo' ? 'fit-short' : DEFAULT_RESIZE_MODE,
    warn,
  );
  return {
    input: { inputType: 'image', inputScaling, resizeMode },
    model: {
      modelType: 'object-detection',
      lastLayer,
      labels,
      thresholds: assumedThresholds(evidence, lastLayer, warn),
    },
  };
}

export function assumedResizeMode(
  evidence: Evidence,
  resizeMode: ImageInputResizeMode,
  warn: Warn,
): ImageInputResizeMode {
  const { name } = evidence.model.artefact;
  const exporters = evidence.notes?.task === 'classify' ? 'fit-short' : 'fit-long';
  const remark = isUltralyticsExport(evidence) ? ` (its exporter's own programs do '${exporters}')` : '';
  warn({
    code: 'RESIZE_MODE_ASSUMED',
    message: `${name} does not say how pictures are resized: '${resizeMode}' is assumed. Pass the option resizeMode to change it${remark}.`,
  });
  return resizeMode;
}

function assumedThresholds({ model }: Evidence, lastLayer: ObjectDetectionLastLayer, warn: Warn): Thresholds {
  const thresholds = lastLayer === 'paddleocr-detector' ? ASSUMED_TEXT_THRESHOLDS : ASSUMED_THRESHOLDS;
  const names = Object.keys(thresholds).join(', ');
  const values = Object.values(thresholds).join(', ');
  warn({
    code: 'THRESHOLD_ASSUMED',
    message: `${model.artefact.name} states no minimum confidence: ${values} is assumed. Set ${names} to change it.`,
  });
  return thresholds;
}
