/** Worker of an `onnx` session: ONNX Runtime blocks the thread that runs it, so it has this one for itself. */
import type { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node';
import { EngineError } from '../../errors.js';
import type { Tensor, TensorData, TensorInfo } from '../../tensor.js';
import { bytesPerElement, elementCount, tensorData } from '../../tensor.js';
import { loadError, runError } from './onnx-errors.js';
import { openOnProvider, type Placed } from './onnx-provider.js';
import { inputInfo, outputInfo } from './onnx-tensors.js';
import type { HostedModel } from './worker-host.js';
import { hostModel } from './worker-host.js';

type Ort = typeof import('onnxruntime-node');

/** What an `onnx` worker is started with. */
export interface OnnxInit {
  readonly model: Uint8Array<ArrayBuffer>;
  /** Name of the model, for messages. */
  readonly name: string;
  readonly threads: number;
  /** Name of an execution provider. */
  readonly provider: string;
  readonly version: string;
  readonly library: string;
}

const LOG_FATAL = 4;

hostModel(loadOnnx);

async function loadOnnx(init: OnnxInit): Promise<HostedModel> {
  const ort = await loadRuntime(init);
  const placed = await createSession(ort, init);
  try {
    return hostedModel(ort, placed, init);
  } catch (error) {
    await placed.session.release();
    throw error;
  }
}

async function loadRuntime({ version, library }: OnnxInit): Promise<Ort> {
  try {
    const ort = await import('onnxruntime-node');
    // What fails is thrown; what else it has to say (of graphics cards that it did not find) is nobody's business.
    ort.env.logLevel = 'fatal';
    return ort;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new EngineError(
      'ERR_ENGINE_LIBRARY',
      `onnxruntime-node ${version} could not be loaded from ${library}: ${reason}`,
      { cause: error },
    );
  }
}

async function createSession(ort: Ort, init: OnnxInit): Promise<Placed> {
  const { model, name, threads, provider, version } = init;
  const options: InferenceSession.SessionOptions = {
    executionProviders: ['cpu'],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
    logSeverityLevel: LOG_FATAL,
    // Awake from one operator to the next, and no longer: more costs time where cores are shared.
    extra: {
      session: {
        intra_op: { allow_spinning: '1', spin_duration_us: '50' },
        inter_op: { allow_spinning: '0' },
      },
    },
  };
  if (provider !== 'cpu')
    return openOnProvider(ort, { ...init, options }, (session) => zeros(ort, session, init));
  try {
    return { session: await ort.InferenceSession.create(model, options), delegate: 'cpu', notes: [] };
  } catch (error) {
    throw loadError(error, name, version);
  }
}

function zeros(ort: Ort, { inputMetadata }: InferenceSession, { name }: OnnxInit): Record<string, OrtTensor> {
  const inputs = inputMetadata.map((metadata) => inputInfo(metadata, name));
  return Object.fromEntries(inputs.map((info) => [info.name, ortTensor(ort, info, emptyArray(info))]));
}

function hostedModel(
  ort: Ort,
  { session, delegate, notes }: Placed,
  { name, threads, version, library }: OnnxInit,
): HostedModel {
  const inputs = session.inputMetadata.map((metadata) => inputInfo(metadata, name));
  const outputs = session.outputMetadata.map((metadata) => outputInfo(metadata, session.inputMetadata, name));
  const arrays = inputs.map(emptyArray);
  const feeds = Object.fromEntries(
    inputs.map((info, index) => [info.name, ortTensor(ort, info, arrays[index])]),
  );
  return {
    inputs,
    outputs,
    details: { engine: 'onnx', version, library, threads, delegate, notes },
    input: (index) => arrays[index] as TensorData,
    run: runner(ort, session, feeds, outputs, name),
    close: () => session.release(),
  };
}

/**
 * Outputs of known size are written into the buffers; what the runtime gives back is a copy of that. A model whose outputs are not
 * of the size that its file states can't be run so: the runtime then gives memory of its own.
 */
function runner(
  ort: Ort,
  session: InferenceSession,
  feeds: Record<string, OrtTensor>,
  outputs: readonly TensorInfo[],
  name: string,
): HostedModel['run'] {
  let truthful = true;
  const runInto = async (places: readonly (Tensor | undefined)[]): Promise<Tensor[]> => {
    const fetches = outputs.map((info, index) => [info.name, fetched(ort, places[index])]);
    const results = await session.run(feeds, Object.fromEntries(fetches));
    return outputs.map((info, index) => places[index] ?? outputTensor(info, results[info.name]));
  };
  return async (buffers) => {
    const places = outputs.map((info, index) => (truthful ? placeOf(info, buffers[index]) : undefined));
    try {
      return await runInto(places);
    } catch (error) {
      if (places.every((place) => place === undefined)) throw runError(error, name);
      const found = await runInto([]).catch(() => Promise.reject(runError(error, name)));
      truthful = false;
      return found;
    }
  };
}

function emptyArray({ dataType, shape }: TensorInfo): TensorData {
  return tensorData(dataType, new ArrayBuffer(elementCount(shape) * bytesPerElement(dataType)));
}

function ortTensor(
  { Tensor }: Ort,
  { dataType, shape }: TensorInfo,
  data: TensorData | undefined,
): OrtTensor {
  return new Tensor(dataType, data as Float32Array, [...shape]);
}

/** Undefined where its size is not known. */
function placeOf(info: TensorInfo, buffer: ArrayBuffer | undefined): Tensor | undefined {
  if (buffer === undefined || buffer.byteLength === 0) return undefined;
  return { ...info, data: tensorData(info.dataType, buffer) };
}

/** Null: the runtime gives it memory. */
function fetched(ort: Ort, place: Tensor | undefined): OrtTensor | null {
  return place === undefined ? null : ortTensor(ort, place, place.data);
}

function outputTensor(info: TensorInfo, result: OrtTensor | undefined): Tensor {
  if (result === undefined) throw new Error(`the runtime gave no '${info.name}'`);
  return { ...info, shape: [...result.dims], data: result.data as TensorData };
}
