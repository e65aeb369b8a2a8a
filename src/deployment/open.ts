/** Opens what was downloaded: tells the format from the content and calls the one reader for it. */
import type { Stats } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { DeploymentError, InputError, UnsupportedError } from '../errors.js';
import { describe } from '../options.js';
import { openZip } from './archive.js';
import type { DeploymentContents } from './contents.js';
import { libraryRoots } from './cpp/parameter-headers.js';
import { readCppLibrary } from './cpp-library.js';
import type { FileTree } from './file-tree.js';
import { LIMITS, limitError, mebibytes } from './file-tree.js';
import { openFolder } from './folder.js';
import { knownContent } from './known-contents.js';
import { MANIFEST_NAME, readPackage } from './package/read.js';
import type { GivenInfo } from './plain/description.js';
import { NO_SIDE_FILES, type SideFiles, sideFilesInTree, sideFilesOnDisk } from './plain/side-files.js';
import { chooseModel, modelNames, readPlainModel } from './plain-model.js';
import { notADeployment, sniff, WHAT_TO_DOWNLOAD } from './sniff.js';

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
 * @throws {UnsupportedError} a known format, engine, block or layer that this version does not read
 * @throws {InputError} `ERR_INPUT_TYPE`, `ERR_OPTION_INVALID`
 */
export async function openContents(
  source: string | Uint8Array,
  options: OpenContentsOptions = {},
): Promise<DeploymentContents> {
  if (typeof source === 'string') return openPath(source, options);
  if (source instanceof Uint8Array) return openBytes(source, 'The download', NO_SIDE_FILES, options);
  throw new InputError(
    'ERR_INPUT_TYPE',
    `Expected the path or the bytes (Uint8Array) of a deployment but received ${describe(source)}.`,
  );
}

async function openPath(path: string, options: OpenContentsOptions): Promise<DeploymentContents> {
  const info = await stat(path).catch((cause: unknown) => {
    throw new DeploymentError(
      'ERR_DEPLOYMENT_NOT_FOUND',
      `There is nothing that can be opened at '${path}'.`,
      { cause },
    );
  });
  if (info.isDirectory()) return openTree(await openFolder(path), options);
  refuseSpecialFiles(info, path);
  if (info.size > LIMITS.archiveBytes) throw limitError(path, `it holds ${mebibytes(info.size)}`);
  const bytes = await readFile(path).catch((cause: unknown) => {
    throw new DeploymentError('ERR_DEPLOYMENT_NOT_FOUND', `'${path}' can't be read.`, { cause });
  });
  return openBytes(bytes, basename(path), sideFilesOnDisk(path), options);
}

function refuseSpecialFiles(info: Stats, path: string): void {
  if (info.isSocket()) {
    throw new UnsupportedError(
      'ERR_UNSUPPORTED_FORMAT',
      `'${path}' is a socket, perhaps of a running .eim, which this version does not speak to. ${WHAT_TO_DOWNLOAD}`,
    );
  }
  if (!info.isFile()) {
    throw new DeploymentError('ERR_DEPLOYMENT_UNRECOGNISED', `'${path}' is neither a file nor a folder.`);
  }
}

async function openBytes(
  bytes: Uint8Array,
  name: string,
  sideFiles: SideFiles,
  options: OpenContentsOptions,
): Promise<DeploymentContents> {
  const kind = sniff(bytes);
  if (kind === 'zip') return openTree(await openZip(bytes, name), options);
  if (kind === 'tflite' || kind === 'onnx') return readPlainModel(bytes, name, sideFiles, options);
  throw notADeployment(kind, bytes, name);
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
  const models = modelNames(tree);
  if (models.length === 0) throw nothingKnown(tree);
  const name = chooseModel(tree, models, impulse);
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
