/** Checks of those parts of a TFLite model that only engines follow, without checks of their own. */
import type { FlatBufferSource, FlatTable } from './flatbuffer.js';
import type { TfliteSubgraph } from './model.js';
import { OPTION_TABLES, OPTION_VECTORS } from './option-tables.js';
import { OPERATOR, SIGNATURE, SIGNATURE_TENSOR, SPARSE_DIMENSION, SPARSITY } from './schema.js';

/** @throws {DeploymentError} `ERR_MODEL_INVALID`: an index is none of a tensor */
export function checkIndices(
  indices: readonly number[],
  least: number,
  count: number,
  where: string,
  source: FlatBufferSource,
): void {
  const wrong = indices.find((index) => index < least || index >= count);
  if (wrong !== undefined) throw source.invalid(`${where} names tensor ${wrong} of ${count}`);
}

/** The parts of an operator that have no place in our model. */
export function verifyOperator(
  operator: FlatTable,
  where: string,
  tensorCount: number,
  source: FlatBufferSource,
): void {
  operator.checkVector(OPERATOR.mutatingInputs, 1);
  checkIndices(operator.int32s(OPERATOR.intermediates), -1, tensorCount, where, source);
}

/** The vectors in an option table. */
export function verifyOptions(type: number, table: FlatTable): void {
  const name = OPTION_TABLES[type];
  for (const [field, width] of (name && OPTION_VECTORS[name]) ?? []) table.checkVector(field, width);
}

/** The description of how a sparse tensor is stored. */
export function verifySparsity(table: FlatTable | undefined): void {
  if (table === undefined) return;
  table.checkVector(SPARSITY.traversalOrder, 4);
  table.checkVector(SPARSITY.blockMap, 4);
  for (const dimension of table.tables(SPARSITY.dimensions)) {
    // Vectors of 1, 2 or 4 bytes an element, each the only field of its table.
    dimension.table(SPARSE_DIMENSION.segments)?.checkVector(0, 1);
    dimension.table(SPARSE_DIMENSION.indices)?.checkVector(0, 1);
  }
}

/** Names for inputs and outputs of a graph. */
export function verifySignature(
  signature: FlatTable,
  subgraphs: readonly TfliteSubgraph[],
  source: FlatBufferSource,
): void {
  const graph = subgraphs[signature.uint32(SIGNATURE.subgraphIndex)];
  if (graph === undefined) throw source.invalid('a signature names a graph that does not exist');
  if (signature.string(SIGNATURE.key) === undefined) throw source.invalid('a signature has no name');
  for (const tensor of [...signature.tables(SIGNATURE.inputs), ...signature.tables(SIGNATURE.outputs)]) {
    if (tensor.string(SIGNATURE_TENSOR.name) === undefined)
      throw source.invalid('a signature has a nameless tensor');
    checkIndices(
      [tensor.uint32(SIGNATURE_TENSOR.tensorIndex)],
      0,
      graph.tensors.length,
      'a signature',
      source,
    );
  }
}
