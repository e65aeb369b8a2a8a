/** For whatever keeps the server running, and for Prometheus. */
import { RequestError } from '../../errors.js';
import type { App, ServerContext } from '../context.js';
import { failures } from '../schemas.js';

export function addHealthRoutes(app: App, { metrics, store }: ServerContext): void {
  app.get('/healthz', {
    config: { open: true },
    schema: {
      operationId: 'health',
      summary: 'Whether the process is alive',
      tags: ['Health'],
      response: failures,
    },
    handler: async () => ({ success: true }),
  });

  app.get('/readyz', {
    config: { open: true },
    schema: {
      operationId: 'ready',
      summary: 'Whether requests are taken: the deployments are open and the store answers',
      tags: ['Health'],
      response: failures,
    },
    handler: async () => {
      try {
        store.database.prepare('SELECT 1').get();
      } catch (cause) {
        throw new RequestError('ERR_SERVER_UNAVAILABLE', 'The store does not answer.', { cause });
      }
      return { success: true };
    },
  });

  app.get('/metrics', {
    schema: {
      operationId: 'metrics',
      summary: 'Requests, times, queue, memory and failures, for Prometheus',
      tags: ['Health'],
      response: failures,
    },
    handler: async (_request, reply) => {
      reply.type(metrics.contentType);
      return metrics.text();
    },
  });
}
