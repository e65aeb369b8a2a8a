/** The readable summary of one picture. */
import { splitResult } from '../annotate/anomaly.js';
import type { Classification, DeploymentInfo } from '../index.js';
import { bar, type Style } from './style.js';
import { alignColumns, counted, nameValueLines, printable } from './text.js';

export interface SummarySubject {
  readonly file: string;
  readonly classification: Classification;
  /** What was written about it. */
  readonly files?: readonly string[];
}

/** Labels of a classification that are shown, best first. */
const TOP = 5;
const BAR_COLUMNS = 20;

export function summaryOf(subject: SummarySubject, info: DeploymentInfo, style: Style): string {
  const { file, classification, files = [] } = subject;
  const { response, boxes, geometry } = classification;
  const { labels, anomaly } = splitResult(response, info);
  const size = geometry ? `${geometry.originalWidth} x ${geometry.originalHeight}` : '';
  const copy = files.length === 0 ? '' : `-> ${files.map(printable).join(', ')}`;
  const head = [style.bold(printable(file)), style.dim(size), style.dim(copy)].filter((part) => part !== '');
  return [
    head.join('  '),
    ...(labels === undefined ? [] : resultLines(labels, info, style)),
    ...nameValueLines(anomaly),
    ...(boxes === undefined ? [] : boxLines(boxes, info, style)),
    ...(response.freeformResult === undefined ? [] : tensorLines(response.freeformResult.outputTensors)),
  ].join('\n');
}

function resultLines(result: Readonly<Record<string, number>>, info: DeploymentInfo, style: Style): string[] {
  const entries = Object.entries(result);
  if (info.learnBlocks.some(({ block }) => block.modelType === 'regression')) {
    return nameValueLines(
      entries.map(([name, value]) => [printable(name), String(Number(value.toPrecision(6)))]),
    );
  }
  const best = entries.sort(([, a], [, b]) => b - a).slice(0, TOP);
  const rows = best.map(([label, score], index) => {
    const name = printable(label);
    return [score.toFixed(4), ...scoreBar(score, style), index === 0 ? style.bold(name) : name];
  });
  const lines = alignColumns(rows, ['right', 'left', 'left']);
  const more = entries.length - best.length;
  return [...lines, ...(more > 0 ? [style.dim(`and ${counted(more, 'more label')}`)] : [])].map(indented);
}

function boxLines(boxes: NonNullable<Classification['boxes']>, info: DeploymentInfo, style: Style): string[] {
  if (boxes.length === 0) return [indented(`nothing found${limits(info)}`)];
  const tracked = boxes.some(({ objectId }) => objectId !== undefined);
  const header = [...(tracked ? ['id'] : []), 'label', 'score', 'x', 'y', 'width', 'height'];
  const rows = boxes.map(({ label, score, original, objectId }) => [
    ...(tracked ? [objectId === undefined ? '' : `#${objectId}`] : []),
    printable(label),
    score.toFixed(4),
    ...[original.x, original.y, original.width, original.height].map((value) => String(Math.round(value))),
  ]);
  const numbers = Array.from({ length: 5 }, () => 'right' as const);
  const table = alignColumns(
    [header.map((name) => style.dim(name)), ...rows],
    [...(tracked ? ['right' as const] : []), 'left', ...numbers],
  );
  return [counted(boxes.length, 'object'), ...table].map(indented);
}

/** ` above min_score 0.5` */
function limits(info: DeploymentInfo): string {
  const named = info.learnBlocks.flatMap(({ block }) =>
    block.modelType === 'object-detection' ? Object.entries(block.thresholds) : [],
  );
  const texts = new Set(named.map(([name, value]) => `${printable(name)} ${value}`));
  return texts.size === 0 ? '' : ` above ${[...texts].join(', ')}`;
}

function tensorLines(
  tensors: readonly {
    readonly shape: readonly number[];
    readonly dataType: string;
    readonly data: readonly number[];
  }[],
): string[] {
  return nameValueLines(
    tensors.map(({ shape, dataType, data }, index) => {
      const first = data.slice(0, 6).map((value) => String(Number(value.toPrecision(4))));
      const values = `${first.join(', ')}${data.length > first.length ? ', ...' : ''}`;
      return [`output ${index + 1}`, `${dataType} [${shape.join(', ')}]  ${values}`];
    }),
  );
}

function scoreBar(score: number, style: Style): string[] {
  if (!style.rich) return [];
  const { filled, empty } = bar(score, BAR_COLUMNS);
  return [style.green(filled) + style.dim(empty)];
}

function indented(line: string): string {
  return `  ${line}`;
}
