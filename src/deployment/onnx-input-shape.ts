/** An ONNX model whose input leaves sizes open, with sizes that somebody chose. */
import { UnsupportedError } from '../errors.js';
import type { TensorInfo } from '../tensor.js';
import {
  DIMENSION,
  ELEMENT_TYPES,
  GRAPH,
  MODEL,
  readOnnxModel,
  SHAPE,
  TENSOR_TYPE,
  TYPE,
  VALUE_INFO,
} from './onnx.js';
import { ProtoMessage } from './protobuf.js';

/** Of the file, tag and length included. */
interface Range {
  readonly start: number;
  readonly end: number;
}

/**
 * Writes sizes over those that the model's first input leaves open (-1). All other bytes stay as they are.
 *
 * @param name what people call it
 * @returns the same bytes, where nothing was open
 * @throws {UnsupportedError} `ERR_UNSUPPORTED_FORMAT`: the shape contradicts a size that the model states; and as
 *   `readOnnxModel()`
 */
export function withInputShape(bytes: Uint8Array, shape: readonly number[], name: string): Uint8Array {
  const [input] = readOnnxModel(bytes, name).inputs;
  if (input === undefined || !fits(input.shape, shape)) {
    throw new UnsupportedError(
      'ERR_UNSUPPORTED_FORMAT',
      `${name} can't take [${shape.join(', ')}]: its input is [${input?.shape.join(', ') ?? ''}], of which only sizes that are ` +
        'left open (-1) can be chosen.',
    );
  }
  if (input.shape.every((size) => size >= 0)) return bytes;
  const graph = graphOf(bytes, name);
  const old = inputOf(graph.message, input.name);
  const stated = field(GRAPH.input, valueInfo(input, shape));
  const content = Buffer.concat([
    bytes.subarray(graph.contentStart, old.start),
    stated,
    bytes.subarray(old.end, graph.end),
  ]);
  return Buffer.concat([
    bytes.subarray(0, graph.start),
    field(MODEL.graph, content),
    bytes.subarray(graph.end),
  ]);
}

function fits(own: readonly number[], shape: readonly number[]): boolean {
  return own.length === shape.length && own.every((size, index) => size < 0 || size === shape[index]);
}

function graphOf(
  bytes: Uint8Array,
  name: string,
): Range & { readonly message: ProtoMessage; readonly contentStart: number } {
  for (const each of new ProtoMessage(bytes, name).fields()) {
    if (each.kind !== 'bytes' || each.id !== MODEL.graph) continue;
    const { start, end, contentStart, message } = each;
    return { start, end, contentStart, message };
  }
  throw new TypeError('A graph was read before, and is not there.');
}

function inputOf(graph: ProtoMessage, name: string): Range {
  for (const each of graph.fields()) {
    if (each.kind !== 'bytes' || each.id !== GRAPH.input) continue;
    for (const inner of each.message.fields()) {
      const isName = inner.kind === 'bytes' && inner.id === VALUE_INFO.name;
      if (isName && inner.message.text() === name) return each;
    }
  }
  throw new TypeError('An input was read before, and is not there.');
}

function valueInfo({ name, dataType }: TensorInfo, sizes: readonly number[]): Buffer {
  const elementType = Object.entries(ELEMENT_TYPES).find(([, type]) => type === dataType)?.[0];
  const shape = sizes.map((size) => field(SHAPE.dimension, number(DIMENSION.value, size)));
  const tensor = [
    number(TENSOR_TYPE.elementType, Number(elementType)),
    field(TENSOR_TYPE.shape, Buffer.concat(shape)),
  ];
  const type = field(TYPE.tensor, Buffer.concat(tensor));
  return Buffer.concat([field(VALUE_INFO.name, Buffer.from(name)), field(VALUE_INFO.type, type)]);
}

/** A field that holds bytes: another message, or text. */
function field(id: number, content: Uint8Array): Buffer {
  return Buffer.concat([varint(id * 8 + 2), varint(content.length), content]);
}

function number(id: number, value: number): Buffer {
  return Buffer.concat([varint(id * 8), varint(value)]);
}

/** Seven bits a byte, the lowest first. @param value an integer of 0..2^53 */
function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80);
  bytes.push(rest);
  return Buffer.from(bytes);
}
