/** One model in LiteRT: its input memory, and running it. */
import type { Tensor, TensorData, TensorInfo } from '../../tensor.js';
import { elementCount, tensorData } from '../../tensor.js';
import type { Explain } from './litert-errors.js';
import { loadError } from './litert-errors.js';
import type { LitertRuntime, LitertWasm } from './litert-runtime.js';
import type { OutputBuffers } from './spare-outputs.js';

type TensorBuffer = ReturnType<LitertWasm['LiteRtTensorBuffer']['createManaged']>;
type TensorType = ReturnType<TensorBuffer['tensorType']>;

export interface LitertGraph {
  /** The memory of input `index`; it moves when LiteRT's memory grows. */
  input(index: number): TensorData;
  /**
   * @param explain makes the error to be thrown if the run fails
   * @param memory for the outputs, used where the size is right
   * @returns outputs in that memory or in memory of their own, with the shapes that LiteRT found in the run before; in the
   *   first run, with those of the file
   */
  run(explain: Explain, memory?: OutputBuffers): Promise<Tensor[]>;
}

/**
 * @param bytes the model, with shapes that hold (`withShapes`)
 * @throws {UnsupportedError} `ERR_UNSUPPORTED_OPERATOR`, `ERR_UNSUPPORTED_ENGINE`
 * @throws {EngineError} `ERR_ENGINE_LOAD`
 */
export async function openGraph(
  runtime: LitertRuntime,
  bytes: Uint8Array,
  name: string,
  { inputs, outputs }: { readonly inputs: readonly TensorInfo[]; readonly outputs: readonly TensorInfo[] },
): Promise<LitertGraph> {
  const { wasm, environment } = runtime;
  const model = await runtime.attempt(
    () => {
      // LiteRT computes on these bytes in place: they stay for the session's life.
      const pointer = wasm._malloc(bytes.length);
      wasm.HEAPU8.set(bytes, pointer);
      return wasm.loadModel(environment, pointer, bytes.length);
    },
    (reasons) => loadError(reasons, name),
  );
  const compiled = await runtime.attempt(
    () => wasm.compileModel(environment, model, { accelerator: 'wasm' }),
    (reasons) => loadError(reasons, name),
  );
  const places = inputs.map((_, index) => makeInput(runtime, model.getInputTensorType(0, index)));
  const buffers = places.map(({ buffer }) => buffer);
  return {
    input: (index) => {
      const [info, place] = [inputs[index], places[index]];
      if (info === undefined || place === undefined) throw new RangeError(`there is no input ${index}`);
      return tensorData(info.dataType, wasm.HEAPU8.buffer, place.pointer, elementCount(info.shape));
    },
    run: async (explain, memory = []) => {
      const results = await runtime.attempt(
        () => compiled.run(0, buffers),
        (reasons) => explain(reasons, name),
      );
      return outputs.map((info, index) => takeOutput(wasm, info, results[index], memory[index]));
    },
  };
}

function makeInput(
  { wasm, environment }: LitertRuntime,
  type: TensorType,
): { readonly buffer: TensorBuffer; readonly pointer: number } {
  const { HOST_MEMORY } = wasm.LiteRtTensorBufferType;
  const buffer = wasm.LiteRtTensorBuffer.createManaged(environment, HOST_MEMORY, type, type.bytes());
  // The address of host memory does not change: locking only tells it.
  const pointer = buffer.lock(wasm.LiteRtTensorBufferLockMode.WRITE);
  buffer.unlock();
  return { buffer, pointer };
}

function takeOutput(
  wasm: LitertWasm,
  info: TensorInfo,
  buffer: TensorBuffer | undefined,
  memory: ArrayBuffer | undefined,
): Tensor {
  if (buffer === undefined) throw new RangeError(`LiteRT gave no output '${info.name}'`);
  const pointer = buffer.lock(wasm.LiteRtTensorBufferLockMode.READ);
  const size = buffer.packedSize();
  const bytes = new Uint8Array(memory?.byteLength === size ? memory : new ArrayBuffer(size));
  bytes.set(wasm.HEAPU8.subarray(pointer, pointer + size));
  buffer.unlock();
  const shape = shapeOf(buffer.tensorType());
  buffer.delete();
  return { ...info, shape, data: tensorData(info.dataType, bytes.buffer) };
}

function shapeOf(type: TensorType): number[] {
  const layout = type.layout();
  const dimensions = layout.dimensions();
  const shape = Array.from({ length: dimensions.size() }, (_, i) => Number(dimensions.get(i)));
  dimensions.delete();
  layout.delete();
  type.delete();
  return shape;
}
