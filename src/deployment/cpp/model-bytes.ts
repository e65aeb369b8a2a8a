/** Where a library keeps the bytes of a model: in a C array, in a file that a header includes, or beside the headers. */
import { posix } from 'node:path';
import { DeploymentError, UnsupportedError } from '../../errors.js';
import type { DeploymentWarning, ModelArtefact } from '../contents.js';
import type { FileTree } from '../file-tree.js';
import { baseName, folderOf } from '../file-tree.js';
import { arrayIndex, takeByteArrays } from '../headers/byte-arrays.js';
import { macrosOf } from '../headers/macros.js';
import { listOf, nameIn, numberOf, numbersOf } from '../headers/query.js';
import type { Headers } from '../headers/read-headers.js';
import { readHeaders } from '../headers/read-headers.js';
import { notADeployment, sniff, WHAT_TO_DOWNLOAD } from '../sniff.js';
import type { Graph } from './graph.js';

type Warn = (warning: DeploymentWarning) => void;

/** Headers in `tflite-model/` that hold no model. */
const OTHER_HEADERS = /(resolver|ops_define\w*|_compiled\w*)\.h$/;

/**
 * The bytes of one model, recognised as a TFLite flatbuffer.
 *
 * @param root folder of the library inside the tree, '' or ending in '/'
 * @param alone true if the library has no other model: then an unnamed file beside the headers is its own
 * @throws {DeploymentError} `ERR_MODEL_MISSING`, `ERR_MODEL_INVALID`, `ERR_DEPLOYMENT_UNRECOGNISED`
 * @throws {UnsupportedError} `ERR_UNSUPPORTED_ENGINE`: compiled with EON, and no flatbuffer beside it
 */
export async function readModelBytes(
  tree: FileTree,
  root: string,
  graph: Graph,
  alone: boolean,
  warn: Warn,
): Promise<ModelArtefact> {
  if (graph.kind === 'eon') {
    const beside = alone ? modelBeside(tree, root) : undefined;
    if (beside !== undefined) return checked(await tree.read(beside), beside);
    throw new UnsupportedError(
      'ERR_UNSUPPORTED_ENGINE',
      `The model '${graph.stem}' is compiled to C++ by the EON compiler; the download holds no flatbuffer of it. ${WHAT_TO_DOWNLOAD}`,
    );
  }
  return (
    (await fromHeaders(tree, root, graph.symbol, warn)) ??
    (await fromFile(tree, root, graph.symbol, alone, warn)) ??
    missing(tree, root, graph.symbol)
  );
}

async function fromHeaders(
  tree: FileTree,
  root: string,
  symbol: string,
  warn: Warn,
): Promise<ModelArtefact | undefined> {
  for (const name of headerNames(tree, root, symbol)) {
    const { text, arrays } = takeByteArrays(await tree.read(name), name);
    const headers = readHeaders([{ name, text }], macrosOf({}));
    const included = inclusionOf(headers, symbol);
    if (included !== undefined) return fromInclusion(tree, root, included, name);
    const bytes = arrayBytes(headers, symbol, arrays, name);
    if (bytes === undefined) continue;
    if (bytes.length === 0) return undefined;
    checkLength(headers, symbol, bytes.length, name, warn);
    return checked(bytes, name);
  }
  return undefined;
}

/** The header of that name first, then the ones that may declare it under another. */
function headerNames(tree: FileTree, root: string, symbol: string): string[] {
  const folder = `${root}tflite-model/`;
  const all = tree.names.filter(
    (name) => folderOf(name) === folder && name.endsWith('.h') && !OTHER_HEADERS.test(name),
  );
  const own = `${folder}${symbol}.h`;
  return [...all.filter((name) => name === own), ...all.filter((name) => name !== own)];
}

/** Path in `INCBIN(incbin_<symbol>, "path")`. */
function inclusionOf({ inclusions }: Headers, symbol: string): string | undefined {
  return inclusions.find(({ name }) => name === `incbin_${symbol}` || name === symbol)?.path;
}

async function fromInclusion(
  tree: FileTree,
  root: string,
  path: string,
  header: string,
): Promise<ModelArtefact> {
  const name = posix.normalize(`${root}${path}`);
  if (path.startsWith('/') || name.startsWith('..')) {
    throw new DeploymentError(
      'ERR_MODEL_MISSING',
      `${header} includes '${path}', which lies outside the download.`,
    );
  }
  const besideHeader = `${folderOf(header)}${baseName(path)}`;
  const found = [name, besideHeader].find((candidate) => tree.has(candidate));
  if (found === undefined) {
    throw new DeploymentError(
      'ERR_MODEL_MISSING',
      `${header} includes '${path}', but the download does not hold that file. ` +
        'It is the model itself: download the deployment again, or copy the file there.',
    );
  }
  return checked(await tree.read(found), found);
}

function arrayBytes(
  headers: Headers,
  symbol: string,
  arrays: readonly Uint8Array[],
  header: string,
): Uint8Array | undefined {
  const value = headers.variables.get(symbol)?.value;
  const items = listOf(headers, value);
  const index = arrayIndex(nameIn(items?.[0]) ?? '');
  if (index !== undefined) return arrays[index];
  const numbers = items === undefined ? undefined : numbersOf(headers, value);
  if (
    items !== undefined &&
    !numbers?.every((number) => Number.isInteger(number) && number >= 0 && number < 256)
  ) {
    throw new DeploymentError(
      'ERR_MODEL_INVALID',
      `${header}: the array ${symbol} holds more than bytes (0 to 255).`,
    );
  }
  return numbers === undefined ? undefined : Uint8Array.from(numbers);
}

/** The array itself counts; a length that disagrees is worth a word. */
function checkLength(headers: Headers, symbol: string, length: number, header: string, warn: Warn): void {
  const stated = numberOf(headers, { kind: 'name', name: `${symbol}_len` });
  if (stated === undefined || stated === length) return;
  warn({
    code: 'ARRAY_LENGTH_MISMATCH',
    message: `${header}: ${symbol}_len says ${stated} bytes, the array holds ${length}. The array is used.`,
  });
}

async function fromFile(
  tree: FileTree,
  root: string,
  symbol: string,
  alone: boolean,
  warn: Warn,
): Promise<ModelArtefact | undefined> {
  const named = [`${root}tflite-model/${symbol}.tflite`, `${root}tflite-model/${symbol}.lite`];
  const found = named.find((name) => tree.has(name));
  if (found !== undefined) return checked(await tree.read(found), found);
  const beside = alone ? modelBeside(tree, root) : undefined;
  if (beside === undefined) return undefined;
  warn({
    code: 'MODEL_BESIDE_HEADERS',
    message: `tflite-model/ does not hold the model that the headers name (${symbol}): '${beside}' is used.`,
  });
  return checked(await tree.read(beside), beside);
}

/** `trained.tflite`, else the only model file in the library's own folder. */
function modelBeside(tree: FileTree, root: string): string | undefined {
  const models = tree.names.filter((name) => folderOf(name) === root && /\.(tflite|lite)$/.test(name));
  const trained = `${root}trained.tflite`;
  return models.includes(trained) ? trained : models.length === 1 ? models[0] : undefined;
}

function missing(tree: FileTree, root: string, symbol: string): never {
  const held = tree.names.filter((name) => folderOf(name) === `${root}tflite-model/`).map(baseName);
  const list = held.length === 0 ? 'nothing' : held.slice(0, 12).join(', ');
  throw new DeploymentError(
    'ERR_MODEL_MISSING',
    `The headers name the model '${symbol}', but the download does not hold its bytes ` +
      `(tflite-model/ holds ${list}; an array may be empty). Download the deployment again, or put the model ` +
      `beside model-parameters/ as trained.tflite.`,
  );
}

function checked(bytes: Uint8Array, name: string): ModelArtefact {
  const kind = sniff(bytes);
  if (kind === 'tflite') return { format: 'tflite', name, bytes };
  if (kind === 'lfs-pointer' || kind === 'html' || kind === 'empty' || kind === 'text') {
    throw notADeployment(kind, bytes, name);
  }
  throw new DeploymentError(
    'ERR_MODEL_INVALID',
    `${name} is no TFLite model: it lacks the mark 'TFL3'${kind === 'onnx' ? ' (it is an ONNX model)' : ''}. Download it again.`,
  );
}
