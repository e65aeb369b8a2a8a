/** Files that stand beside a model: its description, its labels. */
import { readFile, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { DeploymentError } from '../../errors.js';
import type { FileTree } from '../file-tree.js';
import { folderOf, mebibytes } from '../file-tree.js';

export interface SideFiles {
  /** The bytes of a file in the model's own folder; undefined if there is none. */
  read(name: string): Promise<Uint8Array | undefined>;
  /** Names of all files there; undefined where the folder is the user's own and not looked through. */
  readonly names?: readonly string[];
}

/** No description is larger; the longest real one, with a list of samples, has 2.6 MB. */
const MAX_BYTES = 64 * 1024 ** 2;

export const NO_SIDE_FILES: SideFiles = { read: async () => undefined };

/** Beside a model in a zip or folder. */
export function sideFilesInTree(tree: FileTree, model: string): SideFiles {
  const folder = folderOf(model);
  return {
    names: tree.names.filter((name) => folderOf(name) === folder).map((name) => name.slice(folder.length)),
    read: async (name) => (tree.has(folder + name) ? tree.read(folder + name) : undefined),
  };
}

/** Beside a model file on disk. */
export function sideFilesOnDisk(modelPath: string): SideFiles {
  const folder = dirname(modelPath);
  return { read: (name) => readIfThere(join(folder, basename(name))) };
}

/** @throws {DeploymentError} `ERR_METADATA_INVALID`: it is there, but can't be a description */
export async function readIfThere(path: string): Promise<Uint8Array | undefined> {
  const info = await stat(path).catch(() => undefined);
  if (!info?.isFile()) return undefined;
  if (info.size > MAX_BYTES) {
    throw new DeploymentError(
      'ERR_METADATA_INVALID',
      `${path} holds ${mebibytes(info.size)}: no description does.`,
    );
  }
  return readFile(path).catch((cause: unknown) => {
    throw new DeploymentError('ERR_METADATA_INVALID', `${path} can't be read.`, { cause });
  });
}
