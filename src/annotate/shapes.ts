/** Pieces of the drawing: SVG with the pixels it may touch, so that large pictures can be composed in parts. */
import { BASELINE, EM } from './glyphs.js';
import { INK } from './palette.js';
import type { Rect, Size } from './placement.js';
import type { TextLine } from './text.js';
import { drawLine } from './text.js';

export interface Shape {
  readonly bounds: Rect;
  readonly svg: string;
}

/** Sizes in pixels, in proportion to the picture. */
export interface Pen {
  /** Line width of boxes. */
  readonly line: number;
  /** Width of the dark edge around everything bright. */
  readonly edge: number;
  readonly fontSize: number;
}

export function penFor({ width, height }: Size): Pen {
  const side = (width + height) / 2;
  const line = Math.max(1, Math.round(side * 0.004));
  return { line, edge: Math.max(1, Math.round(line / 3)), fontSize: Math.max(9, side * 0.023) };
}

/** A shape that marks something, and the rectangle that its tag goes beside. */
export interface Marker extends Shape {
  readonly anchor: Rect;
}

/**
 * The outline of a box, sharp on whole pixels, with dark edges, thinner for a small box; what lies outside
 * the picture is cut off.
 */
export function boxOutline(box: Rect, picture: Size, pen: Pen, colour: string): Marker {
  const outer = wholePixels(box, picture);
  const line = Math.min(pen.line, Math.max(1, Math.round(Math.min(outer.width, outer.height) / 12)));
  const edged = grown(outer, pen.edge);
  const svg =
    `<g fill-rule="evenodd" shape-rendering="crispEdges">` +
    `<path fill="${INK}" fill-opacity=".6" d="${ring(edged, line + 2 * pen.edge)}"/>` +
    `<path fill="${colour}" d="${ring(outer, line)}"/></g>`;
  return { anchor: outer, bounds: edged, svg };
}

/** A dot in a circle at the middle of a box: for models that find places, not extents. */
export function centroid(box: Rect, picture: Size, pen: Pen, colour: string): Marker {
  const radius = Math.max(3, pen.fontSize * 0.5);
  const x = clamp(box.x + box.width / 2, picture.width);
  const y = clamp(box.y + box.height / 2, picture.height);
  const stroke = Math.max(1.5, pen.line);
  const circle = `cx="${fixed(x)}" cy="${fixed(y)}"`;
  // The dark disc keeps the bright ring visible on whatever lies below, even on its own colour.
  const svg =
    `<circle ${circle} r="${fixed(radius + stroke / 2 + pen.edge)}" fill="${INK}" fill-opacity=".65"/>` +
    `<circle ${circle} r="${fixed(radius)}" fill="none" stroke="${colour}" stroke-width="${fixed(stroke)}"/>` +
    `<circle ${circle} r="${fixed(radius * 0.35)}" fill="${colour}"/>`;
  const reach = radius + stroke / 2;
  const anchor = { x: x - reach, y: y - reach, width: 2 * reach, height: 2 * reach };
  return { anchor, bounds: grown(anchor, pen.edge), svg };
}

/** A line through the places where something has been; nothing while it is in its first one. */
export function trail(
  points: readonly { readonly x: number; readonly y: number }[],
  picture: Size,
  pen: Pen,
  colour: string,
): Shape | undefined {
  if (points.length < 2) return undefined;
  const inside = points.map(({ x, y }) => ({ x: clamp(x, picture.width), y: clamp(y, picture.height) }));
  const path = `points="${inside.map(({ x, y }) => `${fixed(x)},${fixed(y)}`).join(' ')}"`;
  const line = (stroke: string, width: number): string =>
    `<polyline ${path} fill="none" stroke="${stroke}" stroke-width="${width}" stroke-linecap="round" ` +
    `stroke-linejoin="round"/>`;
  const xs = inside.map(({ x }) => x);
  const ys = inside.map(({ y }) => y);
  const [left, top] = [Math.min(...xs), Math.min(...ys)];
  const bounds = { x: left, y: top, width: Math.max(...xs) - left, height: Math.max(...ys) - top };
  return {
    bounds: grown(bounds, pen.line + pen.edge),
    svg: line(INK, pen.line + 2 * pen.edge) + line(colour, pen.line),
  };
}

/** Pixels that a tag with this text takes. */
export function tagSize(line: TextLine, fontSize: number): Size {
  return {
    width: Math.ceil((line.width + 2 * TAG_PADDING) * fontSize),
    height: Math.ceil(1.4 * fontSize),
  };
}

/** Room left and right of a tag's text, in font sizes. */
export const TAG_PADDING = 0.25;

/** A bright plate with dark text. */
export function tag(place: Rect, line: TextLine, fontSize: number, pen: Pen, colour: string): Shape {
  const { x, y, width, height } = place;
  const svg =
    `<rect x="${x}" y="${y}" width="${width}" height="${height}" fill="${INK}" fill-opacity=".6" ` +
    `stroke="${INK}" stroke-opacity=".6" stroke-width="${2 * pen.edge}"/>` +
    `<rect x="${x}" y="${y}" width="${width}" height="${height}" fill="${colour}" shape-rendering="crispEdges"/>` +
    drawLine(line, x + TAG_PADDING * fontSize, middleBaseline(y, height, fontSize), fontSize, INK);
  return { bounds: grown(place, pen.edge), svg };
}

/** Baseline of capitals that stand in the middle of a strip. */
export function middleBaseline(y: number, height: number, fontSize: number): number {
  return y + (height + (BASELINE / EM) * fontSize) / 2;
}

/** At least one pixel, and inside the picture. */
function wholePixels(box: Rect, picture: Size): Rect {
  const x = Math.round(clamp(box.x, picture.width - 1));
  const y = Math.round(clamp(box.y, picture.height - 1));
  const right = Math.round(clamp(box.x + box.width, picture.width));
  const bottom = Math.round(clamp(box.y + box.height, picture.height));
  return { x, y, width: Math.max(1, right - x), height: Math.max(1, bottom - y) };
}

/** Path of a frame of `thickness` pixels inside `rect`; of the whole where that fills it. */
function ring(rect: Rect, thickness: number): string {
  const inner = grown(rect, -thickness);
  const outline = rectangle(rect);
  return inner.width > 0 && inner.height > 0 ? outline + rectangle(inner) : outline;
}

function rectangle({ x, y, width, height }: Rect): string {
  return `M${x} ${y}h${width}v${height}h${-width}z`;
}

function grown({ x, y, width, height }: Rect, by: number): Rect {
  return { x: x - by, y: y - by, width: width + 2 * by, height: height + 2 * by };
}

function clamp(value: number, max: number): number {
  return Math.max(0, Math.min(value, max));
}

function fixed(value: number): string {
  return String(Math.round(value * 100) / 100);
}
