/** Finds the description of a model: given, in a file beside it, packed inside, or certain from the file itself. */
import { posix } from 'node:path';
import { DeploymentError } from '../../errors.js';
import type { DeploymentWarning } from '../contents.js';
import type { DeploymentMetadata } from '../deployment-metadata.js';
import { DEPLOYMENT_METADATA, readDeploymentMetadata } from '../deployment-metadata.js';
import { baseName } from '../file-tree.js';
import type { CropAnchor, ObjectDetectionLastLayer, ProjectInfo } from '../impulse.js';
import { readPackedMetadata } from '../tflite-metadata.js';
import { readUltralyticsProperties } from '../ultralytics.js';
import { certainInfo } from './certain-info.js';
import { namedDetector } from './detector.js';
import type { Evidence } from './evidence.js';
import { findImageTensor } from './image-tensor.js';
import { missingDescription } from './missing-description.js';
import type { ModelFile } from './model-file.js';
import type { ModelInfo, OutputInfo } from './model-info.js';
import { DEFAULT_RESIZE_MODE, DEFAULT_SCALING, notADetector, parseModelInfo } from './model-info.js';
import { scalingOfTensor } from './scaling.js';
import type { SideFiles } from './side-files.js';
import { readIfThere } from './side-files.js';

/** What the caller says about a model. */
export interface GivenInfo {
  /** The description, or the path of a JSON file with it. */
  readonly modelInfo?: string | object;
  /** How a detector's outputs are decoded, in place of what a description says. */
  readonly lastLayer?: ObjectDetectionLastLayer;
}

export interface Description extends ModelInfo {
  readonly project: ProjectInfo;
  readonly cropAnchor?: CropAnchor;
}

type Warn = (warning: DeploymentWarning) => void;

const COMMON_NAME = 'model-info.json';
const LABELS = 'labels.txt';
/** Metrics and the like that the Dashboard offers beside models. */
const OTHER_JSON = /evaluation-metrics|^package(-lock)?\.json$/;

/**
 * @throws {DeploymentError} `ERR_METADATA_MISSING`, `ERR_METADATA_INVALID`, `ERR_DEPLOYMENT_INCONSISTENT`
 * @throws {InputError} `ERR_OPTION_INVALID`: a last layer is named for what is no detector
 */
export async function findDescription(
  model: ModelFile,
  sideFiles: SideFiles,
  given: GivenInfo,
  warn: Warn,
): Promise<Description> {
  const stated = await statedInfo(model, sideFiles, given, warn);
  if (stated !== undefined) return { ...stated, project: {} };
  const evidence = await gatherEvidence(model, sideFiles);
  const metadata = await sideFiles.read(DEPLOYMENT_METADATA);
  if (metadata !== undefined) {
    return fromMetadata(readDeploymentMetadata(metadata, DEPLOYMENT_METADATA), evidence, given, warn);
  }
  if (given.lastLayer !== undefined)
    return { ...namedDetector(evidence, given.lastLayer, warn), project: {} };
  const certain = certainInfo(evidence, warn);
  if (certain === undefined) throw missingDescription(evidence, ownName(model));
  return { ...certain, project: {} };
}

async function statedInfo(
  model: ModelFile,
  sideFiles: SideFiles,
  { modelInfo, lastLayer }: GivenInfo,
  warn: Warn,
): Promise<ModelInfo | undefined> {
  const parse = (value: unknown, where: string): ModelInfo => parseModelInfo(value, where, warn, lastLayer);
  if (typeof modelInfo === 'object') return parse(modelInfo, 'modelInfo');
  if (modelInfo !== undefined) return parse(await readGivenJson(modelInfo), modelInfo);
  for (const name of [ownName(model), COMMON_NAME]) {
    const bytes = await sideFiles.read(name);
    if (bytes !== undefined) return parse(parseJson(bytes, name), name);
  }
  const only = await onlyJson(sideFiles);
  return only && parse(only.value, only.name);
}

/**
 * The JSON of a description at the path that the caller gives; whether it is one is not looked at.
 *
 * @throws {DeploymentError} `ERR_METADATA_MISSING`, `ERR_METADATA_INVALID`: too large for one, unreadable, or no JSON
 */
export async function readGivenJson(path: string): Promise<unknown> {
  const bytes = await readIfThere(path);
  if (bytes !== undefined) return parseJson(bytes, path);
  throw new DeploymentError('ERR_METADATA_MISSING', `There is no description at '${path}'.`);
}

/** In an archive made for the purpose, the description may have any name. */
async function onlyJson(sideFiles: SideFiles): Promise<{ name: string; value: object } | undefined> {
  const names = (sideFiles.names ?? []).filter(
    (name) => name.endsWith('.json') && name !== DEPLOYMENT_METADATA && !OTHER_JSON.test(name),
  );
  const [name] = names;
  if (name === undefined || names.length > 1) return undefined;
  const bytes = await sideFiles.read(name);
  const value = bytes === undefined ? undefined : parseJson(bytes, name);
  const isDescription =
    typeof value === 'object' && value !== null && ('modelInfo' in value || 'input' in value);
  return isDescription ? { name, value } : undefined;
}

async function gatherEvidence(model: ModelFile, sideFiles: SideFiles): Promise<Evidence> {
  const { format, bytes, name } = model.artefact;
  const packed = format === 'tflite' ? await readPackedMetadata(bytes, name) : { labelFiles: [] };
  const text = await sideFiles.read(LABELS);
  const labelLines = text === undefined ? undefined : linesOf(text);
  const notes = packed.notes ?? readUltralyticsProperties(model.notes);
  return {
    model,
    packed,
    ...(notes !== undefined && { notes }),
    ...(labelLines !== undefined && { labelLines }),
  };
}

/** One label a line; empty lines count only between others, for they keep the numbering. */
function linesOf(bytes: Uint8Array): string[] {
  const text = new TextDecoder('utf-8').decode(bytes).trimEnd();
  return text === '' ? [] : text.split(/\r?\n/).map((line) => line.trim());
}

/** Names labels and impulse, but not how a detector's outputs are decoded: that must be certain from the model. */
function fromMetadata(
  metadata: DeploymentMetadata,
  evidence: Evidence,
  { lastLayer }: GivenInfo,
  warn: Warn,
): Description {
  const { project, image, labels } = metadata;
  const block = metadata.learnBlocks.find(({ type }) => !type.startsWith('anomaly'));
  const tensor = findImageTensor(evidence.model.inputs)?.tensor;
  if (image === undefined) {
    warn({
      code: 'DSP_NOT_READ',
      message: `The processing blocks in ${DEPLOYMENT_METADATA} are not read: pass features that are ready for the model.`,
    });
  }
  return {
    input:
      image !== undefined && tensor !== undefined
        ? {
            inputType: 'image',
            inputScaling: scalingOfTensor(tensor) ?? DEFAULT_SCALING,
            resizeMode: image.resizeMode ?? DEFAULT_RESIZE_MODE,
          }
        : { inputType: 'other' },
    model: modelOfBlock(block?.type ?? 'keras', labels, evidence, lastLayer, warn),
    project,
    ...(image?.cropAnchor !== undefined && { cropAnchor: image.cropAnchor }),
  };
}

function modelOfBlock(
  type: string,
  labels: readonly string[],
  evidence: Evidence,
  lastLayer: ObjectDetectionLastLayer | undefined,
  warn: Warn,
): OutputInfo {
  const isDetector = type.includes('object-detection');
  if (lastLayer !== undefined && !isDetector) {
    throw notADetector(`${DEPLOYMENT_METADATA} calls the model '${type}'`);
  }
  if (type.includes('regression')) return { modelType: 'regression' };
  if (!isDetector && !type.includes('visual-anomaly')) return { modelType: 'classification', labels };
  // Of the resize mode the metadata know better.
  const quiet: Warn = (warning) => warning.code !== 'RESIZE_MODE_ASSUMED' && warn(warning);
  const labelled = { ...evidence, labelLines: ['background', ...labels] };
  if (lastLayer !== undefined) return namedDetector(labelled, lastLayer, quiet).model;
  const certain = certainInfo(labelled, quiet);
  if (certain?.model.modelType === 'object-detection') return certain.model;
  throw missingDescription({ ...evidence, labelLines: labels }, ownName(evidence.model));
}

function parseJson(bytes: Uint8Array, name: string): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new DeploymentError('ERR_METADATA_INVALID', `${baseName(name)} is not JSON in UTF-8.`, { cause });
  }
}

/** The file that describes this model only; models of several files have names that say nothing. */
function ownName({ artefact }: ModelFile): string {
  if ('files' in artefact) return COMMON_NAME;
  const { name } = posix.parse(baseName(artefact.name));
  return name === '' ? 'model.json' : `${name}.json`;
}
