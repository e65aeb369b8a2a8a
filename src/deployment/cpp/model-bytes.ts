/**
 * Where a library keeps a model: in a C array, in a file that a header includes, beside the headers, or compiled
 * to C++.
 */
import { posix } from 'node:path';
import { DeploymentError } from '../../errors.js';
import type { DeploymentWarning, ModelArtefact } from '../contents.js';
import { rebuildEonModel } from '../eon.js';
import type { FileTree } from '../file-tree.js';
import { baseName, folderOf } from '../file-tree.js';
import { notADeployment, sniff } from '../sniff.js';
import type { Graph } from './graph.js';
import type { ModelHeader } from './model-header.js';
import { readModelHeader } from './model-header.js';

type Warn = (warning: DeploymentWarning) => void;

const TRAINED = 'trained.tflite';
/** Headers in `tflite-model/` that hold no model. */
const OTHER_HEADERS = /(resolver|ops_define\w*|_compiled\w*)\.h$/;
/** `tflite_learn_5_compiled.cpp`; hand-merged projects have `trained_model_compiled_mic.cpp` for `trained_model_mic`. */
const EON_CODE = /_compiled\w*\.(cpp|cc)$/;
/** Files of EON code that are looked through for one model. */
const MAX_EON_FILES = 32;

/**
 * The bytes of one model, recognised as a TFLite flatbuffer, or rebuilt as one.
 *
 * @param root folder of the library inside the tree, '' or ending in '/'
 * @param alone true if the library has no other model: then one under another name is its own
 * @throws {DeploymentError} `ERR_MODEL_MISSING`, `ERR_MODEL_INVALID`, `ERR_DEPLOYMENT_UNRECOGNISED`
 * @throws {UnsupportedError} `ERR_UNSUPPORTED_ENGINE`, `ERR_UNSUPPORTED_OPERATOR`, `ERR_UNSUPPORTED_DATA_TYPE`:
 *   compiled with EON to code that can't be read as data
 */
export async function readModelBytes(
  tree: FileTree,
  root: string,
  graph: Graph,
  alone: boolean,
  warn: Warn,
): Promise<ModelArtefact> {
  if (graph.kind === 'eon') return readEonModel(tree, root, graph.stem, alone);
  const { symbol, implied = false } = graph;
  const ownFile = [`${root}tflite-model/${symbol}.tflite`, `${root}tflite-model/${symbol}.lite`].find(
    (name) => tree.has(name),
  );
  const others: ModelHeader[] = [];
  for (const name of headerNames(tree, root, symbol)) {
    const header = readModelHeader(await tree.read(name), name, symbol, warn);
    if (header?.symbol === symbol) return fromHeader(tree, root, header);
    if (header !== undefined) others.push(header);
  }
  if (ownFile !== undefined) return checked(await tree.read(ownFile), ownFile);
  const [other] = others;
  if (alone && other !== undefined && others.length === 1) {
    if (!implied) warnOfOther(symbol, `${other.symbol} in ${other.name}`, warn);
    return fromHeader(tree, root, other);
  }
  const beside = alone ? modelBeside(tree, root) : undefined;
  if (beside === undefined) throw missing(tree, root, symbol);
  warnOfOther(symbol, beside, warn);
  return checked(await tree.read(beside), beside);
}

/** The flatbuffer that a custom deployment block is given beside the code is the same model: nothing to rebuild. */
async function readEonModel(
  tree: FileTree,
  root: string,
  stem: string,
  alone: boolean,
): Promise<ModelArtefact> {
  const trained = `${root}${TRAINED}`;
  if (alone && tree.has(trained)) return checked(await tree.read(trained), trained);
  const code = await eonCode(tree, root, stem);
  if (code !== undefined) {
    const bytes = rebuildEonModel(code.bytes, code.name);
    return { format: 'tflite', name: `rebuilt from ${baseName(code.name)}`, bytes };
  }
  const beside = alone ? modelBeside(tree, root) : undefined;
  if (beside !== undefined) return checked(await tree.read(beside), beside);
  throw new DeploymentError(
    'ERR_MODEL_MISSING',
    `The model '${stem}' is compiled to C++ by the EON compiler, but the download does not hold that code ` +
      `(tflite-model/${stem}_compiled.cpp). Download the deployment again.`,
  );
}

/** The file of that name, else the one that defines its functions. */
async function eonCode(
  tree: FileTree,
  root: string,
  stem: string,
): Promise<{ readonly name: string; readonly bytes: Uint8Array } | undefined> {
  const folder = `${root}tflite-model/`;
  const own = `${folder}${stem}_compiled.cpp`;
  if (tree.has(own)) return { name: own, bytes: await tree.read(own) };
  const names = tree.names.filter((name) => folderOf(name) === folder && EON_CODE.test(name));
  for (const name of names.slice(0, MAX_EON_FILES)) {
    const bytes = await tree.read(name);
    if (Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).includes(` ${stem}_init(`))
      return { name, bytes };
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

async function fromHeader(tree: FileTree, root: string, header: ModelHeader): Promise<ModelArtefact> {
  if (header.bytes !== undefined) return checked(header.bytes, header.name);
  const found = includedNames(header, root).find((candidate) => tree.has(candidate));
  if (found !== undefined) return checked(await tree.read(found), found);
  throw new DeploymentError(
    'ERR_MODEL_MISSING',
    `${header.name} includes '${header.path}', but the download does not hold that file. ` +
      'It is the model itself: download the deployment again, or copy the file there.',
  );
}

/** Paths count from the library's root; people who moved things made them count from the header. */
function includedNames(header: ModelHeader & { readonly path: string }, root: string): string[] {
  const folder = folderOf(header.name);
  return [`${root}${header.path}`, `${folder}${header.path}`, `${folder}${baseName(header.path)}`].map(
    (name) => posix.normalize(name),
  );
}

/** `trained.tflite`, else the only model file in the library's own folder. */
function modelBeside(tree: FileTree, root: string): string | undefined {
  const models = tree.names.filter((name) => folderOf(name) === root && /\.(tflite|lite)$/.test(name));
  const trained = `${root}${TRAINED}`;
  return models.includes(trained) ? trained : models.length === 1 ? models[0] : undefined;
}

function warnOfOther(symbol: string, used: string, warn: Warn): void {
  warn({
    code: 'MODEL_UNDER_OTHER_NAME',
    message: `tflite-model/ does not hold the model that the headers name (${symbol}): '${used}' is used.`,
  });
}

function missing(tree: FileTree, root: string, symbol: string): DeploymentError {
  const held = tree.names.filter((name) => folderOf(name) === `${root}tflite-model/`).map(baseName);
  const list = held.length === 0 ? 'nothing' : held.slice(0, 12).join(', ');
  return new DeploymentError(
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
