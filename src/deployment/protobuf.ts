/**
 * Reads protocol buffer messages from strangers, as far as model files need: fields in order, every length
 * checked against the message that it stands in. Nothing is built that the caller does not ask for.
 */
import { DeploymentError } from '../errors.js';

/** One field of a message. Fixed-width numbers are passed over: no message that we read has them. */
export type ProtoField =
  | { readonly id: number; readonly kind: 'varint'; readonly value: number }
  | {
      readonly id: number;
      readonly kind: 'bytes';
      readonly message: ProtoMessage;
      /** Where in the file it stands, tag and length included, and where what it holds begins. */
      readonly start: number;
      readonly contentStart: number;
      readonly end: number;
    };

const VARINT = 0;
const FIXED_64 = 1;
const BYTES = 2;
const FIXED_32 = 5;
const MAX_VARINT_BYTES = 10;

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** A message, or a string or byte field, that lies in `bytes` from `start` to `end`. */
export class ProtoMessage {
  readonly #bytes: Uint8Array;
  readonly #name: string;
  readonly #end: number;
  #at: number;

  /** @param name what people call the file, for messages */
  constructor(bytes: Uint8Array, name: string, start = 0, end = bytes.length) {
    this.#bytes = bytes;
    this.#name = name;
    this.#at = start;
    this.#end = end;
  }

  /**
   * The fields, in the order of the file. A message is read once.
   *
   * @throws {DeploymentError} `ERR_DEPLOYMENT_TRUNCATED` a field goes on behind the end of the file;
   *   `ERR_MODEL_INVALID` anything else that is no protocol buffer
   */
  *fields(): Generator<ProtoField> {
    while (this.#at < this.#end) {
      const fieldStart = this.#at;
      const tag = this.#varint();
      const id = Math.floor(tag / 8);
      const wireType = tag % 8;
      if (id === 0) throw this.#invalid('a field has the number 0');
      if (wireType === VARINT) {
        yield { id, kind: 'varint', value: this.#varint() };
      } else if (wireType === BYTES) {
        const length = this.#varint();
        const start = this.#skip(length);
        yield {
          id,
          kind: 'bytes',
          message: new ProtoMessage(this.#bytes, this.#name, start, start + length),
          start: fieldStart,
          contentStart: start,
          end: start + length,
        };
      } else if (wireType === FIXED_64) {
        this.#skip(8);
      } else if (wireType === FIXED_32) {
        this.#skip(4);
      } else {
        throw this.#invalid(`a field has the wire type ${wireType}`);
      }
    }
  }

  /** The bytes as UTF-8; malformed sequences become U+FFFD. */
  text(): string {
    return decoder.decode(this.#bytes.subarray(this.#at, this.#end));
  }

  #skip(length: number): number {
    const start = this.#at;
    const end = start + length;
    if (length < 0 || !Number.isSafeInteger(end)) throw this.#invalid(`a field has the length ${length}`);
    if (end > this.#bytes.length) throw this.#truncated(end);
    if (end > this.#end) throw this.#invalid('a field is longer than what it is part of');
    this.#at = end;
    return start;
  }

  /** A signed 64-bit number; those past 2^53 lose their last digits, which nothing here depends on. */
  #varint(): number {
    let value = 0n;
    for (let i = 0; i < MAX_VARINT_BYTES; i++) {
      const byte = this.#bytes[this.#skip(1)] ?? 0;
      value |= BigInt(byte & 0x7f) << BigInt(7 * i);
      if (byte < 0x80) return Number(BigInt.asIntN(64, value));
    }
    throw this.#invalid('a number does not end');
  }

  #invalid(why: string): DeploymentError {
    return new DeploymentError(
      'ERR_MODEL_INVALID',
      `${this.#name} is damaged: ${why}, near byte ${this.#at}. Download it again.`,
    );
  }

  #truncated(end: number): DeploymentError {
    return new DeploymentError(
      'ERR_DEPLOYMENT_TRUNCATED',
      `${this.#name} is cut short: it has ${this.#bytes.length} bytes and should have at least ${end}. Download it again.`,
    );
  }
}
