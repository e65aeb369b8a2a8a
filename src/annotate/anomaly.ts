/** Anomaly scores as people read them, apart from the labels of a classification. */
import type { ClassifyImageResponse } from '../postprocess/results.js';
import type { DeploymentInfo } from '../runtime/info.js';

/** What is used of a deployment: which block gave what, and the thresholds. */
export type AnomalyInfo = Pick<DeploymentInfo, 'learnBlocks'>;

/** Where the response holds scores of labels, and where `anomaly` is a score of its own. */
export interface SplitResult {
  /** Absent where no block classifies. */
  readonly labels?: Readonly<Record<string, number>>;
  /** Name and value: the score of an anomaly block, or what is worth knowing of a grid of scores. */
  readonly anomaly: readonly (readonly [name: string, value: string])[];
}

const KEY = 'anomaly';

/** Without `info`, a key called `anomaly` is taken for the score of an anomaly block. */
export function splitResult(response: ClassifyImageResponse, info: AnomalyInfo | undefined): SplitResult {
  const { result = {}, anomalyResult = [] } = response;
  const { [KEY]: score, ...others } = result;
  if (score === undefined || !scoresAnomaly(info)) {
    return { ...(response.result && { labels: response.result }), anomaly: [] };
  }
  const thresholds = anomalyThresholds(info);
  const grids = anomalyResult.flatMap(({ scores, meanScore, maxScore }, index) => {
    const threshold = thresholds[index];
    return [
      ['anomaly, highest', rounded(maxScore)],
      ['anomaly, mean', rounded(meanScore)],
      ...(threshold === undefined ? [] : [reachedCells(scores.flat(), threshold)]),
    ] as const;
  });
  return {
    ...(Object.keys(others).length > 0 && { labels: others }),
    anomaly: grids.length > 0 ? grids : [[KEY, rounded(score)]],
  };
}

/** Of the visual anomaly blocks, in the order of `anomalyResult`. */
export function anomalyThresholds(info: AnomalyInfo | undefined): (number | undefined)[] {
  return (info?.learnBlocks ?? []).flatMap(({ block }) =>
    block.modelType === 'visual-anomaly' ? [block.thresholds.min_anomaly_score] : [],
  );
}

/** The decoders' own rule: in float32, and a score of 0 is no anomaly. */
export function reaches(score: number, threshold: number): boolean {
  return score >= Math.fround(threshold) && score !== 0;
}

function scoresAnomaly(info: AnomalyInfo | undefined): boolean {
  return info === undefined || info.learnBlocks.some(({ block }) => block.modelType.endsWith(KEY));
}

function reachedCells(scores: readonly number[], threshold: number): readonly [string, string] {
  const count = scores.filter((score) => reaches(score, threshold)).length;
  return [`cells from min_anomaly_score ${threshold}`, `${count} of ${scores.length}`];
}

function rounded(value: number): string {
  return String(Number(value.toPrecision(4)));
}
