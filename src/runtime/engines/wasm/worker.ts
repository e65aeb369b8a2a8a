/** The worker thread of a WebAssembly runner: one module, behind its fence. */
import { parentPort, workerData } from 'node:worker_threads';
import { memoryAt, openFence, tensorAt, watchRejections } from './fence.js';
import type { Guest, ModuleFacts } from './guest.js';
import { limitMemory } from './memory-limit.js';
import type { FromWasm, ToWasm, WasmRun, WasmSetup } from './protocol.js';
import { readFacts, readResult } from './told.js';

watchRejections((reason) => post({ type: 'broken', reason }));
start(workerData as WasmSetup).then(
  ({ guest, facts }) => {
    parentPort?.on('message', (message: ToWasm) => answer(guest, message));
    post({ type: 'ready', facts });
  },
  (error: Error) => post({ type: 'refused', reason: error.message }),
);

async function start({
  glue,
  binary,
  memoryPages,
}: WasmSetup): Promise<{ guest: Guest; facts: ModuleFacts }> {
  const guest = await openFence(glue, limitMemory(binary, memoryPages), memoryPages);
  return inside(guest, () => {
    const code = guest.init();
    if (code !== 0) throw new Error(`its init() failed with code ${code}`);
    return { guest, facts: readFacts(guest.facts()) };
  });
}

function answer(guest: Guest, message: ToWasm): void {
  try {
    const reply = inside(guest, () => replyTo(guest, message));
    const transfer = reply.type === 'done' ? reply.tensors.map(({ buffer }) => buffer as ArrayBuffer) : [];
    post(reply, transfer);
  } catch (error) {
    post({ type: 'broken', reason: (error as Error).message });
  }
}

function replyTo(guest: Guest, message: ToWasm): FromWasm {
  if (message.type !== 'set-threshold') return run(guest, message);
  const reason = guest.setThreshold(JSON.stringify(message.values));
  return { type: 'set', ...(reason !== '' && { reason }) };
}

function run(guest: Guest, message: Exclude<ToWasm, { type: 'set-threshold' }>): WasmRun {
  const { slot, length } = message;
  guest.printed();
  const address = guest.reserve(length * Float32Array.BYTES_PER_ELEMENT);
  memoryAt(guest, address, length).set(new Float32Array(slot, 0, length));
  const startedAt = performance.now();
  const json =
    message.type === 'run'
      ? guest.run(address, length)
      : guest.runContinuous(address, length, message.calibrate);
  const runMs = performance.now() - startedAt;
  guest.release(address);
  const result = readResult(json);
  const tensors = Array.from({ length: result.tensors }, (_, index) => tensorAt(guest, index));
  return { type: 'done', result, tensors, printed: guest.printed(), runMs };
}

/** What is thrown inside becomes an error of ours: nothing else of it may be looked at. */
function inside<T>(guest: Guest, call: () => T): T {
  try {
    return call();
  } catch (thrown) {
    throw new Error(guest.explain(thrown));
  }
}

function post(message: FromWasm, transfer: readonly ArrayBuffer[] = []): void {
  parentPort?.postMessage(message, [...transfer]);
}
