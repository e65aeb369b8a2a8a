/** One model open in the TensorFlow Lite library. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { ClosedError, UnsupportedError } from '../../errors.js';
import type { NativeOutput, NativeTensorInfo, OpenedSession } from '../../native/addon.js';
import type { DataType, Tensor, TensorInfo } from '../../tensor.js';
import { tensorData } from '../../tensor.js';
import type { ModelSession, RunResult, SessionDetails, SessionInput } from '../session.js';
import { checkInputs } from './input-slots.js';
import { makeSpareOutputs } from './spare-outputs.js';
import { runError } from './tflite-errors.js';

/**
 * A session over what the addon opened. The addon copies elements before `run()` returns its promise, so the caller's
 * arrays are free at once; pixels are read where they lie, when their turn has come.
 *
 * @param model its name, for messages
 * @throws {UnsupportedError} `ERR_UNSUPPORTED_DATA_TYPE`; the model is closed then
 */
export function tfliteSession(model: string, opened: OpenedSession, details: SessionDetails): ModelSession {
  const { session } = opened;
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => {
    // A run and the closing may settle in one turn of the event loop: the run's caller hears of it first.
    closing ??= session.close().then(() => nextTurn());
    return closing;
  };
  try {
    const inputs = opened.inputs.map((tensor) => tensorInfo(tensor, model));
    const outputs = opened.outputs.map((tensor) => tensorInfo(tensor, model));
    const spare = makeSpareOutputs(outputs);
    const run = async (values: readonly SessionInput[]): Promise<RunResult> => {
      if (closing !== undefined) throw new ClosedError('ERR_CLOSED', 'This session was closed.');
      checkInputs(values, inputs);
      const buffers = spare.take();
      const result = await session.run(values, buffers).catch((error) => {
        spare.give(buffers);
        throw runError(error, model);
      });
      const { queueMs, tensorMs, inferenceMs } = result;
      return {
        outputs: result.outputs.map((output, index) => outputTensor(output, outputs[index]!)),
        timing: { queueMs, tensorMs, inferenceMs },
        release: () => spare.give(buffers),
      };
    };
    return { inputs, outputs, details, run, close };
  } catch (error) {
    void close();
    throw error;
  }
}

function tensorInfo(
  { name, shape, dataType, scale, zeroPoint }: NativeTensorInfo,
  model: string,
): TensorInfo {
  if (typeof dataType === 'number') {
    throw new UnsupportedError(
      'ERR_UNSUPPORTED_DATA_TYPE',
      `${model}: tensor '${name}' has TensorFlow Lite's element type ${dataType}, which is neither a float of 16 or 32 bits nor an integer.`,
    );
  }
  return {
    name,
    shape,
    dataType,
    ...(isQuantized(dataType, scale) && { quantization: { scale, zeroPoint } }),
  };
}

/** `shape` is there where the run decided it. */
function outputTensor({ data, shape }: NativeOutput, info: TensorInfo): Tensor {
  return { ...info, ...(shape && { shape }), data: tensorData(info.dataType, data) };
}

/** Some float tensors carry the range that they were trained for; they hold real numbers all the same. */
function isQuantized(dataType: DataType, scale: number): boolean {
  return scale !== 0 && dataType !== 'float32' && dataType !== 'float16';
}
