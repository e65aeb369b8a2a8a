/** The worker's side of a session: loads one model, runs it when told to, one run at a time. */
import { parentPort, workerData } from 'node:worker_threads';
import { InputError, isImpulseError, serializeError } from '../../errors.js';
import { packPixels } from '../../preprocess/pack-pixels.js';
import type { PixelElements } from '../../preprocess/packing.js';
import type { Tensor, TensorData, TensorInfo } from '../../tensor.js';
import { tensorData } from '../../tensor.js';
import { holdLatch } from './exit-latch.js';
import { copyFinite } from './finite.js';
import { makeSpareOutputs, type OutputBuffers, type SpareOutputs } from './spare-outputs.js';
import type { FromWorker, LoadedModel, SlotInput, ToWorker, WorkerSetup } from './worker-protocol.js';

/** A loaded model as its engine presents it to the host. */
export interface HostedModel extends LoadedModel {
  /** The memory of input `index`, to be filled; asked for anew before each run, as it may move. */
  input(index: number): TensorData;
  /**
   * Runs on what the inputs hold.
   *
   * @param buffers memory for the outputs, to be used where the size is right
   * @returns tensors in these buffers or in memory of their own: both are handed over to the caller
   * @throws an `ImpulseError` if this run failed; anything else says that the engine is broken
   */
  run(buffers: OutputBuffers): Promise<Tensor[]>;
  close(): Promise<void>;
}

/** To be called once, by the worker's entry. */
export function hostModel<Init>(load: (init: Init) => Promise<HostedModel>): void {
  const { init, latch } = workerData as WorkerSetup<Init>;
  holdLatch(latch, () => load(init)).then(
    (model) => {
      const spare = makeSpareOutputs(model.outputs);
      parentPort?.on('message', (message: ToWorker) => void answer(model, message, spare, latch));
      const { inputs, outputs, details } = model;
      post({ type: 'ready', model: { inputs, outputs, details } });
    },
    (error: unknown) => post({ type: 'refused', error: serializeError(error) }),
  );
}

async function answer(
  model: HostedModel,
  message: ToWorker,
  spare: SpareOutputs,
  latch: SharedArrayBuffer | undefined,
): Promise<void> {
  if (message.type === 'close') {
    await holdLatch(latch, () => model.close());
    parentPort?.close();
    return;
  }
  try {
    const startedAt = performance.now();
    for (const buffers of message.released) spare.give(buffers);
    for (const [index, input] of message.inputs.entries()) fill(model, index, input);
    const filledAt = performance.now();
    const outputs = await holdLatch(latch, () => model.run(spare.take()));
    const inferenceMs = performance.now() - filledAt;
    post(
      { type: 'done', outputs, fillMs: filledAt - startedAt, inferenceMs },
      outputs.map(({ data }) => data.buffer as ArrayBuffer),
    );
  } catch (error) {
    post({ type: isImpulseError(error) ? 'failed' : 'broken', error: serializeError(error) });
  }
}

function fill(model: HostedModel, index: number, input: SlotInput): void {
  const info = model.inputs[index];
  if (info === undefined) throw new Error(`the model has no input ${index}`);
  const target = model.input(index);
  if (input.kind === 'pixels') {
    const { packing, slot } = input;
    const pixels = new Uint8Array(slot, 0, packing.width * packing.height * 3);
    packPixels(pixels, packing, target as PixelElements);
    return;
  }
  const elements = tensorData(info.dataType, input.slot, 0, target.length);
  const wrong = copyFinite(elements, info.dataType, target);
  if (wrong !== -1) throw notFinite(elements, wrong, info);
}

function notFinite(elements: TensorData, index: number, { name, dataType }: TensorInfo): InputError {
  const value = dataType === 'float16' ? 'NaN or infinity' : String(elements[index]);
  return new InputError(
    'ERR_INPUT_NOT_FINITE',
    `Input '${name}': element ${index} of ${elements.length} is ${value}; expected finite numbers only.`,
  );
}

function post(message: FromWorker, transfer: readonly ArrayBuffer[] = []): void {
  parentPort?.postMessage(message, [...transfer]);
}
