/** What a session and the process of its model say to each other. Tensors themselves go through `memory.ts`. */
import type { ModelArtefact } from '../../../deployment/contents.js';
import type { SerializedError } from '../../../errors.js';
import type { Packing } from '../../../preprocess/packing.js';
import type { EngineName, SessionOptions } from '../../session.js';
import type { EngineAttempt } from '../index.js';
import type { LoadedModel } from '../worker-protocol.js';

/** Of each format by itself. */
type WithoutBytes<Model> = Model extends unknown ? Omit<Model, 'bytes'> : never;

/** The model's bytes lie at the beginning of the memory. */
export interface OpenRequest {
  readonly type: 'open';
  readonly model: WithoutBytes<ModelArtefact>;
  readonly bytes: number;
  readonly wanted: EngineName | 'auto';
  readonly options: SessionOptions;
  /** Somebody will ask how much memory the model took. */
  readonly watchMemory?: true;
}

/** Values of one input, and where in the memory they begin. */
export type PlacedInput =
  | { readonly kind: 'elements'; readonly at: number }
  /** Without a packing: the one that this input had before. */
  | { readonly kind: 'pixels'; readonly at: number; readonly bytes: number; readonly packing?: Packing };

export interface RunRequest {
  readonly type: 'run';
  readonly inputs: readonly PlacedInput[];
  /** Where outputs may begin. */
  readonly outputsAt: number;
}

/** Of a child that watches its memory. */
export interface MemoryRequest {
  readonly type: 'memory';
}

export type ToChild = OpenRequest | RunRequest | MemoryRequest;

export interface PlacedOutput {
  readonly at: number;
  /** As it came out. */
  readonly shape: readonly number[];
}

export interface OpenedModel extends LoadedModel {
  readonly attempts: readonly EngineAttempt[];
}

export interface RunAnswer {
  readonly type: 'done';
  readonly outputs: readonly PlacedOutput[];
  readonly tensorMs: number;
  readonly inferenceMs: number;
}

export type FromChild =
  | { readonly type: 'opened'; readonly model: OpenedModel }
  | RunAnswer
  /** The most bytes by which the process has grown since before the model was opened; absent where the system does not tell. */
  | { readonly type: 'memory'; readonly grownBytes?: number }
  | { readonly type: 'failed'; readonly error: SerializedError };
