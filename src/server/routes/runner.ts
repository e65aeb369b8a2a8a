/** `/api/info`, `/api/image`, `/api/features`: for clients of the Linux runner's own HTTP server, in its shapes. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import * as v from 'valibot';
import { isImpulseError, RequestError } from '../../errors.js';
import type { ClassifyInput } from '../../runtime/classification.js';
import type { DeploymentInfo } from '../../runtime/info.js';
import type { App, ServerContext } from '../context.js';
import type { UsableModel } from '../impulses.js';
import { readFile } from '../multipart.js';
import { featureCount, runnerHeaders, runnerInfo, runnerResult } from '../runner-shapes.js';
import { failures } from '../schemas.js';
import { formFile } from '../validation.js';

const querystring = v.object({
  model: v.pipe(v.optional(v.pipe(v.string(), v.maxLength(300))), v.description('A name of /v1/models')),
});

const NO_BODY = 'Missing body on request. Did you set "Content-Type: application/json" ?';
const NO_FILES = 'No files posted, requiring a multipart/form-data body with 1 item "file"';
const NO_FILE = 'Missing "file" in the multipart/form-data';

export function addRunnerRoutes(app: App, context: ServerContext): void {
  const { admission, impulses, metrics, settings } = context;
  const common = { tags: ['Linux runner'], querystring, response: failures } as const;

  app.get('/api/info', {
    schema: {
      ...common,
      operationId: 'runnerInfo',
      summary: "What the Linux runner's HTTP server says of its model",
    },
    handler: async (request, reply) => {
      const { model, info } = await introduce(request.query.model, reply);
      return indented(reply, runnerInfo(info, model.name));
    },
  });

  app.post('/api/features', {
    bodyLimit: settings.maxBodyBytes,
    schema: {
      ...common,
      operationId: 'runnerClassifyFeatures',
      summary: "Classify raw features, as with the Linux runner's HTTP server",
      description: 'JSON `{ "features": [numbers] }`; images: one 0xRRGGBB number for each pixel.',
      consumes: ['application/json'],
    },
    errorHandler: inItsWords({ ERR_REQUEST_MEDIA_TYPE: NO_BODY }),
    onRequest: async (request, reply) => admission.admit(request, reply),
    handler: async (request, reply) => {
      const { model, info } = await introduce(request.query.model, reply);
      const features = readFeatures(request.body, featureCount(info.input));
      return indented(reply, await classify(request, model, info, { features }, false));
    },
  });

  app.post('/api/image', {
    schema: {
      ...common,
      operationId: 'runnerClassifyImage',
      summary: "Classify an image, as with the Linux runner's HTTP server",
      description: "Boxes are in the picture's own pixels.",
      form: { file: formFile('The picture') },
    },
    errorHandler: inItsWords({ ERR_REQUEST_MEDIA_TYPE: NO_FILES }),
    onRequest: async (request, reply) => admission.admit(request, reply),
    handler: async (request, reply) => {
      const { model, info } = await introduce(request.query.model, reply);
      const image = await readFile(request, 'file', settings.maxBodyBytes, NO_FILE);
      return indented(reply, await classify(request, model, info, image, true));
    },
  });

  /** Which model it is, also in the headers of whatever is answered. */
  async function introduce(
    name: string | undefined,
    reply: FastifyReply,
  ): Promise<{ model: UsableModel; info: DeploymentInfo }> {
    const model = name === undefined ? impulses.first() : impulses.named(name);
    const info = await model.use(async (deployment) => deployment.info());
    reply.headers(runnerHeaders(info, model.name));
    return { model, info };
  }

  async function classify(
    request: FastifyRequest,
    model: UsableModel,
    info: DeploymentInfo,
    input: ClassifyInput,
    picture: boolean,
  ) {
    const result = await admission.run(request, () => model.use((deployment) => deployment.classify(input)));
    metrics.classified(result.timing);
    const areOriginal = model.origin === 'served' && settings.open.coordinates === 'original';
    return runnerResult(result, info, { picture, areOriginal });
  }
}

/** As it writes JSON. */
function indented(reply: FastifyReply, body: unknown): string {
  reply.type('application/json; charset=utf-8');
  return `${JSON.stringify(body, null, 4)}\n`;
}

/** @throws {RequestError} `ERR_REQUEST_INVALID`, in its words */
function readFeatures(body: unknown, expected: number): number[] {
  if (typeof body !== 'object' || body === null) throw invalid(NO_BODY);
  const features = 'features' in body ? body.features : undefined;
  if (features === undefined || features === null) throw invalid('Missing "features" on body');
  if (!Array.isArray(features)) throw invalid('"features" on body is not an array');
  const numbers = features.map(numberOf);
  if (!numbers.every(Number.isFinite)) {
    throw invalid('Not every element of the "features" array is a number');
  }
  if (numbers.length !== expected) {
    throw invalid(`Expected ${expected} features, but received ${numbers.length}`);
  }
  return numbers;
}

/** Numbers may be written as text. */
function numberOf(value: unknown): number {
  if (typeof value === 'number') return value;
  return typeof value === 'string' && value.trim() !== '' ? Number(value) : Number.NaN;
}

function invalid(message: string): RequestError {
  return new RequestError('ERR_REQUEST_INVALID', message);
}

/** It answers 400 to any body that it can't use, where this server would tell more by the status. */
function inItsWords(words: Readonly<Record<string, string>>) {
  return (error: unknown, _request: FastifyRequest, _reply: FastifyReply): never => {
    const code = isImpulseError(error) ? error.code : codeOf(error);
    throw code !== undefined && code in words ? invalid(words[code] ?? '') : error;
  };
}

/** Of the HTTP framework's refusals, the one of a body's type. */
function codeOf(error: unknown): string | undefined {
  const { statusCode } = error as { statusCode?: unknown };
  return statusCode === 415 ? 'ERR_REQUEST_MEDIA_TYPE' : undefined;
}
