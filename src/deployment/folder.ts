/** A folder on disk as a {@link FileTree}: an unpacked download. */
import type { Dirent } from 'node:fs';
import { readdir, readFile, realpath, stat } from 'node:fs/promises';
import { basename, join, sep } from 'node:path';
import { DeploymentError } from '../errors.js';
import type { FileTree } from './file-tree.js';
import { isClutter, LIMITS, limitError, mebibytes } from './file-tree.js';

/**
 * Lists the files of a folder, without reading any. Links to folders are not entered; a link to a file is
 * read only if the file lies inside the folder.
 *
 * @throws {DeploymentError} `ERR_ARCHIVE_LIMIT`, `ERR_DEPLOYMENT_NOT_FOUND`
 */
export async function openFolder(path: string): Promise<FileTree> {
  const source = basename(path) || path;
  const root = await realpath(path);
  const names: string[] = [];
  await list(root, '', 0, names, source);
  names.sort();
  const known = new Set(names);
  return {
    source,
    names,
    has: (name) => known.has(name),
    read: (name) => readInside(root, name, source),
  };
}

async function list(
  root: string,
  folder: string,
  depth: number,
  names: string[],
  source: string,
): Promise<void> {
  if (depth > LIMITS.depth) throw limitError(source, `folders lie more than ${LIMITS.depth} deep`);
  const entries = await readdir(join(root, folder), { withFileTypes: true }).catch((cause: unknown) => {
    throw unreadable(join(root, folder), cause);
  });
  for (const entry of entries) {
    const name = `${folder}${entry.name}`;
    if (isClutter(entry.isDirectory() ? `${name}/` : name)) continue;
    if (entry.isDirectory()) await list(root, `${name}/`, depth + 1, names, source);
    else if (await isFile(root, name, entry)) names.push(name);
    if (names.length > LIMITS.entries) {
      throw limitError(
        source,
        `more than ${LIMITS.entries} files. Point at the folder that holds model-parameters/ and tflite-model/`,
      );
    }
  }
}

async function isFile(root: string, name: string, entry: Dirent): Promise<boolean> {
  if (entry.isFile()) return true;
  if (!entry.isSymbolicLink()) return false;
  return stat(join(root, name)).then(
    (target) => target.isFile(),
    () => false,
  );
}

async function readInside(root: string, name: string, source: string): Promise<Uint8Array> {
  const path = await realpath(join(root, name)).catch((cause: unknown) => {
    throw unreadable(name, cause);
  });
  if (!path.startsWith(root + sep)) {
    throw new DeploymentError(
      'ERR_ARCHIVE_UNSAFE',
      `${source}: '${name}' is a link that leads outside the folder. Put the file itself there.`,
    );
  }
  const { size } = await stat(path);
  if (size > LIMITS.fileBytes) throw limitError(source, `'${name}' holds ${mebibytes(size)}`);
  return readFile(path).catch((cause: unknown) => {
    throw unreadable(name, cause);
  });
}

function unreadable(path: string, cause: unknown): DeploymentError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new DeploymentError('ERR_DEPLOYMENT_NOT_FOUND', `'${path}' can't be read: ${why}.`, { cause });
}
