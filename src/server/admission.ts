/** How much a server takes on at the same time. What is too much is refused at once, before its body has been read. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { RequestError } from '../errors.js';

export interface Admission {
  /**
   * Counts a request from here until its connection is done with it.
   *
   * @throws {RequestError} `ERR_SERVER_BUSY`: as many wait as may; `ERR_SERVER_UNAVAILABLE`: together their bodies would be too much
   */
  admit(request: FastifyRequest, reply: FastifyReply): void;
  /**
   * Runs `work` when its turn comes: no more than `concurrency` at the same time, first come, first served.
   *
   * @throws {RequestError} `ERR_REQUEST_INVALID`: the client has gone away before, so that nobody would read the answer
   */
  run<T>(request: FastifyRequest, work: () => Promise<T>): Promise<T>;
  /** Requests whose work goes on. */
  readonly running: number;
  /** Requests that wait for theirs. */
  readonly waiting: number;
}

export interface AdmissionLimits {
  /** In work at the same time. */
  readonly concurrency: number;
  /** That may wait beside those. */
  readonly queue: number;
  /** Of a body that does not say how long it is. */
  readonly maxBodyBytes: number;
}

/** Of all bodies that are in memory at the same time, unless one alone may be longer. */
const MOST_BUFFERED_BYTES = 256 * 2 ** 20;

export function makeAdmission({ concurrency, queue, maxBodyBytes }: AdmissionLimits): Admission {
  const mostBytes = Math.max(MOST_BUFFERED_BYTES, maxBodyBytes);
  const waiting: (() => void)[] = [];
  let [admitted, bytes, running] = [0, 0, 0];

  /** Ends once the place is this request's, or its client has gone away: then it waits no longer, and its body can go. */
  function turn({ raw: { socket } }: FastifyRequest): Promise<void> {
    return new Promise((resolve, reject) => {
      const take = () => {
        socket.off('close', leave);
        resolve();
      };
      const leave = () => {
        waiting.splice(waiting.indexOf(take), 1);
        reject(gone());
      };
      waiting.push(take);
      socket.once('close', leave);
    });
  }

  /** The place goes to the next that waits, without being free in between. */
  function passOn(): void {
    const next = waiting.shift();
    if (next === undefined) running--;
    else next();
  }

  return {
    admit(request, reply) {
      if (admitted >= concurrency + queue) {
        throw new RequestError(
          'ERR_SERVER_BUSY',
          `${admitted} requests are in work or wait already: try again in a moment.`,
        );
      }
      const body = bodyBytes(request, maxBodyBytes);
      if (bytes + body > mostBytes) {
        throw new RequestError(
          'ERR_SERVER_UNAVAILABLE',
          'The bodies of the requests in work fill the memory that they may take: try again in a moment.',
        );
      }
      admitted++;
      bytes += body;
      // Comes once, also for a client that goes away.
      reply.raw.once('close', () => {
        admitted--;
        bytes -= body;
      });
    },

    async run(request, work) {
      if (request.raw.socket.destroyed) throw gone();
      if (running >= concurrency) await turn(request);
      else running++;
      try {
        return await work();
      } finally {
        passOn();
      }
    },

    get running() {
      return running;
    },
    get waiting() {
      return waiting.length;
    },
  };
}

function gone(): RequestError {
  return new RequestError('ERR_REQUEST_INVALID', 'The client has gone away.');
}

function bodyBytes({ headers }: FastifyRequest, unknown: number): number {
  const stated = Number(headers['content-length'] ?? Number.NaN);
  return Number.isFinite(stated) && stated >= 0 ? Math.min(stated, unknown) : unknown;
}
