/** What ONNX Runtime says about a model's inputs and outputs, as our own tensor descriptions. */
import type { InferenceSession } from 'onnxruntime-node';
import { UnsupportedError } from '../../errors.js';
import { DATA_TYPES, type DataType, isDataType, type TensorInfo } from '../../tensor.js';

type Metadata = InferenceSession.ValueMetadata;

/**
 * An input of the model. A first dimension without a size is the batch, which is 1 here.
 *
 * @throws {UnsupportedError} `ERR_UNSUPPORTED_DATA_TYPE`: not a tensor, or of a type that no array here holds;
 *   `ERR_UNSUPPORTED_FORMAT`: another dimension has no size
 */
export function inputInfo(metadata: Metadata, model: string): TensorInfo {
  const { name, dataType, sizes } = tensorOf(metadata, model);
  const shape = sizes.map((size, index) => (typeof size === 'number' ? size : index === 0 ? 1 : -1));
  const free = shape.indexOf(-1);
  if (free === -1) return { name, dataType, shape };
  throw new UnsupportedError(
    'ERR_UNSUPPORTED_FORMAT',
    `${model}: dimension ${free} of its input '${name}' [${shape.join(', ')}] has no fixed size` +
      `${sizes[free] ? ` (it is called '${sizes[free]}')` : ''}. Export the model again with a fixed input size ` +
      '(in PyTorch: torch.onnx.export without dynamic axes).',
  );
}

/**
 * An output of the model; -1 where only a run tells.
 *
 * @param inputs tells the name of the batch, which is 1
 * @throws {UnsupportedError} `ERR_UNSUPPORTED_DATA_TYPE`
 */
export function outputInfo(metadata: Metadata, inputs: readonly Metadata[], model: string): TensorInfo {
  const { name, dataType, sizes } = tensorOf(metadata, model);
  const batches = inputs.flatMap((input) => (input.isTensor && input.shape[0] ? [input.shape[0]] : []));
  return {
    name,
    dataType,
    shape: sizes.map((size) => (typeof size === 'number' ? size : batches.includes(size) ? 1 : -1)),
  };
}

function tensorOf(
  metadata: Metadata,
  model: string,
): { readonly name: string; readonly dataType: DataType; readonly sizes: readonly (number | string)[] } {
  const { name } = metadata;
  if (!metadata.isTensor) throw foreignType(model, name, 'a sequence or map');
  if (!isDataType(metadata.type)) throw foreignType(model, name, metadata.type);
  return { name, dataType: metadata.type, sizes: metadata.shape };
}

function foreignType(model: string, tensor: string, type: string): UnsupportedError {
  return new UnsupportedError(
    'ERR_UNSUPPORTED_DATA_TYPE',
    `${model}: '${tensor}' is ${type}, which can't be given or read here. ` +
      `Tensors of these types can: ${DATA_TYPES.join(', ')}.`,
  );
}
