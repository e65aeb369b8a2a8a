/** `POST /v1/api/{projectId}/classify/image`: the hosted API's `classifyImage`. */
import type { App, ServerContext } from '../context.js';
import { readFile } from '../multipart.js';
import { classifyResponse, failures } from '../schemas.js';
import { formFile, impulseQuery, projectParams } from '../validation.js';

export function addClassifyRoutes(app: App, context: ServerContext): void {
  const { admission, impulses, metrics, settings } = context;
  app.post('/v1/api/:projectId/classify/image', {
    schema: {
      operationId: 'classifyImage',
      summary: 'Classify an image',
      tags: ['Classify'],
      form: { image: formFile('The picture') },
      params: projectParams,
      querystring: impulseQuery,
      response: { 200: classifyResponse, ...failures },
    },
    onRequest: async (request, reply) => admission.admit(request, reply),
    handler: async (request) => {
      const model = impulses.ofProject(request.params.projectId, request.query.impulseId);
      const image = await readFile(request, 'image', settings.maxBodyBytes);
      const { response, timing } = await admission.run(request, () =>
        model.use((deployment) => deployment.classify(image)),
      );
      metrics.classified(timing);
      return response;
    },
  });
}
