/**
 * C arrays of bytes, taken out of a header without making tokens of them: a model of 4 MB is 25 MB of
 * text. What is left is small, and read as every other header.
 */
import { DeploymentError } from '../../errors.js';

/** Arrays shorter than this stay in the text: no model is so small. */
const SHORTEST_ARRAY = 256;

const TAB = 9;
const NEWLINE = 10;
const CARRIAGE_RETURN = 13;
const SPACE = 32;
const QUOTE = 34;
const APOSTROPHE = 39;
const STAR = 42;
const COMMA = 44;
const SLASH = 47;
const ZERO = 48;
const EQUALS = 61;
const BACKSLASH = 92;
const OPEN_BRACE = 123;
const CLOSE_BRACE = 125;
const LOWER_X = 120;
const CASE_BIT = 32;

/** Value of each hexadecimal digit; 255 for every other byte. */
const HEX_DIGITS = Uint8Array.from({ length: 256 }, (_, code) => {
  const value = Number.parseInt(String.fromCharCode(code), 16);
  return Number.isNaN(value) ? 255 : value;
});

const PLACEHOLDER = /^byte_array_(\d+)_of_this_header$/;

export interface HeaderWithArrays {
  /** The header, with a placeholder name in place of each array's elements. */
  readonly text: string;
  readonly arrays: readonly Uint8Array[];
}

/**
 * Takes out every brace list of hexadecimal or decimal bytes that follows an `=`.
 *
 * @param bytes the header as it is stored
 * @param name for messages
 * @throws {DeploymentError} `ERR_DEPLOYMENT_TRUNCATED`: the text ends within an array
 */
export function takeByteArrays(bytes: Uint8Array, name: string): HeaderWithArrays {
  const arrays: Uint8Array[] = [];
  const pieces: string[] = [];
  const collected = new ByteCollector();
  let pieceStart = 0;
  let lastMark = 0;
  let at = 0;
  while (at < bytes.length) {
    const code = bytes[at] as number;
    const skipped = code === SLASH ? skipComment(bytes, at) : isQuote(code) ? skipQuoted(bytes, at) : at;
    if (skipped > at) {
      at = skipped;
      continue;
    }
    const array =
      code === OPEN_BRACE && lastMark === EQUALS ? readBytes(bytes, at + 1, collected, name) : undefined;
    if (array !== undefined) {
      pieces.push(decode(bytes.subarray(pieceStart, at + 1)), `byte_array_${arrays.length}_of_this_header`);
      arrays.push(array.values);
      pieceStart = array.end;
      at = array.end;
      continue;
    }
    if (!isSpace(code)) lastMark = code;
    at++;
  }
  pieces.push(decode(bytes.subarray(pieceStart)));
  return { text: pieces.join(''), arrays };
}

/** Index of the array that a name in the text stands for; undefined for any other name. */
export function arrayIndex(name: string): number | undefined {
  const index = PLACEHOLDER.exec(name)?.[1];
  return index === undefined ? undefined : Number(index);
}

/** Elements up to the closing brace, where `end` points; undefined if it is no list of bytes, or a short one. */
function readBytes(
  bytes: Uint8Array,
  start: number,
  collected: ByteCollector,
  name: string,
): { values: Uint8Array; end: number } | undefined {
  collected.clear();
  let at = start;
  for (;;) {
    at = skipSpace(bytes, at);
    if (bytes[at] === CLOSE_BRACE) break;
    const element = readByte(bytes, at);
    if (element === undefined) {
      // At the very end, `0x` is a byte cut in two.
      if (at < bytes.length - 2 || collected.count < SHORTEST_ARRAY) return undefined;
      throw truncated(name, collected.count);
    }
    collected.add(element.value);
    at = skipSpace(bytes, element.end);
    if (bytes[at] === COMMA) at++;
    else if (bytes[at] !== CLOSE_BRACE) {
      if (at < bytes.length || collected.count < SHORTEST_ARRAY) return undefined;
      throw truncated(name, collected.count);
    }
  }
  return collected.count < SHORTEST_ARRAY ? undefined : { values: collected.copy(), end: at };
}

/** `0xHH` or a decimal number below 256; undefined for anything else. */
function readByte(bytes: Uint8Array, start: number): { value: number; end: number } | undefined {
  const hexadecimal = bytes[start] === ZERO && ((bytes[start + 1] as number) | CASE_BIT) === LOWER_X;
  const radix = hexadecimal ? 16 : 10;
  let end = hexadecimal ? start + 2 : start;
  const first = end;
  let value = 0;
  for (; ; end++) {
    const digit = HEX_DIGITS[bytes[end] as number];
    if (digit === undefined || digit >= radix) break;
    value = value * radix + digit;
    if (value > 255) return undefined;
  }
  // A decimal number that begins with 0 is octal in C: left to the ordinary reader.
  const octal = !hexadecimal && bytes[first] === ZERO && end - first > 1;
  return end === first || octal ? undefined : { value, end };
}

/** A growing list of bytes, used for one array after the other. */
class ByteCollector {
  #bytes = new Uint8Array(1 << 16);
  count = 0;

  clear(): void {
    this.count = 0;
  }

  add(byte: number): void {
    if (this.count === this.#bytes.length) {
      const larger = new Uint8Array(this.#bytes.length * 2);
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    this.#bytes[this.count++] = byte;
  }

  copy(): Uint8Array {
    return this.#bytes.slice(0, this.count);
  }
}

function skipSpace(bytes: Uint8Array, start: number): number {
  let at = start;
  for (;;) {
    const code = bytes[at];
    if (code === undefined) return at;
    if (isSpace(code)) at++;
    else if (code === SLASH) {
      const after = skipComment(bytes, at);
      if (after === at) return at;
      at = after;
    } else return at;
  }
}

/** Past the comment that begins at `start`; `start` if none does. */
export function skipComment(bytes: Uint8Array, start: number): number {
  const next = bytes[start + 1];
  if (next === SLASH) {
    const end = bytes.indexOf(NEWLINE, start);
    return end === -1 ? bytes.length : end;
  }
  if (next !== STAR) return start;
  for (let star = bytes.indexOf(STAR, start + 2); star !== -1; star = bytes.indexOf(STAR, star + 1)) {
    if (bytes[star + 1] === SLASH) return star + 2;
  }
  return bytes.length;
}

/** Past the string or character literal at `start`, at the latest at the end of its line. */
export function skipQuoted(bytes: Uint8Array, start: number): number {
  const quote = bytes[start];
  for (let at = start + 1; at < bytes.length; at++) {
    if (bytes[at] === BACKSLASH) at++;
    else if (bytes[at] === quote) return at + 1;
    else if (bytes[at] === NEWLINE) return at;
  }
  return bytes.length;
}

export function isQuote(code: number): boolean {
  return code === QUOTE || code === APOSTROPHE;
}

export function isSpace(code: number): boolean {
  return code === SPACE || (code >= TAB && code <= CARRIAGE_RETURN);
}

function decode(bytes: Uint8Array): string {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
}

function truncated(name: string, count: number): DeploymentError {
  return new DeploymentError(
    'ERR_DEPLOYMENT_TRUNCATED',
    `${name} ends within an array, after ${count} bytes. Download the deployment again.`,
  );
}
