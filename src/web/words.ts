/** Results in words: what a screen reader says, and captions. Knows no browser. */
import type { Finding } from './findings.js';

const MOST_NAMED = 5;

/** One sentence for each finding. */
export function inWords(findings: readonly Finding[]): string {
  return findings.map(sentence).join(' ');
}

function sentence(finding: Finding): string {
  switch (finding.kind) {
    case 'objects':
      return finding.boxes.length === 0
        ? 'Nothing found.'
        : `${finding.boxes.length} found: ${countsInWords(finding.boxes)}.`;
    case 'labels': {
      const [best, second] = finding.scores;
      if (best === undefined) return 'No scores.';
      const next = second === undefined ? '' : `, then ${second[0]}, ${score(second[1])}`;
      return `${best[0]}, ${score(best[1])}${next}.`;
    }
    case 'values':
      return `${finding.values.map(([label, value]) => `${label}: ${number(value)}`).join(', ')}.`;
    case 'anomaly':
      return `Anomaly score ${number(finding.score)}.`;
    case 'grid':
      return finding.threshold === undefined
        ? `Highest anomaly score ${number(finding.grid.maxScore)}.`
        : `${finding.reached} of ${finding.cells} cells are anomalous, the highest score is ${number(finding.grid.maxScore)}.`;
    case 'tensors':
      return `${finding.tensors.length} output ${finding.tensors.length === 1 ? 'tensor' : 'tensors'}.`;
  }
}

/** Labels and how often they occur, most often first. */
export function labelCounts(boxes: readonly { readonly label: string }[]): (readonly [string, number])[] {
  const counts = new Map<string, number>();
  for (const { label } of boxes) counts.set(label, (counts.get(label) ?? 0) + 1);
  return [...counts].sort(([, a], [, b]) => b - a);
}

function countsInWords(boxes: readonly { readonly label: string }[]): string {
  const counts = labelCounts(boxes).map(([label, count]) => `${count} ${label}`);
  const rest = counts.length - MOST_NAMED;
  return counts.slice(0, MOST_NAMED).join(', ') + (rest > 0 ? `, and ${rest} more labels` : '');
}

/** 0..1 with two digits. */
export function score(value: number): string {
  return value.toFixed(2);
}

/** With four digits that count. */
export function number(value: number): string {
  return String(Number(value.toPrecision(4)));
}

export function bytes(count: number): string {
  if (count < 1000) return `${count} B`;
  if (count < 1e6) return `${(count / 1e3).toFixed(count < 1e4 ? 1 : 0)} kB`;
  return `${(count / 1e6).toFixed(1)} MB`;
}

export function milliseconds(value: number): string {
  if (value >= 1000) return `${(value / 1000).toFixed(2)} s`;
  return `${value < 10 ? value.toFixed(2) : value.toFixed(value < 100 ? 1 : 0)} ms`;
}
