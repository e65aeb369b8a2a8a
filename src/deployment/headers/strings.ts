/** C string and character literals. */

const NEWLINE = 10;
const BACKSLASH = 92;

const SIMPLE_ESCAPES: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  a: '\x07',
  b: '\b',
  f: '\f',
  v: '\v',
};

type Fail = (at: number, problem: string) => Error;

/**
 * The literal whose quote stands at `start`, decoded. `\x..` and octal escapes are bytes: those of one
 * literal are taken together as UTF-8.
 */
export function readQuoted(text: string, start: number, fail: Fail): { value: string; end: number } {
  const quote = text.charCodeAt(start);
  const parts: (string | number)[] = [];
  let at = start + 1;
  let plain = at;
  for (;;) {
    const code = text.charCodeAt(at);
    if (at >= text.length || code === NEWLINE) {
      throw fail(start, quote === 34 ? 'a string never ends' : 'a character literal never ends');
    }
    if (code === quote) break;
    if (code !== BACKSLASH) {
      at++;
      continue;
    }
    parts.push(text.slice(plain, at));
    const { value, end } = readEscape(text, at, fail);
    parts.push(value);
    at = end;
    plain = at;
  }
  parts.push(text.slice(plain, at));
  return { value: join(parts), end: at + 1 };
}

/** A string for text, a number for one byte. */
function readEscape(text: string, at: number, fail: Fail): { value: string | number; end: number } {
  const letter = text.charAt(at + 1);
  if (letter === '\n') return { value: '', end: at + 2 };
  if (letter === '\r' && text.charAt(at + 2) === '\n') return { value: '', end: at + 3 };
  if (letter === 'x') return byteEscape(text, at + 2, 16, Number.POSITIVE_INFINITY, at, fail);
  if (letter >= '0' && letter <= '7') return byteEscape(text, at + 1, 8, 3, at, fail);
  if (letter === 'u') return unicodeEscape(text, at, 4, fail);
  if (letter === 'U') return unicodeEscape(text, at, 8, fail);
  return { value: SIMPLE_ESCAPES[letter] ?? letter, end: at + 2 };
}

function byteEscape(
  text: string,
  start: number,
  radix: 8 | 16,
  maxDigits: number,
  at: number,
  fail: Fail,
): { value: number; end: number } {
  let value = 0;
  let end = start;
  for (; end - start < maxDigits; end++) {
    const digit = Number.parseInt(text.charAt(end), radix);
    if (Number.isNaN(digit)) break;
    value = value * radix + digit;
    if (value > 255) throw fail(at, 'an escape is more than one byte');
  }
  if (end === start) throw fail(at, '\\x without digits');
  return { value, end };
}

function unicodeEscape(text: string, at: number, digits: number, fail: Fail): { value: string; end: number } {
  const hex = text.slice(at + 2, at + 2 + digits);
  const code = Number.parseInt(hex, 16);
  if (!/^[0-9a-f]+$/i.test(hex) || hex.length < digits || code > 0x10ffff) {
    throw fail(at, `expected ${digits} hexadecimal digits after \\${text.charAt(at + 1)}`);
  }
  return { value: String.fromCodePoint(code), end: at + 2 + digits };
}

function join(parts: readonly (string | number)[]): string {
  if (parts.every((part) => typeof part === 'string' || part < 128)) {
    return parts.map((part) => (typeof part === 'string' ? part : String.fromCharCode(part))).join('');
  }
  const bytes = Buffer.alloc(parts.reduce<number>((sum, part) => sum + byteCount(part), 0));
  let at = 0;
  for (const part of parts) {
    if (typeof part === 'string') bytes.write(part, at);
    else bytes[at] = part;
    at += byteCount(part);
  }
  return bytes.toString('utf8');
}

function byteCount(part: string | number): number {
  return typeof part === 'string' ? Buffer.byteLength(part) : 1;
}
