/** What to draw on a picture, given its classification. */
import type { Classification } from '../runtime/classification.js';
import { type AnomalyInfo, anomalyThresholds, splitResult } from './anomaly.js';
import { type CaptionRow, captionShape } from './caption.js';
import { type Detection, detectionShapes } from './detections.js';
import { heatMapShape } from './heat-map.js';
import { labelColours } from './palette.js';
import type { Size } from './placement.js';
import { type Pen, penFor, type Shape, trail } from './shapes.js';

/** What is used of a deployment: label order for stable colours, FOMO or not, thresholds. */
export type AnnotationInfo = AnomalyInfo;

/** Labels of a classification that are shown, best first. */
const CAPTION_ROWS = 5;

export async function drawingOf(
  classification: Classification,
  picture: Size,
  info: AnnotationInfo | undefined,
): Promise<Shape[]> {
  const pen = penFor(picture);
  const colourOf = labelColours(listedLabels(info));
  const caption = await captionShape(captionRows(classification, info, colourOf), picture, pen);
  const panel = caption === undefined ? [] : [caption];
  const detections = detectionsOf(classification, info);
  const boxes = await detectionShapes(
    detections,
    picture,
    pen,
    colourOf,
    panel.map(({ bounds }) => bounds),
  );
  const heat = heatMaps(classification, info, picture, pen);
  return [...heat, ...trails(classification, picture, pen, colourOf), ...boxes, ...panel];
}

function heatMaps(
  { response, geometry }: Classification,
  info: AnnotationInfo | undefined,
  picture: Size,
  pen: Pen,
): Shape[] {
  const thresholds = anomalyThresholds(info);
  return (response.anomalyResult ?? []).map(({ scores }, index) =>
    heatMapShape(scores, thresholds[index], geometry, picture, pen),
  );
}

/** Of the objects that this picture shows. */
function trails(
  { tracked = [] }: Classification,
  picture: Size,
  pen: Pen,
  colourOf: (label: string) => string,
): Shape[] {
  return tracked.flatMap((object) => {
    const shape =
      object.unseenFrames === 0 ? trail(object.trail, picture, pen, colourOf(object.label)) : undefined;
    return shape === undefined ? [] : [shape];
  });
}

function detectionsOf({ boxes = [] }: Classification, info: AnnotationInfo | undefined): Detection[] {
  const marker = findsCentroids(info) ? 'centroid' : 'box';
  return boxes.map(({ label, score, original, objectId }) => ({
    label,
    score,
    rect: original,
    marker,
    ...(objectId !== undefined && { objectId }),
  }));
}

function findsCentroids(info: AnnotationInfo | undefined): boolean {
  const detectors = (info?.learnBlocks ?? []).flatMap(({ block }) =>
    block.modelType === 'object-detection' ? [block.lastLayer] : [],
  );
  return detectors.length > 0 && detectors.every((lastLayer) => lastLayer === 'fomo');
}

function listedLabels(info: AnnotationInfo | undefined): string[] {
  return (info?.learnBlocks ?? []).flatMap(({ block }) => ('labels' in block ? block.labels : []));
}

function captionRows(
  { response, boxes }: Classification,
  info: AnnotationInfo | undefined,
  colourOf: (label: string) => string,
): CaptionRow[] {
  const rows: CaptionRow[] = [];
  if (boxes?.length === 0) rows.push({ text: nothingFound(info) });
  const { labels, anomaly } = splitResult(response, info);
  if (labels !== undefined) rows.push(...resultRows(labels, info, colourOf));
  rows.push(...anomaly.map(([text, value]) => ({ text, value })));
  for (const [index, { shape, dataType }] of (response.freeformResult?.outputTensors ?? []).entries()) {
    rows.push({ text: `output ${index + 1}`, value: `${dataType} [${shape.join(', ')}]` });
  }
  return rows;
}

function resultRows(
  result: Readonly<Record<string, number>>,
  info: AnnotationInfo | undefined,
  colourOf: (label: string) => string,
): CaptionRow[] {
  const regression = info?.learnBlocks.some(({ block }) => block.modelType === 'regression') ?? false;
  const entries = Object.entries(result);
  if (regression)
    return entries.map(([text, value]) => ({ text, value: String(Number(value.toPrecision(4))) }));
  return entries
    .sort(([, a], [, b]) => b - a)
    .slice(0, CAPTION_ROWS)
    .map(([text, score]) => ({ text, value: score.toFixed(2), share: score, colour: colourOf(text) }));
}

function nothingFound(info: AnnotationInfo | undefined): string {
  const limits = (info?.learnBlocks ?? []).flatMap(({ block }) =>
    block.modelType === 'object-detection' ? Object.entries(block.thresholds) : [],
  );
  const least = limits.find(([name]) => name === 'min_score');
  return least === undefined ? 'nothing found' : `nothing found above ${least[0]} ${least[1]}`;
}
