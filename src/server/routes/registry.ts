/** `/data/sensei/models`: the model registry, in the words of the Sensei Machine Learning API. */
import type { FastifyRequest } from 'fastify';
import * as v from 'valibot';
import { modelJson, transcodingJson } from '../../registry/json.js';
import { asObject, type JsonObject, parseObject } from '../../registry/lenient-json.js';
import {
  deleteModel,
  getModel,
  listModels,
  type RegisteredModel,
  registerModel,
  updateModel,
} from '../../registry/models.js';
import { checkProperties } from '../../registry/properties.js';
import {
  createTranscoding,
  getTranscoding,
  listTranscodings,
  type Transcoding,
} from '../../registry/transcodings.js';
import type { App, ServerContext } from '../context.js';
import { sendArtefact } from '../download.js';
import { receiveForm } from '../multipart.js';
import { failures } from '../schemas.js';
import { formFile, formText, integerText } from '../validation.js';

const MODELS = '/data/sensei/models';
const TAGS = ['Registry'];
const MOST_LISTED = 1000;

const id = v.pipe(v.string(), v.maxLength(100));
const modelParams = v.object({ id });
const transcodingParams = v.object({ id, transcodingId: id });

const listQuery = v.object({
  start: v.pipe(
    v.optional(integerText(0, 2 ** 31 - 1)),
    v.description('Index of the first one. 0 if absent'),
  ),
  limit: v.pipe(v.optional(integerText(0, MOST_LISTED)), v.description('How many at most. 25 if absent')),
  orderby: v.pipe(
    v.optional(v.string()),
    v.description('Properties, the most important first; - before one turns it round. `created` if absent'),
  ),
  property: v.pipe(
    v.optional(v.union([v.string(), v.array(v.string())])),
    v.description('name==Cups,created>=2026-01-01: all must hold. `deleted==false` unless it speaks of that'),
  ),
});

/** Clients forget it, and one that is missing is not to be told of as a wrong one. */
const NO_BODY = "the request has none: send an object in JSON (with curl: -d '{ ... }')";

const modelBody = v.looseObject({ name: v.optional(v.string()) }, NO_BODY);
const transcodingBody = v.looseObject(
  {
    targetFormat: v.pipe(v.string('expected a format, such as "ort"'), v.maxLength(100)),
    modelInfo: v.optional(v.looseObject({})),
    createdBy: v.optional(v.pipe(v.string(), v.maxLength(200))),
  },
  NO_BODY,
);

const modelResponse = v.looseObject({
  id: v.string(),
  name: v.string(),
  modelArtifactUri: v.string(),
  created: v.string(),
  updated: v.string(),
  deprecated: v.boolean(),
});
const transcodingResponse = v.looseObject({
  id: v.string(),
  modelId: v.string(),
  targetFormat: v.string(),
  created: v.string(),
  updated: v.string(),
  deleted: v.boolean(),
});

/** Own parsers of bodies: in a scope of their own, so that no other route takes what these do. */
export function addRegistryRoutes(app: App, context: ServerContext): void {
  app.register(async (scope) => {
    scope.removeContentTypeParser(['application/json', 'text/plain']);
    const parse = async (_request: FastifyRequest, body: string) =>
      body === '' ? undefined : parseObject(body, 'The body');
    const asText = { parseAs: 'string' } as const;
    scope.addContentTypeParser(['text/plain', 'application/json'], asText, parse);
    scope.addContentTypeParser(/^application\/[\w.-]+\+json/i, asText, parse);
    addModels(scope as App, context);
    addTranscodings(scope as App, context);
  });
}

function addModels(app: App, { admission, settings, store }: ServerContext): void {
  app.get(MODELS, {
    schema: {
      operationId: 'listRegisteredModels',
      summary: 'Registered models, a page at a time',
      tags: TAGS,
      querystring: listQuery,
      response: failures,
    },
    handler: async (request) => {
      const { property, ...query } = request.query;
      const filters = property === undefined ? [] : [property].flat();
      const page = listModels(store, { ...query, property: filters });
      const { start, limit, totalCount } = page;
      return {
        children: page.models.map((model) => modelFor(request, model)),
        _page: { property: page.property, count: page.models.length, start, limit, totalCount },
      };
    },
  });

  app.get(`${MODELS}/:id`, {
    schema: {
      operationId: 'getRegisteredModel',
      summary: 'A registered model',
      tags: TAGS,
      params: modelParams,
      response: { 200: modelResponse, ...failures },
    },
    handler: async (request) => modelFor(request, getModel(store, request.params.id)),
  });

  app.post(MODELS, {
    config: { upload: true },
    bodyLimit: settings.maxModelBytes,
    schema: {
      operationId: 'registerModel',
      summary: 'Register a model',
      tags: TAGS,
      form: {
        modelArtifact: formFile('The model'),
        model: formText('Its name and other properties as JSON: { "name": "Cups" }'),
      },
      response: { 200: modelResponse, ...failures },
    },
    onRequest: async (request, reply) => admission.admit(request, reply),
    handler: async (request) => {
      const { folder } = store;
      const { file, fileName, fields } = await receiveForm(
        request,
        'modelArtifact',
        folder,
        settings.maxModelBytes,
      );
      try {
        const properties = checkProperties(parseObject(fields.model ?? '', "The field 'model' of the form"));
        const model = await admission.run(request, () => registerModel(store, file, fileName, properties));
        return modelFor(request, model);
      } finally {
        await file.drop();
      }
    },
  });

  app.put(`${MODELS}/:id`, {
    schema: {
      operationId: 'updateRegisteredModel',
      summary: 'Replace what is said about a model',
      description: 'The whole object; its id, creation and artefact stay as they are.',
      tags: TAGS,
      params: modelParams,
      body: modelBody,
      response: { 200: modelResponse, ...failures },
    },
    handler: async (request) => {
      const properties = checkProperties(asObject(request.body, 'The body'));
      return modelFor(request, await updateModel(store, request.params.id, properties));
    },
  });

  app.delete(`${MODELS}/:id`, {
    schema: {
      operationId: 'deleteRegisteredModel',
      summary: 'Delete a model and its transcodings',
      tags: TAGS,
      params: modelParams,
      response: failures,
    },
    handler: async (request) => {
      deleteModel(store, request.params.id);
      return { title: 'Success', status: 200, detail: 'Model deletion was successful' };
    },
  });

  // The URI of an artefact ends in the model's id, as the document's does.
  for (const [url, operationId] of [
    [`${MODELS}/artifacts/:id`, 'downloadModelArtifact'],
    [`${MODELS}/:id/artifact`, 'downloadArtifactOfModel'],
  ] as const) {
    app.get(url, {
      schema: {
        operationId,
        summary: "A model's file, as it was registered",
        tags: TAGS,
        params: modelParams,
        response: failures,
      },
      handler: async (request, reply) =>
        sendArtefact(request, reply, store.folder, getModel(store, request.params.id)),
    });
  }
}

function addTranscodings(app: App, { admission, store }: ServerContext): void {
  app.post(`${MODELS}/:id/transcodings`, {
    schema: {
      operationId: 'createTranscoding',
      summary: 'Make a model into another format',
      description:
        'Answers when it is done. What can be made depends on the model: see `alternatives` of the refusal.',
      tags: TAGS,
      params: modelParams,
      body: transcodingBody,
      response: { 200: transcodingResponse, ...failures },
    },
    onRequest: async (request, reply) => admission.admit(request, reply),
    handler: async (request) => {
      const { targetFormat, modelInfo, createdBy } = request.body;
      const order = {
        targetFormat,
        ...(modelInfo !== undefined && { modelInfo }),
        ...(createdBy !== undefined && { createdBy }),
      };
      const made = await admission.run(request, () => createTranscoding(store, request.params.id, order));
      return transcodingFor(request, made);
    },
  });

  app.get(`${MODELS}/:id/transcodings`, {
    schema: {
      operationId: 'listTranscodings',
      summary: 'Transcodings of a model',
      tags: TAGS,
      params: modelParams,
      response: failures,
    },
    handler: async (request) => {
      const transcodings = listTranscodings(store, request.params.id);
      return {
        children: transcodings.map((each) => transcodingFor(request, each)),
        _page: {
          property: `modelId==${request.params.id},deleted==false,deprecated==false`,
          count: transcodings.length,
        },
      };
    },
  });

  app.get(`${MODELS}/:id/transcodings/:transcodingId`, {
    schema: {
      operationId: 'getTranscoding',
      summary: 'A transcoding',
      tags: TAGS,
      params: transcodingParams,
      response: { 200: transcodingResponse, ...failures },
    },
    handler: async (request) => {
      const { id: modelId, transcodingId } = request.params;
      return transcodingFor(request, getTranscoding(store, modelId, transcodingId));
    },
  });

  app.get(`${MODELS}/:id/transcodings/:transcodingId/artifact`, {
    schema: {
      operationId: 'downloadTranscodingArtifact',
      summary: "A transcoding's file",
      tags: TAGS,
      params: transcodingParams,
      response: failures,
    },
    handler: async (request, reply) => {
      const { id: modelId, transcodingId } = request.params;
      return sendArtefact(request, reply, store.folder, getTranscoding(store, modelId, transcodingId));
    },
  });
}

function modelFor(request: FastifyRequest, model: RegisteredModel): JsonObject {
  return { ...modelJson(model), modelArtifactUri: `${origin(request)}${MODELS}/artifacts/${model.id}` };
}

function transcodingFor(request: FastifyRequest, transcoding: Transcoding): JsonObject {
  const { id, modelId } = transcoding;
  const artifactUri = `${origin(request)}${MODELS}/${modelId}/transcodings/${id}/artifact`;
  return { ...transcodingJson(transcoding), artifactUri };
}

/** Where this client has found the server. */
function origin({ protocol, host }: FastifyRequest): string {
  return `${protocol}://${host}`;
}
