/** What the main thread and the thread for signal processing say to each other. */
import type { SerializedError } from '../../errors.js';
import type { ComputationKind, SignalImpulse } from './signal-computation.js';

export type ToThread =
  /** Make a computation that later messages call by this number. */
  | {
      readonly type: 'make';
      readonly id: number;
      readonly kind: ComputationKind;
      readonly impulse: SignalImpulse;
    }
  | { readonly type: 'compute'; readonly id: number; readonly job: number; readonly signal: Float32Array }
  | { readonly type: 'drop'; readonly id: number };

export type FromThread =
  | { readonly type: 'done'; readonly job: number; readonly features: Float32Array | undefined }
  | { readonly type: 'failed'; readonly job: number; readonly error: SerializedError };
