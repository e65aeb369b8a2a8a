/** The process of an isolated model: chooses an engine, opens the model, and runs it when told to. */
import { ftruncateSync } from 'node:fs';
import { serializeError } from '../../../errors.js';
import type { Packing } from '../../../preprocess/packing.js';
import type { TensorData } from '../../../tensor.js';
import { bytesPerElement, elementCount, tensorData } from '../../../tensor.js';
import { highWaterMark, resetHighWaterMark } from '../../peak-memory.js';
import type { ModelSession, SessionInput } from '../../session.js';
import { openSession } from '../index.js';
import { nextPlace, readBytes, writeBytes } from './memory.js';
import type { FromChild, OpenRequest, PlacedInput, PlacedOutput, RunRequest, ToChild } from './protocol.js';

/** Where the parent puts the memory among the descriptors: after stdio and the channel. */
const MEMORY = 4;

let session: ModelSession | undefined;
/** Bytes that were resident before the model was opened, where they are watched. */
let residentBefore: number | undefined;
/** Of each input, the same run after run. */
const buffers: ArrayBuffer[] = [];
const packings: Packing[] = [];

// Nothing here is worth tidying up, and an engine that hangs would not let itself be.
process.on('disconnect', die);
process.on('message', (message: ToChild) => void answer(message));
if (!process.connected) die();

function die(): void {
  process.kill(process.pid, 'SIGKILL');
}

async function answer(message: ToChild): Promise<void> {
  reply(await act(message).catch((error): FromChild => ({ type: 'failed', error: serializeError(error) })));
}

async function act(message: ToChild): Promise<FromChild> {
  switch (message.type) {
    case 'open':
      return open(message);
    case 'run':
      return run(message);
    case 'memory':
      return memory();
  }
}

function reply(message: FromChild): void {
  process.send?.(message, undefined, undefined, () => {});
}

async function open({ model, bytes: length, wanted, options, watchMemory }: OpenRequest): Promise<FromChild> {
  if (watchMemory) residentBefore = resetHighWaterMark();
  const bytes = new Uint8Array(length);
  readBytes(MEMORY, bytes, 0);
  ftruncateSync(MEMORY);
  const choice = await openSession({ ...model, bytes }, wanted, options);
  session = choice.session;
  const { inputs, outputs, details } = session;
  return { type: 'opened', model: { inputs, outputs, details, attempts: choice.attempts } };
}

async function run({ inputs, outputsAt }: RunRequest): Promise<FromChild> {
  if (session === undefined) throw new Error('no model is open');
  const startedAt = performance.now();
  const values = inputs.map(fetchInput);
  const fetchMs = performance.now() - startedAt;
  const { outputs, timing, release } = await session.run(values);
  const storedAt = performance.now();
  let at = outputsAt;
  const places = outputs.map(({ data, shape }): PlacedOutput => {
    const place = { at, shape };
    writeBytes(MEMORY, data, at);
    at = nextPlace(at + data.byteLength);
    return place;
  });
  release();
  const tensorMs = fetchMs + timing.tensorMs + performance.now() - storedAt;
  return { type: 'done', outputs: places, tensorMs, inferenceMs: timing.inferenceMs };
}

function memory(): FromChild {
  const peak = highWaterMark();
  if (peak === undefined || residentBefore === undefined) return { type: 'memory' };
  return { type: 'memory', grownBytes: Math.max(0, peak - residentBefore) };
}

function fetchInput(input: PlacedInput, index: number): SessionInput {
  if (input.kind === 'elements') return fetchElements(index, input.at);
  const packing = input.packing ?? packings[index];
  if (packing === undefined) throw new Error(`input ${index} never had a packing`);
  packings[index] = packing;
  return { pixels: fetchBytes(index, input.at, input.bytes), packing };
}

function fetchElements(index: number, at: number): TensorData {
  const info = session?.inputs[index];
  if (info === undefined) throw new Error(`the model has no input ${index}`);
  const count = elementCount(info.shape);
  const { buffer } = fetchBytes(index, at, count * bytesPerElement(info.dataType));
  return tensorData(info.dataType, buffer, 0, count);
}

function fetchBytes(index: number, at: number, length: number): Uint8Array {
  let buffer = buffers[index];
  if (buffer === undefined || buffer.byteLength < length) {
    buffer = new ArrayBuffer(length);
    buffers[index] = buffer;
  }
  const bytes = new Uint8Array(buffer, 0, length);
  readBytes(MEMORY, bytes, at);
  return bytes;
}
