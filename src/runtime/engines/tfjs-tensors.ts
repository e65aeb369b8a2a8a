/** Between our tensors and those of TensorFlow.js. */
import { EngineError, UnsupportedError } from '../../errors.js';
import type { DataType, Tensor, TensorData, TensorInfo } from '../../tensor.js';
import type { TfData, Tfjs, TfTensor } from './tfjs-api.js';

/** How TensorFlow.js holds the elements of our types. */
const HELD_AS: Partial<Record<DataType, string>> = {
  float32: 'float32',
  int32: 'int32',
  uint8: 'int32',
  int64: 'int32',
  bool: 'bool',
};

/** -1 in place of null; [-1] where nothing is stated. */
export function statedShape(shape: readonly (number | null)[] | undefined): readonly number[] {
  return shape === undefined ? [-1] : shape.map((size) => size ?? -1);
}

/**
 * Inputs with every size known: a batch that is left open is 1 here.
 *
 * @throws {UnsupportedError} `ERR_UNSUPPORTED_FORMAT`: another size is left open
 */
export function fixedInputs(stated: readonly TensorInfo[], model: string): readonly TensorInfo[] {
  return stated.map((input) => {
    const shape = input.shape.map((size, index) => (size < 0 && index === 0 ? 1 : size));
    const open = shape.findIndex((size) => size < 0);
    if (open === -1) return { ...input, shape };
    throw new UnsupportedError(
      'ERR_UNSUPPORTED_FORMAT',
      `${model}: dimension ${open} of its input '${input.name}' [${shape.join(', ')}] has no fixed size. ` +
        'Export the model again with a fixed input size.',
    );
  });
}

/** A tensor over these elements, or a copy of them where TensorFlow.js holds them otherwise. */
export function inputTensor(tf: Tfjs, { dataType, shape }: TensorInfo, data: TensorData): TfTensor {
  const type = HELD_AS[dataType];
  if (type === undefined) throw new Error(`TensorFlow.js has no tensors of ${dataType}`);
  const held = type === 'int32' ? Int32Array.from(data as ArrayLike<number | bigint>, Number) : data;
  return tf.tensor(held as TfData, shape, type);
}

/**
 * The elements of a result, copied into memory of their own.
 *
 * @throws {UnsupportedError} `ERR_UNSUPPORTED_DATA_TYPE`
 */
export async function outputTensor(tensor: TfTensor, name: string, model: string): Promise<Tensor> {
  const { dtype, shape } = tensor;
  if (dtype !== 'float32' && dtype !== 'int32' && dtype !== 'bool') {
    throw new UnsupportedError(
      'ERR_UNSUPPORTED_DATA_TYPE',
      `${model}: '${name}' is ${dtype}, which can't be read here. Tensors of float32, int32 and bool can.`,
    );
  }
  const data = (await tensor.data()) as TfData;
  return { name, dataType: dtype, shape: [...shape], data: data.slice() };
}

/**
 * What is known of an output before later runs: what the first one gave, but for sizes that the model leaves open
 * (other than a batch of 1), which may differ from run to run.
 */
export function knownOutput(first: Tensor, stated: readonly number[] | undefined): TensorInfo {
  const { name, dataType, shape } = first;
  const fits = stated !== undefined && stated.length === shape.length;
  return {
    name,
    dataType,
    shape: shape.map((size, index) => {
      const isBatch = index === 0 && size === 1;
      return fits && !isBatch && (stated[index] ?? 0) < 0 ? -1 : size;
    }),
  };
}

/** Why a model could not be loaded, or run. */
export function tfjsError(
  code: 'ERR_ENGINE_LOAD' | 'ERR_ENGINE_RUN',
  library: string,
  model: string,
  error: unknown,
): EngineError {
  const text = error instanceof Error ? error.message : String(error);
  const [line = ''] = text.trim().split('\n');
  const what = code === 'ERR_ENGINE_LOAD' ? 'load' : 'run';
  return new EngineError(code, `${library} failed to ${what} ${model}: ${line.slice(0, 400)}`, {
    cause: error,
  });
}
