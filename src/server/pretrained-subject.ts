/** The model that is asked about: of a deployment that is served, or one that was uploaded. */
import { isDeepStrictEqual } from 'node:util';
import type { ModelArtefact, ModelFormat } from '../deployment/contents.js';
import { openContents } from '../deployment/open.js';
import { describeImpulse } from '../deployment/plain/describe-impulse.js';
import { parseModelInfo } from '../deployment/plain/model-info.js';
import { RegistryError } from '../errors.js';
import { readArtefact } from '../registry/artefacts.js';
import type { ModelVariant } from '../registry/build-targets.js';
import { variantOf } from '../registry/model-variant.js';
import { findPretrained, type PretrainedModel, type TensorDescription } from '../registry/pretrained.js';
import { readPretrainedFile } from '../registry/pretrained-file.js';
import type { Store } from '../registry/store.js';
import type { LearnBlockInfo } from '../runtime/info.js';
import { defaultThreads } from '../runtime/options.js';
import type { ProfileOrder } from '../runtime/profile-model.js';
import { hashOf } from '../runtime/tuning/hash.js';
import type { ServerContext } from './context.js';
import type { UseModel } from './impulses.js';
import { findServed, type ServedModel } from './served.js';

export interface Subject {
  readonly origin: 'served' | 'pretrained';
  readonly projectId: number;
  readonly impulseId: number;
  /** What people call it. */
  readonly name: string;
  /** Absent where a program runs the whole impulse. */
  readonly model?: SubjectModel;
  /** `{ input, model }` in the API's words; absent until it is saved. */
  readonly modelInfo?: object;
  /**
   * Lends the model, described by `modelInfo`.
   *
   * @throws as `openDeployment()`; {RegistryError} `ERR_REGISTRY_CONFLICT`: it describes itself, and otherwise
   */
  with(modelInfo: object): UseModel;
}

/** One file, and how it is run here. */
export interface SubjectModel extends Pick<TensorDescription, 'inputs' | 'outputs'> {
  readonly fileName: string;
  readonly format: ModelFormat;
  readonly bytes: number;
  readonly run: Pick<ProfileOrder, 'engine' | 'options'>;
  /** @throws as `read()` */
  facts(): Promise<ModelFacts>;
  /** @throws as `openDeployment()`, where its file has changed since; {RegistryError} `ERR_REGISTRY_NOT_FOUND` */
  read(): Promise<ModelArtefact>;
}

export interface ModelFacts {
  readonly sha256: string;
  readonly variant: ModelVariant;
}

/** Of deployments that are served: each is read for them once. */
const SERVED_FACTS = new WeakMap<ServedModel, Promise<ModelFacts>>();

/** @param impulseId undefined: the first that is served, else the first that has a model */
export function findSubject(
  context: ServerContext,
  projectId: number,
  impulseId: number | undefined,
): Subject | undefined {
  const served = findServed(context.served, projectId, impulseId);
  if (served !== undefined) return servedSubject(served, context);
  const uploaded = findPretrained(context.store, projectId, impulseId);
  return uploaded && uploadedSubject(uploaded, context);
}

/** @throws {RegistryError} `ERR_REGISTRY_NOT_FOUND` */
export function getSubject(
  context: ServerContext,
  projectId: number,
  impulseId: number | undefined,
): Subject {
  const found = findSubject(context, projectId, impulseId);
  if (found !== undefined) return found;
  const where = impulseId === undefined ? '' : ` as impulse ${impulseId}`;
  throw new RegistryError(
    'ERR_REGISTRY_NOT_FOUND',
    `Project ${projectId} has no pretrained model${where}: upload one first.`,
  );
}

function uploadedSubject(uploaded: PretrainedModel, { host, store }: ServerContext): Subject {
  const { projectId, impulseId, sha256, fileName, modelInfo } = uploaded;
  return {
    origin: 'pretrained',
    projectId,
    impulseId,
    name: fileName,
    ...(modelInfo !== undefined && { modelInfo }),
    model: uploadedModel(uploaded, store),
    with: (given) => (work) => host.use({ sha256, name: fileName, modelInfo: given }, work),
  };
}

/** Run as the host of strangers' models runs it. */
export function uploadedModel(
  {
    sha256,
    fileName,
    fileType,
    bytes,
    description,
  }: Pick<PretrainedModel, 'sha256' | 'fileName' | 'fileType' | 'bytes' | 'description'>,
  { folder }: Pick<Store, 'folder'>,
): SubjectModel {
  return {
    inputs: description.inputs,
    outputs: description.outputs,
    fileName,
    format: fileType === 'saved_model' ? 'saved-model' : fileType,
    bytes,
    run: { engine: 'auto', options: { threads: defaultThreads(1), xnnpack: true } },
    facts: async () => ({ sha256, variant: description.variant }),
    read: async () => {
      const file = await readArtefact(folder, sha256, fileName);
      return (await readPretrainedFile(file, fileType, fileName)).artefact;
    },
  };
}

function servedSubject(served: ServedModel, { settings }: ServerContext): Subject {
  const { info, projectId, impulseId, name, deployment } = served;
  const chosen = info.learnBlocks.find(({ model }) => model !== undefined) ?? info.learnBlocks[0];
  const modelInfo = chosen && describeImpulse(info, chosen.block);
  const model = chosen?.model && servedModel(served, chosen.block, chosen.model, settings.open);
  return {
    origin: 'served',
    projectId,
    impulseId,
    name,
    ...(modelInfo !== undefined && { modelInfo }),
    ...(model !== undefined && { model }),
    with: (given) => {
      if (modelInfo !== undefined && !isSameDescription(given, modelInfo)) {
        throw new RegistryError(
          'ERR_REGISTRY_CONFLICT',
          `${name} is a deployment that describes itself, and otherwise than modelInfo does. Send its own, as the model's ` +
            'information has it, or upload the model to another impulse.',
        );
      }
      return (work) => work(deployment);
    },
  };
}

function servedModel(
  served: ServedModel,
  { artefact: key }: LearnBlockInfo['block'],
  { name, format, bytes, inputs, outputs, engine, tuning }: NonNullable<LearnBlockInfo['model']>,
  open: ServerContext['settings']['open'],
): SubjectModel {
  const { modelInfo, lastLayer, impulse, tfliteLibrary, tfliteDelegate, executionProvider } = open;
  const read = async (): Promise<ModelArtefact> => {
    const { artefacts } = await openContents(served.path, {
      ...(modelInfo !== undefined && { modelInfo }),
      ...(lastLayer !== undefined && { lastLayer }),
      ...(impulse !== undefined && { impulse }),
    });
    const artefact = artefacts.get(key);
    if (artefact !== undefined && artefact.bytes.length === bytes) return artefact;
    throw new RegistryError(
      'ERR_REGISTRY_CONFLICT',
      `${name} has changed on the disk since the server opened it: start the server again.`,
    );
  };
  return {
    inputs,
    outputs,
    fileName: name.split('/').at(-1) ?? name,
    format,
    bytes,
    run: {
      engine: engine.engine,
      options: {
        threads: engine.threads,
        xnnpack: tuning?.chosen.xnnpack ?? open.xnnpack ?? true,
        ...(tfliteLibrary !== undefined && { tfliteLibrary }),
        ...(tfliteDelegate !== undefined && { tfliteDelegate }),
        ...(executionProvider !== undefined && { executionProvider }),
      },
    },
    facts: () => {
      const known = SERVED_FACTS.get(served);
      if (known !== undefined) return known;
      const facts = read().then(factsOf);
      SERVED_FACTS.set(served, facts);
      facts.catch(() => SERVED_FACTS.delete(served));
      return facts;
    },
    read,
  };
}

async function factsOf(artefact: ModelArtefact): Promise<ModelFacts> {
  return { sha256: await hashOf(artefact.bytes), variant: variantOf(artefact) };
}

function isSameDescription(given: object, own: object): boolean {
  const parse = (value: object) => parseModelInfo(value, 'modelInfo', () => {});
  return isDeepStrictEqual(parse(given), parse(own));
}
