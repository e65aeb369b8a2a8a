/** Inputs and outputs of a TFLite model in the words that the rest of the package speaks. */
import { UnsupportedError } from '../../errors.js';
import { isDataType, type TensorInfo } from '../../tensor.js';
import type { FlatBufferSource } from './flatbuffer.js';
import type { TfliteQuantization, TfliteSubgraph } from './model.js';

/** @throws {UnsupportedError} `ERR_UNSUPPORTED_DATA_TYPE` */
export function inputInfo({ tensors }: TfliteSubgraph, index: number, source: FlatBufferSource): TensorInfo {
  const tensor = tensors[index];
  if (tensor === undefined) throw source.invalid(`there is no tensor ${index}`);
  const { name, shape, dataType, quantization } = tensor;
  if (!isDataType(dataType)) {
    throw new UnsupportedError(
      'ERR_UNSUPPORTED_DATA_TYPE',
      `${source.name}: its tensor '${name}' has the type ${dataType}, which can't be given or read here. ` +
        'Convert the model with float32, int8, uint8, int16, int32, int64 or bool inputs and outputs.',
    );
  }
  const perTensor = wholeTensorQuantization(quantization);
  return { name, shape, dataType, ...(perTensor !== undefined && { quantization: perTensor }) };
}

/**
 * An output's dimensions past the batch may depend on the input's values; the file then states a placeholder.
 *
 * @throws {UnsupportedError} `ERR_UNSUPPORTED_DATA_TYPE`
 */
export function outputInfo(graph: TfliteSubgraph, index: number, source: FlatBufferSource): TensorInfo {
  const info = inputInfo(graph, index, source);
  const signature = graph.tensors[index]?.shapeSignature;
  if (signature?.length !== info.shape.length) return info;
  return { ...info, shape: info.shape.map((size, i) => (i > 0 && signature[i] === -1 ? -1 : size)) };
}

function wholeTensorQuantization(quantization: TfliteQuantization | undefined): TensorInfo['quantization'] {
  if (quantization?.scale.length !== 1) return undefined;
  const [scale = 0] = quantization.scale;
  const [zeroPoint = 0] = quantization.zeroPoint;
  return scale > 0 && Number.isFinite(scale) ? { scale, zeroPoint } : undefined;
}
