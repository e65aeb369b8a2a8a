/** What may be uploaded as a pretrained model: a file that is what it is said to be, and no program. */
import { openZip } from '../deployment/archive.js';
import type { ModelFormat } from '../deployment/contents.js';
import { libraryRoots } from '../deployment/cpp/parameter-headers.js';
import type { FileTree } from '../deployment/file-tree.js';
import { MANIFEST_NAME } from '../deployment/package/read.js';
import { type ModelFile, readModelFile } from '../deployment/plain/model-file.js';
import { chooseModel, modelNames } from '../deployment/plain-model.js';
import { type ContentKind, notADeployment, sniff } from '../deployment/sniff.js';
import { folderModels, readFolderModel } from '../deployment/tensorflow/model-folder.js';
import { findWasm } from '../deployment/wasm.js';
import { DeploymentError } from '../errors.js';
import type { ModelVariant } from './build-targets.js';

/** As the API calls them. */
export const PRETRAINED_FILE_TYPES = ['tflite', 'onnx', 'saved_model'] as const;
export type PretrainedFileType = (typeof PRETRAINED_FILE_TYPES)[number];

/**
 * Reads the model of an upload. Nothing of it is run.
 *
 * @param name what people call the file
 * @throws {DeploymentError} it is damaged, no model, or not of the type; {UnsupportedError} a program, or a model that can't be
 *   read here
 */
export async function readPretrainedFile(
  bytes: Uint8Array,
  type: PretrainedFileType,
  name: string,
): Promise<ModelFile> {
  const kind = sniff(bytes);
  if (kind !== 'zip' && kind !== 'tflite' && kind !== 'onnx') throw notADeployment(kind, bytes, name);
  if (typeOf(kind) !== type) {
    throw new DeploymentError(
      'ERR_DEPLOYMENT_INCONSISTENT',
      `${name} is ${WORDS[kind]}, but modelFileType says '${type}': ${type === 'saved_model' ? 'a SavedModel is uploaded as a zip of its folder. Else ' : ''}` +
        `upload it as '${typeOf(kind)}'.`,
    );
  }
  return kind === 'zip' ? readSavedModelZip(await openZip(bytes, name), name) : readModelFile(bytes, name);
}

/** As the API names downloads. */
export function downloadTypeOf(format: ModelFormat, variant: ModelVariant): string {
  switch (format) {
    case 'tflite':
      return `tflite_${variant}`;
    case 'onnx':
      return 'onnx';
    case 'saved-model':
      return 'saved_model';
    case 'tfjs':
      return 'tfjs';
  }
}

type Readable = Extract<ContentKind, 'zip' | 'tflite' | 'onnx'>;

const WORDS: Readonly<Record<Readable, string>> = {
  zip: 'a zip',
  tflite: 'a TFLite model',
  onnx: 'an ONNX model',
};

function typeOf(kind: Readable): PretrainedFileType {
  return kind === 'zip' ? 'saved_model' : kind;
}

/** One SavedModel and nothing else that `openDeployment()` would take, or run, in its place. */
async function readSavedModelZip(tree: FileTree, name: string): Promise<ModelFile> {
  const other =
    (tree.has(MANIFEST_NAME) && 'a package') ||
    (libraryRoots(tree).length > 0 && 'a C++ library') ||
    (findWasm(tree) !== undefined && 'a WebAssembly deployment') ||
    modelNames(tree)[0];
  const found = other ? [] : await folderModels(tree);
  if (found.length === 0) {
    throw new DeploymentError(
      'ERR_DEPLOYMENT_UNRECOGNISED',
      `${name} holds ${other || 'no saved_model.pb'}: expected a zip of one SavedModel's folder.`,
    );
  }
  return readFolderModel(tree, chooseModel(tree, found, undefined));
}
