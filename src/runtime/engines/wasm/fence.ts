/**
 * The fence around a stranger's JavaScript: a V8 context of its own in which there is no Node.js. Its limits are told in
 * `docs/deployments.md`. Nothing of ours goes in but text, numbers and what was made inside; nothing comes out unasked.
 */
import { isAnyArrayBuffer, isFloat32Array } from 'node:util/types';
import vm from 'node:vm';
import type { GlueFunction, Guest, GuestState, Surroundings } from './guest.js';
import { makeGuest, SURROUNDINGS } from './guest.js';

/** Longest wait between two looks at whether the module is ready, in milliseconds. */
const LOOK_MS = 5;

/** An `import()` inside would otherwise fail with an error of ours, and an error leads to all that its realm has. */
const NO_IMPORTS = {
  importModuleDynamically(): never {
    throw 'import() is not available here';
  },
};

/** What Emscripten's glue says where it was not built for what it finds around it. */
const OTHER_SURROUNDINGS =
  /environment|\b(require|process|__dirname|__filename|window|document|self) is not defined/;

/**
 * Evaluates the glue and waits until the module runs.
 *
 * @param binary the module, its memory already limited
 * @param memoryPages most pages of a memory that the glue brings
 * @throws {Error} what went wrong inside, as text
 */
export async function openFence(glue: string, binary: Uint8Array, memoryPages: number): Promise<Guest> {
  let first: Error | undefined;
  for (const surroundings of SURROUNDINGS) {
    try {
      return await enter(glue, binary, memoryPages, surroundings);
    } catch (error) {
      first ??= error as Error;
      if (!OTHER_SURROUNDINGS.test((error as Error).message)) throw error;
    }
  }
  throw first ?? new TypeError('There are no surroundings to try.');
}

/** A rejection that nothing handles belongs to the guest that is being entered or is running. */
let current: { readonly guest: Guest; failure?: string } | undefined;

/** @param tell is told what went wrong inside although nothing of ours was being run */
export function watchRejections(tell: (failure: string) => void): void {
  process.on('unhandledRejection', (reason) => {
    if (current === undefined) throw reason;
    current.failure = current.guest.explain(reason);
    tell(current.failure);
  });
}

async function enter(
  glue: string,
  binary: Uint8Array,
  memoryPages: number,
  surroundings: Surroundings,
): Promise<Guest> {
  // Without a prototype: the one of our objects would be a way out.
  const context = vm.createContext(Object.create(null), { name: 'edge-impulse-standalone' });
  const inside = (code: string): unknown =>
    vm.runInContext(code, context, { displayErrors: false, ...NO_IMPORTS });
  const bytes = inside(`new Uint8Array(${binary.length})`) as Uint8Array;
  new Uint8Array(bytes.buffer).set(binary);
  const make = inside(`'use strict'; (${makeGuest.toString()})`) as typeof makeGuest;
  const guest = make(surroundings, bytes, memoryPages);
  const entered: NonNullable<typeof current> = { guest };
  current = entered;
  try {
    guest.begin(inside(`(function (Module, module, exports) {${glue}\n;return Module;})`) as GlueFunction);
  } catch (thrown) {
    throw new Error(stateOf(guest).failure ?? guest.explain(thrown));
  }
  for (;;) {
    const { ready, failure = entered.failure } = stateOf(guest);
    if (failure !== undefined) throw new Error(failure);
    if (ready) return guest;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

function stateOf(guest: Guest): GuestState {
  return JSON.parse(guest.state()) as GuestState;
}

/**
 * The module's memory from `address` on. To be asked for after `reserve()`, which may have moved it.
 *
 * @throws {RangeError} that is not `length` numbers inside the memory
 */
export function memoryAt(guest: Guest, address: number, length: number): Float32Array {
  const memory: unknown = guest.memory();
  if (!isAnyArrayBuffer(memory)) throw new RangeError('the module has no memory');
  return new Float32Array(memory, address, length);
}

/** A copy of a freeform output, in memory of ours. */
export function tensorAt(guest: Guest, index: number): Float32Array<ArrayBuffer> {
  const tensor: unknown = guest.tensor(index);
  if (!isFloat32Array(tensor)) throw new TypeError(`its freeform output ${index} holds no numbers`);
  return new Float32Array(tensor);
}
