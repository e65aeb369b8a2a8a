/** One loaded model on one engine. The runtime knows engines only through this file. */
import type { ModelArtefact } from '../deployment/contents.js';
import type { Packing } from '../preprocess/packing.js';
import type { Tensor, TensorData, TensorInfo } from '../tensor.js';

/** Engines in the order in which `auto` tries them. */
export const ENGINE_NAMES = ['tflite', 'onnx', 'litert-wasm', 'tfjs'] as const;
export type EngineName = (typeof ENGINE_NAMES)[number];

/** Resized RGB bytes and the way they become the tensor: the engine fills its own memory in one pass. */
export interface PixelInput {
  /** width x height x 3 bytes, R G B interleaved: not to be changed or transferred before the run has ended. */
  readonly pixels: Uint8Array;
  readonly packing: Packing;
}

/** Values for one model input: ready elements, or pixels to pack. */
export type SessionInput = TensorData | PixelInput;

export interface RunTiming {
  /** Waiting for earlier runs of this session, milliseconds. */
  readonly queueMs: number;
  /** Filling the input tensors, milliseconds. */
  readonly tensorMs: number;
  /** The engine's own run, milliseconds. */
  readonly inferenceMs: number;
}

export interface RunResult {
  readonly outputs: readonly Tensor[];
  readonly timing: RunTiming;
  /**
   * Gives the outputs' memory back to the session, for a later run to write into: large outputs made anew for every run
   * keep the garbage collector busy. Only for who holds nothing of it any more; nobody has to.
   */
  release(): void;
}

/** How a session runs, as it really came out, not as it was asked for. */
export interface SessionDetails {
  readonly engine: EngineName;
  /** Version of the engine's library. */
  readonly version: string;
  /** Path of the library, where there is one. */
  readonly library?: string;
  readonly threads: number;
  /** `xnnpack`, `xnnpack (QS8, QU8)`, `libedgetpu.so.1`, `libarmnnDelegate.so, xnnpack`, `cpu`, `webgpu`, `none`, ... */
  readonly delegate: string;
  /** Copies of the model that run side by side; absent: one. */
  readonly sessions?: number;
  /** The model keeps something from one run to the next, as recurrent layers and variables do. */
  readonly stateful?: true;
  /** Absent: in this process. */
  readonly isolation?: 'isolated process';
  /** What had to be done differently than asked, and why. */
  readonly notes: readonly string[];
}

export interface ModelSession {
  readonly inputs: readonly TensorInfo[];
  /** Shapes may hold -1 until the first run. */
  readonly outputs: readonly TensorInfo[];
  readonly details: SessionDetails;
  /**
   * Runs the model off the main thread. Calls queue; one session never runs twice at once.
   *
   * @throws {InputError} wrong number of inputs, wrong array type or length, NaN or infinity in a float input
   * @throws {EngineError} the engine failed
   * @throws {ClosedError} after `close()`
   */
  run(inputs: readonly SessionInput[]): Promise<RunResult>;
  /** Waits for the run in progress, refuses the queued ones, frees everything. Closing twice is fine. */
  close(): Promise<void>;
}

/** A TFLite delegate in a shared library of its own, for hardware that TFLite does not know. */
export interface TfliteDelegate {
  /** Path of its library; a name without a slash is looked for as the system's loader does: `libedgetpu.so.1`. */
  readonly path: string;
  /** Names and values, handed over to the delegate as they are. @default {} */
  readonly options?: Readonly<Record<string, string>>;
}

export interface SessionOptions {
  /** Threads for the engine's kernels. */
  readonly threads: number;
  /** Path of a TFLite C library to use instead of the one found. */
  readonly tfliteLibrary?: string;
  /** `false`: the TFLite library's own kernels, without the XNNPACK delegate. */
  readonly xnnpack?: boolean;
  /** Gets the operators that it takes; the library's kernels have the rest. */
  readonly tfliteDelegate?: TfliteDelegate;
  /** Of ONNX Runtime: `cuda`, `webgpu`, ... @default 'cpu' */
  readonly executionProvider?: string;
}

/** What this machine has of an engine. */
export type EngineStatus =
  | {
      readonly available: true;
      readonly version: string;
      readonly library?: string;
      readonly details?: string;
    }
  | {
      readonly available: false;
      readonly reason: string;
      readonly remedy: string;
      /** The caller asked for something of this engine that can't be had: no other may take its place. */
      readonly error?: Error;
    };

export interface Engine {
  readonly name: EngineName;
  /** Cheap after the first call. Never throws. */
  probe(options?: Partial<SessionOptions>): Promise<EngineStatus>;
  /** Why this engine can't run this model whatever the machine, in words; undefined if it can. */
  refusal(model: ModelArtefact): string | undefined;
  /**
   * @throws {EngineError} library or model fails to load
   * @throws {UnsupportedError} an operator or tensor type that this engine lacks
   */
  open(model: ModelArtefact, options: SessionOptions): Promise<ModelSession>;
}
