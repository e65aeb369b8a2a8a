/** The HTTP server's routes, and what happens to every request around them. */
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import multipart from '@fastify/multipart';
import swagger from '@fastify/swagger';
import Fastify, { type FastifyReply, type FastifyRequest } from 'fastify';
import { RequestError } from '../errors.js';
import { packageVersion } from '../package-version.js';
import type { Access } from './access.js';
import { makeBuildSubjects } from './build-subjects.js';
import type { App, ServerContext } from './context.js';
import { UPLOAD_TIMEOUT_MS, watchBody } from './deadline.js';
import { asHttp, isOurFault, type Reply, replyTo } from './failure.js';
import { serveJobUpdates } from './job-updates.js';
import { addClassifyRoutes } from './routes/classify.js';
import { addDeploymentRoutes } from './routes/deployments.js';
import { addHealthRoutes } from './routes/health.js';
import { addJobRoutes } from './routes/jobs.js';
import { addModelRoutes } from './routes/models.js';
import { addPageRoutes } from './routes/page.js';
import { addPretrainedModelRoutes } from './routes/pretrained-model.js';
import { addRegistryRoutes } from './routes/registry.js';
import { addRunnerRoutes } from './routes/runner.js';
import { makeSocketTokens } from './socket-tokens.js';
import { toOpenApi, type ValibotTypeProvider, validatorCompiler } from './validation.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** No API key is asked for: it tells nothing. */
    readonly open?: boolean;
  }
}

/** What pages of the origin that is allowed may do. */
const PREFLIGHT = {
  'access-control-allow-methods': 'GET, POST, PUT, DELETE',
  'access-control-allow-headers': 'content-type, x-api-key',
  'access-control-max-age': '600',
};

export async function makeApp(context: ServerContext, access: Access): Promise<App> {
  const { settings, metrics } = context;
  const app = Fastify({
    bodyLimit: settings.maxBodyBytes,
    requestTimeout: UPLOAD_TIMEOUT_MS,
    connectionTimeout: UPLOAD_TIMEOUT_MS,
    keepAliveTimeout: 5_000,
    http: {
      // Without one Node.js answers by itself, and not in JSON.
      requireHostHeader: false,
      headersTimeout: Math.min(10_000, settings.requestTimeoutMs),
      connectionsCheckingInterval: 1_000,
    },
    forceCloseConnections: 'idle',
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 300 },
    clientErrorHandler: (error, socket) => answerBrokenRequest(error, socket, metrics.failed),
    frameworkErrors: (error, _request, reply) => {
      const answer = replyTo(error);
      metrics.failed(answer.body.code);
      sendFailure(reply as unknown as FastifyReply, answer);
    },
  }).withTypeProvider<ValibotTypeProvider>();

  // Without a listener Node.js answers by itself, and not in JSON.
  app.server.on('checkExpectation', ({ headers, socket }: IncomingMessage) => {
    const expected = String(headers.expect).slice(0, 100);
    socket.end(
      asHttp(
        replyTo(new RequestError('ERR_REQUEST_INVALID', `Nothing here can be expected: '${expected}'.`)),
      ),
    );
  });
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(() => JSON.stringify);
  app.setErrorHandler((error, request, reply) => refuse(error, request, reply));
  app.setNotFoundHandler((request) => {
    throw new RequestError(
      'ERR_REQUEST_NOT_FOUND',
      `There is no ${request.method} ${request.url.slice(0, 200)} here.`,
    );
  });

  app.addHook('onRequest', async (request, reply) => {
    watchBody(request, reply, settings.requestTimeoutMs, (error) => refuse(error, request, reply));
    access.checkOrigin(request.headers);
    if (settings.allowOrigin !== undefined && request.headers.origin === settings.allowOrigin) {
      reply.headers({ 'access-control-allow-origin': settings.allowOrigin, vary: 'origin' });
      if (request.method === 'OPTIONS') return reply.code(204).headers(PREFLIGHT).send();
    }
    if (request.routeOptions.config.open !== true) access.checkKey(headerOf(request, 'x-api-key'));
  });
  let isClosing = false;
  app.addHook('preClose', async () => {
    isClosing = true;
  });
  app.addHook('onSend', async (_request, reply) => {
    // The server ends when its last connection does.
    if (isClosing) reply.header('connection', 'close');
    reply.headers({ 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer' });
  });
  app.addHook('onResponse', async (request, reply) => {
    metrics.answered(routeOf(request), request.method, reply.statusCode, reply.elapsedTime / 1000);
  });

  // Clients say that they send JSON also where there is nothing to send.
  const parseJson = app.getDefaultJsonParser('error', 'error');
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (body.length === 0) done(null, undefined);
    else parseJson(request, String(body), done);
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
  addRegistryRoutes(app, context);
  addPretrainedModelRoutes(app, context);
  addRunnerRoutes(app, context);
  const tokens = makeSocketTokens();
  const subjects = makeBuildSubjects(context);
  addJobRoutes(app, context, { tokens, subjects });
  addDeploymentRoutes(app, context, subjects);
  const updates = serveJobUpdates(app.server, { jobs: context.jobs, tokens, access });
  app.addHook('preClose', async () => updates.close());
  addPageRoutes(app);
  return app;

  function refuse(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
    const answer = replyTo(error);
    metrics.failed(answer.body.code);
    if (isOurFault(answer)) settings.log(`${request.method} ${routeOf(request)}: ${detail(error)}`);
    // What is left of a body that was refused is not waited for.
    if (!request.raw.complete) reply.header('connection', 'close');
    return sendFailure(reply, answer);
  }
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
  const reply = replyTo(refusalOf(error));
  failed(reply.body.code);
  socket.end(asHttp(reply));
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
