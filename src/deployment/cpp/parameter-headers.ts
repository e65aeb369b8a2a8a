/** The headers of `model-parameters/`, in the order in which they build on one another. */
import type { DeploymentWarning } from '../contents.js';
import type { FileTree } from '../file-tree.js';
import { baseName, folderOf } from '../file-tree.js';
import { macrosOf } from '../headers/macros.js';
import type { Headers } from '../headers/read-headers.js';
import { readHeaders } from '../headers/read-headers.js';
import { SDK_CONSTANTS } from '../sdk-constants.js';
import { refusePlaceholder } from '../sniff.js';

const METADATA_HEADER = 'model-parameters/model_metadata.h';
/** K-means and GMM data: `anomaly_clusters.h`, `anomaly_metadata.h`, ... */
const ANOMALY_HEADER = /^anomaly_\w+\.h$/;
/** Until 2022 the table of DSP blocks has a header of its own, which names the configurations before it. */
const LATER_HEADERS = ['model_variables.h', 'dsp_blocks.h'];

/** Folders of the tree that are the root of a library: '' or a path that ends in '/'. */
export function libraryRoots(tree: FileTree): string[] {
  return tree.names
    .filter((name) => name === METADATA_HEADER || name.endsWith(`/${METADATA_HEADER}`))
    .map((name) => name.slice(0, -METADATA_HEADER.length));
}

/** @throws {DeploymentError} `ERR_METADATA_INVALID`, `ERR_ARCHIVE_*` */
export async function readParameterHeaders(
  tree: FileTree,
  root: string,
  warn: (warning: DeploymentWarning) => void,
): Promise<Headers> {
  const folder = `${root}model-parameters/`;
  const anomaly = tree.names.filter(
    (name) => folderOf(name) === folder && ANOMALY_HEADER.test(baseName(name)),
  );
  const names = [
    `${root}${METADATA_HEADER}`,
    ...anomaly,
    ...LATER_HEADERS.map((name) => `${folder}${name}`).filter((name) => tree.has(name)),
  ];
  const files = await Promise.all(
    names.map(async (name) => ({ name, text: decode(await tree.read(name), name, warn) })),
  );
  return readHeaders(files, macrosOf(SDK_CONSTANTS));
}

/** Headers are UTF-8; one that an editor saved otherwise keeps its numbers, and most of its labels. */
function decode(bytes: Uint8Array, name: string, warn: (warning: DeploymentWarning) => void): string {
  refusePlaceholder(bytes, name);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    warn({
      code: 'HEADER_ENCODING',
      message: `${name} is not UTF-8 and was read as Windows-1252: labels with accents may be wrong.`,
    });
    return new TextDecoder('windows-1252').decode(bytes);
  }
}
