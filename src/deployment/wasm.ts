/** Edge Impulse WebAssembly downloads: which two of a download's files are the module. */
import { DeploymentError } from '../errors.js';
import { suggest } from '../options.js';
import type { FileTree } from './file-tree.js';
import { baseName, folderOf } from './file-tree.js';
import { refusePlaceholder, sniff } from './sniff.js';

const GLUE = 'edge-impulse-standalone.js';
const BINARY = 'edge-impulse-standalone.wasm';

/** Names, inside the download, of the two files that belong together. */
export interface WasmPair {
  /** JavaScript that Emscripten wrote around the module. */
  readonly glue: string;
  readonly binary: string;
}

/** The two files as they are needed to run the impulse. */
export interface WasmFiles {
  /** What people call it, for messages: `cups.zip (browser/edge-impulse-standalone.wasm)`. */
  readonly name: string;
  readonly glue: string;
  readonly binary: Uint8Array;
}

/**
 * The pair of a WebAssembly download; undefined if the tree is none.
 *
 * Downloads of 2020 to 2023 hold one pair, later ones two of the same impulse, in `browser/` and `node/`. The one for
 * browsers is taken where there is a choice: it expects the least of its surroundings, and gets no Node.js here.
 *
 * @param impulse folder of the pair, where a download holds several impulses
 * @throws {DeploymentError} `ERR_MODEL_MISSING` half a pair, `ERR_DEPLOYMENT_AMBIGUOUS`
 */
export function findWasm(tree: FileTree, impulse?: string): WasmPair | undefined {
  const folders = foldersOf(tree);
  if (folders.length === 0) return undefined;
  const pairs = folders.filter((folder) => tree.has(folder + GLUE) && tree.has(folder + BINARY));
  if (pairs.length === 0) throw halfPair(tree, folders);
  const folder = flavours(chooseImpulse(tree, pairs, impulse)).find((flavour) => pairs.includes(flavour));
  if (folder === undefined) throw new TypeError('An impulse was chosen that has no pair.');
  return { glue: folder + GLUE, binary: folder + BINARY };
}

/**
 * @throws {DeploymentError} `ERR_DEPLOYMENT_UNRECOGNISED` a placeholder in place of a file, `ERR_MODEL_INVALID` the
 *   binary is no WebAssembly, and what reading throws
 */
export async function readWasm(tree: FileTree, { glue, binary }: WasmPair): Promise<WasmFiles> {
  const [script, bytes] = await Promise.all([tree.read(glue), tree.read(binary)]);
  refusePlaceholder(script, `${tree.source}: ${glue}`);
  refusePlaceholder(bytes, `${tree.source}: ${binary}`);
  const kind = sniff(bytes);
  if (kind !== 'wasm') {
    throw new DeploymentError(
      'ERR_MODEL_INVALID',
      `${tree.source}: ${binary} is not a WebAssembly module (${kind}, ${bytes.length} bytes). Download it again.`,
    );
  }
  return { name: `${tree.source} (${binary})`, glue: new TextDecoder().decode(script), binary: bytes };
}

/** Folders that hold at least one file of a pair. */
function foldersOf(tree: FileTree): string[] {
  const names = tree.names.filter((name) => [GLUE, BINARY].includes(baseName(name)));
  return [...new Set(names.map(folderOf))];
}

/** An impulse is where its `browser/` and `node/` are, or where its only pair is. */
function impulseOf(folder: string): string {
  return folder.replace(/(^|\/)(browser|node)\/$/, '$1');
}

function flavours(impulse: string): string[] {
  return [`${impulse}browser/`, impulse, `${impulse}node/`];
}

function chooseImpulse(tree: FileTree, pairs: readonly string[], wanted: string | undefined): string {
  const impulses = [...new Set(pairs.map(impulseOf))];
  const [only] = impulses;
  if (wanted === undefined) {
    if (only !== undefined && impulses.length === 1) return only;
    throw ambiguous(
      tree,
      `holds ${impulses.length} WebAssembly impulses: ${list(impulses)}. Choose one with the option impulse.`,
    );
  }
  const matching = impulses.filter((impulse) => keysOf(impulse).includes(wanted));
  const [match] = matching;
  if (match !== undefined && matching.length === 1) return match;
  throw ambiguous(
    tree,
    matching.length > 1
      ? `holds ${matching.length} WebAssembly impulses that '${wanted}' fits: ${list(matching)}.`
      : `holds no WebAssembly impulse '${wanted}'. ${suggest(wanted, impulses.flatMap(keysOf))} It holds: ${list(impulses)}.`,
  );
}

/** What people may call it: its folder with and without the slash, and the folder's last part. */
function keysOf(impulse: string): string[] {
  const folder = impulse.replace(/\/$/, '');
  return folder === '' ? ['.'] : [impulse, folder, baseName(folder)];
}

function list(impulses: readonly string[]): string {
  return impulses.map((impulse) => `'${impulse.replace(/\/$/, '') || '.'}'`).join(', ');
}

function ambiguous(tree: FileTree, what: string): DeploymentError {
  return new DeploymentError('ERR_DEPLOYMENT_AMBIGUOUS', `${tree.source} ${what}`);
}

function halfPair(tree: FileTree, [folder = '']: readonly string[]): DeploymentError {
  const [there, missing] = tree.has(folder + GLUE) ? [GLUE, BINARY] : [BINARY, GLUE];
  return new DeploymentError(
    'ERR_MODEL_MISSING',
    `${tree.source} holds ${folder}${there} but not ${missing} beside it: a WebAssembly deployment is both. ` +
      'Download the whole zip, or put the missing file there.',
  );
}
