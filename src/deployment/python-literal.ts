/** Reads values as Python prints them, which is how some exporters write their metadata. */

export type PythonValue =
  | string
  | number
  | boolean
  | null
  | readonly PythonValue[]
  | ReadonlyMap<PythonValue, PythonValue>;

const MAX_DEPTH = 32;
const ESCAPES: Readonly<Record<string, string>> = {
  n: '\n',
  r: '\r',
  t: '\t',
  '\\': '\\',
  "'": "'",
  '"': '"',
};
const NUMBER = /[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?/iy;
const KEYWORD = /True|False|None/y;

/** The value of a text that is one Python literal: dict, list, tuple, string, number, `True`, `None`. Undefined for anything else. */
export function parsePythonLiteral(text: string): PythonValue | undefined {
  const cursor: Cursor = { text, at: 0 };
  try {
    const value = parseValue(cursor, 0);
    skipSpace(cursor);
    return cursor.at === text.length ? value : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

interface Cursor {
  readonly text: string;
  at: number;
}

function parseValue(cursor: Cursor, depth: number): PythonValue {
  skipSpace(cursor);
  if (depth > MAX_DEPTH) throw unexpected(cursor);
  const char = cursor.text[cursor.at];
  if (char === '{') return parseDict(cursor, depth);
  if (char === '[') return parseSequence(cursor, ']', depth);
  if (char === '(') return parseSequence(cursor, ')', depth);
  if (char === "'" || char === '"') return parseString(cursor, char);
  const keyword = match(cursor, KEYWORD);
  if (keyword !== undefined) return keyword === 'None' ? null : keyword === 'True';
  const number = match(cursor, NUMBER);
  if (number !== undefined) return Number(number);
  throw unexpected(cursor);
}

function parseDict(cursor: Cursor, depth: number): ReadonlyMap<PythonValue, PythonValue> {
  const map = new Map<PythonValue, PythonValue>();
  cursor.at++;
  while (!take(cursor, '}')) {
    const key = parseValue(cursor, depth + 1);
    if (!take(cursor, ':')) throw unexpected(cursor);
    map.set(key, parseValue(cursor, depth + 1));
    if (!take(cursor, ',') && !isNext(cursor, '}')) throw unexpected(cursor);
  }
  return map;
}

function parseSequence(cursor: Cursor, end: string, depth: number): readonly PythonValue[] {
  const items: PythonValue[] = [];
  cursor.at++;
  while (!take(cursor, end)) {
    items.push(parseValue(cursor, depth + 1));
    if (!take(cursor, ',') && !isNext(cursor, end)) throw unexpected(cursor);
  }
  return items;
}

function parseString(cursor: Cursor, quote: string): string {
  let value = '';
  cursor.at++;
  for (;;) {
    const char = cursor.text[cursor.at];
    if (char === undefined || char === '\n') throw unexpected(cursor);
    cursor.at++;
    if (char === quote) return value;
    value += char === '\\' ? parseEscape(cursor) : char;
  }
}

function parseEscape(cursor: Cursor): string {
  const code = match(cursor, /x[\da-f]{2}|u[\da-f]{4}|U[\da-f]{8}/iy);
  if (code !== undefined) {
    const point = Number.parseInt(code.slice(1), 16);
    if (point > 0x10ffff) throw unexpected(cursor);
    return String.fromCodePoint(point);
  }
  const char = ESCAPES[cursor.text[cursor.at] ?? ''];
  if (char === undefined) throw unexpected(cursor);
  cursor.at++;
  return char;
}

function match(cursor: Cursor, pattern: RegExp): string | undefined {
  pattern.lastIndex = cursor.at;
  const found = pattern.exec(cursor.text)?.[0];
  cursor.at += found?.length ?? 0;
  return found;
}

function take(cursor: Cursor, char: string): boolean {
  if (!isNext(cursor, char)) return false;
  cursor.at++;
  return true;
}

function isNext(cursor: Cursor, char: string): boolean {
  skipSpace(cursor);
  return cursor.text[cursor.at] === char;
}

function skipSpace(cursor: Cursor): void {
  while (/\s/.test(cursor.text[cursor.at] ?? '')) cursor.at++;
}

function unexpected({ text, at }: Cursor): SyntaxError {
  return new SyntaxError(`Unexpected ${JSON.stringify(text[at] ?? 'end')} at character ${at}.`);
}
