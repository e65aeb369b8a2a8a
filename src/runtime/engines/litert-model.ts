/**
 * Adapts a TFLite model to LiteRT, which believes what a file says of its outputs: it gives each output just
 * the memory that the file's shape asks for, whatever the graph then writes there.
 */
import { MODEL, SUBGRAPH, TENSOR } from '../../deployment/tflite/schema.js';

/** Field of the model table that `schema.ts` has no use for. */
const SIGNATURES = 7;

/** True for outputs whose true shape only a run tells. */
export function isShapeUnknown(shape: readonly number[]): boolean {
  return shape.length === 0 || shape.includes(-1);
}

/**
 * A copy of the model with the shapes given, and without signatures: those name inputs and outputs in an
 * order of their own, and every other engine keeps the graph's.
 *
 * @param bytes a model that `readTfliteModel` has read, so that its offsets can be followed
 * @param inputs a shape for each input of the graph
 * @param outputs a shape for each output
 * @returns undefined if the file leaves no place for a shape
 */
export function withShapes(
  bytes: Uint8Array,
  inputs: readonly (readonly number[])[],
  outputs: readonly (readonly number[])[],
): Uint8Array | undefined {
  const shapes = [...inputs, ...outputs];
  const end = Math.ceil(bytes.length / 4) * 4;
  const extra = shapes.reduce((sum, shape) => sum + 4 + shape.length * 4, 0);
  const copy = new Uint8Array(end + extra);
  copy.set(bytes);
  const view = new DataView(copy.buffer);
  const model = view.getUint32(0, true);
  const signatures = field(view, model, SIGNATURES);
  if (signatures !== 0) view.setUint32(target(view, signatures), 0, true);
  const graph = element(view, target(view, field(view, model, MODEL.subgraphs)), 0);
  const tensors = target(view, field(view, graph, SUBGRAPH.tensors));
  const indices = [...integers(view, graph, SUBGRAPH.inputs), ...integers(view, graph, SUBGRAPH.outputs)];
  let at = end;
  for (const [i, index] of indices.entries()) {
    const shape = shapes[i] ?? [];
    const tensor = element(view, tensors, index);
    const place = field(view, tensor, TENSOR.shape);
    if (place === 0) return undefined;
    // The signature is the shape with -1 for what may change; here nothing may.
    for (const reference of [place, field(view, tensor, TENSOR.shapeSignature)]) {
      if (reference !== 0) view.setUint32(reference, at - reference, true);
    }
    for (const value of [shape.length, ...shape]) {
      view.setInt32(at, value, true);
      at += 4;
    }
  }
  return copy;
}

/** Place of a table's field; 0 if it is absent. */
function field(view: DataView, table: number, number: number): number {
  const vtable = table - view.getInt32(table, true);
  const entry = 4 + number * 2;
  if (entry >= view.getUint16(vtable, true)) return 0;
  const offset = view.getUint16(vtable + entry, true);
  return offset === 0 ? 0 : table + offset;
}

/** What an offset points at. */
function target(view: DataView, place: number): number {
  return place + view.getUint32(place, true);
}

/** Table `index` of a vector of tables. */
function element(view: DataView, vector: number, index: number): number {
  return target(view, vector + 4 + index * 4);
}

function integers(view: DataView, table: number, number: number): number[] {
  const place = field(view, table, number);
  if (place === 0) return [];
  const vector = target(view, place);
  return Array.from({ length: view.getUint32(vector, true) }, (_, i) =>
    view.getInt32(vector + 4 + i * 4, true),
  );
}
