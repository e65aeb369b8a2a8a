/** A result drawn over its picture: on the page at the page's resolution, for the file at the picture's own. */
import { heatColour, INK, labelColours, PAPER } from '../annotate/palette.js';
import { overlap, placeTag, type Rect, type Size } from '../annotate/placement.js';
import { mapBoxToOriginal } from '../preprocess/geometry.js';
import type { FoundBox, ResizeGeometry } from './api-types.js';
import { type Finding, type GridFinding, reaches } from './findings.js';
import { number, score } from './words.js';

/** All that is drawn. Places are in pixels of the picture as the server saw it. */
export interface Scene {
  readonly picture: Size;
  /** Absent where the browser can't show the file: then the result lies on an empty ground. */
  readonly image: CanvasImageSource | undefined;
  readonly findings: readonly Finding[];
  readonly geometry: ResizeGeometry | undefined;
  /** Of the model, in its order. */
  readonly labels: readonly string[];
  /** The one that is pointed at. */
  readonly selected?: FoundBox | undefined;
}

/** Sizes in pixels of the canvas. */
export interface Pen {
  readonly line: number;
  readonly edge: number;
  readonly fontSize: number;
}

type Context = CanvasRenderingContext2D;
type ColourOf = (label: string) => string;

/** Tags from this rank on are left out where they would cover another. */
const ALWAYS_TAGGED = 3;
/** Opacity of the lowest and the highest score of a grid. */
const CLEAR = 0.1;
const DENSE = 0.62;
const CAPTION_ROWS = 5;

/** In proportion to a picture: legible when the whole of it is looked at. */
export function penForPicture({ width, height }: Size): Pen {
  const side = (width + height) / 2;
  const line = Math.max(1, side * 0.004);
  return { line, edge: Math.max(1, line / 3), fontSize: Math.max(11, side * 0.024) };
}

/** @param target pixels of the canvas, of the picture's shape */
export function drawScene(context: Context, scene: Scene, target: Size, pen: Pen): void {
  const scale = target.width / scene.picture.width;
  context.clearRect(0, 0, target.width, target.height);
  context.imageSmoothingQuality = 'high';
  if (scene.image === undefined) drawGround(context, target);
  else context.drawImage(scene.image, 0, 0, target.width, target.height);
  const colourOf = labelColours(scene.labels);
  for (const finding of scene.findings) {
    if (finding.kind === 'grid') drawGrid(context, finding, scene, scale, pen);
  }
  for (const finding of scene.findings) {
    if (finding.kind === 'objects') drawObjects(context, finding, scene, target, scale, pen, colourOf);
  }
}

/** The numbers that are no places, for a picture that leaves the page. */
export function drawCaption(context: Context, { findings, labels }: Scene, target: Size, pen: Pen): void {
  const rows = captionRows(findings, labelColours(labels));
  if (rows.length === 0) return;
  const { fontSize } = pen;
  context.font = fontOf(fontSize);
  const padding = fontSize * 0.6;
  const rowHeight = fontSize * 1.55;
  const wide = (text: string): number => context.measureText(text).width;
  const valueWidth = Math.max(...rows.map(({ value }) => wide(value)));
  const most = target.width - 4 * padding - valueWidth;
  const texts = rows.map(({ text }) => shortened(context, text, Math.max(most, fontSize)));
  const width = Math.max(...texts.map(wide)) + valueWidth + 3 * padding;
  const height = rows.length * rowHeight + padding;
  const [x, y] = [padding, target.height - height - padding];
  context.fillStyle = `${INK}d9`;
  context.beginPath();
  context.roundRect(x, y, width, height, fontSize * 0.35);
  context.fill();
  context.textBaseline = 'middle';
  for (const [index, { value, colour }] of rows.entries()) {
    const middle = y + padding / 2 + (index + 0.5) * rowHeight;
    context.fillStyle = colour;
    context.fillText(texts[index] ?? '', x + padding, middle);
    context.fillStyle = PAPER;
    context.fillText(value, x + width - padding - wide(value), middle);
  }
}

interface CaptionRow {
  readonly text: string;
  readonly value: string;
  readonly colour: string;
}

function captionRows(findings: readonly Finding[], colourOf: ColourOf): CaptionRow[] {
  return findings.flatMap((finding) => rowsOf(finding, colourOf));
}

function rowsOf(finding: Finding, colourOf: ColourOf): CaptionRow[] {
  switch (finding.kind) {
    case 'objects':
      return finding.boxes.length === 0 ? [{ text: 'nothing found', value: '', colour: PAPER }] : [];
    case 'labels':
      return finding.scores
        .slice(0, CAPTION_ROWS)
        .map(([text, value]) => ({ text, value: score(value), colour: colourOf(text) }));
    case 'values':
      return finding.values.map(([text, value]) => ({ text, value: number(value), colour: PAPER }));
    case 'anomaly':
      return [{ text: 'anomaly', value: number(finding.score), colour: PAPER }];
    case 'grid':
      return [{ text: 'anomaly, highest', value: number(finding.grid.maxScore), colour: PAPER }];
    case 'tensors':
      return [];
  }
}

function drawGround(context: Context, { width, height }: Size): void {
  context.fillStyle = '#2a2f3a';
  context.fillRect(0, 0, width, height);
}

function drawObjects(
  context: Context,
  { boxes, marker }: Finding & { kind: 'objects' },
  { selected }: Scene,
  target: Size,
  scale: number,
  pen: Pen,
  colourOf: ColourOf,
): void {
  const taken: Rect[] = [];
  const marks = boxes.map((box) => {
    const rect = inside(scaled(box.original, scale), target);
    const dot = marker === 'centroid' ? dotOf(rect, pen) : undefined;
    if (dot !== undefined) taken.push(dot);
    return { box, rect, anchor: dot ?? rect };
  });
  for (const { box, rect, anchor } of [...marks].reverse()) {
    const isSelected = box === selected;
    context.globalAlpha = selected === undefined || isSelected ? 1 : 0.35;
    if (marker === 'centroid') drawCentroid(context, rect, anchor, pen, colourOf(box.label));
    else drawBox(context, rect, pen, colourOf(box.label), isSelected);
  }
  const tags = marks.flatMap(({ box, anchor }, rank) => {
    const tag = fitTag(context, `${box.label} ${score(box.score)}`, target, pen);
    if (tag === undefined) return [];
    const place = placeTag(anchor, tag.size, target, taken, pen.edge);
    const covers = taken.some((other) => overlap(place, other) > 0);
    if (covers && rank >= ALWAYS_TAGGED && box !== selected) return [];
    taken.push(place);
    return [{ box, place, ...tag }];
  });
  for (const { box, place, text, fontSize } of [...tags].reverse()) {
    context.globalAlpha = selected === undefined || box === selected ? 1 : 0.35;
    drawTag(context, place, text, fontSize, pen, colourOf(box.label));
  }
  context.globalAlpha = 1;
}

function drawBox(context: Context, rect: Rect, pen: Pen, colour: string, isSelected: boolean): void {
  const line = Math.min(
    pen.line * (isSelected ? 1.8 : 1),
    Math.max(1, Math.min(rect.width, rect.height) / 8),
  );
  // The stroke lies inside the box, so that its outer edge is the box.
  const half = line / 2;
  const draw = (by: number): void =>
    context.strokeRect(
      rect.x + by,
      rect.y + by,
      Math.max(0, rect.width - 2 * by),
      Math.max(0, rect.height - 2 * by),
    );
  context.lineJoin = 'miter';
  context.strokeStyle = `${INK}99`;
  context.lineWidth = line + 2 * pen.edge;
  draw(half);
  context.strokeStyle = colour;
  context.lineWidth = line;
  draw(half);
}

/** A dot in a ring where the object is, and thinly the cell that found it. */
function drawCentroid(context: Context, cell: Rect, ring: Rect, pen: Pen, colour: string): void {
  context.lineWidth = Math.max(1, pen.line / 2);
  context.strokeStyle = `${INK}80`;
  context.strokeRect(cell.x + context.lineWidth, cell.y + context.lineWidth, cell.width, cell.height);
  context.strokeStyle = `${colour}cc`;
  context.strokeRect(cell.x, cell.y, cell.width, cell.height);
  const radius = ring.width / 2;
  const [x, y] = [ring.x + radius, ring.y + radius];
  const circle = (r: number): void => {
    context.beginPath();
    context.arc(x, y, r, 0, 2 * Math.PI);
  };
  circle(radius + pen.edge);
  context.fillStyle = `${INK}a6`;
  context.fill();
  circle(radius - pen.line / 2);
  context.lineWidth = pen.line;
  context.strokeStyle = colour;
  context.stroke();
  circle(radius * 0.36);
  context.fillStyle = colour;
  context.fill();
}

function dotOf({ x, y, width, height }: Rect, { fontSize, line }: Pen): Rect {
  const radius = Math.max(4, fontSize * 0.5) + line / 2;
  return { x: x + width / 2 - radius, y: y + height / 2 - radius, width: 2 * radius, height: 2 * radius };
}

interface FittedTag {
  readonly text: string;
  readonly fontSize: number;
  readonly size: Size;
}

/** In a narrow picture smaller, then shortened, then not at all. */
function fitTag(context: Context, text: string, target: Size, pen: Pen): FittedTag | undefined {
  const fontSize = Math.min(pen.fontSize, Math.max(8, target.width / 10), target.height / 3);
  if (fontSize < 7) return undefined;
  context.font = fontOf(fontSize);
  const fitted = shortened(context, text, mostOf(target.width, fontSize));
  const size = { width: context.measureText(fitted).width + fontSize * 0.6, height: fontSize * 1.45 };
  return { text: fitted, fontSize, size };
}

/** About half of a picture, more of one that is small. */
function mostOf(width: number, fontSize: number): number {
  return Math.min(width - fontSize, Math.max(width * 0.55, fontSize * 9), fontSize * 22);
}

/** The end stays, where the score is. */
function shortened(context: Context, text: string, width: number): string {
  if (context.measureText(text).width <= width) return text;
  const end = /\s[\d.]+$/.exec(text)?.[0] ?? '';
  const characters = [...text.slice(0, text.length - end.length)];
  while (characters.length > 1 && context.measureText(`${characters.join('')}…${end}`).width > width) {
    characters.pop();
  }
  return `${characters.join('').trimEnd()}…${end}`;
}

function drawTag(
  context: Context,
  place: Rect,
  text: string,
  fontSize: number,
  pen: Pen,
  colour: string,
): void {
  const { x, y, width, height } = place;
  const radius = fontSize * 0.2;
  context.beginPath();
  context.roundRect(x - pen.edge / 2, y - pen.edge / 2, width + pen.edge, height + pen.edge, radius);
  context.fillStyle = `${INK}99`;
  context.fill();
  context.beginPath();
  context.roundRect(x, y, width, height, radius);
  context.fillStyle = colour;
  context.fill();
  context.font = fontOf(fontSize);
  context.fillStyle = INK;
  context.textBaseline = 'middle';
  context.fillText(text, x + fontSize * 0.3, y + height / 2 + fontSize * 0.04);
}

/** Cells coloured by score, with a line around those that reach the threshold, which has the middle of the colours. */
function drawGrid(
  context: Context,
  { grid: { scores }, threshold }: GridFinding,
  scene: Scene,
  scale: number,
  pen: Pen,
): void {
  const columns = Math.max(0, ...scores.map((row) => row.length));
  const xs = edges(columns, (x) => cornerOf(x, 0, scene).x * scale);
  const ys = edges(scores.length, (y) => cornerOf(0, y, scene).y * scale);
  const top = topOfColours(scores, threshold);
  const isOver = (row: number, column: number): boolean =>
    threshold !== undefined && reaches(scores[row]?.[column] ?? 0, threshold);
  const contour = new Path2D();
  for (const [row, line] of scores.entries()) {
    for (const [column, value] of line.entries()) {
      const [x = 0, right = 0] = xs.slice(column, column + 2);
      const [y = 0, bottom = 0] = ys.slice(row, row + 2);
      const share = top > 0 ? Math.min(1, Math.max(0, value / top)) : 0;
      context.globalAlpha = CLEAR + share * (DENSE - CLEAR);
      context.fillStyle = heatColour(share);
      context.fillRect(x, y, right - x, bottom - y);
      if (!isOver(row, column)) continue;
      if (!isOver(row - 1, column)) edgeOf(contour, x, y, right, y);
      if (!isOver(row + 1, column)) edgeOf(contour, x, bottom, right, bottom);
      if (!isOver(row, column - 1)) edgeOf(contour, x, y, x, bottom);
      if (!isOver(row, column + 1)) edgeOf(contour, right, y, right, bottom);
    }
  }
  context.globalAlpha = 1;
  context.lineCap = 'square';
  context.strokeStyle = INK;
  context.lineWidth = pen.line + 2 * pen.edge;
  context.stroke(contour);
  context.strokeStyle = PAPER;
  context.lineWidth = pen.line;
  context.stroke(contour);
}

/** The score that has the end of the colours. */
export function topOfColours(scores: readonly (readonly number[])[], threshold: number | undefined): number {
  return threshold !== undefined && threshold > 0 ? 2 * threshold : Math.max(0, ...scores.flat());
}

/** Whole pixels, so that neighbours touch and do not overlap. */
function edges(count: number, at: (ratio: number) => number): number[] {
  return Array.from({ length: count + 1 }, (_, index) => Math.round(at(index / count)));
}

/** A point of the model's input in pixels of the picture; one in a padded border falls on the picture's edge. */
function cornerOf(x: number, y: number, { geometry, picture }: Scene): { x: number; y: number } {
  if (geometry === undefined) return { x: x * picture.width, y: y * picture.height };
  return mapBoxToOriginal({ x, y, width: 0, height: 0 }, geometry);
}

function edgeOf(path: Path2D, x1: number, y1: number, x2: number, y2: number): void {
  path.moveTo(x1, y1);
  path.lineTo(x2, y2);
}

function scaled({ x, y, width, height }: Rect, by: number): Rect {
  return { x: x * by, y: y * by, width: width * by, height: height * by };
}

/** The part that lies in the picture; at least a pixel of it. */
function inside({ x, y, width, height }: Rect, target: Size): Rect {
  const left = Math.min(Math.max(x, 0), target.width - 1);
  const top = Math.min(Math.max(y, 0), target.height - 1);
  const right = Math.min(Math.max(x + width, left + 1), target.width);
  const bottom = Math.min(Math.max(y + height, top + 1), target.height);
  return { x: left, y: top, width: right - left, height: bottom - top };
}

function fontOf(size: number): string {
  return `600 ${size}px system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif`;
}
