/** Reads what a build is made of, and takes the variant that was asked for. As data: nothing of it is run. */
import { type DeploymentContents, MODEL_KINDS, type ModelArtefact } from '../deployment/contents.js';
import { libraryRoots } from '../deployment/cpp/parameter-headers.js';
import { type Download, openDownload } from '../deployment/download.js';
import { baseName } from '../deployment/file-tree.js';
import { MANIFEST_NAME } from '../deployment/package/read.js';
import { readModelFile } from '../deployment/plain/model-file.js';
import { modelNames } from '../deployment/plain-model.js';
import { isImpulseError } from '../errors.js';
import type { ConvertOptions } from '../runtime/convert.js';
import { normalizeOpenOptions } from '../runtime/options.js';
import { readDeployment } from '../runtime/read-deployment.js';
import { MODEL_VARIANTS, type ModelVariant, unsupported } from './build-targets.js';
import { variantOf } from './model-variant.js';

export interface BuildInput {
  /** A path, or the bytes of a file. */
  readonly source: string | Uint8Array;
  /** Of the file, where its bytes are given. */
  readonly name?: string;
  readonly options: ConvertOptions;
}

export interface BuildContents extends DeploymentContents {
  /** Of the model that was taken. */
  readonly variant: ModelVariant;
  /** All that could have been asked for. */
  readonly variants: readonly ModelVariant[];
}

/** One of several models that lie beside each other. */
interface Sibling {
  readonly name: string;
  readonly variant: ModelVariant;
  /** What it takes and gives: copies of one model agree in it. */
  readonly shapes: string;
}

/**
 * @param wanted absent: whatever the options choose
 * @throws as `convertDeployment()`; {RegistryError} `ERR_BUILD_UNSUPPORTED`: a program, or there is no such variant
 */
export async function readBuildInput(
  { source, name, options }: BuildInput,
  wanted?: ModelVariant,
): Promise<BuildContents> {
  try {
    const download = await openDownload(source, name);
    const siblings = await modelsBesideEachOther(download);
    const impulse = wanted === undefined ? options.impulse : chosen(siblings, options.impulse, wanted);
    const contents = await readDeployment(
      download,
      normalizeOpenOptions({ ...options, ...(impulse !== undefined && { impulse }) }),
    );
    refuseFolders(contents);
    const model = mainModel(contents);
    const variant = variantOf(model);
    const copies = siblings.filter(({ shapes }) => shapes === shapesOf(model));
    const variants = [variant, ...copies.map((copy) => copy.variant)];
    if (wanted !== undefined && wanted !== variant) throw noVariant(wanted, variants);
    return { ...contents, variant, variants: distinct(variants) };
  } catch (error) {
    // A program, for example: as a whole it is run, never taken apart.
    if (isImpulseError(error) && error.code === 'ERR_UNSUPPORTED_FORMAT') {
      throw unsupported(`This can't be built: ${error.message}`, error);
    }
    throw error;
  }
}

/** Downloads from the Dashboard hold a model as int8 and as float32; nothing else holds a model twice. */
async function modelsBesideEachOther(download: Download): Promise<Sibling[]> {
  if (download.kind !== 'tree') return [];
  const { tree } = download;
  const names = modelNames(tree);
  if (names.length < 2 || tree.has(MANIFEST_NAME) || libraryRoots(tree).length > 0) return [];
  return Promise.all(
    names.map(async (name) => {
      const { artefact } = readModelFile(await tree.read(name), name);
      return { name, variant: variantOf(artefact), shapes: shapesOf(artefact) };
    }),
  );
}

/** The name of the model of that variant; `impulse` itself where that is not certain. */
function chosen(
  siblings: readonly Sibling[],
  impulse: string | undefined,
  wanted: ModelVariant,
): string | undefined {
  const named = siblings.find(({ name }) => name === impulse || baseName(name) === impulse);
  const fitting = siblings.filter(
    ({ variant, shapes }) => variant === wanted && (named === undefined || shapes === named.shapes),
  );
  if (named?.variant === wanted || fitting.length !== 1) return impulse;
  return fitting[0]?.name;
}

function refuseFolders({ artefacts }: DeploymentContents): void {
  for (const { name, format } of artefacts.values()) {
    if (format === 'tflite' || format === 'onnx') continue;
    throw unsupported(
      `This can't be built: ${name} is ${MODEL_KINDS[format]}, and builds hold TFLite and ONNX models only. Convert it to TFLite first.`,
    );
  }
}

/** The one that tells what is in the input, not how unusual that is. */
function mainModel({ impulse, artefacts }: DeploymentContents): ModelArtefact {
  const blocks = impulse.learnBlocks.filter(({ artefact }) => artefacts.has(artefact));
  const block = blocks.find(({ modelType }) => modelType !== 'anomaly') ?? blocks[0];
  const model = artefacts.get(block?.artefact ?? '');
  if (model !== undefined) return model;
  throw unsupported("This can't be built: it holds no model.");
}

function shapesOf({ bytes, name }: ModelArtefact): string {
  const { inputs, outputs } = readModelFile(bytes, name);
  return JSON.stringify([inputs, outputs].map((tensors) => tensors.map(({ shape }) => shape)));
}

function noVariant(wanted: ModelVariant, variants: readonly ModelVariant[]): Error {
  return unsupported(
    `There is no ${wanted} variant of this model: there is ${distinct(variants).join(', ')}.`,
  );
}

function distinct(variants: readonly ModelVariant[]): ModelVariant[] {
  return MODEL_VARIANTS.filter((variant) => variants.includes(variant));
}
