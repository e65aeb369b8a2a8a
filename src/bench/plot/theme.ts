/** Colours of the charts, light and dark; text keeps a contrast of 4.5 to 1, everything that carries meaning 3 to 1. */
import type { Stage } from '../stages.js';

export interface Theme {
  readonly paper: string;
  readonly ink: string;
  readonly muted: string;
  readonly grid: string;
  readonly accent: string;
}

export const LIGHT: Theme = {
  paper: '#ffffff',
  ink: '#1a1d23',
  muted: '#59616e',
  grid: '#dde1e7',
  accent: '#2a69bd',
};

export const DARK: Theme = {
  paper: '#14171c',
  ink: '#e9ebef',
  muted: '#a5adba',
  grid: '#343a45',
  accent: '#6ea8f2',
};

/** Seen on both papers. */
export const STAGE_COLOURS: Readonly<Record<Exclude<Stage, 'total'>, string>> = {
  decode: '#3584d6',
  resize: '#159a8c',
  dsp: '#9a74d8',
  queue: '#858b96',
  tensor: '#c08000',
  inference: '#d94f63',
  postprocess: '#4c9a2f',
  other: '#8f7867',
};

/** Plain colours in classes, so that programs without variables of CSS show the light ones. */
export function themeCss(): string {
  return `${rules(LIGHT)}@media (prefers-color-scheme: dark){${rules(DARK)}}${STAGE_RULES}`;
}

function rules({ paper, ink, muted, grid, accent }: Theme): string {
  return (
    `.paper{fill:${paper}}.ink{fill:${ink}}.muted{fill:${muted}}.grid{stroke:${grid}}.range{stroke:${muted}}` +
    `.most{fill:${accent};stroke:${accent}}.half{fill:${accent}}.median{stroke:${ink}}`
  );
}

const STAGE_RULES = Object.entries(STAGE_COLOURS)
  .map(([stage, colour]) => `.stage-${stage}{fill:${colour}}`)
  .join('');
