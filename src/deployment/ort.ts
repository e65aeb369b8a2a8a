/** Reads what a model in ONNX Runtime's own format (`.ort`) says about itself, as `onnx.ts` does of ONNX. Weights are not looked at. */
import { DeploymentError } from '../errors.js';
import { type OnnxModel, readOnnxModel, tensorInfo, type ValueInfo } from './onnx.js';
import { FlatBufferSource, FlatTable } from './tflite/flatbuffer.js';

/** Field numbers of the tables of the public `ort.fbs`. */
const SESSION = { model: 1 } as const;
const MODEL = {
  irVersion: 0,
  opsetImport: 1,
  producerName: 2,
  producerVersion: 3,
  graph: 7,
  metadata: 9,
} as const;
const OPSET = { domain: 0, version: 1 } as const;
const ENTRY = { key: 0, value: 1 } as const;
const GRAPH = { initializers: 0, nodeArguments: 1, nodes: 2, inputs: 5, outputs: 6 } as const;
const NODE = { domain: 2, opType: 5 } as const;
const NAMED = { name: 0 } as const;
const VALUE_INFO = { name: 0, type: 2 } as const;
const TYPE = { kind: 1, value: 2 } as const;
const TENSOR_TYPE = { elementType: 0, shape: 1 } as const;
const SHAPE = { dimensions: 0 } as const;
const DIMENSION = { value: 0 } as const;
const DIMENSION_VALUE = { kind: 0, value: 1 } as const;

const KIND_TENSOR = 1;
const KIND_NUMBER = 1;
const FILE_IDENTIFIER = 'ORTM';

/** True if the bytes are marked as a model in ONNX Runtime's format, whole or not. */
export function isOrt(bytes: Uint8Array): boolean {
  return (
    bytes.length >= 8 && [...FILE_IDENTIFIER].every((letter, i) => bytes[4 + i] === letter.charCodeAt(0))
  );
}

/**
 * Reads an artefact of the format `onnx`, which either kind of file is.
 *
 * @throws as {@link readOnnxModel} and {@link readOrtModel}
 */
export function readOnnxOrOrtModel(bytes: Uint8Array, name?: string): OnnxModel {
  return isOrt(bytes) ? readOrtModel(bytes, name) : readOnnxModel(bytes, name);
}

/**
 * Reads the model's own description. Operators are those that the runtime made of the original ones.
 *
 * @param name what people call it, for messages
 * @throws {DeploymentError} `ERR_DEPLOYMENT_TRUNCATED`: it is cut short; `ERR_MODEL_INVALID`: it is no such model, or damaged
 * @throws {UnsupportedError} `ERR_UNSUPPORTED_DATA_TYPE`: an input or output that is no tensor of a type we hold
 */
export function readOrtModel(bytes: Uint8Array, name = 'The ORT model'): OnnxModel {
  if (!isOrt(bytes)) {
    throw new DeploymentError(
      'ERR_MODEL_INVALID',
      `${name} is not a model in ONNX Runtime's format: it lacks the mark '${FILE_IDENTIFIER}'.`,
    );
  }
  const source = new FlatBufferSource(bytes, name);
  const model = FlatTable.root(source).table(SESSION.model);
  const graph = model?.table(MODEL.graph);
  if (model === undefined || graph === undefined) throw source.invalid('it holds no graph');
  const values = new Map(
    graph
      .tables(GRAPH.nodeArguments)
      .map(readValue)
      .map((value) => [value.name, value]),
  );
  const initializers = new Set(graph.tables(GRAPH.initializers).map((tensor) => tensor.string(NAMED.name)));
  const described = (value: string) =>
    tensorInfo(values.get(value) ?? { name: value, elementType: 0, shape: [-1] }, name);
  const producer = [model.string(MODEL.producerName), model.string(MODEL.producerVersion)];
  return {
    irVersion: model.size64(MODEL.irVersion),
    producer: producer.join(' ').trim(),
    opsets: model.tables(MODEL.opsetImport).map((opset) => ({
      domain: opset.string(OPSET.domain) ?? '',
      version: opset.size64(OPSET.version),
    })),
    inputs: graph
      .strings(GRAPH.inputs)
      .filter((input) => !initializers.has(input))
      .map(described),
    outputs: graph.strings(GRAPH.outputs).map(described),
    operators: countOperators(graph.tables(GRAPH.nodes)),
    metadata: new Map(
      model
        .tables(MODEL.metadata)
        .map((entry) => [entry.string(ENTRY.key) ?? '', entry.string(ENTRY.value) ?? '']),
    ),
  };
}

function readValue(table: FlatTable): ValueInfo {
  const name = table.string(VALUE_INFO.name) ?? '';
  const type = table.table(VALUE_INFO.type);
  const tensor = type?.uint8(TYPE.kind) === KIND_TENSOR ? type.table(TYPE.value) : undefined;
  if (tensor === undefined) return { name, elementType: 0, shape: [-1] };
  const dimensions = tensor.table(TENSOR_TYPE.shape)?.tables(SHAPE.dimensions);
  return {
    name,
    elementType: tensor.int32(TENSOR_TYPE.elementType),
    shape: dimensions?.map(readDimension) ?? [-1],
  };
}

/** A name in place of a number is a dimension that the caller chooses. */
function readDimension(table: FlatTable): number {
  const value = table.table(DIMENSION.value);
  return value?.int8(DIMENSION_VALUE.kind) === KIND_NUMBER ? value.size64(DIMENSION_VALUE.value) : -1;
}

function countOperators(nodes: readonly FlatTable[]): OnnxModel['operators'] {
  const counts = new Map<string, { name: string; domain: string; count: number }>();
  for (const node of nodes) {
    const [name, domain] = [node.string(NODE.opType) ?? '', node.string(NODE.domain) ?? ''];
    const known = counts.get(`${domain}\0${name}`);
    if (known === undefined) counts.set(`${domain}\0${name}`, { name, domain, count: 1 });
    else known.count++;
  }
  return [...counts.values()];
}
