/** How long a body may take to come. The HTTP server's own limit is the same for all; a model may take longer than a picture. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { RequestError } from '../errors.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Takes a model, for which {@link UPLOAD_TIMEOUT_MS} counts. */
    readonly upload?: boolean;
  }
}

/** Enough for the largest model over a slow radio link. */
export const UPLOAD_TIMEOUT_MS = 900_000;

/** @param refuse answers the request; what is left of it is not waited for */
export function watchBody(
  request: FastifyRequest,
  reply: FastifyReply,
  timeoutMs: number,
  refuse: (error: RequestError) => void,
): void {
  const { raw, routeOptions } = request;
  if (raw.complete || routeOptions.config.upload === true) return;
  const timer = setTimeout(() => {
    if (!raw.complete && !reply.sent) {
      refuse(new RequestError('ERR_REQUEST_TIMEOUT', `The request did not arrive within ${timeoutMs} ms.`));
    }
  }, timeoutMs);
  reply.raw.once('close', () => clearTimeout(timer));
  raw.once('end', () => clearTimeout(timer));
}
