/** Requests and answers, one at a time, and what it means when one does not come. */
import { setTimeout as delay } from 'node:timers/promises';
import type { ImpulseError } from '../../../errors.js';
import { EngineError, isImpulseError, TimeoutError } from '../../../errors.js';
import type { Request } from '../runner/protocol.js';
import { encodeRequest, MAX_REQUEST_BYTES, parseAnswer } from '../runner/protocol.js';
import type { Connection } from './connection.js';
import { refusedRequest } from './failure-codes.js';
import { MalformedAnswer } from './messages.js';
import type { Program } from './program.js';

export interface DialogueOptions {
  /** What people call the runner. */
  readonly name: string;
  readonly requestTimeoutMs: number;
}

/** After the connection has ended, for the program to end too and say why. */
const LAST_WORDS_MS = 1_000;

export class Dialogue {
  readonly #connection: Connection;
  readonly #options: DialogueOptions;
  readonly #program: Program | undefined;
  #lastId = 0;
  #over: ImpulseError | undefined;

  /** @param program absent where it is not ours */
  constructor(connection: Connection, options: DialogueOptions, program: Program | undefined) {
    this.#connection = connection;
    this.#options = options;
    this.#program = program;
    this.hold(false);
  }

  /** Whether nothing can be asked any more. */
  get over(): boolean {
    return (
      this.#over !== undefined || this.#connection.failure !== undefined || this.#program?.end !== undefined
    );
  }

  /**
   * Asks, and waits for the answer. One at a time.
   *
   * @returns the answer to a request that succeeded, not yet checked
   * @throws {EngineError} `ERR_ENGINE_RUN`: it refused, and can be asked again, or it ended;
   *   `ERR_ENGINE_OUTPUT`: it can't be understood, and can't be asked again
   * @throws {TimeoutError} it did not answer, and can't be asked again
   */
  async ask(request: Request): Promise<unknown> {
    if (this.#over !== undefined) throw this.#over;
    const id = ++this.#lastId;
    const text = encodeRequest(request, id);
    if (text.length > MAX_REQUEST_BYTES) throw this.#tooLong(text.length);
    this.hold(true);
    try {
      return this.#result(await this.#answerTo(text), id);
    } finally {
      this.hold(false);
    }
  }

  /** Whether it keeps this process alive. */
  hold(held: boolean): void {
    this.#connection.hold(held);
    this.#program?.hold(held);
  }

  #result(text: string, id: number): unknown {
    const answer = this.#parse(text);
    // An answer without an id is about the only request there is.
    if (answer.id !== undefined && answer.id !== id) {
      throw this.#end(this.#nonsense(`it answered request ${answer.id}, not ${id}`));
    }
    if (answer.error === undefined) return answer.body;
    throw refusedRequest(answer.error, this.#program?.output ?? '');
  }

  #parse(text: string): ReturnType<typeof parseAnswer> {
    try {
      return parseAnswer(text);
    } catch (error) {
      if (isImpulseError(error)) throw this.#end(error);
      throw error;
    }
  }

  async #answerTo(text: string): Promise<string> {
    const { name, requestTimeoutMs } = this.#options;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        const message = `${name} has not answered within ${requestTimeoutMs} ms${printed(this.#output)}. It was ended; a slow model may need a larger requestTimeoutMs.`;
        reject(new TimeoutError('ERR_TIMEOUT', message));
      }, requestTimeoutMs);
    });
    try {
      return await Promise.race([this.#connection.ask(text), late]);
    } catch (error) {
      throw this.#end(error instanceof TimeoutError ? error : await this.#failure(error as Error));
    } finally {
      clearTimeout(timer);
    }
  }

  async #failure(error: Error): Promise<EngineError> {
    if (error instanceof MalformedAnswer) return this.#nonsense(error.message);
    const { name } = this.#options;
    if (this.#program !== undefined) {
      await Promise.race([this.#program.ended, delay(LAST_WORDS_MS)]);
    }
    const end = this.#program?.end ?? 'closed the connection';
    return new EngineError(
      'ERR_ENGINE_RUN',
      `${name} ${end} in the middle of a request${printed(this.#output)}.`,
      { cause: error },
    );
  }

  #nonsense(what: string): EngineError {
    return new EngineError('ERR_ENGINE_OUTPUT', `${this.#options.name} can't be understood: ${what}.`);
  }

  #tooLong(bytes: number): EngineError {
    return new EngineError(
      'ERR_ENGINE_RUN',
      `${this.#options.name} can't be sent ${bytes} bytes as text, as it takes no more than ${MAX_REQUEST_BYTES}.`,
    );
  }

  /** Its state is not known any more. */
  #end(reason: ImpulseError): ImpulseError {
    this.#over = reason;
    this.#connection.close();
    this.#program?.kill();
    return reason;
  }

  get #output(): string {
    return this.#program?.output ?? '';
  }
}

/** The end of a sentence that quotes what a program printed. */
export function printed(output: string): string {
  return output === '' ? '' : `; it printed: ${output}`;
}
