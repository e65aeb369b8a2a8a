/** What ONNX Runtime says about a model's inputs and outputs, as our own tensor descriptions. */
import type { InferenceSession } from 'onnxruntime-node';
import { UnsupportedError } from '../../errors.js';
import type { DataType, TensorInfo } from '../../tensor.js';

type Metadata = InferenceSession.ValueMetadata;

const DATA_TYPES: ReadonlySet<string> = new Set<DataType>([
  'float32',
  'float16',
  'int8',
  'uint8',
  'int16',
  'int32',
  'int64',
  'bool',
]);

/**
 * The model's inputs. A first dimension without a size is the batch, which is 1 here.
 *
 * @throws {UnsupportedError} `ERR_UNSUPPORTED_DATA_TYPE`: not a tensor, or of a type that no array here holds;
 *   `ERR_UNSUPPORTED_FORMAT`: another dimension has no size
 */
export function inputInfo(metadata: Metadata, model: string): TensorInfo {
  const info = tensorInfo(metadata, model);
  const free = info.shape.indexOf(-1);
  if (free === -1) return info;
  const named = metadata.isTensor ? metadata.shape[free] : '';
  throw new UnsupportedError(
    'ERR_UNSUPPORTED_FORMAT',
    `${model}: dimension ${free} of its input '${info.name}' [${info.shape.join(', ')}] has no fixed size` +
      `${named ? ` (it is called '${named}')` : ''}. Export the model again with a fixed input size ` +
      '(in PyTorch: torch.onnx.export without dynamic axes).',
  );
}

/**
 * The model's outputs; -1 where only a run tells.
 *
 * @throws {UnsupportedError} `ERR_UNSUPPORTED_DATA_TYPE`
 */
export function outputInfo(metadata: Metadata, model: string): TensorInfo {
  return tensorInfo(metadata, model);
}

function tensorInfo(metadata: Metadata, model: string): TensorInfo {
  const { name } = metadata;
  if (!metadata.isTensor) throw foreignType(model, name, 'a sequence or map');
  if (!isDataType(metadata.type)) throw foreignType(model, name, metadata.type);
  return { name, dataType: metadata.type, shape: metadata.shape.map(dimension) };
}

function dimension(size: number | string, index: number): number {
  if (typeof size === 'number') return size;
  return index === 0 ? 1 : -1;
}

function isDataType(type: string): type is DataType {
  return DATA_TYPES.has(type);
}

function foreignType(model: string, tensor: string, type: string): UnsupportedError {
  return new UnsupportedError(
    'ERR_UNSUPPORTED_DATA_TYPE',
    `${model}: '${tensor}' is ${type}, which can't be given or read here. ` +
      `Tensors of these types can: ${[...DATA_TYPES].join(', ')}.`,
  );
}
