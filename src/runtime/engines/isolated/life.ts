/** One life of an isolated model: from the start of its process to its end. */
import { fstatSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import type { ModelArtefact } from '../../../deployment/contents.js';
import type { ImpulseError } from '../../../errors.js';
import { deserializeError, EngineError, isImpulseError, TimeoutError } from '../../../errors.js';
import type { Packing } from '../../../preprocess/packing.js';
import type { Tensor, TensorInfo } from '../../../tensor.js';
import { bytesPerElement, elementCount, tensorData } from '../../../tensor.js';
import type { EngineName, SessionInput, SessionOptions } from '../../session.js';
import { printed } from '../eim/dialogue.js';
import type { OutputBuffers } from '../spare-outputs.js';
import { makeMemory, nextPlace, readBytes, writeBytes } from './memory.js';
import type { Outcome } from './process.js';
import { Process } from './process.js';
import type { OpenedModel, PlacedInput, PlacedOutput } from './protocol.js';

/** What is to be opened, and how. */
export interface Order {
  readonly model: ModelArtefact;
  readonly wanted: EngineName | 'auto';
  readonly options: SessionOptions;
  /** For `grownBytes()`. */
  readonly watchMemory?: true;
}

export interface IsolationLimits {
  /** Milliseconds that opening the model may take. */
  readonly startTimeoutMs: number;
  /** Milliseconds that one run may take. */
  readonly requestTimeoutMs: number;
}

/** As `RunResult`, but for the time in the queue, of which a life knows nothing. */
export interface LifeResult {
  readonly outputs: readonly Tensor[];
  readonly tensorMs: number;
  readonly inferenceMs: number;
}

/**
 * Starts a process and opens the model in it.
 *
 * @throws what `openSession()` throws; {EngineError} `ERR_ENGINE_LOAD`: the process ended; {TimeoutError}
 */
export async function startLife(
  { model, wanted, options, watchMemory }: Order,
  limits: IsolationLimits,
): Promise<Life> {
  const { bytes, ...rest } = model;
  const { name } = model;
  const memory = await makeMemory(bytes);
  let child: Process | undefined;
  try {
    child = startProcess(name, memory.fd);
    const outcome = await child.ask(
      {
        type: 'open',
        model: rest,
        bytes: bytes.length,
        wanted,
        options,
        ...(watchMemory && { watchMemory }),
      },
      limits.startTimeoutMs,
    );
    if (outcome.type === 'opened') return new Life(name, child, memory, outcome.model, limits);
    throw openFailure(name, outcome, limits);
  } catch (error) {
    await child?.end();
    await memory.close();
    throw error;
  }
}

function startProcess(name: string, memory: number): Process {
  try {
    return new Process(memory);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new EngineError(
      'ERR_ENGINE_LOAD',
      `No isolated process can be started for ${name}: ${reason}. Where processes are forbidden, use isolation 'none'.`,
      { cause },
    );
  }
}

function openFailure(name: string, outcome: Outcome, { startTimeoutMs }: IsolationLimits): Error {
  switch (outcome.type) {
    case 'failed':
      return deserializeError(outcome.error);
    case 'late':
      return new TimeoutError(
        'ERR_TIMEOUT',
        `The isolated process of ${name} has not opened it within ${startTimeoutMs} ms${printed(outcome.printed)}. ` +
          'It was ended; a slow machine may need a larger startTimeoutMs.',
      );
    case 'ended':
      return new EngineError(
        'ERR_ENGINE_LOAD',
        `The isolated process of ${name} ${outcome.how} while it opened the model${printed(outcome.printed)}. ` +
          'This process goes on.',
      );
    default:
      return new EngineError('ERR_ENGINE_LOAD', `The isolated process of ${name} answered nonsense.`);
  }
}

export class Life {
  readonly opened: OpenedModel;
  readonly #model: string;
  readonly #child: Process;
  readonly #memory: FileHandle;
  readonly #limits: IsolationLimits;
  /** The packing that the child has for each input. */
  readonly #packings: Packing[] = [];

  constructor(
    model: string,
    child: Process,
    memory: FileHandle,
    opened: OpenedModel,
    limits: IsolationLimits,
  ) {
    this.opened = opened;
    this.#model = model;
    this.#child = child;
    this.#memory = memory;
    this.#limits = limits;
  }

  get over(): boolean {
    return this.#child.over;
  }

  /**
   * Runs on checked values. One at a time. Undefined where the process had ended before: nothing was run then.
   *
   * @param memory for the outputs, used where the size is right
   * @throws {EngineError} `ERR_ENGINE_RUN`: the run failed; where the process ended, the life is over
   * @throws {TimeoutError} it took too long: the life is over
   * @throws {InputError} the child refused a value
   */
  async run(values: readonly SessionInput[], memory: OutputBuffers): Promise<LifeResult | undefined> {
    const startedAt = performance.now();
    const { inputs, end } = this.#place(values);
    const placedMs = performance.now() - startedAt;
    const outcome = await this.#child.ask(
      { type: 'run', inputs, outputsAt: end },
      this.#limits.requestTimeoutMs,
    );
    if (outcome.type === 'ended' && outcome.unheard) return undefined;
    if (outcome.type !== 'done') return this.#fail(outcome);
    const answeredAt = performance.now();
    const outputs = await this.#fetchAll(outcome.outputs, memory);
    const tensorMs = placedMs + outcome.tensorMs + performance.now() - answeredAt;
    return { outputs, tensorMs, inferenceMs: outcome.inferenceMs };
  }

  /**
   * The most bytes by which the process has grown since before it opened the model, engine and all; undefined where the system
   * does not tell, and unless the order said to watch.
   *
   * @throws as {@link run}
   */
  async grownBytes(): Promise<number | undefined> {
    const outcome = await this.#child.ask({ type: 'memory' }, this.#limits.requestTimeoutMs);
    return outcome.type === 'memory' ? outcome.grownBytes : this.#fail(outcome);
  }

  /** Ends the process, whatever it does. More than once is fine. */
  async end(): Promise<void> {
    await this.#child.end();
    await this.#memory.close();
  }

  #place(values: readonly SessionInput[]): { readonly inputs: PlacedInput[]; readonly end: number } {
    let end = 0;
    const inputs = values.map((value, index): PlacedInput => {
      const at = end;
      const data = 'pixels' in value ? value.pixels : value;
      this.#write(data, at);
      end = nextPlace(at + data.byteLength);
      if (!('pixels' in value)) return { kind: 'elements', at };
      const { packing } = value;
      const known = this.#packings[index] === packing;
      this.#packings[index] = packing;
      return { kind: 'pixels', at, bytes: data.byteLength, ...(!known && { packing }) };
    });
    return { inputs, end };
  }

  #write(data: ArrayBufferView, at: number): void {
    try {
      writeBytes(this.#memory.fd, data, at);
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new EngineError(
        'ERR_ENGINE_RUN',
        `The values for ${this.#model} can't be handed to its process: ${reason}. In a container, give /dev/shm more room.`,
        { cause },
      );
    }
  }

  async #fetchAll(places: readonly PlacedOutput[], memory: OutputBuffers): Promise<Tensor[]> {
    try {
      const { size } = fstatSync(this.#memory.fd);
      return this.opened.outputs.map((info, index) => this.#fetch(info, places[index], size, memory[index]));
    } catch (cause) {
      return this.#endFor(cause instanceof Error ? cause.message : String(cause), cause);
    }
  }

  #fetch(
    info: TensorInfo,
    place: PlacedOutput | undefined,
    size: number,
    memory: ArrayBuffer | undefined,
  ): Tensor {
    if (place === undefined) throw new Error(`output '${info.name}' is missing`);
    const { at, shape } = place;
    const length = elementCount(shape) * bytesPerElement(info.dataType);
    // Before memory for it is asked for.
    if (!(length >= 0 && at + length <= size))
      throw new Error(`output '${info.name}' is not where it should be`);
    const bytes = new Uint8Array(memory?.byteLength === length ? memory : new ArrayBuffer(length));
    readBytes(this.#memory.fd, bytes, at);
    return { ...info, shape, data: tensorData(info.dataType, bytes.buffer) };
  }

  async #fail(outcome: Outcome): Promise<never> {
    switch (outcome.type) {
      case 'failed': {
        const error = deserializeError(outcome.error);
        // An engine that is closed, though nobody closed it, or that fails as nothing foresaw, can't be trusted any more.
        if (isImpulseError(error) && error.code !== 'ERR_CLOSED') throw error;
        return this.#endFor(error.message, error);
      }
      case 'late':
        throw this.#late(outcome.printed);
      case 'ended':
        throw this.#gone(`${outcome.how} in the middle of a run${printed(outcome.printed)}`);
      default:
        return this.#endFor('it answered nonsense');
    }
  }

  async #endFor(reason: string, cause?: unknown): Promise<never> {
    await this.#child.end();
    throw this.#gone(`can't be used any more: ${reason}`, cause);
  }

  #gone(what: string, cause?: unknown): ImpulseError {
    return new EngineError(
      'ERR_ENGINE_RUN',
      `The isolated process of ${this.#model} ${what}. This process goes on, and the next run starts another.`,
      { cause },
    );
  }

  #late(output: string): ImpulseError {
    return new TimeoutError(
      'ERR_TIMEOUT',
      `The isolated process of ${this.#model} has not answered within ${this.#limits.requestTimeoutMs} ms` +
        `${printed(output)}. It was ended; a slow model may need a larger requestTimeoutMs. The next run starts another.`,
    );
  }
}
