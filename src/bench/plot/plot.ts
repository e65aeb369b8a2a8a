/** A report as a picture: a page with tables beside it, or an SVG file alone. Neither asks anybody for anything. */
import type { BenchReport } from '../report.js';
import { page } from './page.js';
import { svgFile } from './svg.js';

export type PlotFormat = 'html' | 'svg';

export function plotOf(report: BenchReport, format: PlotFormat): string {
  return format === 'html' ? page(report) : svgFile(report);
}
