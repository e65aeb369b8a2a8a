/** Opens what was downloaded: tells the format from the content and calls the one reader for it. */
import { basename } from 'node:path';
import { DeploymentError, InputError, UnsupportedError } from '../errors.js';
import type { DeploymentContents } from './contents.js';
import { libraryRoots } from './cpp/parameter-headers.js';
import { readCppLibrary } from './cpp-library.js';
import { type Download, openDownload } from './download.js';
import type { FileTree } from './file-tree.js';
import { knownContent } from './known-contents.js';
import { MANIFEST_NAME, readPackage } from './package/read.js';
import type { GivenInfo } from './plain/description.js';
import { sideFilesInTree } from './plain/side-files.js';
import { chooseModel, describePlainModel, modelNames, readPlainModel } from './plain-model.js';
import { folderModels, readFolderModel, sideFilesOfFolder } from './tensorflow/model-folder.js';

/** `modelInfo` and `lastLayer` are about plain models. */
export interface OpenContentsOptions extends GivenInfo {
  /** Which one, where a download holds several impulses or models. */
  readonly impulse?: string;
}

/**
 * Reads a download without running anything of it.
 *
 * @param source path of a file or folder, or the bytes of a file
 * @throws {DeploymentError} missing, unreadable, unsafe, damaged, incomplete or contradictory
 * @throws {UnsupportedError} a known format, engine, block or layer that this version does not read; a program, whose
 *   models can't be taken out
 * @throws {InputError} `ERR_INPUT_TYPE`, `ERR_OPTION_INVALID`
 */
export async function openContents(
  source: string | Uint8Array,
  options: OpenContentsOptions = {},
): Promise<DeploymentContents> {
  return readContents(await openDownload(source), options);
}

/** As {@link openContents}, of a download that was opened already. */
export async function readContents(
  download: Download,
  options: OpenContentsOptions = {},
): Promise<DeploymentContents> {
  switch (download.kind) {
    case 'tree':
      return openTree(download.tree, options);
    case 'model':
      return readPlainModel(download.bytes, download.name, download.sideFiles, options);
    case 'eim':
      throw isProgram('path' in download ? basename(download.path) : 'The download');
  }
}

function isProgram(where: string): UnsupportedError {
  return new UnsupportedError(
    'ERR_UNSUPPORTED_FORMAT',
    `${where} is a Linux or macOS runner (.eim), a program that holds its models within itself: they can't be taken out. ` +
      "It can only be run, with openDeployment()'s option allowExecution (--allow-exec).",
  );
}

async function openTree(tree: FileTree, options: OpenContentsOptions): Promise<DeploymentContents> {
  const { impulse } = options;
  if (tree.has(MANIFEST_NAME)) {
    refusePlainOptions(tree, options, 'a package');
    return readPackage(tree);
  }
  const roots = libraryRoots(tree);
  if (roots.length > 0) {
    refusePlainOptions(tree, options, 'a C++ library');
    return readCppLibrary(tree, roots, impulse);
  }
  const files = modelNames(tree);
  // Beside a model that is one file, the folder that it was converted from counts only where it is asked for.
  const folders = files.length === 0 || impulse !== undefined ? await folderModels(tree) : [];
  const models = [...files, ...folders];
  if (models.length === 0) throw nothingKnown(tree);
  const name = chooseModel(tree, models, impulse);
  if (folders.includes(name)) {
    const model = await readFolderModel(tree, name);
    return describePlainModel(model, sideFilesOfFolder(tree, model), options);
  }
  return readPlainModel(await tree.read(name), name, sideFilesInTree(tree, name), options);
}

/** What describes itself is not described a second time; taking only part of what was asked for would be silent. */
function refusePlainOptions(tree: FileTree, { modelInfo, lastLayer }: GivenInfo, what: string): void {
  if (modelInfo === undefined && lastLayer === undefined) return;
  const option = modelInfo === undefined ? 'lastLayer' : 'modelInfo';
  throw new InputError(
    'ERR_OPTION_INVALID',
    `${option} describes plain models, but ${tree.source} is ${what}, which describes itself: leave the option out.`,
  );
}

function nothingKnown(tree: FileTree): Error {
  if (tree.names.length === 0) {
    return new DeploymentError('ERR_DEPLOYMENT_UNRECOGNISED', `${tree.source} holds no files.`);
  }
  const known = knownContent(tree);
  if (known !== undefined) return known;
  if (tree.names.some((name) => /(^|\/)tflite-model\//.test(name))) {
    return new DeploymentError(
      'ERR_METADATA_MISSING',
      `${tree.source} holds tflite-model/ but not model-parameters/model_metadata.h beside it. Download the whole library.`,
    );
  }
  const list = tree.names.slice(0, 8).join(', ');
  return new DeploymentError(
    'ERR_DEPLOYMENT_UNRECOGNISED',
    `${tree.source} holds neither model-parameters/model_metadata.h nor a .tflite, .lite or .onnx model. It holds: ` +
      `${list}${tree.names.length > 8 ? ', ...' : ''}.`,
  );
}
