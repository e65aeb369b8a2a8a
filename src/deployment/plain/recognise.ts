/** Tells a detector's last layer where exactly one reading of its outputs is possible. */
import type { DeploymentWarning } from '../contents.js';
import type { ObjectDetectionLastLayer } from '../impulse.js';
import type { Evidence } from './evidence.js';
import { isUltralyticsExport, objectLabels } from './evidence.js';
import { describeTensor } from './model-file.js';
import type { Reading, Units } from './readings.js';
import { readingsOf } from './readings.js';
import { rangeOf } from './scaling.js';

export interface Recognised {
  readonly lastLayer: ObjectDetectionLastLayer;
  readonly labels: readonly string[];
  /** What it was told from, for people. */
  readonly from: string;
}

type LabelledReading = Reading & { readonly labels: readonly string[] };

/** What the exporter of Ultralytics writes; `yolox` for rows without any need of suppression. */
const ULTRALYTICS_LAYERS: readonly ObjectDetectionLastLayer[] = [
  'yolov5',
  'yolov5v5-drpai',
  'yolov11',
  'yolov11-abs',
  'yolox',
];
/** A box hardly leaves the picture by more than its own size: fractions stay below this, pixels do not. */
const GREATEST_RATIO = 2;
const LEAST_PIXEL_RANGE = 4;
/** Exporters of this series changed from pixels to fractions on the way. */
const UNSETTLED_VERSION = /^8\.0\./;

/** Undefined where two readings are possible, none is, or the labels are missing that would tell. */
export function recogniseLastLayer(evidence: Evidence): Recognised | undefined {
  const certain = possibleReadings(evidence).filter(({ certainShape }) => certainShape);
  const [only] = certain.flatMap((reading) => labelled(reading, evidence));
  if (only === undefined || certain.length !== 1) return undefined;
  return { lastLayer: only.lastLayer, labels: only.labels, from: reasons(only, evidence) };
}

/** Readings that nothing speaks against: neither the labels, where there are any, nor quantisation, nor the exporter. */
export function possibleReadings(evidence: Evidence): readonly Reading[] {
  const { notes } = evidence;
  if (notes?.task !== undefined && notes.task !== 'detect') return [];
  const units = unitsOf(evidence)?.units;
  const readings = readingsOf(evidence)
    .filter((reading) => units === undefined || reading.units === undefined || reading.units === units)
    .filter(({ lastLayer }) => !isUltralyticsExport(evidence) || ULTRALYTICS_LAYERS.includes(lastLayer));
  const fitting = readings.filter((reading) => labelled(reading, evidence).length > 0);
  return fitting.length > 0 ? fitting : readings;
}

/** The labels that a reading has room for: the first list that has as many. */
export function labelsOf(reading: Reading, evidence: Evidence): readonly string[] | undefined {
  return objectLabels(evidence).find(
    (labels) => reading.labelCount === undefined || labels.length === reading.labelCount,
  );
}

export function recognisedWarning({ lastLayer, from }: Recognised, name: string): DeploymentWarning {
  return {
    code: 'LAST_LAYER_RECOGNISED',
    message: `${name} does not name its last layer: '${lastLayer}' is recognised from ${from}. Pass the option lastLayer to change it.`,
  };
}

function labelled(reading: Reading, evidence: Evidence): LabelledReading[] {
  const labels = labelsOf(reading, evidence);
  return labels === undefined ? [] : [{ ...reading, labels }];
}

/** The tensor's own range comes first: notes say what an exporter does, numbers what it did. */
function unitsOf(evidence: Evidence): { units: Units; from: string } | undefined {
  const { model, notes } = evidence;
  const [output] = model.outputs;
  const range = output === undefined ? undefined : rangeOf(output);
  if (range !== undefined && output !== undefined) {
    const from = `its quantisation, which reaches ${Number(range[1].toPrecision(3))}`;
    if (range[1] <= GREATEST_RATIO) return { units: 'ratios', from };
    if (range[1] > LEAST_PIXEL_RANGE) return { units: 'pixels', from };
  }
  if (!isUltralyticsExport(evidence)) return undefined;
  if (model.artefact.format === 'onnx') {
    return { units: 'pixels', from: 'its exporter, which writes pixels to ONNX' };
  }
  if (UNSETTLED_VERSION.test(notes?.version ?? '')) return undefined;
  return { units: 'ratios', from: 'its exporter, which writes fractions to TFLite' };
}

function reasons(reading: LabelledReading, evidence: Evidence): string {
  const { outputs } = evidence.model;
  const [output] = outputs;
  const shape = output === undefined ? 'its outputs' : `its output ${describeTensor(output)}`;
  const labels = `${reading.labels.length} labels`;
  const units = reading.units === undefined ? undefined : unitsOf(evidence)?.from;
  switch (reading.lastLayer) {
    case 'mobilenet-ssd':
      return `its operator TFLite_Detection_PostProcess and ${labels}`;
    case 'fomo':
      return `${shape}, a softmax over a grid of an eighth of the picture, and ${labels}`;
    default:
      return units === undefined ? `${shape} and ${labels}` : `${shape}, ${labels} and ${units}`;
  }
}
