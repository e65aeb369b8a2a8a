/** What a child process printed last, for messages about its end, and how it ended. */
import { constants } from 'node:os';
import type { Readable } from 'node:stream';

/** Characters that are kept, the newest. */
const TAIL = 4_000;

export class OutputTail {
  #text = '';

  constructor(streams: readonly Readable[]) {
    for (const stream of streams) {
      stream.on('data', (bytes: Buffer) => {
        this.#text = (this.#text + bytes.toString('latin1')).slice(-TAIL);
      });
    }
  }

  /** On one line. */
  get text(): string {
    const text = Buffer.from(this.#text, 'latin1').toString('utf8');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: it could steer the terminal that shows the message
    return text.replace(/[\s\x00-\x1f\x7f-\x9f]+/g, ' ').trim();
  }
}

/** A shell and a sandbox tell the signal that ended what ran within as 128 + its number. */
export function describeEnd(code: number | null, signal: NodeJS.Signals | null): string {
  if (signal !== null) return `was ended by the signal ${signal}`;
  const within = Object.entries(constants.signals).find(([, number]) => code === number + 128)?.[0];
  return `ended with exit code ${code}${within === undefined ? '' : ` (${within})`}`;
}
