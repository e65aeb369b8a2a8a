/** `/v1/models`: every model of this device by its name, with the rich form of results. What the page is made of. */
import type { FastifyRequest } from 'fastify';
import * as v from 'valibot';
import { parseThreshold, type ThresholdValue } from '../../postprocess/thresholds.js';
import type { Deployment } from '../../runtime/deployment.js';
import type { App, ServerContext } from '../context.js';
import type { UsableModel } from '../impulses.js';
import { modelSummary } from '../model-summary.js';
import { readFile } from '../multipart.js';
import { failures } from '../schemas.js';
import { formFile } from '../validation.js';

const params = v.object({ id: v.pipe(v.string(), v.maxLength(300)) });

const texts = v.optional(v.union([v.string(), v.array(v.string())]));

const query = v.object({
  threshold: v.pipe(
    texts,
    v.description('[block.]key=value, for this request alone; may be given several times: min_score=0.4'),
  ),
});

const features = v.strictObject({ features: v.array(v.number('expected numbers')) });

export function addModelRoutes(app: App, context: ServerContext): void {
  const { admission, impulses, metrics, settings } = context;

  app.get('/v1/models', {
    schema: {
      operationId: 'listModels',
      summary: 'Models that can be asked',
      description:
        'Those the server was started with come first, then the registered ones, then those that were uploaded and saved, each newest first.',
      tags: ['Models'],
      response: failures,
    },
    handler: async () => ({
      success: true,
      models: impulses.list().map(({ id, name, origin }) => ({ id, name, origin })),
    }),
  });

  app.get('/v1/models/:id', {
    schema: {
      operationId: 'getModel',
      summary: 'What a model takes and gives',
      description: 'Opens the model, if it is not open. `{id}` is an id or a name.',
      tags: ['Models'],
      params,
      response: failures,
    },
    handler: async (request) => {
      const model = impulses.named(request.params.id);
      const info = await model.use(async (deployment) => deployment.info());
      return { success: true, model: modelSummary(model, info) };
    },
  });

  app.post('/v1/models/:id/classify/image', {
    schema: {
      operationId: 'classifyImageWithModel',
      summary: 'Classify an image, with pixels and times',
      tags: ['Models'],
      form: { image: formFile('The picture') },
      params,
      querystring: query,
      response: failures,
    },
    onRequest: async (request, reply) => admission.admit(request, reply),
    handler: async (request) => {
      const model = impulses.named(request.params.id);
      const thresholds = thresholdsOf(request.query.threshold);
      const image = await readFile(request, 'image', settings.maxBodyBytes);
      return classify(request, model, image, thresholds);
    },
  });

  app.post('/v1/models/:id/classify/features', {
    bodyLimit: settings.maxBodyBytes,
    schema: {
      operationId: 'classifyFeaturesWithModel',
      summary: 'Classify raw features',
      description:
        'Images: one 0xRRGGBB number for each pixel. Signals: the samples of one window, axes interleaved.',
      tags: ['Models'],
      params,
      querystring: query,
      body: features,
      response: failures,
    },
    onRequest: async (request, reply) => admission.admit(request, reply),
    handler: async (request) => {
      const model = impulses.named(request.params.id);
      const thresholds = thresholdsOf(request.query.threshold);
      return classify(request, model, { features: request.body.features }, thresholds);
    },
  });

  async function classify(
    request: FastifyRequest,
    model: UsableModel,
    input: Parameters<Deployment['classify']>[0],
    thresholds: Readonly<Record<string, ThresholdValue>> | undefined,
  ) {
    const options = thresholds === undefined ? {} : { thresholds };
    const result = await admission.run(request, () =>
      model.use((deployment) => deployment.classify(input, options)),
    );
    metrics.classified(result.timing);
    const { response, boxes, geometry, timing, engines } = result;
    return { success: true, response, boxes, geometry, timing, engines };
  }
}

function thresholdsOf(
  given: string | string[] | undefined,
): Readonly<Record<string, ThresholdValue>> | undefined {
  if (given === undefined) return undefined;
  const settings = [given].flat().map(parseThreshold);
  return Object.fromEntries(
    settings.map(({ block, key, value }) => [block === undefined ? key : `${block}.${key}`, value]),
  );
}
