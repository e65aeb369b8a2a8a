/** Colours of labels: all bright, so that near-black text is readable on each, and told apart with any colour vision by lightness and hue together. */

/** Text on tags, outlines around boxes. */
export const INK = '#10131a';
/** Text on dark panels. */
export const PAPER = '#ffffff';

export const LABEL_COLOURS = [
  '#ffb000',
  '#4cc9ff',
  '#3ddc84',
  '#ff8fc7',
  '#f4f06a',
  '#ff8552',
  '#c3a6ff',
  '#b6e534',
  '#2ee6d6',
  '#ffd6a5',
] as const;

/**
 * The colour of each label: by its place in the model's list of labels, so that it is the same in every
 * picture; a label that is not listed gets one by its text.
 */
export function labelColours(labels: readonly string[]): (label: string) => string {
  return (label) => {
    const place = labels.indexOf(label);
    const index = place >= 0 ? place : textHash(label);
    return LABEL_COLOURS[index % LABEL_COLOURS.length] ?? LABEL_COLOURS[0];
  };
}

/** From dark to bright, so that more is brighter with any colour vision. */
const HEAT = [
  [0x2b, 0x1a, 0x6b],
  [0xd6, 0x33, 0x6c],
  [0xff, 0xe1, 0x4d],
] as const;

/** @param share 0..1 */
export function heatColour(share: number): string {
  const place = share * (HEAT.length - 1);
  const index = Math.min(Math.floor(place), HEAT.length - 2);
  const [from, to] = [HEAT[index] ?? HEAT[0], HEAT[index + 1] ?? HEAT[2]];
  const mixed = from.map((value, channel) => value + ((to[channel] ?? value) - value) * (place - index));
  return `rgb(${mixed.map(Math.round).join(',')})`;
}

function textHash(text: string): number {
  let hash = 0;
  for (const character of text) hash = (hash * 31 + (character.codePointAt(0) ?? 0)) >>> 0;
  return hash;
}
