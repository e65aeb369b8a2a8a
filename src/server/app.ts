/** The HTTP server's routes, and what happens to every request around them. */
import type { Socket } from 'node:net';
import multipart from '@fastify/multipart';
import swagger from '@fastify/swagger';
import Fastify, { type FastifyReply, type FastifyRequest } from 'fastify';
import { RequestError } from '../errors.js';
import { packageVersion } from '../package-version.js';
import type { Access } from './access.js';
import type { App, ServerContext } from './context.js';
import { isOurFault, type Reply, replyTo } from './failure.js';
import { addClassifyRoutes } from './routes/classify.js';
import { addHealthRoutes } from './routes/health.js';
import { addModelRoutes } from './routes/models.js';
import { addPageRoutes } from './routes/page.js';
import { toOpenApi, type ValibotTypeProvider, validatorCompiler } from './validation.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** No API key is asked for: it tells nothing. */
    readonly open?: boolean;
  }
}

export async function makeApp(context: ServerContext, access: Access): Promise<App> {
  const { settings, metrics } = context;
  const app = Fastify({
    bodyLimit: settings.maxBodyBytes,
    requestTimeout: settings.requestTimeoutMs,
    connectionTimeout: settings.requestTimeoutMs,
    keepAliveTimeout: 5_000,
    http: { headersTimeout: Math.min(10_000, settings.requestTimeoutMs), connectionsCheckingInterval: 1_000 },
    forceCloseConnections: 'idle',
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 300 },
    clientErrorHandler: (error, socket) => answerBrokenRequest(error, socket, metrics.failed),
    frameworkErrors: (error, _request, reply) => {
      const answer = replyTo(error);
      metrics.failed(answer.body.code);
      sendFailure(reply as unknown as FastifyReply, answer);
    },
  }).withTypeProvider<ValibotTypeProvider>();

  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(() => JSON.stringify);
  app.setErrorHandler((error, request, reply) => {
    const answer = replyTo(error);
    metrics.failed(answer.body.code);
    if (isOurFault(answer)) settings.log(`${request.method} ${routeOf(request)}: ${detail(error)}`);
    // What is left of a body that was refused is not waited for.
    if (!request.raw.complete) reply.header('connection', 'close');
    return sendFailure(reply, answer);
  });
  app.setNotFoundHandler((request) => {
    throw new RequestError(
      'ERR_REQUEST_NOT_FOUND',
      `There is no ${request.method} ${request.url.slice(0, 200)} here.`,
    );
  });

  app.addHook('onRequest', async (request, reply) => {
    access.checkOrigin(request.headers);
    if (settings.allowOrigin !== undefined && request.headers.origin === settings.allowOrigin) {
      reply.headers({ 'access-control-allow-origin': settings.allowOrigin, vary: 'origin' });
    }
    if (request.routeOptions.config.open !== true) access.checkKey(headerOf(request, 'x-api-key'));
  });
  app.addHook('onSend', async (_request, reply) => {
    reply.headers({ 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer' });
  });
  app.addHook('onResponse', async (request, reply) => {
    metrics.answered(routeOf(request), request.method, reply.statusCode, reply.elapsedTime / 1000);
  });

  await app.register(multipart);
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'impulse-runtime',
        version: packageVersion(),
        description: "The hosted API's operations that make sense on a device, under the same names.",
      },
      components: {
        securitySchemes: { ApiKeyAuthentication: { type: 'apiKey', in: 'header', name: 'x-api-key' } },
      },
    },
    transform: ({ schema, url }) => ({ schema: toOpenApi(schema), url }),
  });
  app.get('/openapi.json', { schema: { hide: true } }, async () => app.swagger());

  addHealthRoutes(app, context);
  addClassifyRoutes(app, context);
  addModelRoutes(app, context);
  addPageRoutes(app);
  return app;
}

function sendFailure(reply: FastifyReply, { status, headers, body }: Reply): FastifyReply {
  return reply.code(status).headers(headers).send(body);
}

/** What can't be parsed as HTTP, or does not arrive in time, never reaches a route. */
function answerBrokenRequest(
  error: NodeJS.ErrnoException,
  socket: Socket,
  failed: (code: string) => void,
): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const { status, body } = replyTo(refusalOf(error));
  failed(body.code);
  const text = JSON.stringify(body);
  socket.end(
    `HTTP/1.1 ${status} Refused\r\ncontent-type: application/json; charset=utf-8\r\n` +
      `content-length: ${Buffer.byteLength(text)}\r\nconnection: close\r\n\r\n${text}`,
  );
}

function refusalOf({ code, message }: NodeJS.ErrnoException): RequestError {
  switch (code) {
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new RequestError('ERR_REQUEST_TIMEOUT', 'The request did not arrive in time.');
    case 'HPE_HEADER_OVERFLOW':
      return new RequestError('ERR_REQUEST_TOO_LARGE', 'The headers of the request are too long.');
    default:
      return new RequestError('ERR_REQUEST_INVALID', `This is no valid HTTP request: ${message}.`);
  }
}

function headerOf({ headers }: FastifyRequest, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
}

/** With the names of its parameters in place of their values, so that there are few. */
function routeOf(request: FastifyRequest): string {
  return request.routeOptions.url ?? 'unknown';
}

function detail(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
