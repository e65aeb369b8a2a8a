/** A grid of anomaly scores laid over the part of the picture that the model saw. */
import type { ResizeGeometry } from '../deployment/impulse.js';
import { mapBoxToOriginal } from '../preprocess/geometry.js';
import { reaches } from './anomaly.js';
import { heatColour, INK, PAPER } from './palette.js';
import type { Size } from './placement.js';
import type { Pen, Shape } from './shapes.js';

/** Opacity of the lowest and the highest score. */
const CLEAR = 0.1;
const DENSE = 0.62;

/**
 * Cells coloured by score, with a line around those that reach the threshold. The threshold has the middle of the
 * colours; without one, the highest score has the end of them.
 *
 * @param scores `scores[row][column]` over the whole model input
 */
export function heatMapShape(
  scores: readonly (readonly number[])[],
  threshold: number | undefined,
  geometry: ResizeGeometry | undefined,
  picture: Size,
  pen: Pen,
): Shape {
  const rows = scores.length;
  const columns = Math.max(0, ...scores.map((row) => row.length));
  const xs = edges(columns, (ratio) => corner(ratio, 0, geometry, picture).x);
  const ys = edges(rows, (ratio) => corner(0, ratio, geometry, picture).y);
  const top = threshold !== undefined && threshold > 0 ? 2 * threshold : Math.max(0, ...scores.flat());
  const isOver = (row: number, column: number): boolean =>
    threshold !== undefined && reaches(scores[row]?.[column] ?? 0, threshold);
  const cells: string[] = [];
  let contour = '';
  for (const [row, line] of scores.entries()) {
    for (const [column, score] of line.entries()) {
      const [x = 0, right = 0] = xs.slice(column, column + 2);
      const [y = 0, bottom = 0] = ys.slice(row, row + 2);
      if (right <= x || bottom <= y) continue;
      const share = top > 0 ? Math.min(1, Math.max(0, score / top)) : 0;
      cells.push(
        `<path d="M${x} ${y}H${right}V${bottom}H${x}z" fill="${heatColour(share)}" ` +
          `fill-opacity="${(CLEAR + share * (DENSE - CLEAR)).toFixed(2)}"/>`,
      );
      if (!isOver(row, column)) continue;
      if (!isOver(row - 1, column)) contour += `M${x} ${y}H${right}`;
      if (!isOver(row + 1, column)) contour += `M${x} ${bottom}H${right}`;
      if (!isOver(row, column - 1)) contour += `M${x} ${y}V${bottom}`;
      if (!isOver(row, column + 1)) contour += `M${right} ${y}V${bottom}`;
    }
  }
  return {
    bounds: { x: 0, y: 0, ...picture },
    svg: `<g shape-rendering="crispEdges">${cells.join('')}</g>${contourSvg(contour, pen)}`,
  };
}

function contourSvg(path: string, { line, edge }: Pen): string {
  if (path === '') return '';
  const stroke = (colour: string, width: number): string =>
    `<path d="${path}" fill="none" stroke="${colour}" stroke-width="${width}" stroke-linecap="square"/>`;
  return stroke(INK, line + 2 * edge) + stroke(PAPER, line);
}

/** Whole pixels, so that neighbours touch and do not overlap. */
function edges(count: number, at: (ratio: number) => number): number[] {
  return Array.from({ length: count + 1 }, (_, index) => Math.round(at(index / count)));
}

/** A point of the model input in pixels of the picture; in a padded border it falls on the picture's edge. */
function corner(
  x: number,
  y: number,
  geometry: ResizeGeometry | undefined,
  { width, height }: Size,
): { readonly x: number; readonly y: number } {
  if (geometry === undefined) return { x: x * width, y: y * height };
  return mapBoxToOriginal({ x, y, width: 0, height: 0 }, geometry);
}
