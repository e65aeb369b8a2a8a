/** The socket of a runner: one request, one answer. */
import type { Socket } from 'node:net';
import { connect } from 'node:net';
import { AnswerSplitter } from './messages.js';

interface Waiting {
  readonly fulfil: (answer: string) => void;
  readonly reject: (reason: Error) => void;
}

export class Connection {
  readonly #socket: Socket;
  readonly #splitter = new AnswerSplitter();
  #waiting: Waiting | undefined;
  #failure: Error | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (piece) => this.#receive(piece));
    socket.on('error', (error) => this.#fail(error));
    socket.on('close', () => this.#fail(new Error('it closed the connection')));
  }

  /** Rejects with the system's error while nobody listens there. */
  static open(path: string): Promise<Connection> {
    return new Promise((fulfil, reject) => {
      const socket = connect(path);
      socket.once('error', reject);
      socket.once('connect', () => {
        socket.off('error', reject);
        fulfil(new Connection(socket));
      });
    });
  }

  /** Why nothing can be asked any more. */
  get failure(): Error | undefined {
    return this.#failure;
  }

  /** The answer to a request. Ask again only when it is there. */
  ask(request: string): Promise<string> {
    return new Promise((fulfil, reject) => {
      if (this.#failure !== undefined) {
        reject(this.#failure);
        return;
      }
      this.#waiting = { fulfil, reject };
      this.#socket.write(request);
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  /** Whether it keeps this process alive. */
  hold(held: boolean): void {
    if (held) this.#socket.ref();
    else this.#socket.unref();
  }

  #receive(piece: Buffer): void {
    try {
      for (const answer of this.#splitter.push(piece)) {
        const waiting = this.#waiting;
        this.#waiting = undefined;
        if (waiting === undefined) throw new Error('it answered what was not asked');
        waiting.fulfil(answer);
      }
    } catch (error) {
      this.#fail(error as Error);
      this.#socket.destroy();
    }
  }

  #fail(reason: Error): void {
    this.#failure ??= reason;
    this.#waiting?.reject(this.#failure);
    this.#waiting = undefined;
  }
}
