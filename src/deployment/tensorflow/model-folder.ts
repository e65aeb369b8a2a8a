/** Models that are several files: a SavedModel, a TensorFlow.js model. They are found, and taken only whole. */
import { DeploymentError } from '../../errors.js';
import type { FolderArtefact } from '../contents.js';
import type { FileTree } from '../file-tree.js';
import { baseName, folderOf } from '../file-tree.js';
import type { ModelFile } from '../plain/model-file.js';
import type { SideFiles } from '../plain/side-files.js';
import { sideFilesInTree } from '../plain/side-files.js';
import { refusePlaceholder } from '../sniff.js';
import { readSavedModel } from './saved-model.js';
import type { WeightGroup } from './tfjs-model.js';
import { looksLikeTfjs, readTfjsModel } from './tfjs-model.js';

export const SAVED_MODEL = 'saved_model.pb';

/** Operators that make a SavedModel's weights lie in `variables/`, not in its graph. */
const VARIABLE_OPERATORS = ['VarHandleOp', 'VariableV2', 'Variable'];

/** Names of the files that models of several files begin with: `saved_model/saved_model.pb`, `web/model.json`, `pose.json`. */
export async function folderModels(tree: FileTree): Promise<string[]> {
  const found: string[] = [];
  for (const name of tree.names) {
    const isModel =
      baseName(name) === SAVED_MODEL || (name.endsWith('.json') && looksLikeTfjs(await tree.read(name)));
    if (isModel) found.push(name);
  }
  return found;
}

/**
 * @param name one of {@link folderModels}
 * @throws {DeploymentError} `ERR_MODEL_MISSING`: a file of it is not there; `ERR_DEPLOYMENT_TRUNCATED`,
 *   `ERR_MODEL_INVALID`: it is damaged
 * @throws {UnsupportedError} `ERR_UNSUPPORTED_FORMAT`, `ERR_UNSUPPORTED_DATA_TYPE`
 */
export async function readFolderModel(tree: FileTree, name: string): Promise<ModelFile> {
  const bytes = await tree.read(name);
  refusePlaceholder(bytes, name);
  return baseName(name) === SAVED_MODEL ? savedModel(tree, name, bytes) : tfjsModel(tree, name, bytes);
}

/** What stands beside the model, without its own files: its `model.json` is no description. */
export function sideFilesOfFolder(tree: FileTree, { artefact }: ModelFile): SideFiles {
  const beside = sideFilesInTree(tree, artefact.name);
  return {
    names: beside.names?.filter((name) => name !== baseName(artefact.name)) ?? [],
    read: async (name) => (name === baseName(artefact.name) ? undefined : beside.read(name)),
  };
}

async function savedModel(tree: FileTree, name: string, bytes: Uint8Array): Promise<ModelFile> {
  const { inputs, outputs, operators } = readSavedModel(bytes, name);
  const folder = folderOf(name);
  const variables = variableFiles(tree, `${folder}variables/`, operators);
  const assets = tree.names.filter((file) => file.startsWith(`${folder}assets/`));
  const rest = await readAll(tree, [...variables, ...assets]);
  return {
    artefact: folderArtefact('saved-model', name, new Map([[name, bytes], ...rest])),
    inputs,
    outputs,
    operators,
    endsInSoftmax: false,
    notes: new Map(),
  };
}

/** @throws {DeploymentError} `ERR_MODEL_MISSING`: not all of them are there */
function variableFiles(tree: FileTree, folder: string, operators: ReadonlySet<string>): string[] {
  const files = tree.names.filter((file) => file.startsWith(`${folder}variables.`));
  if (files.length === 0 && !VARIABLE_OPERATORS.some((operator) => operators.has(operator))) return [];
  const index = `${folder}variables.index`;
  const counts = files.flatMap((file) => Number(/\.data-\d+-of-(\d{1,5})$/.exec(file)?.[1] ?? []));
  const count = Math.max(1, ...counts);
  const part = (number: number): string => String(number).padStart(5, '0');
  const wanted = [
    index,
    ...Array.from({ length: count }, (_, i) => `${folder}variables.data-${part(i)}-of-${part(count)}`),
  ];
  requireFiles(tree, wanted, 'The SavedModel');
  return wanted;
}

async function tfjsModel(tree: FileTree, name: string, bytes: Uint8Array): Promise<ModelFile> {
  const { inputs, outputs, operators, groups } = readTfjsModel(bytes, name);
  const folder = folderOf(name);
  const shards = groups.flatMap(({ paths }) => paths.map((path) => folder + path));
  requireFiles(tree, shards, name);
  const files = await readAll(tree, shards);
  for (const group of groups) checkWeights(group, folder, files, name);
  return {
    artefact: folderArtefact('tfjs', name, new Map([[name, bytes], ...files])),
    inputs,
    outputs,
    operators,
    endsInSoftmax: false,
    notes: new Map(),
  };
}

function checkWeights(
  { paths, bytes }: WeightGroup,
  folder: string,
  files: ReadonlyMap<string, Uint8Array>,
  name: string,
): void {
  const found = paths.reduce((sum, path) => sum + (files.get(folder + path)?.length ?? 0), 0);
  if (bytes === undefined || found === bytes) return;
  throw new DeploymentError(
    found < bytes ? 'ERR_DEPLOYMENT_TRUNCATED' : 'ERR_MODEL_INVALID',
    `${name} states weights of ${bytes} bytes, but ${paths.join(', ')} ` +
      `${paths.length === 1 ? 'holds' : 'hold'} ${found}. Copy the model again, with all of its files from the same conversion.`,
  );
}

function requireFiles(tree: FileTree, wanted: readonly string[], what: string): void {
  const missing = wanted.filter((file) => !tree.has(file));
  const [first] = missing;
  if (first === undefined) return;
  const more = missing.length === 1 ? '' : ` and ${missing.length - 1} more of its ${wanted.length} files`;
  throw new DeploymentError(
    'ERR_MODEL_MISSING',
    `${tree.source}: ${what} keeps its weights in '${first}'${more}, which the download does not hold. ` +
      'Copy the whole folder of the model, or download it again.',
  );
}

async function readAll(tree: FileTree, names: readonly string[]): Promise<Map<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>();
  for (const name of new Set(names)) {
    const bytes = await tree.read(name);
    refusePlaceholder(bytes, name);
    files.set(name, bytes);
  }
  return files;
}

/** @param files by their names in the download; the artefact has them relative to the model's folder */
function folderArtefact(
  format: FolderArtefact['format'],
  name: string,
  files: ReadonlyMap<string, Uint8Array>,
): FolderArtefact {
  const folder = folderOf(name);
  return {
    format,
    name,
    bytes: Buffer.concat([...files.values()]),
    files: [...files].map(([file, { length }]) => ({ name: file.slice(folder.length), bytes: length })),
  };
}
