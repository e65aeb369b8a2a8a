/** `/v1/api/{projectId}/pretrained-model`: the hosted API's operations on a model that was brought along, measured on this device. */
import { readFile } from 'node:fs/promises';
import type { FastifyRequest } from 'fastify';
import * as v from 'valibot';
import type { ModelArtefact } from '../../deployment/contents.js';
import { withInputShape } from '../../deployment/onnx-input-shape.js';
import type { ModelFile } from '../../deployment/plain/model-file.js';
import { RegistryError, RequestError, UnsupportedError } from '../../errors.js';
import { receive } from '../../registry/artefacts.js';
import { variantOf } from '../../registry/model-variant.js';
import {
  findPretrained,
  type PretrainedModel,
  putPretrained,
  savePretrained,
  type TensorDescription,
} from '../../registry/pretrained.js';
import { downloadTypeOf, PRETRAINED_FILE_TYPES, readPretrainedFile } from '../../registry/pretrained-file.js';
import type { ClassifyInput } from '../../runtime/classification.js';
import type { DeploymentInfo } from '../../runtime/info.js';
import type { App, ServerContext } from '../context.js';
import { contentDisposition, sendArtefact } from '../download.js';
import type { UseModel } from '../impulses.js';
import { type ReceivedForm, receiveForm, safeName } from '../multipart.js';
import { type KnownModel, pretrainedAnswer } from '../pretrained-answer.js';
import {
  findSubject,
  getSubject,
  type Subject,
  type SubjectModel,
  uploadedModel,
} from '../pretrained-subject.js';
import { makeProfiling } from '../profiling.js';
import { classifyResponse, failures, pretrainedResponse, startedJob, succeeded } from '../schemas.js';
import { formFile, formText, impulseQuery, projectParams } from '../validation.js';

const DOWNLOAD_TYPES = ['tflite_float32', 'tflite_int8', 'onnx', 'saved_model'] as const;

/** Looked at closely by what opens the model. */
const description = v.object({
  input: v.looseObject({ inputType: v.string() }),
  model: v.looseObject({ modelType: v.string() }),
});

const uploadFields = v.object({
  modelFileName: v.pipe(v.string(), v.minLength(1), v.maxLength(200)),
  modelFileType: v.picklist(PRETRAINED_FILE_TYPES),
  device: v.optional(v.string(), ''),
  overrideInputShape: v.optional(v.string(), ''),
});

/** Files that the API takes too. */
const UNWANTED = {
  representativeFeatures:
    'models are not quantised here. Leave it out to run the model as it is, or upload the int8 model itself.',
};

export function addPretrainedModelRoutes(app: App, context: ServerContext): void {
  const { admission, metrics, settings, store } = context;
  const profiling = makeProfiling(context);
  const path = '/v1/api/:projectId/pretrained-model';
  const common = { tags: ['Learn'], params: projectParams, querystring: impulseQuery } as const;

  app.get(path, {
    schema: {
      ...common,
      operationId: 'getPretrainedModelInfo',
      summary: 'Get pretrained model',
      description:
        'Tensors, settings, and what was measured on this device. Starts the measurement if there is none yet.',
      response: { 200: pretrainedResponse, ...failures },
    },
    handler: async (request) => {
      const { projectId } = request.params;
      const subject = findSubject(context, projectId, request.query.impulseId);
      return pretrainedAnswer(subject?.model && (await known(projectId, subject.model)), subject?.modelInfo);
    },
  });

  app.post(`${path}/upload`, {
    config: { upload: true },
    onRequest: async (request, reply) => admission.admit(request, reply),
    schema: {
      ...common,
      operationId: 'uploadPretrainedModel',
      summary: 'Upload a pretrained model',
      description: 'The job reads and measures it.',
      form: {
        modelFile: formFile('The model; a SavedModel as a zip'),
        modelFileName: formText('What it is called'),
        modelFileType: formText('tflite, onnx or saved_model'),
        overrideInputShape: formText('Of an ONNX model with open sizes: [1,224,224,3]', {
          isRequired: false,
        }),
      },
      response: { 200: startedJob, ...failures },
    },
    handler: async (request) => {
      const { projectId } = request.params;
      const { impulseId } = request.query;
      refuseServed(findSubject(context, projectId, impulseId), 'A model is uploaded');
      const form = await receiveForm(request, 'modelFile', store.folder, settings.maxModelBytes, UNWANTED);
      let { file } = form;
      try {
        const { bytes, ...upload } = await admission.run(request, () => readUpload(form));
        if (bytes !== undefined) {
          await file.drop();
          file = await receive(store.folder, [bytes]);
        }
        const place = { projectId, impulseId: impulseId ?? findPretrained(store, projectId)?.impulseId ?? 1 };
        const model = { ...place, ...upload };
        const measured = uploadedModel({ ...model, ...file }, store);
        const id = await profiling.measure(projectId, measured, () => putPretrained(store, model, file));
        return { success: true, id };
      } finally {
        await file.drop();
      }
    },
  });

  app.post(`${path}/upload-by-url`, {
    schema: {
      ...common,
      operationId: 'uploadPretrainedModelByUrl',
      summary: 'Refused: this server fetches nothing',
      response: failures,
    },
    onRequest: async () => {
      throw new RequestError(
        'ERR_REQUEST_UNSUPPORTED',
        'modelFileUrl: this server fetches nothing from anywhere. Download the model, and upload the file.',
      );
    },
    handler: async () => ({ success: false }),
  });

  app.post(`${path}/save`, {
    schema: {
      ...common,
      operationId: 'savePretrainedModelParameters',
      summary: 'Save parameters for pretrained model',
      description:
        'Opens the model with them first: what does not fit is refused. From then on it answers as the impulse.',
      body: description,
      response: { 200: succeeded, ...failures },
    },
    handler: async (request) => {
      const { projectId } = request.params;
      const { impulseId } = request.query;
      refuseServed(findSubject(context, projectId, impulseId), 'Settings are saved');
      const subject = getSubject(context, projectId, impulseId);
      const { sha256 } = await modelOf(subject).facts();
      await admission.run(request, () => subject.with(request.body)(async (deployment) => deployment.info()));
      savePretrained(store, { projectId, impulseId: subject.impulseId, sha256 }, request.body);
      return { success: true };
    },
  });

  app.post(`${path}/profile`, {
    schema: {
      ...common,
      operationId: 'profilePretrainedModel',
      summary: 'Profile pretrained model',
      description: 'Measures it again, on this device.',
      response: { 200: startedJob, ...failures },
    },
    handler: async (request) => {
      const { projectId } = request.params;
      const model = modelOf(getSubject(context, projectId, request.query.impulseId));
      return { success: true, id: await profiling.measure(projectId, model) };
    },
  });

  app.post(`${path}/test`, {
    bodyLimit: settings.maxBodyBytes,
    schema: {
      ...common,
      operationId: 'testPretrainedModel',
      summary: 'Test pretrained model',
      description:
        'Features of pictures: one 0xRRGGBB number for each pixel, or the numbers of the model input. All others: the numbers of the model input.',
      body: v.object({ features: v.array(v.number('expected numbers')), modelInfo: description }),
      response: { 200: classifyResponse, ...failures },
    },
    onRequest: async (request, reply) => admission.admit(request, reply),
    handler: async (request) => {
      const subject = getSubject(context, request.params.projectId, request.query.impulseId);
      const { features, modelInfo } = request.body;
      return classify(request, subject.with(modelInfo), (info) => featuresFor(info, features));
    },
  });

  app.post(`${path}/test-image`, {
    // Three bytes are four characters.
    bodyLimit: Math.ceil((settings.maxBodyBytes * 4) / 3) + 65_536,
    schema: {
      ...common,
      operationId: 'testPretrainedModelImages',
      summary: 'Test pretrained model using image data',
      body: v.object({
        imageFileBase64: v.string(),
        input: v.object({ resizeMode: v.string(), inputScaling: v.string() }),
        model: description.entries.model,
      }),
      response: { 200: classifyResponse, ...failures },
    },
    onRequest: async (request, reply) => admission.admit(request, reply),
    handler: async (request) => {
      const subject = getSubject(context, request.params.projectId, request.query.impulseId);
      const { imageFileBase64, input, model } = request.body;
      const image = fromBase64(imageFileBase64);
      return classify(request, subject.with({ input: { inputType: 'image', ...input }, model }), () => image);
    },
  });

  app.get(`${path}/download/:pretrainedModelDownloadType`, {
    schema: {
      ...common,
      params: v.object({
        ...projectParams.entries,
        pretrainedModelDownloadType: v.picklist(
          DOWNLOAD_TYPES,
          `expected one of ${DOWNLOAD_TYPES.join(', ')}`,
        ),
      }),
      operationId: 'downloadPretrainedModel',
      summary: 'Download pretrained model',
      response: failures,
    },
    handler: async (request, reply) => {
      const { projectId, pretrainedModelDownloadType: wanted } = request.params;
      const subject = getSubject(context, projectId, request.query.impulseId);
      const model = modelOf(subject);
      const { sha256, variant } = await model.facts();
      const there = downloadTypeOf(model.format, variant);
      if (subject.origin === 'served' && (model.format === 'saved-model' || model.format === 'tfjs')) {
        throw new RegistryError(
          'ERR_REGISTRY_NOT_FOUND',
          `${model.fileName} is one of several files of a model, which are not put together again: take them from where ` +
            'the server was given them.',
        );
      }
      if (wanted !== there) {
        throw new RegistryError(
          'ERR_REGISTRY_NOT_FOUND',
          `${model.fileName} is not there as ${wanted}, and models are not converted here. It is there as ${there}.`,
        );
      }
      const { fileName } = model;
      if (subject.origin === 'pretrained')
        return sendArtefact(request, reply, store.folder, { sha256, fileName });
      const { bytes } = await model.read();
      return reply
        .headers({
          'content-type': 'application/octet-stream',
          'content-disposition': contentDisposition(fileName),
        })
        .send(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length));
    },
  });

  async function known(projectId: number, model: SubjectModel): Promise<KnownModel> {
    const { variant } = await model.facts();
    return { model, variant, state: await profiling.look(projectId, model) };
  }

  async function classify(
    request: FastifyRequest,
    use: UseModel,
    inputFor: (info: DeploymentInfo) => ClassifyInput,
  ) {
    const { response, timing } = await admission.run(request, () =>
      use((deployment) => deployment.classify(inputFor(deployment.info()))),
    );
    metrics.classified(timing);
    return response;
  }
}

interface Upload extends Pick<PretrainedModel, 'fileName' | 'fileType' | 'description'> {
  /** That take the place of the file's, where a shape was chosen. */
  readonly bytes?: Uint8Array;
}

/** @throws what is wrong with the fields or the file */
async function readUpload({ fields, file }: ReceivedForm): Promise<Upload> {
  const { modelFileName, modelFileType: fileType, device, overrideInputShape } = readFields(fields);
  if (device !== '') {
    throw new RequestError(
      'ERR_REQUEST_UNSUPPORTED',
      `device: models are measured on the device that this server runs on, not on '${device.slice(0, 100)}'. Leave it out.`,
    );
  }
  const fileName = safeName(modelFileName);
  const sent = await readFile(file.path);
  const model = await readPretrainedFile(sent, fileType, fileName);
  const description = describeTensors(model);
  if (overrideInputShape === '') return { fileName, fileType, description };
  const bytes = shaped(model.artefact, readShape(overrideInputShape));
  if (bytes === model.artefact.bytes) return { fileName, fileType, description };
  const changed = await readPretrainedFile(bytes, fileType, fileName);
  return { fileName, fileType, description: describeTensors(changed), bytes };
}

function describeTensors({ inputs, outputs, artefact }: ModelFile): TensorDescription {
  return { inputs, outputs, variant: variantOf(artefact) };
}

/** @throws {RequestError} `ERR_REQUEST_UNSUPPORTED` */
function shaped({ format, bytes, name }: ModelArtefact, shape: readonly number[]): Uint8Array {
  if (format === 'onnx') return withInputShape(bytes, shape, name);
  throw new RequestError(
    'ERR_REQUEST_UNSUPPORTED',
    `overrideInputShape: sizes can be chosen for ONNX models that leave them open, and ${name} is none. Leave it out.`,
  );
}

function readFields(fields: Readonly<Record<string, string>>): v.InferOutput<typeof uploadFields> {
  const result = v.safeParse(uploadFields, { ...fields }, { abortEarly: true });
  if (result.success) return result.output;
  const [issue] = result.issues;
  throw new RequestError('ERR_REQUEST_INVALID', `form.${v.getDotPath(issue)}: ${issue.message}.`);
}

/** `1,28,28,1`, as clients write an array into a form; JSON as well. */
function readShape(text: string): number[] {
  const sizes = text
    .replace(/^\[|\]$/g, '')
    .split(',')
    .map((size) => Number(size.trim() || Number.NaN));
  if (sizes.every((size) => Number.isInteger(size) && size > 0)) return sizes;
  throw new RequestError(
    'ERR_REQUEST_INVALID',
    `form.overrideInputShape: expected sizes such as 1,96,96,3 but received ${text.slice(0, 100)}.`,
  );
}

/** @throws {RegistryError} `ERR_REGISTRY_CONFLICT` */
function refuseServed(subject: Subject | undefined, what: string): void {
  if (subject?.origin !== 'served') return;
  const { impulseId, projectId, name } = subject;
  throw new RegistryError(
    'ERR_REGISTRY_CONFLICT',
    `Impulse ${impulseId} of project ${projectId} is ${name}, which the server was started with and which describes itself. ` +
      `${what} for another impulse (impulseId=...) or project, or start the server without it.`,
  );
}

/** @throws {UnsupportedError} `ERR_UNSUPPORTED_FORMAT`: a program runs the whole impulse */
function modelOf({ model, name }: Subject): SubjectModel {
  if (model !== undefined) return model;
  throw new UnsupportedError(
    'ERR_UNSUPPORTED_FORMAT',
    `${name} runs as a whole, or is no model but numbers: there is no model of it to be had or measured.`,
  );
}

/** Told apart by their number: a pixel is one number, its channels are three. */
function featuresFor({ input }: DeploymentInfo, features: number[]): ClassifyInput {
  if (input.inputType !== 'image') return { features };
  const pixels = input.width * input.height;
  const isTensor = input.channels === 'RGB' && features.length === pixels * 3;
  return isTensor ? { tensor: features } : { features };
}

function fromBase64(text: string): Buffer {
  const bytes = Buffer.from(text, 'base64');
  if (bytes.length > 0 && bytes.toString('base64').replace(/=+$/, '') === text.replace(/=+$/, ''))
    return bytes;
  throw new RequestError(
    'ERR_REQUEST_INVALID',
    'body.imageFileBase64: expected the bytes of an image in base64.',
  );
}
