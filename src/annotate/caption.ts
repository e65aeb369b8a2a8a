/** A dark panel at the bottom left: the best labels of a classification, a value, or a remark. */
import { INK, PAPER } from './palette.js';
import type { Size } from './placement.js';
import { middleBaseline, type Pen, type Shape } from './shapes.js';
import { drawLine, fitLine, layoutText, type TextLine } from './text.js';

export interface CaptionRow {
  readonly text: string;
  /** Shown at the right, for example a score. */
  readonly value?: string;
  /** Length of the bar, 0..1; no bar without it. */
  readonly share?: number;
  readonly colour?: string;
}

interface MeasuredRow {
  readonly row: CaptionRow;
  readonly text: TextLine;
  readonly value: TextLine;
}

/** All lengths in font sizes. */
const PADDING = 0.6;
const ROW_HEIGHT = 1.55;
const BAR_LENGTH = 6;
const BAR_HEIGHT = 0.62;

/** At most this part of the picture's height. */
const MAX_SHARE = 0.6;

/** @returns undefined where the picture has no room for a single row */
export async function captionShape(
  rows: readonly CaptionRow[],
  picture: Size,
  pen: Pen,
): Promise<Shape | undefined> {
  const measured = await Promise.all(rows.map(measure));
  const textWidth = Math.max(0, ...measured.map(({ text }) => text.width));
  const valueWidth = Math.max(0, ...measured.map(({ value }) => value.width));
  const hasBars = rows.some(({ share }) => share !== undefined);
  const fixed = 2 * PADDING + (valueWidth > 0 ? valueWidth + PADDING : 0);
  const withBars = fixed + textWidth + BAR_LENGTH + PADDING;
  const fontSize = Math.max(7, Math.min(pen.fontSize, (picture.width * 0.9) / withBars));
  const available = picture.width / fontSize;
  const bar = hasBars && withBars <= available ? BAR_LENGTH + PADDING : 0;
  const columns = { text: Math.min(textWidth, available - fixed - bar), bar, value: valueWidth };
  const fitting = Math.floor((picture.height * MAX_SHARE) / fontSize / ROW_HEIGHT - PADDING / ROW_HEIGHT);
  const room = fitting > 0 ? fitting : picture.height >= (ROW_HEIGHT + PADDING) * fontSize ? 1 : 0;
  const shown = measured.slice(0, room);
  if (shown.length === 0 || columns.text < 1) return undefined;
  return panel(shown, columns, fixed, picture, fontSize);
}

async function measure(row: CaptionRow): Promise<MeasuredRow> {
  return { row, text: await layoutText(row.text), value: await layoutText(row.value ?? '') };
}

function panel(
  rows: readonly MeasuredRow[],
  columns: { readonly text: number; readonly bar: number; readonly value: number },
  fixed: number,
  picture: Size,
  fontSize: number,
): Shape {
  const width = Math.min(picture.width, Math.ceil((fixed + columns.text + columns.bar) * fontSize));
  const height = Math.ceil((rows.length * ROW_HEIGHT + PADDING) * fontSize);
  const margin = Math.min(Math.round(fontSize * 0.6), picture.width - width, picture.height - height);
  const x = Math.max(0, margin);
  const y = picture.height - height - x;
  const body = rows.map(({ row, text, value }, index) => {
    const top = y + (PADDING / 2 + index * ROW_HEIGHT) * fontSize;
    const baseline = middleBaseline(top, ROW_HEIGHT * fontSize, fontSize);
    const left = x + PADDING * fontSize;
    const barLeft = left + (columns.text + PADDING) * fontSize;
    const valueLeft = x + width - (PADDING + value.width) * fontSize;
    return (
      drawLine(fitLine(text, columns.text), left, baseline, fontSize, PAPER) +
      (columns.bar > 0 && row.share !== undefined ? barSvg(row, barLeft, top, fontSize) : '') +
      drawLine(value, valueLeft, baseline, fontSize, PAPER)
    );
  });
  const background =
    `<rect x="${x}" y="${y}" width="${width}" height="${height}" rx="${(fontSize * 0.35).toFixed(2)}" ` +
    `fill="${INK}" fill-opacity=".82"/>`;
  return { bounds: { x, y, width, height }, svg: background + body.join('') };
}

function barSvg({ share = 0, colour = PAPER }: CaptionRow, x: number, top: number, fontSize: number): string {
  const length = BAR_LENGTH * fontSize;
  const height = BAR_HEIGHT * fontSize;
  const y = top + ((ROW_HEIGHT - BAR_HEIGHT) / 2) * fontSize;
  const bar = (width: number, fill: string): string =>
    `<rect x="${x.toFixed(2)}" y="${y.toFixed(2)}" width="${width.toFixed(2)}" height="${height.toFixed(2)}" ` +
    `rx="${(height * 0.25).toFixed(2)}" ${fill}/>`;
  const filled = Math.max(0, Math.min(1, share)) * length;
  return (
    bar(length, `fill="${PAPER}" fill-opacity=".16"`) + (filled > 0 ? bar(filled, `fill="${colour}"`) : '')
  );
}
