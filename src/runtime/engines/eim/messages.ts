/** Cuts the bytes that a runner sends into its answers. */

/** The largest answer that is waited for: twice the buffer from which runners send. */
export const MAX_ANSWER_BYTES = 64 * 1024 * 1024;

const NUL = 0x00;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN = 0x7b;
const CLOSE = 0x7d;

/** What the bytes were not; the connection is of no use any more. */
export class MalformedAnswer extends Error {}

/**
 * Answers are JSON objects, each followed by a newline and a NUL byte, and come in pieces of any size. The end of one is
 * found by its braces, those within strings not counted; so labels may hold any character. Working on bytes, a
 * character that is split between two pieces needs no care.
 */
export class AnswerSplitter {
  #pieces: Buffer[] = [];
  #bytes = 0;
  #depth = 0;
  #inString = false;
  #escaped = false;

  /**
   * @returns the answers that this piece completes, as text
   * @throws {MalformedAnswer} something that is no JSON object, one that is cut off, or one that is too large
   */
  push(piece: Buffer): string[] {
    const answers: string[] = [];
    let start = 0;
    for (let at = 0; at < piece.length; at++) {
      const byte = piece[at] as number;
      if (byte === NUL && this.#depth > 0) throw new MalformedAnswer('its answer ends in the middle');
      if (this.#inString) {
        if (this.#escaped) this.#escaped = false;
        else if (byte === BACKSLASH) this.#escaped = true;
        else if (byte === QUOTE) this.#inString = false;
      } else if (byte === OPEN) {
        if (this.#depth === 0) start = at;
        this.#depth++;
      } else if (this.#depth === 0) {
        if (!isFiller(byte))
          throw new MalformedAnswer(`it sent ${excerpt(piece.subarray(at))}, which is not JSON`);
      } else if (byte === QUOTE) {
        this.#inString = true;
      } else if (byte === CLOSE && --this.#depth === 0) {
        answers.push(this.#take(piece.subarray(start, at + 1)));
      }
    }
    if (this.#depth > 0) this.#keep(piece.subarray(start));
    return answers;
  }

  #keep(part: Buffer): void {
    this.#pieces.push(part);
    this.#bytes += part.length;
    if (this.#bytes <= MAX_ANSWER_BYTES) return;
    throw new MalformedAnswer(`its answer is larger than ${MAX_ANSWER_BYTES / 1024 / 1024} MiB`);
  }

  #take(end: Buffer): string {
    this.#keep(end);
    const text = Buffer.concat(this.#pieces).toString('utf8');
    this.#pieces = [];
    this.#bytes = 0;
    return text;
  }
}

/** What stands between answers: NUL, newline and other white space. */
function isFiller(byte: number): boolean {
  return byte === NUL || byte === 0x20 || (byte >= 0x09 && byte <= 0x0d);
}

function excerpt(bytes: Buffer): string {
  return JSON.stringify(bytes.toString('utf8', 0, 80));
}
