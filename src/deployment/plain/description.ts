/** Finds the description of a model: given, in a file beside it, packed inside, or certain from the file itself. */
import { posix } from 'node:path';
import { DeploymentError } from '../../errors.js';
import type { DeploymentWarning } from '../contents.js';
import type { DeploymentMetadata } from '../deployment-metadata.js';
import { DEPLOYMENT_METADATA, readDeploymentMetadata } from '../deployment-metadata.js';
import { baseName } from '../file-tree.js';
import type { CropAnchor, ProjectInfo } from '../impulse.js';
import { readPackedMetadata } from '../tflite-metadata.js';
import type { Evidence } from './certain-info.js';
import { certainInfo, scalingOfTensor } from './certain-info.js';
import { findImageTensor } from './image-tensor.js';
import { missingDescription } from './missing-description.js';
import type { ModelFile } from './model-file.js';
import type { ModelInfo, OutputInfo } from './model-info.js';
import { DEFAULT_RESIZE_MODE, DEFAULT_SCALING, parseModelInfo } from './model-info.js';
import type { SideFiles } from './side-files.js';
import { readIfThere } from './side-files.js';

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
 * @param modelInfo given by the caller: the description, or the path of a JSON file with it
 * @throws {DeploymentError} `ERR_METADATA_MISSING`, `ERR_METADATA_INVALID`
 */
export async function findDescription(
  model: ModelFile,
  sideFiles: SideFiles,
  modelInfo: string | object | undefined,
  warn: Warn,
): Promise<Description> {
  const stated = await statedInfo(model, sideFiles, modelInfo, warn);
  if (stated !== undefined) return { ...stated, project: {} };
  const evidence = await gatherEvidence(model, sideFiles);
  const metadata = await sideFiles.read(DEPLOYMENT_METADATA);
  if (metadata !== undefined)
    return fromMetadata(readDeploymentMetadata(metadata, DEPLOYMENT_METADATA), evidence, warn);
  const certain = certainInfo(evidence, warn);
  if (certain === undefined) throw missingDescription(evidence, `${stemOf(model)}.json`);
  return { ...certain, project: {} };
}

async function statedInfo(
  model: ModelFile,
  sideFiles: SideFiles,
  modelInfo: string | object | undefined,
  warn: Warn,
): Promise<ModelInfo | undefined> {
  if (typeof modelInfo === 'object') return parseModelInfo(modelInfo, 'modelInfo', warn);
  if (modelInfo !== undefined) {
    const bytes = await readIfThere(modelInfo);
    if (bytes !== undefined) return parseModelInfo(parseJson(bytes, modelInfo), modelInfo, warn);
    throw new DeploymentError('ERR_METADATA_MISSING', `There is no description at '${modelInfo}'.`);
  }
  for (const name of [`${stemOf(model)}.json`, COMMON_NAME]) {
    const bytes = await sideFiles.read(name);
    if (bytes !== undefined) return parseModelInfo(parseJson(bytes, name), name, warn);
  }
  return onlyJsonInfo(sideFiles, warn);
}

/** In an archive made for the purpose, the description may have any name. */
async function onlyJsonInfo(sideFiles: SideFiles, warn: Warn): Promise<ModelInfo | undefined> {
  const names = (sideFiles.names ?? []).filter(
    (name) => name.endsWith('.json') && name !== DEPLOYMENT_METADATA && !OTHER_JSON.test(name),
  );
  const [name] = names;
  if (name === undefined || names.length > 1) return undefined;
  const bytes = await sideFiles.read(name);
  const value = bytes === undefined ? undefined : parseJson(bytes, name);
  const isDescription =
    typeof value === 'object' && value !== null && ('modelInfo' in value || 'input' in value);
  return isDescription ? parseModelInfo(value, name, warn) : undefined;
}

async function gatherEvidence(model: ModelFile, sideFiles: SideFiles): Promise<Evidence> {
  const { format, bytes, name } = model.artefact;
  const packed = format === 'tflite' ? await readPackedMetadata(bytes, name) : { labelFiles: [] };
  const text = await sideFiles.read(LABELS);
  const labelLines = text === undefined ? undefined : linesOf(text);
  return { model, packed, ...(labelLines !== undefined && { labelLines }) };
}

/** One label a line; empty lines count only between others, for they keep the numbering. */
function linesOf(bytes: Uint8Array): string[] {
  const text = new TextDecoder('utf-8').decode(bytes).trimEnd();
  return text === '' ? [] : text.split(/\r?\n/).map((line) => line.trim());
}

/** Names labels and impulse, but not how a detector's outputs are decoded: that must be certain from the model. */
function fromMetadata(metadata: DeploymentMetadata, evidence: Evidence, warn: Warn): Description {
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
    model: modelOfBlock(block?.type ?? 'keras', labels, evidence, warn),
    project,
    ...(image?.cropAnchor !== undefined && { cropAnchor: image.cropAnchor }),
  };
}

function modelOfBlock(type: string, labels: readonly string[], evidence: Evidence, warn: Warn): OutputInfo {
  if (type.includes('regression')) return { modelType: 'regression' };
  if (!/object-detection|visual-anomaly/.test(type)) return { modelType: 'classification', labels };
  // Of the resize mode the metadata know better.
  const quiet: Warn = (warning) => warning.code !== 'RESIZE_MODE_ASSUMED' && warn(warning);
  const certain = certainInfo({ ...evidence, labelLines: ['background', ...labels] }, quiet);
  if (certain?.model.modelType === 'object-detection') return certain.model;
  throw missingDescription({ ...evidence, labelLines: labels }, `${stemOf(evidence.model)}.json`);
}

function parseJson(bytes: Uint8Array, name: string): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new DeploymentError('ERR_METADATA_INVALID', `${baseName(name)} is not JSON in UTF-8.`, { cause });
  }
}

function stemOf({ artefact }: ModelFile): string {
  const { name } = posix.parse(baseName(artefact.name));
  return name === '' ? 'model' : name;
}
