/** Reads `model.json` of a TensorFlow.js model: what it takes and gives, and where its weights are. */
import { DeploymentError } from '../../errors.js';
import type { TensorInfo } from '../../tensor.js';
import { elementCount } from '../../tensor.js';
import { type StatedTensor, tensorInfo } from './data-types.js';

export interface TfjsModel {
  /** A graph that a converter wrote, or layers as Keras has them. */
  readonly kind: 'graph-model' | 'layers-model';
  readonly inputs: readonly TensorInfo[];
  /** Of layers nothing is stated but their number: the shape is [-1]. */
  readonly outputs: readonly TensorInfo[];
  readonly operators: ReadonlySet<string>;
  readonly groups: readonly WeightGroup[];
}

/** Weights that lie one after the other in some files, without gaps. */
export interface WeightGroup {
  /** Relative to `model.json`. */
  readonly paths: readonly string[];
  /** Length of the files together; undefined where a weight holds text, whose length is not stated. */
  readonly bytes: number | undefined;
}

/** Models within models. */
const MAX_DEPTH = 16;

/** One object of parsed JSON; its members may be anything. */
type Json = Readonly<Record<string, unknown>>;

const KINDS = ['graph-model', 'layers-model'] as const;

const BYTES: Readonly<Record<string, number>> = {
  float32: 4,
  int32: 4,
  bool: 1,
  complex64: 8,
  float16: 2,
  uint8: 1,
  uint16: 2,
};

/** Whether a JSON file means to be a TensorFlow.js model, damaged or not. */
export function looksLikeTfjs(bytes: Uint8Array): boolean {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return text.includes('"modelTopology"') || text.includes('"weightsManifest"');
}

/**
 * @param bytes of `model.json`
 * @param name what people call it
 * @throws {DeploymentError} `ERR_MODEL_INVALID`
 * @throws {UnsupportedError} `ERR_UNSUPPORTED_DATA_TYPE`
 */
export function readTfjsModel(bytes: Uint8Array, name: string): TfjsModel {
  const json = parse(bytes, name);
  const topology = json.modelTopology;
  if (!isObject(topology)) throw invalid(name, 'it has no modelTopology');
  const kind = KINDS.find((known) => known === (json.format ?? guessedKind(topology)));
  if (kind === undefined) throw invalid(name, `its format is neither ${KINDS.join(' nor ')}`);
  const found = kind === 'graph-model' ? readGraph(json, topology, name) : readLayers(topology, name);
  return {
    kind,
    inputs: found.inputs.map((tensor) => tensorInfo(tensor, name)),
    outputs: found.outputs.map((tensor) => tensorInfo(tensor, name)),
    operators: found.operators,
    groups: list(json.weightsManifest, 'weightsManifest', name).map((group, index) =>
      readGroup(group, `weightsManifest[${index}]`, name),
    ),
  };
}

interface Found {
  readonly inputs: readonly StatedTensor[];
  readonly outputs: readonly StatedTensor[];
  readonly operators: ReadonlySet<string>;
}

/** Files from before the year in which `format` came. */
function guessedKind(topology: Json): string {
  return Array.isArray(topology.node) ? 'graph-model' : 'layers-model';
}

function readGraph(json: Json, topology: Json, name: string): Found {
  const nodes = list(topology.node, 'modelTopology.node', name).filter(isObject);
  const notes = isObject(json.userDefinedMetadata) ? json.userDefinedMetadata : {};
  const signature = isObject(json.signature) ? json.signature : notes.signature;
  const stated = isObject(signature) ? signature : {};
  const inputs = signatureTensors(stated.inputs);
  return {
    inputs: inputs.length > 0 ? inputs : nodes.filter(({ op }) => op === 'Placeholder').map(placeholder),
    outputs: signatureTensors(stated.outputs),
    operators: new Set(nodes.flatMap(({ op }) => (typeof op === 'string' ? [op] : []))),
  };
}

function signatureTensors(tensors: unknown): StatedTensor[] {
  if (!isObject(tensors)) return [];
  return Object.entries(tensors).map(([key, value]) => {
    const { name, dtype, tensorShape } = isObject(value) ? value : {};
    return {
      name: typeof name === 'string' ? name.replace(/:0$/, '') : key,
      type: typeText(dtype),
      shape: shapeOf(tensorShape),
    };
  });
}

function placeholder({ name, attr }: Json): StatedTensor {
  const { dtype, shape } = isObject(attr) ? attr : {};
  return {
    name: String(name),
    type: typeText(isObject(dtype) ? dtype.type : undefined),
    shape: shapeOf(isObject(shape) ? shape.shape : undefined),
  };
}

function typeText(type: unknown): string {
  return typeof type === 'string' ? type.replace(/^DT_/, '') : 'that is not stated';
}

/** `{ dim: [{ size: "-1" }, { size: "96" }] }` */
function shapeOf(shape: unknown): number[] {
  if (!isObject(shape) || shape.unknownRank === true) return [-1];
  if (!Array.isArray(shape.dim)) return [];
  return shape.dim.map((dimension) => size(isObject(dimension) ? (dimension.size ?? 0) : undefined));
}

function size(value: unknown): number {
  const number = Number(value ?? -1);
  return Number.isSafeInteger(number) && number >= 0 ? number : -1;
}

/** `{ model_config: { class_name: "Sequential", config } }`, or its inside. */
function readLayers(topology: Json, name: string): Found {
  const model = isObject(topology.model_config) ? topology.model_config : topology;
  // A Sequential of Keras before 2.2.3 is the list of its layers.
  const config = isObject(model.config) ? model.config : { layers: model.config };
  const layers = list(config.layers, 'modelTopology.config.layers', name).filter(isObject);
  const inputs = inputLayers(config, layers);
  const last = endNames(config.output_layers);
  const outputs = last.length > 0 ? last : layers.slice(-1).map(layerName);
  return {
    inputs: inputs.map((layer) => layerInput(layer)),
    outputs: outputs.map((output) => ({ name: output, type: 'FLOAT', shape: [-1] })),
    operators: new Set(layers.map(({ class_name }) => String(class_name))),
  };
}

/** Those that the model names, or its first. */
function inputLayers(config: Json, layers: readonly Json[]): readonly Json[] {
  const names = endNames(config.input_layers);
  if (names.length === 0) return layers.slice(0, 1);
  return names.flatMap((wanted) => layers.filter((layer) => layerName(layer) === wanted).slice(0, 1));
}

/** The inputs of a layer that is a model. */
function innerLayers(config: Json): readonly Json[] {
  return Array.isArray(config.layers) ? inputLayers(config, config.layers.filter(isObject)) : [];
}

/** `[["input_1", 0, 0], ...]`, or one of them. */
function endNames(ends: unknown): string[] {
  if (!Array.isArray(ends)) return [];
  const [first] = ends;
  if (typeof first === 'string') return [first];
  return ends.flatMap((end: unknown) => (Array.isArray(end) && typeof end[0] === 'string' ? [end[0]] : []));
}

function layerName(layer: Json): string {
  const { name } = isObject(layer.config) ? layer.config : {};
  return String(name ?? layer.name ?? '');
}

/** Of a model within the model, as transfer learning leaves it, the input is its own. */
function layerInput(layer: Json, depth = 0): StatedTensor {
  const config = isObject(layer.config) ? layer.config : {};
  const [inner] = innerLayers(config);
  if (inner !== undefined && depth < MAX_DEPTH) {
    return { ...layerInput(inner, depth + 1), name: layerName(layer) };
  }
  const shape = config.batch_input_shape ?? config.batch_shape;
  const type = typeof config.dtype === 'string' ? config.dtype.toUpperCase() : 'FLOAT32';
  return {
    name: layerName(layer),
    type: type === 'FLOAT32' || type === 'FLOAT16' ? 'FLOAT' : type,
    shape: Array.isArray(shape) ? shape.map(size) : [-1],
  };
}

function readGroup(group: unknown, where: string, name: string): WeightGroup {
  if (!isObject(group)) throw invalid(name, `${where} is no group of weights`);
  const paths = list(group.paths, `${where}.paths`, name).map((path) => {
    if (typeof path === 'string' && path !== '') return path;
    throw invalid(name, `${where}.paths holds what is no file name`);
  });
  let bytes: number | undefined = 0;
  for (const weight of list(group.weights, `${where}.weights`, name)) {
    const length = weightBytes(weight, where, name);
    bytes = bytes === undefined || length === undefined ? undefined : bytes + length;
  }
  return { paths, bytes };
}

function weightBytes(weight: unknown, where: string, name: string): number | undefined {
  const { shape, dtype, quantization } = isObject(weight) ? weight : {};
  const type = isObject(quantization) ? quantization.dtype : dtype;
  if (type === 'string') return undefined;
  const each = typeof type === 'string' ? BYTES[type] : undefined;
  const count = Array.isArray(shape) ? elementCount(shape.map(size)) : -1;
  if (each !== undefined && Number.isSafeInteger(count) && count >= 0) return each * count;
  throw invalid(name, `${where} holds a weight without a size`);
}

function parse(bytes: Uint8Array, name: string): Json {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw invalid(name, 'it is not JSON in UTF-8; it was probably cut off', cause);
  }
  if (isObject(value)) return value;
  throw invalid(name, 'it is no JSON object');
}

function list(value: unknown, what: string, name: string): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw invalid(name, `${what} is no list`);
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function invalid(name: string, why: string, cause?: unknown): DeploymentError {
  return new DeploymentError(
    'ERR_MODEL_INVALID',
    `${name} is no valid TensorFlow.js model: ${why}. Convert it again.`,
    { cause },
  );
}
