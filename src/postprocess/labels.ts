/** From class numbers that a model gives to the block's labels. */
import { EngineError } from '../errors.js';
import type { TensorInfo } from '../tensor.js';

/**
 * @throws {EngineError} `ERR_ENGINE_OUTPUT` the model names a class that has no label
 */
export function labelAt(
  block: { readonly id: number; readonly name: string; readonly labels: readonly string[] },
  index: number,
  source: TensorInfo,
): string {
  const label = block.labels[index];
  if (label !== undefined) return label;
  throw new EngineError(
    'ERR_ENGINE_OUTPUT',
    `Output '${source.name}' of learn block ${block.id} (${block.name}) names class ${index}, but there are ${block.labels.length} labels (0 to ${block.labels.length - 1}): the label list does not belong to this model.`,
  );
}
