/** What a WebAssembly runner and its worker thread say to each other. One request at a time. */
import type { ModuleFacts, RawResult } from './guest.js';

/** What the thread is started with. */
export interface WasmSetup {
  readonly glue: string;
  readonly binary: Uint8Array;
  readonly memoryPages: number;
}

export type ToWasm =
  /** The first `length` numbers of the slot are the features. */
  | { readonly type: 'run'; readonly slot: SharedArrayBuffer; readonly length: number }
  | {
      readonly type: 'run-continuous';
      readonly slot: SharedArrayBuffer;
      readonly length: number;
      /** Performance calibration, where the build has it. */
      readonly calibrate: boolean;
    }
  | { readonly type: 'set-threshold'; readonly values: Readonly<Record<string, number>> };

/** Answer to a run. */
export interface WasmRun {
  readonly type: 'done';
  readonly result: RawResult;
  /** Freeform outputs. */
  readonly tensors: readonly Float32Array[];
  /** What the module printed meanwhile, the end of it. */
  readonly printed: string;
  /** Milliseconds inside the module. */
  readonly runMs: number;
}

export type FromWasm =
  | { readonly type: 'ready'; readonly facts: ModuleFacts }
  /** It can't be started. */
  | { readonly type: 'refused'; readonly reason: string }
  | WasmRun
  /** `reason` says why not. */
  | { readonly type: 'set'; readonly reason?: string }
  /** It can't be used any more. */
  | { readonly type: 'broken'; readonly reason: string };
