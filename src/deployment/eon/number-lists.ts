/**
 * Brace lists of numbers, taken out of C++ text without making tokens of them: the weights of a model are
 * megabytes of text. What is left is small, and read token by token.
 */
import { isQuote, isSpace, skipComment, skipQuoted } from '../headers/byte-arrays.js';
import { damaged } from './eon-error.js';

const COMMA = 44;
const MINUS = 45;
const SLASH = 47;
const ZERO = 48;
const LOWER_F = 102;
const OPEN_BRACE = 123;
const CLOSE_BRACE = 125;

/** Bytes that a list of decimal numbers consists of, comments apart. */
const NUMERIC = Uint8Array.from({ length: 256 }, (_, code) =>
  isSpace(code) || '+-.,0123456789eEf'.includes(String.fromCharCode(code)) ? 1 : 0,
);

/** The largest real model has about 2,000. */
const MAX_LISTS = 200_000;
/** Digits of a decimal number that fit a JavaScript number whatever they are. */
const SAFE_DIGITS = 15;
/** No decimal number of a generator is longer. */
const MAX_NUMBER_LENGTH = 64;

const PLACEHOLDER = /^numbers_(\d+)_of_this_file$/;

/** How often, on average, each byte of a file may be read as numbers: honest files share little. */
const MAX_SHARING = 4;
const FREE_BYTES = 65_536;

/** The bytes between the braces of `{ 1, -2, 0.5 }`. */
export interface NumberList {
  readonly start: number;
  readonly end: number;
}

/** C++ text as it is stored, with its lists of numbers apart. */
export interface NumberedSource {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** The text, with a placeholder name in place of each list's elements. */
  readonly text: string;
  readonly lists: readonly NumberList[];
  readonly budget: ReadBudget;
}

/**
 * Bytes that may be read as numbers in all. A small file can have a million tensors point at the same long
 * list; without a limit, reading it would take time and memory that the file does not have.
 */
class ReadBudget {
  #bytes: number;

  constructor(fileLength: number) {
    this.#bytes = fileLength * MAX_SHARING + FREE_BYTES;
  }

  /** False once it is used up. */
  take(length: number): boolean {
    this.#bytes -= length;
    return this.#bytes >= 0;
  }
}

export type NumberArray =
  | Float32Array
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | BigInt64Array;

/**
 * Takes out every brace list that holds nothing but decimal numbers, in one pass.
 *
 * @param name for messages
 * @throws {DeploymentError} `ERR_MODEL_INVALID`: more lists than any model has
 */
export function takeNumberLists(bytes: Uint8Array, name: string): NumberedSource {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const lists: NumberList[] = [];
  const pieces: string[] = [];
  let pieceStart = 0;
  let at = 0;
  while (at < bytes.length) {
    const code = bytes[at] as number;
    const skipped = code === SLASH ? skipComment(bytes, at) : isQuote(code) ? skipQuoted(bytes, at) : at;
    if (skipped > at) {
      at = skipped;
      continue;
    }
    at++;
    if (code !== OPEN_BRACE) continue;
    const end = endOfNumbers(bytes, at);
    if (end === undefined) continue;
    if (lists.length === MAX_LISTS) throw damaged(name, `it holds more than ${MAX_LISTS} lists of numbers`);
    pieces.push(buffer.toString('utf8', pieceStart, at), `numbers_${lists.length}_of_this_file`);
    lists.push({ start: at, end });
    pieceStart = end;
    at = end;
  }
  pieces.push(buffer.toString('utf8', pieceStart));
  return { name, bytes, text: pieces.join(''), lists, budget: new ReadBudget(bytes.length) };
}

/** The list that a name in the text stands for; undefined for any other name. */
export function listNamed({ lists }: NumberedSource, name: string): NumberList | undefined {
  const index = PLACEHOLDER.exec(name)?.[1];
  return index === undefined ? undefined : lists[Number(index)];
}

/** Position of the closing brace of a list of numbers; undefined if it is none, or empty. */
function endOfNumbers(bytes: Uint8Array, start: number): number | undefined {
  let at = start;
  let empty = true;
  for (; at < bytes.length; at++) {
    const code = bytes[at] as number;
    if (NUMERIC[code] === 1) {
      if (empty && !isSpace(code)) empty = false;
      continue;
    }
    if (code === CLOSE_BRACE) return empty ? undefined : at;
    const after = code === SLASH ? skipComment(bytes, at) : at;
    if (after === at) return undefined;
    at = after - 1;
  }
  return undefined;
}

/**
 * The numbers of a list, in the order in which they stand.
 *
 * @param values filled from its beginning; must have exactly as many elements as the list
 * @param what the list belongs to, for messages
 * @throws {DeploymentError} `ERR_MODEL_INVALID`: more or fewer numbers, or one that the type can't hold
 */
export function fillNumbers<T extends NumberArray>(
  source: NumberedSource,
  list: NumberList,
  values: T,
  what: string,
): T {
  const reader = new ListReader(source, list, what);
  if (values.length === 0) reader.nothing();
  else if (values instanceof BigInt64Array)
    reader.eachText(values.length, (text, i) => store64(values, i, text));
  else if (values instanceof Float32Array)
    reader.eachText(values.length, (text, i) => storeFloat(values, i, text));
  else reader.integers(values);
  return values;
}

/**
 * How many numbers a list holds; asked before they are read.
 *
 * @throws {DeploymentError} `ERR_MODEL_INVALID`: too many different things point at the same lists
 */
export function countNumbers({ bytes, budget, name }: NumberedSource, { start, end }: NumberList): number {
  if (!budget.take(end - start))
    throw damaged(name, 'it uses the same numbers for too many different things');
  let count = 0;
  let open = false;
  for (let at = start; at < end; at++) {
    const code = bytes[at] as number;
    if (code === COMMA) open = false;
    else if (code === SLASH) at = skipComment(bytes, at) - 1;
    else if (!open && !isSpace(code)) {
      open = true;
      count++;
    }
  }
  return count;
}

/** Numbers as JavaScript has them: options, dimensions. */
export function numbersIn(source: NumberedSource, list: NumberList, what: string): number[] {
  const numbers: number[] = [];
  new ListReader(source, list, what).eachText(countNumbers(source, list), (text) => {
    const value = Number(text);
    numbers.push(value);
    return Number.isFinite(value);
  });
  return numbers;
}

/** False if the text is no integer of 64 bits. */
function store64(values: BigInt64Array, index: number, text: string): boolean {
  if (!/^-?\d{1,19}$/.test(text)) return false;
  const value = BigInt(text);
  values[index] = value;
  return values[index] === value;
}

/** False if the text is no number, or too large for 32 bits. */
function storeFloat(values: Float32Array, index: number, text: string): boolean {
  values[index] = Number(text);
  return Number.isFinite(values[index]);
}

class ListReader {
  readonly #bytes: Uint8Array;
  readonly #name: string;
  readonly #end: number;
  readonly #what: string;
  #at: number;

  constructor({ bytes, name }: NumberedSource, { start, end }: NumberList, what: string) {
    this.#bytes = bytes;
    this.#name = name;
    this.#at = start;
    this.#end = end;
    this.#what = what;
  }

  /** @throws {DeploymentError} the list is not empty, as lists never are */
  nothing(): never {
    this.#wrongCount('some', 0);
  }

  /** Integers of up to 32 bits. */
  integers(values: Exclude<NumberArray, Float32Array | BigInt64Array>): void {
    const bytes = this.#bytes;
    for (let i = 0; i < values.length; i++) {
      this.#skipSpace();
      const negative = bytes[this.#at] === MINUS;
      if (negative) this.#at++;
      const first = this.#at;
      let value = 0;
      for (; this.#at < this.#end; this.#at++) {
        const digit = (bytes[this.#at] as number) - ZERO;
        if (digit < 0 || digit > 9) break;
        value = value * 10 + digit;
      }
      const digits = this.#isOctal(first) ? 0 : this.#at - first;
      values[i] = negative ? -value : value;
      if (digits === 0 || digits > SAFE_DIGITS || values[i] !== (negative ? 0 - value : value))
        this.#wrong(i);
      this.#separator(i, values.length);
    }
  }

  /** @param take false if it can't use the text */
  eachText(count: number, take: (text: string, index: number) => boolean): void {
    const buffer = Buffer.from(this.#bytes.buffer, this.#bytes.byteOffset, this.#bytes.byteLength);
    const start = this.#at;
    const text = buffer.toString('latin1', start, this.#end);
    for (let i = 0; i < count; i++) {
      this.#skipSpace();
      const first = this.#at;
      while (this.#at < this.#end && !this.#endsNumber(this.#bytes[this.#at] as number)) this.#at++;
      const length = this.#at - first;
      // The suffix of 1.5f only says what the type says anyway.
      const last = length > 0 && this.#bytes[this.#at - 1] === LOWER_F ? this.#at - 1 : this.#at;
      if (
        last === first ||
        length > MAX_NUMBER_LENGTH ||
        this.#isOctal(first) ||
        !take(text.slice(first - start, last - start), i)
      )
        this.#wrong(i);
      this.#separator(i, count);
    }
  }

  /** 010 is 8 in C. No generator writes that; who does is not guessed at. */
  #isOctal(first: number): boolean {
    const next = (this.#bytes[first + 1] as number) - ZERO;
    return this.#bytes[first] === ZERO && next >= 0 && next <= 9;
  }

  #endsNumber(code: number): boolean {
    return code === COMMA || code === SLASH || isSpace(code);
  }

  /** A comma between numbers; one after the last is as good as none. */
  #separator(index: number, count: number): void {
    this.#skipSpace();
    const more = this.#bytes[this.#at] === COMMA && this.#at < this.#end;
    if (more) this.#at++;
    else if (this.#at < this.#end) this.#wrong(index);
    if (index < count - 1) {
      if (!more) this.#wrongCount(index + 1, count);
      return;
    }
    this.#skipSpace();
    if (this.#at < this.#end) this.#wrongCount('more', count);
  }

  #skipSpace(): void {
    const bytes = this.#bytes;
    for (; this.#at < this.#end; this.#at++) {
      const code = bytes[this.#at] as number;
      if (isSpace(code)) continue;
      if (code !== SLASH) return;
      this.#at = skipComment(bytes, this.#at) - 1;
    }
  }

  #wrong(index: number): never {
    throw damaged(this.#name, `${this.#what} holds something else than a fitting number at place ${index}`);
  }

  #wrongCount(found: number | 'more' | 'some', count: number): never {
    throw damaged(this.#name, `${this.#what} holds ${found} numbers where ${count} belong`);
  }
}
