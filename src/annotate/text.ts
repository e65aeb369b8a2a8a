/** Text as SVG: strokes of our own where the font has the letters, the system's fonts for all other scripts. */
import sharp from 'sharp';
import { BASELINE, EM, FALLBACK_GLYPH, GLYPHS, LETTER_GAP, MARKS, PEN, SPACE_WIDTH } from './glyphs.js';

/** A stretch of text that is drawn in one go, `width` in units of {@link EM}. */
type Piece =
  | { readonly kind: 'strokes'; readonly width: number; readonly paths: readonly string[] }
  | { readonly kind: 'space'; readonly width: number }
  | { readonly kind: 'system'; readonly width: number; readonly text: string };

/** Text whose width is known. */
export interface TextLine {
  readonly pieces: readonly Piece[];
  /** Of the whole line at a font size of 1. */
  readonly width: number;
}

const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' });
const SPACE: Piece = { kind: 'space', width: SPACE_WIDTH };
const FALLBACK: Piece = { kind: 'strokes', width: FALLBACK_GLYPH.width, paths: [FALLBACK_GLYPH.path] };
const ELLIPSIS = strokes('…') ?? FALLBACK;

/** Longer labels than this are cut before they are measured. */
const MAX_GRAPHEMES = 60;

/** Breaks text into pieces and measures them. Never fails: what nothing can draw becomes a box. */
export async function layoutText(text: string): Promise<TextLine> {
  const graphemes = firstGraphemes(text, MAX_GRAPHEMES + 1);
  const pieces: Piece[] = [];
  let foreign = '';
  const flush = async (): Promise<void> => {
    if (foreign !== '') pieces.push({ kind: 'system', text: foreign, width: await systemWidth(foreign) });
    foreign = '';
  };
  for (const grapheme of graphemes.slice(0, MAX_GRAPHEMES)) {
    const piece = ownPiece(grapheme);
    if (piece === undefined) {
      foreign += grapheme;
      continue;
    }
    await flush();
    pieces.push(piece);
  }
  await flush();
  if (graphemes.length > MAX_GRAPHEMES) pieces.push(ELLIPSIS);
  return lineOf(pieces);
}

function firstGraphemes(text: string, count: number): string[] {
  const graphemes: string[] = [];
  for (const { segment } of segmenter.segment(text)) {
    if (graphemes.length === count) break;
    graphemes.push(segment);
  }
  return graphemes;
}

/** Lines one after the other, as one. */
export function joinLines(...lines: readonly TextLine[]): TextLine {
  return lineOf(lines.flatMap(({ pieces }) => pieces));
}

/** The line if it is no wider than `width` (at a font size of 1), else its beginning and an ellipsis. */
export function fitLine(line: TextLine, width: number): TextLine {
  if (line.width <= width) return line;
  const kept = line.pieces.slice(0, -1);
  while (kept.length > 0 && lineOf([...kept, ELLIPSIS]).width > width) kept.pop();
  return lineOf(kept.length > 0 ? [...kept, ELLIPSIS] : []);
}

/** SVG of the line with its baseline's left end at (x, y) pixels. */
export function drawLine(line: TextLine, x: number, y: number, fontSize: number, colour: string): string {
  const scale = fontSize / EM;
  let advance = LETTER_GAP / 2;
  let paths = '';
  let system = '';
  for (const piece of line.pieces) {
    if (piece.kind === 'strokes') {
      for (const path of piece.paths) paths += `<path transform="translate(${round(advance)})" d="${path}"/>`;
    }
    if (piece.kind === 'system') {
      system +=
        `<text x="${round(x + advance * scale)}" y="${round(y)}" font-family="sans-serif" ` +
        `font-size="${round(fontSize)}" fill="${colour}">${escapeXml(piece.text)}</text>`;
    }
    advance += piece.width + LETTER_GAP;
  }
  const group =
    `<g transform="translate(${round(x)} ${round(y - BASELINE * scale)}) scale(${round(scale)})" fill="none" ` +
    `stroke="${colour}" stroke-width="${PEN}" stroke-linecap="round" stroke-linejoin="round">${paths}</g>`;
  return (paths === '' ? '' : group) + system;
}

/** Text as XML character data: markup escaped, characters that XML forbids replaced. */
export function escapeXml(text: string): string {
  return text
    .replace(FORBIDDEN_IN_XML, '\ufffd')
    .replace(/[<>&"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the ones to keep out
const FORBIDDEN_IN_XML = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff\p{Cs}]/gu;
const UNDRAWABLE = /^[\p{Cc}\p{Cs}\p{Co}\p{Cn}\ufffd]/u;

/** The grapheme as our own font draws it; undefined: it has no such letter. */
function ownPiece(grapheme: string): Piece | undefined {
  if (/^\s+$/u.test(grapheme)) return SPACE;
  if (UNDRAWABLE.test(grapheme)) return FALLBACK;
  return strokes(grapheme);
}

function strokes(grapheme: string): Piece | undefined {
  const [first = '', ...combining] = grapheme.normalize('NFD');
  const marks = combining.map((mark) => MARKS.get(mark));
  const dotless = first === 'i' && marks.some((mark) => mark !== undefined && !mark.below);
  const base = GLYPHS.get(dotless ? 'ı' : first);
  if (base === undefined) return undefined;
  const paths = [base.path];
  for (const mark of marks) {
    if (mark === undefined) return undefined;
    const lift = !mark.below && first !== first.toLowerCase() ? -3.6 : 0;
    paths.push(shifted(mark.path, base.width / 2, lift));
  }
  return { kind: 'strokes', width: base.width, paths };
}

/** Absolute path data (M, L, C, S, H, V, A) moved by (dx, dy). */
function shifted(path: string, dx: number, dy: number): string {
  return path.replace(/([MLCSHVA])([^MLCSHVAZ]*)/g, (_all, command: string, list: string) => {
    const numbers = list.match(/-?[\d.]+/g)?.map(Number) ?? [];
    const moved = numbers.map((value, index) => round(value + offset(command, index, dx, dy)));
    return command + moved.join(' ');
  });
}

function offset(command: string, index: number, dx: number, dy: number): number {
  if (command === 'H') return dx;
  if (command === 'V') return dy;
  if (command === 'A') return index % 7 === 5 ? dx : index % 7 === 6 ? dy : 0;
  return index % 2 === 0 ? dx : dy;
}

function lineOf(pieces: readonly Piece[]): TextLine {
  const units = pieces.reduce((sum, { width }) => sum + width + LETTER_GAP, 0);
  return { pieces, width: units / EM };
}

const MEASURED_AT = 64;

/** Width in units of {@link EM} of text in the system's fonts; where there are none, of the boxes drawn instead. */
async function systemWidth(text: string): Promise<number> {
  const safe = escapeXml(text);
  const image = sharp({ text: { text: safe, font: `sans ${MEASURED_AT}`, dpi: 72 } });
  const { info } = await image
    .raw()
    .toBuffer({ resolveWithObject: true })
    .catch(() => ({ info: { width: MEASURED_AT * [...text].length } }));
  return (info.width / MEASURED_AT) * EM;
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}
