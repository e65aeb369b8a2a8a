/** What an answer says, by kind, in the order in which it is shown. Knows no browser. */

import type { AnomalyGrid, Answer, FoundBox, Model, ResponseTensor, ThresholdChoices } from './api-types.js';
import { thresholdOf } from './thresholds.js';

/** A label and its number. */
export type LabelledNumber = readonly [label: string, value: number];

export type Finding =
  | {
      readonly kind: 'objects';
      /** Best first. */
      readonly boxes: readonly FoundBox[];
      /** `centroid`: the model finds places, not extents. */
      readonly marker: 'box' | 'centroid';
    }
  /** Scores 0..1, best first. */
  | { readonly kind: 'labels'; readonly scores: readonly LabelledNumber[] }
  | { readonly kind: 'values'; readonly values: readonly LabelledNumber[] }
  | { readonly kind: 'anomaly'; readonly score: number }
  | GridFinding
  | { readonly kind: 'tensors'; readonly tensors: readonly ResponseTensor[] };

export interface GridFinding {
  readonly kind: 'grid';
  readonly grid: AnomalyGrid;
  readonly threshold: number | undefined;
  /** Cells that reach the threshold. */
  readonly reached: number;
  readonly cells: number;
}

const ANOMALY = 'anomaly';

type Blocks = Pick<Model, 'learnBlocks'>;

/** @param chosen thresholds that are not the model's own */
export function findingsOf(
  { response, boxes }: Answer,
  model: Blocks,
  chosen: ThresholdChoices = new Map(),
): Finding[] {
  const { [ANOMALY]: score, ...others } = response.result ?? {};
  const isScored = score !== undefined && model.learnBlocks.some(({ modelType }) => modelType === ANOMALY);
  const hasGrid = response.anomalyResult !== undefined;
  const labelled = Object.entries(
    isScored || (hasGrid && score !== undefined) ? others : (response.result ?? {}),
  );
  const findings: Finding[] = [];
  if (boxes !== undefined) findings.push(objects(boxes, model));
  if (labelled.length > 0) findings.push(labels(labelled, model));
  findings.push(...grids(response.anomalyResult ?? [], model, chosen));
  if (isScored && !hasGrid) findings.push({ kind: 'anomaly', score });
  if (response.freeformResult !== undefined) {
    findings.push({ kind: 'tensors', tensors: response.freeformResult.outputTensors });
  }
  return findings;
}

/** In the model's order, without doubles: a label's colour is that of its place. */
export function labelsOf({ learnBlocks }: Blocks): string[] {
  return [...new Set(learnBlocks.flatMap(({ labels = [] }) => labels))];
}

function objects(boxes: readonly FoundBox[], { learnBlocks }: Blocks): Finding {
  const detectors = learnBlocks.filter(({ modelType }) => modelType === 'object-detection');
  const isFomo = detectors.length > 0 && detectors.every(({ lastLayer }) => lastLayer === 'fomo');
  return {
    kind: 'objects',
    boxes: [...boxes].sort((a, b) => b.score - a.score),
    marker: isFomo ? 'centroid' : 'box',
  };
}

function labels(entries: readonly LabelledNumber[], { learnBlocks }: Blocks): Finding {
  if (learnBlocks.some(({ modelType }) => modelType === 'regression')) {
    return { kind: 'values', values: entries };
  }
  return { kind: 'labels', scores: [...entries].sort(([, a], [, b]) => b - a) };
}

function grids(results: readonly AnomalyGrid[], model: Blocks, chosen: ThresholdChoices): GridFinding[] {
  const blocks = model.learnBlocks.filter(({ modelType }) => modelType === 'visual-anomaly');
  return results.map((grid, index) => {
    const block = blocks[index];
    const threshold = block && thresholdOf(block, 'min_anomaly_score', chosen);
    const scores = grid.scores.flat();
    const reached = threshold === undefined ? 0 : scores.filter((score) => reaches(score, threshold)).length;
    return { kind: 'grid', grid, threshold, reached, cells: scores.length };
  });
}

/** The decoder's own rule: in float32, and a score of 0 is no anomaly. */
export function reaches(score: number, threshold: number): boolean {
  return score >= Math.fround(threshold) && score !== 0;
}
