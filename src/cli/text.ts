/** Text for terminals: safe, measured, aligned. */

/** Labels and names come from downloads: control characters among them must not reach the terminal. */
export function printable(text: string): string {
  return text.replace(UNSAFE, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
}

const UNSAFE = /[\p{Cc}\p{Cs}\p{Bidi_Control}\u2028\u2029]/gu;
const WIDE =
  /\p{Emoji_Presentation}|[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]/u;
const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' });

// biome-ignore lint/suspicious/noControlCharactersInRegex: the colours of style.ts
const COLOUR = /\u001b\[\d+m/g;

/** Columns that text takes in a terminal: East Asian letters and emoji take two, colours none. */
export function textWidth(text: string): number {
  let width = 0;
  for (const { segment } of segmenter.segment(text.replace(COLOUR, ''))) width += WIDE.test(segment) ? 2 : 1;
  return width;
}

export type Alignment = 'left' | 'right';

/** Rows as aligned columns, two spaces apart; the last column is not padded. */
export function alignColumns(
  rows: readonly (readonly string[])[],
  alignments: readonly Alignment[],
): string[] {
  const widths = alignments.map((_, column) =>
    Math.max(0, ...rows.map((row) => textWidth(row[column] ?? ''))),
  );
  return rows.map((row) =>
    row
      .map((cell, column) => {
        const padding = ' '.repeat(Math.max(0, (widths[column] ?? 0) - textWidth(cell)));
        return alignments[column] === 'right' ? padding + cell : cell + padding;
      })
      .join('  ')
      .trimEnd(),
  );
}

/** `name  value` lines; a value of several lines keeps its column. */
export function nameValueLines(pairs: readonly (readonly [string, string])[], indent = 2): string[] {
  const width = Math.max(0, ...pairs.map(([name]) => textWidth(name)));
  return pairs.flatMap(([name, value]) =>
    value.split('\n').map((line, index) => {
      const head = index === 0 ? name : '';
      return `${' '.repeat(indent)}${head}${' '.repeat(width - textWidth(head))}  ${line}`.trimEnd();
    }),
  );
}

/** `1 image`, `2 images` */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** Bytes in binary units: `53.2 KiB`. */
export function byteSize(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  const power = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(bytes) / 10));
  const value = bytes / 1024 ** power;
  return `${power === 0 ? value : value.toFixed(1)} ${units[power]}`;
}
