/** What was found, beside the picture. */
import { heatColour, labelColours } from '../annotate/palette.js';
import type { FoundBox } from './api-types.js';
import { element } from './dom.js';
import { topOfColours } from './draw.js';
import type { Finding, GridFinding, LabelledNumber } from './findings.js';
import { labelCounts, number, score } from './words.js';

export interface ResultOptions {
  /** Of the model, in its order. */
  readonly labels: readonly string[];
  /** A box is pointed at, or none any more. */
  readonly pointed: (box: FoundBox | undefined) => void;
}

/** Labels that are shown before the others are asked for. */
const MOST_LABELS = 5;
const MOST_NUMBERS = 12;

export function resultView(findings: readonly Finding[], options: ResultOptions): HTMLElement[] {
  if (findings.length === 0) return [element('p', { class: 'muted' }, 'The answer is empty.')];
  return findings.flatMap((finding) => viewOf(finding, options));
}

function viewOf(finding: Finding, options: ResultOptions): HTMLElement[] {
  switch (finding.kind) {
    case 'objects':
      return objectsView(finding.boxes, options);
    case 'labels':
      return labelsView(finding.scores);
    case 'values':
      return finding.values.map(([label, value]) => bigNumber(label, number(value)));
    case 'anomaly':
      return [bigNumber('anomaly score', number(finding.score))];
    case 'grid':
      return gridView(finding);
    case 'tensors':
      return finding.tensors.map(({ shape, dataType, data }, index) =>
        element(
          'div',
          { class: 'tensor' },
          element('h3', {}, `Output ${index + 1}`),
          element('p', { class: 'muted' }, `${dataType} [${shape.join(', ')}]`),
          element(
            'p',
            { class: 'numbers-shown' },
            data.slice(0, MOST_NUMBERS).map(number).join(', ') + (data.length > MOST_NUMBERS ? ', …' : ''),
          ),
        ),
      );
  }
}

function objectsView(boxes: readonly FoundBox[], { labels, pointed }: ResultOptions): HTMLElement[] {
  if (boxes.length === 0) {
    return [
      element('p', { class: 'headline' }, 'Nothing found'),
      element('p', { class: 'muted' }, 'A lower threshold may show what the model is less sure of.'),
    ];
  }
  const colourOf = labelColours(labels);
  const chips = labelCounts(boxes).map(([label, count]) =>
    element('li', {}, swatch(colourOf(label)), element('span', {}, label), element('b', {}, String(count))),
  );
  return [
    element('p', { class: 'headline' }, `${boxes.length} found`),
    element('ul', { class: 'chips' }, ...chips),
    boxTable(boxes, colourOf, pointed),
  ];
}

function boxTable(
  boxes: readonly FoundBox[],
  colourOf: (label: string) => string,
  pointed: ResultOptions['pointed'],
): HTMLElement {
  const rows = boxes.map((box) => {
    const { x, y, width, height } = box.original;
    const name = element('th', { scope: 'row' }, swatch(colourOf(box.label)), box.label);
    const numbers = [x, y, width, height].map((value) => element('td', {}, String(Math.round(value))));
    const row = element('tr', {}, name, element('td', {}, score(box.score)), ...numbers);
    row.addEventListener('pointerenter', () => pointed(box));
    row.addEventListener('pointerleave', () => pointed(undefined));
    return row;
  });
  const titles = ['Label', 'Score', 'x', 'y', 'w', 'h'].map((title) =>
    element('th', { scope: 'col' }, title),
  );
  const table = element(
    'table',
    { class: 'boxes' },
    element('caption', { class: 'unseen' }, 'Objects, best first; places in pixels of the picture'),
    element('thead', {}, element('tr', {}, ...titles)),
    element('tbody', {}, ...rows),
  );
  return element('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': 'Objects' }, table);
}

function labelsView(scores: readonly LabelledNumber[]): HTMLElement[] {
  const list = element('ol', { class: 'bars best' }, ...scores.slice(0, MOST_LABELS).map(bar));
  const others = scores.slice(MOST_LABELS);
  if (others.length === 0) return [list];
  const rest = element('ol', { class: 'bars', start: String(MOST_LABELS + 1) });
  const folded = element('details', {}, element('summary', {}, `${others.length} more`), rest);
  // A thousand rows are made when somebody wants to see them.
  folded.addEventListener('toggle', () => {
    if (rest.childElementCount === 0) rest.append(...others.map(bar));
  });
  return [list, folded];
}

function bar([label, value]: LabelledNumber): HTMLElement {
  const row = element(
    'li',
    {},
    element('span', { class: 'bar-label' }, label),
    element('span', { class: 'bar-value' }, score(value)),
  );
  row.style.setProperty('--share', String(Math.min(1, Math.max(0, value))));
  return row;
}

function gridView({ grid, threshold, reached, cells }: GridFinding): HTMLElement[] {
  const top = topOfColours(grid.scores, threshold);
  const scale = element('div', { class: 'heat' });
  const colours = [0, 0.25, 0.5, 0.75, 1].map(heatColour).join(', ');
  scale.style.setProperty('background', `linear-gradient(90deg, ${colours})`);
  const ends = [0, top / 2, top].map((value) => element('span', {}, number(value)));
  const facts: (readonly [string, string])[] = [
    ['Highest', number(grid.maxScore)],
    ['Mean', number(grid.meanScore)],
    ['Cells', `${grid.scores.length} × ${grid.scores[0]?.length ?? 0}`],
  ];
  const headline =
    threshold === undefined
      ? `Highest score ${number(grid.maxScore)}`
      : reached === 0
        ? 'No anomaly'
        : `${reached} of ${cells} cells anomalous`;
  return [
    element('p', { class: 'headline' }, headline),
    scale,
    element('p', { class: 'heat-ends' }, ...ends),
    factList(facts),
  ];
}

export function factList(facts: readonly (readonly [string, string])[]): HTMLElement {
  return element(
    'dl',
    { class: 'facts' },
    ...facts.flatMap(([name, value]) => [element('dt', {}, name), element('dd', {}, value)]),
  );
}

function bigNumber(label: string, value: string): HTMLElement {
  return element('p', { class: 'big' }, element('b', {}, value), element('span', {}, label));
}

function swatch(colour: string): HTMLElement {
  const made = element('i', { class: 'swatch', 'aria-hidden': 'true' });
  made.style.setProperty('background', colour);
  return made;
}
