/** Reads what a SavedModel says about itself: signature, tags, operators. Weights are not looked at. */
import { DeploymentError, UnsupportedError } from '../../errors.js';
import type { TensorInfo } from '../../tensor.js';
import { ProtoMessage } from '../protobuf.js';
import { type StatedTensor, tensorInfo, typeName } from './data-types.js';

export interface SavedModel {
  /** Of the graph that is meant for inference: `serve`. */
  readonly tags: readonly string[];
  /** Name of its signature: `serving_default`. */
  readonly signature: string;
  /** Named by the keys of the signature, in their alphabetical order: the file's own is an accident. */
  readonly inputs: readonly TensorInfo[];
  readonly outputs: readonly TensorInfo[];
  /** Also those within functions. */
  readonly operators: ReadonlySet<string>;
}

/** Field numbers of TensorFlow's public `saved_model.proto`, `meta_graph.proto`, `graph.proto`, `function.proto`. */
const SAVED_MODEL = { metaGraphs: 2 } as const;
const META_GRAPH = { info: 1, graph: 2, signatures: 5 } as const;
const INFO = { tags: 4 } as const;
const ENTRY = { key: 1, value: 2 } as const;
const SIGNATURE = { inputs: 1, outputs: 2 } as const;
const TENSOR = { name: 1, type: 2, shape: 3 } as const;
const SHAPE = { dimension: 2, unknownRank: 3 } as const;
const DIMENSION = { size: 1 } as const;
const GRAPH = { node: 1, library: 2 } as const;
const NODE = { operator: 2 } as const;
const LIBRARY = { function: 1 } as const;
const FUNCTION = { node: 3 } as const;

const SERVE = 'serve';
const SERVING_DEFAULT = 'serving_default';
const OF_TENSORFLOW_ITSELF = '__saved_model_init_op';

/**
 * @param bytes of `saved_model.pb`
 * @param name what people call it
 * @throws {DeploymentError} `ERR_MODEL_INVALID`, `ERR_DEPLOYMENT_TRUNCATED`
 * @throws {UnsupportedError} `ERR_UNSUPPORTED_FORMAT`: no signature, or several; `ERR_UNSUPPORTED_DATA_TYPE`
 */
export function readSavedModel(bytes: Uint8Array, name: string): SavedModel {
  const graphs: MetaGraph[] = [];
  for (const field of new ProtoMessage(bytes, name).fields()) {
    if (field.kind === 'bytes' && field.id === SAVED_MODEL.metaGraphs)
      graphs.push(readMetaGraph(field.message));
  }
  const graph = graphs.find(({ tags }) => tags.includes(SERVE)) ?? graphs[0];
  if (graph === undefined) {
    throw new DeploymentError('ERR_MODEL_INVALID', `${name} holds no graph: it is no SavedModel.`);
  }
  const [signature, { inputs, outputs }] = chooseSignature(graph, name);
  return {
    tags: graph.tags,
    signature,
    inputs: tensorsOf(inputs, name),
    outputs: tensorsOf(outputs, name),
    operators: graph.operators,
  };
}

interface MetaGraph {
  readonly tags: readonly string[];
  readonly operators: ReadonlySet<string>;
  readonly signatures: ReadonlyMap<string, Signature>;
}

interface Signature {
  readonly inputs: ReadonlyMap<string, Omit<StatedTensor, 'name'>>;
  readonly outputs: ReadonlyMap<string, Omit<StatedTensor, 'name'>>;
}

function chooseSignature({ signatures }: MetaGraph, model: string): readonly [string, Signature] {
  const usable = [...signatures].filter(
    ([name, { inputs, outputs }]) => name !== OF_TENSORFLOW_ITSELF && inputs.size > 0 && outputs.size > 0,
  );
  const [first, ...more] = usable;
  const chosen = usable.find(([name]) => name === SERVING_DEFAULT) ?? (more.length === 0 ? first : undefined);
  if (chosen !== undefined) return chosen;
  const found = first === undefined ? 'has none' : `has ${usable.map(([name]) => `'${name}'`).join(', ')}`;
  throw new UnsupportedError(
    'ERR_UNSUPPORTED_FORMAT',
    `${model} needs the signature '${SERVING_DEFAULT}', which says what it takes and gives, and ${found}. ` +
      'Save the model again with it (tf.saved_model.save with signatures, or model.export).',
  );
}

function tensorsOf(stated: Signature['inputs'], model: string): TensorInfo[] {
  const names = [...stated.keys()].sort();
  return names.flatMap((name) => {
    const tensor = stated.get(name);
    return tensor === undefined ? [] : [tensorInfo({ name, ...tensor }, model)];
  });
}

function readMetaGraph(message: ProtoMessage): MetaGraph {
  const tags: string[] = [];
  const operators = new Set<string>();
  const signatures = new Map<string, Signature>();
  for (const { id, message: part } of parts(message)) {
    if (id === META_GRAPH.info) tags.push(...texts(part, INFO.tags));
    else if (id === META_GRAPH.graph) readGraph(part, operators);
    else if (id === META_GRAPH.signatures) readEntry(part, signatures, readSignature);
  }
  return { tags, operators, signatures };
}

function readGraph(message: ProtoMessage, operators: Set<string>): void {
  for (const { id, message: part } of parts(message)) {
    if (id === GRAPH.node) for (const name of texts(part, NODE.operator)) operators.add(name);
    if (id === GRAPH.library) {
      for (const inner of parts(part))
        if (inner.id === LIBRARY.function) readFunction(inner.message, operators);
    }
  }
}

function readFunction(message: ProtoMessage, operators: Set<string>): void {
  for (const { id, message: node } of parts(message)) {
    if (id === FUNCTION.node) for (const name of texts(node, NODE.operator)) operators.add(name);
  }
}

function readSignature(message: ProtoMessage): Signature {
  const inputs = new Map<string, Omit<StatedTensor, 'name'>>();
  const outputs = new Map<string, Omit<StatedTensor, 'name'>>();
  for (const { id, message: part } of parts(message)) {
    if (id === SIGNATURE.inputs) readEntry(part, inputs, readTensor);
    if (id === SIGNATURE.outputs) readEntry(part, outputs, readTensor);
  }
  return { inputs, outputs };
}

function readEntry<Value>(
  message: ProtoMessage,
  entries: Map<string, Value>,
  read: (value: ProtoMessage) => Value,
): void {
  let key = '';
  let value: Value | undefined;
  for (const { id, message: part } of parts(message)) {
    if (id === ENTRY.key) key = part.text();
    if (id === ENTRY.value) value = read(part);
  }
  if (value !== undefined) entries.set(key, value);
}

function readTensor(message: ProtoMessage): Omit<StatedTensor, 'name'> {
  let type = 0;
  let isPlain = false;
  let shape: readonly number[] = [-1];
  for (const field of message.fields()) {
    if (field.kind === 'varint') {
      if (field.id === TENSOR.type) type = field.value;
    } else if (field.id === TENSOR.name) isPlain = true;
    else if (field.id === TENSOR.shape) shape = readShape(field.message);
  }
  return { type: isPlain ? typeName(type) : 'of a sparse or composite tensor', shape };
}

function readShape(message: ProtoMessage): readonly number[] {
  const shape: number[] = [];
  for (const field of message.fields()) {
    if (field.id === SHAPE.unknownRank && field.kind === 'varint' && field.value !== 0) return [-1];
    if (field.id !== SHAPE.dimension || field.kind !== 'bytes') continue;
    let size = 0;
    for (const inner of field.message.fields()) {
      if (inner.kind === 'varint' && inner.id === DIMENSION.size) size = Math.max(-1, inner.value);
    }
    shape.push(size);
  }
  return shape;
}

function* parts(message: ProtoMessage): Generator<{ readonly id: number; readonly message: ProtoMessage }> {
  for (const field of message.fields()) if (field.kind === 'bytes') yield field;
}

function texts(message: ProtoMessage, id: number): string[] {
  return [...parts(message)].flatMap((part) => (part.id === id ? [part.message.text()] : []));
}
