/** What a file is that is to be registered, and which models are in it. It is read as data; nothing of it is run. */
import type { DeploymentContents, ModelArtefact } from '../deployment/contents.js';
import { type Download, openDownload } from '../deployment/download.js';
import type { FileTree } from '../deployment/file-tree.js';
import { readContents } from '../deployment/open.js';
import { readModelFile } from '../deployment/plain/model-file.js';
import { modelNames } from '../deployment/plain-model.js';
import { sniff } from '../deployment/sniff.js';
import { folderModels, readFolderModel } from '../deployment/tensorflow/model-folder.js';
import { isImpulseError } from '../errors.js';

/** A download that may be a stranger's, with what is in it. */
export interface Recognised {
  readonly format: string;
  readonly models: readonly ModelArtefact[];
  /** The impulse that it is; absent where nothing says what its model means, or where it holds several. */
  readonly contents?: DeploymentContents;
}

/** Registered all the same: what it means can be said later, or one of its models can be taken out. */
const UNDESCRIBED = new Set(['ERR_METADATA_MISSING', 'ERR_DEPLOYMENT_AMBIGUOUS']);

/**
 * The format of a file that may be registered.
 *
 * @throws as {@link readModels}
 */
export async function recogniseModel(bytes: Uint8Array, modelInfo: object | undefined): Promise<string> {
  return (await readModels(bytes, modelInfo)).format;
}

/**
 * @param modelInfo the description of a plain model; what describes itself has none
 * @throws {DeploymentError} nothing known, damaged, incomplete or contradictory
 * @throws {UnsupportedError} a program, or something known that can't be read here
 * @throws {InputError} `ERR_OPTION_INVALID`: it describes itself, and is not described a second time
 */
export async function readModels(bytes: Uint8Array, modelInfo: object | undefined): Promise<Recognised> {
  // From bytes: what lies beside it in the folder of artefacts says nothing about it.
  const download = await openDownload(bytes);
  try {
    const contents = await readContents(download, modelInfo === undefined ? {} : { modelInfo });
    return { format: formatOf(download, contents), models: [...contents.artefacts.values()], contents };
  } catch (error) {
    const isUndescribed = isImpulseError(error) && UNDESCRIBED.has(error.code);
    const models = isUndescribed ? await plainModels(download) : [];
    if (models.length === 0) throw error;
    return { format: formatOf(download, undefined), models };
  }
}

/** A file is called what it is, and an archive of such files what it is to us. */
function formatOf(download: Download, contents: DeploymentContents | undefined): string {
  if (download.kind === 'model') return sniff(download.bytes);
  return contents?.format ?? 'archive';
}

async function plainModels(download: Download): Promise<ModelArtefact[]> {
  switch (download.kind) {
    case 'model':
      return [readModelFile(download.bytes, download.name).artefact];
    case 'tree':
      return treeModels(download.tree);
    case 'eim':
      return [];
  }
}

async function treeModels(tree: FileTree): Promise<ModelArtefact[]> {
  const models: ModelArtefact[] = [];
  for (const name of modelNames(tree)) models.push(readModelFile(await tree.read(name), name).artefact);
  if (models.length > 0) return models;
  for (const name of await folderModels(tree)) models.push((await readFolderModel(tree, name)).artefact);
  return models;
}
