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
  /** Runs `work` when its turn comes: no more than `concurrency` at the same time, first come, first served. */
  run<T>(work: () => Promise<T>): Promise<T>;
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

  function next(): void {
    running--;
    waiting.shift()?.();
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

    async run(work) {
      if (running >= concurrency) await new Promise<void>((resolve) => waiting.push(resolve));
      running++;
      try {
        return await work();
      } finally {
        next();
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

function bodyBytes({ headers }: FastifyRequest, unknown: number): number {
  const stated = Number(headers['content-length'] ?? Number.NaN);
  return Number.isFinite(stated) && stated >= 0 ? Math.min(stated, unknown) : unknown;
}
