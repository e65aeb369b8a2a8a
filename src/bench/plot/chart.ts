/** What the charts have in common: rows with a name above their bar, and an axis below. Narrow, so that a phone shows it. */
import { figure } from '../figure.js';
import type { Axis } from './axis.js';
import { element, type Markup } from './markup.js';

/** Units of the drawing, which are pixels on a phone. */
export const WIDTH = 420;
const LEFT = 8;
const RIGHT = 412;
const TITLE = 24;
const ROW = 46;
const BAR = 16;
/** From the top of a row to its bar. */
const BAR_TOP = 20;
const AXIS = 24;
const CHARACTER = 7.2;

export interface Row {
  readonly name: string;
  /** Beside the name. */
  readonly value: string;
  /** Between y and y + height. */
  bar(x: (value: number) => number, y: number, height: number): readonly Markup[];
}

export interface Chart {
  readonly height: number;
  readonly content: readonly Markup[];
}

export interface ChartParts {
  readonly title: string;
  /** Swatches with their names. */
  readonly legend: readonly { readonly name: string; readonly swatch: (x: number, y: number) => Markup }[];
  readonly rows: readonly Row[];
  readonly axis: Axis;
}

export function chart({ title, legend, rows, axis }: ChartParts): Chart {
  const entries = placed(legend.map(({ name }) => name));
  const top = TITLE + 12 + (entries.at(-1)?.y ?? 0) + 24;
  const bottom = top + rows.length * ROW;
  const x = (value: number): number => LEFT + axis.place(value) * (RIGHT - LEFT);
  return {
    height: bottom + AXIS,
    content: [
      text(LEFT, TITLE, `${title} (ms${axis.logarithmic ? ', logarithmic' : ''})`, 'ink title'),
      ...legend.flatMap(({ name, swatch }, index) => {
        const { x, y } = entries[index] ?? { x: 0, y: 0 };
        const base = TITLE + 24 + y;
        return [swatch(LEFT + x, base - 10), text(LEFT + x + 20, base, name, 'muted')];
      }),
      ...axis.ticks.map((tick) => tickLabel(x(tick), tick, bottom)),
      ...rows.flatMap((row, index) => rowMarks(row, x, axis.ticks, top + index * ROW)),
    ],
  };
}

/** Side by side, in as many lines as it takes. */
function placed(names: readonly string[]): { readonly x: number; readonly y: number }[] {
  let [x, y] = [0, 0];
  return names.map((name) => {
    const width = 20 + name.length * CHARACTER + 14;
    if (x > 0 && x + width > RIGHT - LEFT) [x, y] = [0, y + 20];
    const place = { x, y };
    x += width;
    return place;
  });
}

function tickLabel(x: number, tick: number, bottom: number): Markup {
  const anchor = x < LEFT + 12 ? '' : x > RIGHT - 12 ? ' end' : ' middle';
  return text(x, bottom + 14, String(tick), `muted${anchor}`);
}

function rowMarks(
  { name, value, bar }: Row,
  x: (value: number) => number,
  ticks: readonly number[],
  top: number,
): Markup[] {
  const room = Math.floor((RIGHT - LEFT) / CHARACTER) - value.length - 2;
  const barTop = top + BAR_TOP;
  return [
    text(LEFT, top + 14, shortened(name, room), 'ink'),
    text(RIGHT, top + 14, value, 'ink end'),
    // Not through the names.
    ...ticks.map((tick) =>
      element('line', { class: 'grid', x1: x(tick), y1: barTop - 1, x2: x(tick), y2: barTop + BAR + 5 }),
    ),
    ...bar(x, barTop, BAR),
  ];
}

export function text(x: number, y: number, content: string, classes: string): Markup {
  return element('text', { class: classes, x, y }, content);
}

/** What a pointer that rests on a mark is told. */
export function withTooltip(
  name: string,
  attributes: Readonly<Record<string, string | number>>,
  tooltip: string,
): Markup {
  return element(name, attributes, element('title', {}, tooltip));
}

export function milliseconds(value: number): string {
  return `${figure(value)} ms`;
}

export function shortened(name: string, room: number): string {
  return name.length <= room ? name : `${name.slice(0, Math.max(1, room - 1))}…`;
}
