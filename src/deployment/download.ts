/** What was downloaded, as it lies there: a set of files, a model file, or a program. */
import type { Stats } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { DeploymentError, InputError } from '../errors.js';
import { describe } from '../options.js';
import { openZip } from './archive.js';
import type { FileTree } from './file-tree.js';
import { LIMITS, limitError, mebibytes } from './file-tree.js';
import { openFolder } from './folder.js';
import { NO_SIDE_FILES, type SideFiles, sideFilesOnDisk } from './plain/side-files.js';
import { type ContentKind, notADeployment, sniff } from './sniff.js';
import { SAVED_MODEL } from './tensorflow/model-folder.js';

export type Download =
  /** A zip or a folder. */
  | { readonly kind: 'tree'; readonly tree: FileTree }
  | {
      readonly kind: 'model';
      readonly bytes: Uint8Array;
      readonly name: string;
      readonly sideFiles: SideFiles;
    }
  /** An `.eim`, or the socket of one that runs; given as bytes, it has no path. */
  | { readonly kind: 'eim'; readonly path: string }
  | { readonly kind: 'eim'; readonly bytes: Uint8Array };

/**
 * Tells what it is from the content. Nothing of it is run.
 *
 * @param source path of a file or folder, or the bytes of a file
 * @param name what those bytes are called, as messages begin
 * @throws {DeploymentError} missing, unreadable, unsafe, damaged, or nothing known
 * @throws {UnsupportedError} `ERR_UNSUPPORTED_FORMAT`: known, but nothing that can be read
 * @throws {InputError} `ERR_INPUT_TYPE`
 */
export async function openDownload(source: string | Uint8Array, name = 'The download'): Promise<Download> {
  if (typeof source === 'string') return openPath(source);
  if (!(source instanceof Uint8Array)) {
    throw new InputError(
      'ERR_INPUT_TYPE',
      `Expected the path or the bytes (Uint8Array) of a deployment but received ${describe(source)}.`,
    );
  }
  if (sniff(source) === 'eim') return { kind: 'eim', bytes: source };
  return openBytes(source, name, NO_SIDE_FILES);
}

async function openPath(path: string): Promise<Download> {
  const info = await stat(path).catch((cause: unknown) => {
    throw new DeploymentError(
      'ERR_DEPLOYMENT_NOT_FOUND',
      `There is nothing that can be opened at '${path}'.`,
      { cause },
    );
  });
  if (info.isDirectory()) return { kind: 'tree', tree: await openFolder(path) };
  if (info.isSocket()) return { kind: 'eim', path };
  return openFile(path, info);
}

/** As {@link openDownload} would tell it, without opening it: undefined for what is no file, or can't be read. */
export async function sniffFile(path: string): Promise<ContentKind | undefined> {
  const bytes = await readFile(path).catch(() => undefined);
  if (bytes === undefined) return undefined;
  return isStarter(path, bytes) ? 'eim' : sniff(bytes);
}

async function openFile(path: string, info: Stats): Promise<Download> {
  if (!info.isFile()) {
    throw new DeploymentError('ERR_DEPLOYMENT_UNRECOGNISED', `'${path}' is neither a file nor a folder.`);
  }
  if (info.size > LIMITS.archiveBytes) throw limitError(path, `it holds ${mebibytes(info.size)}`);
  const bytes = await readFile(path).catch((cause: unknown) => {
    throw new DeploymentError('ERR_DEPLOYMENT_NOT_FOUND', `'${path}' can't be read.`, { cause });
  });
  if (sniff(bytes) === 'eim' || isStarter(path, bytes)) return { kind: 'eim', path };
  // Its first bytes could be an ONNX model's.
  if (basename(path) === SAVED_MODEL) {
    throw new DeploymentError(
      'ERR_DEPLOYMENT_UNRECOGNISED',
      `'${path}' is one file of a SavedModel, whose weights lie beside it: open the folder that it is in.`,
    );
  }
  return openBytes(bytes, basename(path), sideFilesOnDisk(path));
}

/** A script that starts a runner, for example through an emulator: only its name tells it from other scripts. */
function isStarter(path: string, [first, second]: Uint8Array): boolean {
  return path.endsWith('.eim') && first === 0x23 && second === 0x21; // #!
}

async function openBytes(bytes: Uint8Array, name: string, sideFiles: SideFiles): Promise<Download> {
  const kind = sniff(bytes);
  if (kind === 'zip') return { kind: 'tree', tree: await openZip(bytes, name) };
  if (kind === 'tflite' || kind === 'onnx' || kind === 'ort')
    return { kind: 'model', bytes, name, sideFiles };
  throw notADeployment(kind, bytes, name);
}
