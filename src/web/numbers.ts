/** Numbers out of text: what people paste, CSV of motion samples, JSON. Knows no browser. */

export interface ReadNumbers {
  readonly values: readonly number[];
  /** What was left out or taken apart, in words. */
  readonly notes: readonly string[];
}

const HEXADECIMAL = /^0x[0-9a-f]+$/i;
const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?f?$/i;
const SEPARATOR = /[\s,;]+/;
const TIME = /^["']?(time|timestamp|t|ms|millis)\b/i;

/**
 * Numbers separated by commas, semicolons, blanks or line ends, or a JSON array (also `{ "features": [...] }` and
 * `{ "payload": { "values": [...] } }`). A first row of names is skipped, and with it a first column of times.
 *
 * @returns in the order of the text, row by row
 * @throws {RangeError} something is no number: with its place
 */
export function readNumbers(text: string): ReadNumbers {
  const body = text.replace(/^\ufeff/, '').trim();
  if (body.startsWith('[') || (body.startsWith('{') && body.includes('"'))) {
    const values = jsonNumbers(body);
    if (values !== undefined) return { values, notes: [] };
  }
  const lines = body.replace(/^[[{]|[\]};]+$/g, '').split(/\r?\n/);
  const header = headerOf(lines[0] ?? '');
  if (header === undefined) return { values: lines.flatMap((line, row) => rowNumbers(line, row)), notes: [] };
  const hasTime = TIME.test(header[0] ?? '');
  const rows = lines.slice(1).map((line, row) => rowNumbers(line, row + 1));
  const notes = [
    'the row of names was skipped',
    ...(hasTime ? [`the column ${header[0]} was left out`] : []),
  ];
  return { values: rows.flatMap((row) => (hasTime ? row.slice(1) : row)), notes };
}

/** Names, if the line holds no number at all. */
function headerOf(line: string): readonly string[] | undefined {
  const cells = line.split(/[,;\t]/).map((cell) => cell.trim().replace(/^(["'])(.*)\1$/, '$2'));
  const isName = (cell: string): boolean => cell !== '' && !Number.isFinite(Number(cell));
  return cells.every(isName) && !cells.some((cell) => cell.split(SEPARATOR).some(isNumber))
    ? cells
    : undefined;
}

function isNumber(text: string): boolean {
  return DECIMAL.test(text) || HEXADECIMAL.test(text);
}

function rowNumbers(line: string, row: number): number[] {
  return line
    .split(SEPARATOR)
    .filter((item) => item !== '')
    .map((item) => {
      const value = HEXADECIMAL.test(item)
        ? Number(item)
        : DECIMAL.test(item)
          ? Number.parseFloat(item)
          : Number.NaN;
      if (Number.isFinite(value)) return value;
      throw new RangeError(`Line ${row + 1}: “${item.slice(0, 40)}” is not a number.`);
    });
}

function jsonNumbers(text: string): number[] | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const { features, payload } = (value ?? {}) as { features?: unknown; payload?: { values?: unknown } };
  const list = Array.isArray(value) ? value : (features ?? payload?.values);
  if (!Array.isArray(list)) throw new RangeError('The JSON holds no array of numbers.');
  return list.flat(3).map((item: unknown, index) => {
    if (typeof item === 'number') return item;
    throw new RangeError(`Number ${index + 1} of the JSON is ${JSON.stringify(item)?.slice(0, 40)}.`);
  });
}
