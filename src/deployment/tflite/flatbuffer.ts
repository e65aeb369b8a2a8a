/**
 * Reads flatbuffers from strangers. Nothing is believed: every offset, length and string is checked
 * before it is followed.
 *
 * Layout (little-endian): the file begins with the position of the root table, then a 4-byte identifier. A
 * table begins with the distance back to its vtable: byte size of the vtable, byte size of the table, then
 * for each field its place in the table, 0 if absent. Vectors and strings are a count and the elements.
 */
import { DeploymentError } from '../../errors.js';

const MAX_OFFSET = 2 ** 31;
/** How often, on average, each byte of a file may be visited: honest files share little. */
const MAX_SHARING = 8;
const FREE_BYTES = 65_536;

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** The bytes of one flatbuffer, and how much of them has been read. */
export class FlatBufferSource {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  /** What people call it. */
  readonly name: string;
  #budget: number;

  /**
   * @param budget bytes that may be visited in all. A small file can point a million times at the same
   *   large vector; without a limit, reading it would take memory that the file does not have.
   */
  constructor(bytes: Uint8Array, name: string, budget = bytes.length * MAX_SHARING + FREE_BYTES) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.name = name;
    this.#budget = budget;
  }

  /** @throws {DeploymentError} fewer bytes than that are there, or they were read too often */
  require(position: number, length: number): void {
    const end = position + length;
    if (end > MAX_OFFSET) throw this.invalid(`byte ${position} refers to impossible lengths`);
    if (end > this.bytes.length) throw this.#truncated(end);
    this.#budget -= length;
    if (this.#budget < 0) throw this.invalid('it uses the same bytes for too many different things');
  }

  invalid(why: string): DeploymentError {
    return new DeploymentError('ERR_MODEL_INVALID', `${this.name} is damaged: ${why}. Download it again.`);
  }

  #truncated(end: number): DeploymentError {
    return new DeploymentError(
      'ERR_DEPLOYMENT_TRUNCATED',
      `${this.name} is cut short: it has ${this.bytes.length} bytes and refers to byte ${end}. Download it again.`,
    );
  }
}

/** One table. Fields are asked for by number; an absent field gives the default that is passed. */
export class FlatTable {
  readonly #source: FlatBufferSource;
  readonly #position: number;
  readonly #size: number;
  readonly #vtable: number;
  readonly #vtableSize: number;

  constructor(source: FlatBufferSource, position: number) {
    const { view } = source;
    source.require(position, 4);
    if (position % 4 !== 0) throw source.invalid(`the table at byte ${position} is misaligned`);
    const vtable = position - view.getInt32(position, true);
    if (vtable < 0)
      throw source.invalid(`the table at byte ${position} describes itself before the file begins`);
    source.require(vtable, 4);
    const vtableSize = view.getUint16(vtable, true);
    const size = view.getUint16(vtable + 2, true);
    if (vtable % 2 !== 0 || vtableSize < 4 || vtableSize % 2 !== 0 || size < 4) {
      throw source.invalid(`the table at byte ${position} has a nonsensical description`);
    }
    source.require(vtable, vtableSize);
    source.require(position, size);
    this.#source = source;
    this.#position = position;
    this.#size = size;
    this.#vtable = vtable;
    this.#vtableSize = vtableSize;
  }

  /** The root table of a flatbuffer. */
  static root(source: FlatBufferSource): FlatTable {
    source.require(0, 8);
    return new FlatTable(source, source.view.getUint32(0, true));
  }

  /** The same table, read on the account of another source of the same bytes. */
  through(source: FlatBufferSource): FlatTable {
    return new FlatTable(source, this.#position);
  }

  has(field: number): boolean {
    return this.#place(field) !== 0;
  }

  bool(field: number, absent = false): boolean {
    const position = this.#scalar(field, 1);
    return position === 0 ? absent : this.#source.view.getUint8(position) !== 0;
  }

  int8(field: number, absent = 0): number {
    const position = this.#scalar(field, 1);
    return position === 0 ? absent : this.#source.view.getInt8(position);
  }

  uint8(field: number, absent = 0): number {
    const position = this.#scalar(field, 1);
    return position === 0 ? absent : this.#source.view.getUint8(position);
  }

  int32(field: number, absent = 0): number {
    const position = this.#scalar(field, 4);
    return position === 0 ? absent : this.#source.view.getInt32(position, true);
  }

  uint32(field: number, absent = 0): number {
    const position = this.#scalar(field, 4);
    return position === 0 ? absent : this.#source.view.getUint32(position, true);
  }

  float32(field: number, absent = 0): number {
    const position = this.#scalar(field, 4);
    return position === 0 ? absent : this.#source.view.getFloat32(position, true);
  }

  /** An unsigned 64-bit number that fits a file size. */
  size64(field: number): number {
    const position = this.#scalar(field, 8);
    if (position === 0) return 0;
    return this.#safe(this.#source.view.getBigUint64(position, true), field);
  }

  /** UTF-8; malformed sequences become U+FFFD. Engines read on to the zero behind it, so that has to be there. */
  string(field: number): string | undefined {
    const position = this.#target(field);
    return position === undefined ? undefined : this.#textAt(position);
  }

  strings(field: number): string[] {
    const { start, count } = this.#vector(field, 4);
    const { view } = this.#source;
    return Array.from({ length: count }, (_, i) => {
      const at = start + i * 4;
      return this.#textAt(at + view.getUint32(at, true));
    });
  }

  table(field: number): FlatTable | undefined {
    const position = this.#target(field);
    return position === undefined ? undefined : new FlatTable(this.#source, position);
  }

  tables(field: number): FlatTable[] {
    const { start, count } = this.#vector(field, 4);
    const { view } = this.#source;
    const tables: FlatTable[] = [];
    for (let at = start; at < start + count * 4; at += 4) {
      tables.push(new FlatTable(this.#source, at + view.getUint32(at, true)));
    }
    return tables;
  }

  /** A view of the file, not a copy; undefined if absent. */
  bytes(field: number): Uint8Array | undefined {
    if (!this.has(field)) return undefined;
    const { start, count } = this.#vector(field, 1);
    return this.#source.bytes.subarray(start, start + count);
  }

  /** Checks that the elements of a vector are there, whatever they are. */
  checkVector(field: number, width: number): void {
    this.#vector(field, width);
  }

  int32s(field: number): number[] {
    return this.#numbers(field, 4, (view, at) => view.getInt32(at, true));
  }

  float32s(field: number): number[] {
    return this.#numbers(field, 4, (view, at) => view.getFloat32(at, true));
  }

  int64s(field: number): number[] {
    return this.#numbers(field, 8, (view, at) => this.#safe(view.getBigInt64(at, true), field));
  }

  #numbers(field: number, width: number, read: (view: DataView, at: number) => number): number[] {
    const { start, count } = this.#vector(field, width);
    const numbers: number[] = [];
    for (let i = 0; i < count; i++) numbers.push(read(this.#source.view, start + i * width));
    return numbers;
  }

  #safe(value: bigint, field: number): number {
    const number = Number(value);
    if (!Number.isSafeInteger(number)) throw this.#source.invalid(`field ${field} holds the number ${value}`);
    return number;
  }

  /** Place of a field in the file; 0 if absent. */
  #place(field: number): number {
    const entry = 4 + field * 2;
    if (entry + 2 > this.#vtableSize) return 0;
    const offset = this.#source.view.getUint16(this.#vtable + entry, true);
    return offset === 0 ? 0 : this.#position + offset;
  }

  #scalar(field: number, width: number): number {
    const place = this.#place(field);
    if (place !== 0 && (place < this.#position + 4 || place + width > this.#position + this.#size)) {
      throw this.#source.invalid(`field ${field} of the table at byte ${this.#position} lies outside it`);
    }
    return place;
  }

  /** Offsets only lead forward, so that no chain of them can be a circle. */
  #target(field: number): number | undefined {
    const place = this.#scalar(field, 4);
    if (place === 0) return undefined;
    const offset = this.#source.view.getUint32(place, true);
    if (offset < 4)
      throw this.#source.invalid(`field ${field} of the table at byte ${this.#position} points at itself`);
    return place + offset;
  }

  #textAt(position: number): string {
    const { start, count } = this.#elementsAt(position, 1);
    const end = start + count;
    this.#source.require(end, 1);
    if (this.#source.bytes[end] !== 0) throw this.#source.invalid(`the text at byte ${start} does not end`);
    return decoder.decode(this.#source.bytes.subarray(start, end));
  }

  #vector(field: number, width: number): { start: number; count: number } {
    const position = this.#target(field);
    return position === undefined ? { start: 0, count: 0 } : this.#elementsAt(position, width);
  }

  #elementsAt(position: number, width: number): { start: number; count: number } {
    this.#source.require(position, 4);
    const count = this.#source.view.getUint32(position, true);
    this.#source.require(position + 4, count * width);
    return { start: position + 4, count };
  }
}
