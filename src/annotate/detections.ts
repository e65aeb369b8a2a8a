/** Boxes or centroids with their tags. */
import { placeTag, type Rect, type Size } from './placement.js';
import { boxOutline, centroid, type Pen, type Shape, tag, tagSize } from './shapes.js';
import { fitLine, joinLines, layoutText, type TextLine } from './text.js';

export interface Detection {
  readonly label: string;
  readonly score: number;
  /** Pixels of the picture; may reach beyond it. */
  readonly rect: Rect;
  /** `centroid` where the box says only where something is, not how large. */
  readonly marker: 'box' | 'centroid';
  /** Of the tracked object that it shows. */
  readonly objectId?: number;
}

/** Tags are left out where the picture has no room for a legible one. */
const SMALLEST_FONT = 7;

/**
 * @param taken parts of the picture that tags should keep clear of
 * @returns what to draw, in order: the best detection lies on top
 */
export async function detectionShapes(
  detections: readonly Detection[],
  picture: Size,
  pen: Pen,
  colourOf: (label: string) => string,
  taken: readonly Rect[],
): Promise<Shape[]> {
  const ranked = [...detections].sort((a, b) => b.score - a.score);
  const markers = ranked.map((detection) => {
    const draw = detection.marker === 'centroid' ? centroid : boxOutline;
    return draw(detection.rect, picture, pen, colourOf(detection.label));
  });
  const occupied: Rect[] = [...taken];
  for (const [index, { marker }] of ranked.entries()) {
    const bounds = markers[index]?.bounds;
    if (marker === 'centroid' && bounds !== undefined) occupied.push(bounds);
  }
  const tags: Shape[] = [];
  const lines = await tagLines(ranked);
  for (const [index, { anchor }] of markers.entries()) {
    const line = lines[index];
    const label = ranked[index]?.label;
    const fitted = line && fitTag(line, picture, pen);
    if (label === undefined || fitted === undefined) continue;
    const place = placeTag(anchor, fitted.size, picture, occupied, pen.edge);
    const shape = tag(place, fitted.line, fitted.fontSize, pen, colourOf(label));
    occupied.push(shape.bounds);
    tags.push(shape);
  }
  return [...markers.reverse(), ...tags.reverse()];
}

/** Each label is measured once, however often it is found. */
async function tagLines(detections: readonly Detection[]): Promise<TextLine[]> {
  const labels = new Map<string, TextLine>();
  const lines: TextLine[] = [];
  for (const { label, score, objectId } of detections) {
    const known = labels.get(label) ?? (await layoutText(label));
    labels.set(label, known);
    const id = objectId === undefined ? [] : [await layoutText(`#${objectId} `)];
    lines.push(joinLines(...id, known, await layoutText(` ${score.toFixed(2)}`)));
  }
  return lines;
}

interface FittedTag {
  readonly line: TextLine;
  readonly fontSize: number;
  readonly size: Size;
}

/** The text as large as the pen says; in a narrow picture smaller, then shortened, then not at all. */
function fitTag(line: TextLine, picture: Size, pen: Pen): FittedTag | undefined {
  const natural = tagSize(line, pen.fontSize);
  const fontSize = Math.max(
    SMALLEST_FONT,
    pen.fontSize * Math.min(1, (picture.width - 1) / natural.width, picture.height / 4 / natural.height),
  );
  const { width: padding } = tagSize({ pieces: [], width: 0 }, fontSize);
  const fitted = fitLine(line, (picture.width - padding - 1) / fontSize);
  const size = tagSize(fitted, fontSize);
  if (fitted.pieces.length === 0 || size.height > picture.height || size.width > picture.width)
    return undefined;
  return { line: fitted, fontSize, size };
}
