/** What a session and its worker thread say to each other. */
import type { SerializedError } from '../../errors.js';
import type { Packing } from '../../preprocess/packing.js';
import type { Tensor, TensorInfo } from '../../tensor.js';
import type { SessionDetails } from '../session.js';
import type { OutputBuffers } from './spare-outputs.js';

/** What the thread is started with. */
export interface WorkerSetup<Init> {
  readonly init: Init;
  /** Present for engines whose native calls must not be cut off (`exit-latch.ts`). */
  readonly latch?: SharedArrayBuffer;
}

/** Where the values of one input lie: memory of the session's, the same run after run. */
export type SlotInput =
  | { readonly kind: 'elements'; readonly slot: SharedArrayBuffer }
  | { readonly kind: 'pixels'; readonly slot: SharedArrayBuffer; readonly packing: Packing };

export type ToWorker =
  | {
      readonly type: 'run';
      readonly inputs: readonly SlotInput[];
      /** Outputs of earlier runs that nobody looks at any more. */
      readonly released: readonly OutputBuffers[];
    }
  | { readonly type: 'close' };

/** A model as it came to be loaded. */
export interface LoadedModel {
  readonly inputs: readonly TensorInfo[];
  readonly outputs: readonly TensorInfo[];
  readonly details: SessionDetails;
}

export type FromWorker =
  | { readonly type: 'ready'; readonly model: LoadedModel }
  | { readonly type: 'refused'; readonly error: SerializedError }
  | {
      readonly type: 'done';
      readonly outputs: readonly Tensor[];
      readonly fillMs: number;
      readonly inferenceMs: number;
    }
  /** This run failed; the next may succeed. */
  | { readonly type: 'failed'; readonly error: SerializedError }
  /** The engine can't be trusted any more. */
  | { readonly type: 'broken'; readonly error: SerializedError };
